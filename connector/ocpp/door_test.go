package ocpp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/core"
	"github.com/lorenzodonini/ocpp-go/ws"

	"lingtan/connector"
)

func TestWhoIsLetIn(t *testing.T) {
	r := serve(t, "", nil, device("cp-1"), device("cp-2", "identity", "CN*ABC:7"), device("cp-3", "auth", "none"), device("cp-4", "auth", "certificate"))
	try := func(path, user, password string, want int, protocols ...string) {
		t.Helper()
		if protocols == nil {
			protocols = []string{"ocpp1.6"}
		}
		_, response, err := dial(t, r.url+path, user, password, protocols...)
		if response == nil || response.StatusCode != want {
			t.Errorf("%s as %q with %q: %v, want %d", path, user, password, err, want)
		}
	}
	try("/cp-1", "cp-1", password, http.StatusSwitchingProtocols)
	try("/behind/a/path/cp-1", "cp-1", password, http.StatusSwitchingProtocols, "ocpp2.0.1")
	try("/cp-1", "cp-1", "wrong", http.StatusUnauthorized)
	try("/cp-1", "cp-1", "", http.StatusUnauthorized)
	try("/cp-1", "cp-2", password, http.StatusUnauthorized)
	try("/cp-1", "", "", http.StatusUnauthorized)
	try("/CN*ABC:7", "CN*ABC:7", password, http.StatusSwitchingProtocols)
	try("/cp-2", "cp-2", password, http.StatusNotFound) // it goes by its identity
	try("/stranger", "stranger", password, http.StatusNotFound)
	try("/", "", "", http.StatusNotFound)
	try("/cp-3", "", "", http.StatusSwitchingProtocols)
	try("/cp-4", "cp-4", password, http.StatusUnauthorized)
	r.counts(t, "refused_credentials", 5)
	r.counts(t, "refused_identity", 3)

	for _, protocols := range [][]string{{"ocpp1.5"}, {}} {
		c, _, err := dial(t, r.url+"/cp-1", "cp-1", password, protocols...)
		if err != nil {
			t.Fatal(err)
		}
		c.closed(websocket.CloseProtocolError)
	}
	r.says(t, "cp-1", "set it to OCPP 1.6J or 2.0.1")
	c, _, err := dial(t, r.url+"/cp-1", "cp-1", password, "ocpp2.1", "ocpp2.0.1", "ocpp1.6")
	if err != nil || c.conn.Subprotocol() != "ocpp2.0.1" {
		t.Errorf("the first version that both speak is taken: %v", err)
	}
	plain, err := http.Get("http" + strings.TrimPrefix(r.url, "ws") + "/cp-3")
	if err != nil || plain.StatusCode != http.StatusBadRequest {
		t.Errorf("a browser: %v, %v", plain, err)
	}
}

// A wrong password of a stranger is told, but not where the charger itself is connected.
func TestWrongPasswordIsTold(t *testing.T) {
	r := serve(t, "", nil, device("cp-1"))
	if _, _, err := dial(t, r.url+"/cp-1", "cp-1", "wrong", "ocpp1.6"); err == nil {
		t.Fatal("let in")
	}
	r.says(t, "cp-1", "wrong credential")
	if text := fmt.Sprint(r.last("cp-1")); strings.Contains(text, "wrong\"") {
		t.Errorf("the password is in the report: %s", text)
	}
	c := r.connect(t, "cp-1", v16)
	c.send(`[2,"1","Heartbeat",{}]`)
	c.hears(`"currentTime"`)
	if _, _, err := dial(t, r.url+"/cp-1", "cp-1", "wrong", "ocpp1.6"); err == nil {
		t.Fatal("let in")
	}
	if s := r.last("cp-1"); !s.OK {
		t.Errorf("a stranger spoils the status: %+v", s)
	}
}

func TestTwoParksOneIdentity(t *testing.T) {
	here, there := device("cp-1"), device("cp-9", "identity", "cp-1")
	there.Park = "other"
	r := serve(t, "", nil, here)
	c := r.connect(t, "cp-1", v16)
	r.set(here, there)
	r.says(t, "cp-9", `identity "cp-1" is also that of device cp-1 of park demo`)
	c.send(`[2,"1","Heartbeat",{}]`)
	c.hears(`"currentTime"`) // who had it keeps it

	r = serve(t, "", nil, here, there)
	r.says(t, "cp-1", "device cp-9 of park other")
	r.says(t, "cp-9", "device cp-1 of park demo")
	if _, response, err := dial(t, r.url+"/cp-1", "cp-1", password, "ocpp1.6"); err == nil || response.StatusCode != http.StatusNotFound {
		t.Errorf("none had it, so none is served: %v", err)
	}
}

func TestOptions(t *testing.T) {
	bad := func(want string, d connector.Device) {
		t.Helper()
		if _, err := newCharger(d, readTags); !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	bad("identity", device("cp-1", "identity", ""))
	bad("identity", device("cp-1", "identity", "a/b"))
	bad("identity", device("cp-1", "identity", strings.Repeat("x", 65)))
	bad("auth", device("cp-1", "auth", "maybe"))
	bad("heartbeat", device("cp-1", "heartbeat", "1s"))
	bad("heartbeat", device("cp-1", "heartbeat", "often"))
	bad("read_back", device("cp-1", "read_back", "never"))
	bad("tags", device("cp-1", "tags", "/nowhere/tags"))
	bad("tags", device("cp-1", "tags", t.TempDir()))
	bad("token", connector.Device{ID: "cp-1", Token: "abc"})
	c, _ := newCharger(device("cp-1", "tags", "/nowhere/tags"), readTags)
	if c == nil || c.accepts("CARD1") {
		t.Error("without its list of tags a charger is served and accepts none")
	}
}

// A charger that leaves the list, or gets another password, is cut off; another change
// does not touch it.
func TestListChanges(t *testing.T) {
	r := serve(t, "", nil, device("cp-1"), device("cp-2"), device("cp-3"))
	c1, c2, c3 := r.connect(t, "cp-1", v16), r.connect(t, "cp-2", v16), r.connect(t, "cp-3", v201)
	other := device("cp-2")
	other.Token = token("another password")
	r.set(other, device("cp-3", "heartbeat", "77s"))
	c1.closed(websocket.ClosePolicyViolation)
	c2.closed(websocket.ClosePolicyViolation)
	c3.send(`[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"x","vendorName":"y"}}]`)
	c3.hears(`"interval":77`)
	if _, response, err := dial(t, r.url+"/cp-1", "cp-1", password, "ocpp1.6"); err == nil || response.StatusCode != http.StatusNotFound {
		t.Errorf("a removed charger came in: %v", err)
	}
}

// A charger whose connection broke unseen comes again and is served.
func TestComesAgain(t *testing.T) {
	r := serve(t, "", nil, device("cp-1"))
	first := r.connect(t, "cp-1", v16)
	second := r.connect(t, "cp-1", v16)
	first.closed(websocket.ClosePolicyViolation)
	second.send(`[2,"1","Heartbeat",{}]`)
	second.hears(`"currentTime"`)
	r.counts(t, "replaced", 1)
}

func TestTooManyConnections(t *testing.T) {
	r := serve(t, "", func(d *Driver) { d.options.MaxConnections = 2 }, device("cp-1"), device("cp-2"), device("cp-3"))
	c := r.connect(t, "cp-1", v16)
	r.connect(t, "cp-2", v16)
	if _, _, err := dial(t, r.url+"/cp-3", "cp-3", password, "ocpp1.6"); err == nil {
		t.Error("a third connection")
	}
	r.counts(t, "refused_connections", 1)
	c.conn.Close()
	eventually(t, func() bool { _, _, err := dial(t, r.url+"/cp-3", "cp-3", password, "ocpp1.6"); return err == nil }, "no place is given back")
}

func TestCannotListen(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	p := &park{changed: make(chan struct{})}
	env := connector.Environment{Devices: p, Sink: p, Report: p.report, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	if err := New(Options{Listen: busy.Addr().String()}).Run(context.Background(), env); err == nil || !strings.Contains(err.Error(), "port in use") {
		t.Errorf("%v", err)
	}
	if err := New(Options{ListenTLS: "127.0.0.1:0"}).Run(context.Background(), env); !errors.Is(err, connector.ErrConfig) {
		t.Errorf("%v", err)
	}
}

// authority issues certificates for a test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	a := &authority{pool: x509.NewCertPool()}
	a.cert, a.key = a.sign(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test root"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) sign(t *testing.T, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, parentKey := a.cert, a.key
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func (a *authority) pair(t *testing.T, name string) tls.Certificate {
	cert, key := a.sign(t, &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}})
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// Security profiles 2 and 3: passwords over TLS, and client certificates.
func TestOverTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{ours.pair(t, "csms")}, ClientCAs: ours.pool, ClientAuth: tls.VerifyClientCertIfGiven}
	r := serve(t, "", func(d *Driver) { d.options.ListenTLS, d.options.TLS = "127.0.0.1:0", config }, device("cp-1"), device("cp-2", "auth", "certificate"))
	url := "wss://" + r.driver.Addresses()[1]
	with := func(user string, certificates ...tls.Certificate) *ws.Client {
		c := ws.NewTLSClient(&tls.Config{RootCAs: ours.pool, Certificates: certificates})
		if user != "" {
			c.SetBasicAuth(user, password)
		}
		return c
	}
	c := plug16With(t, url, "cp-1", with("cp-1"))
	must[*core.HeartbeatConfirmation](t)(c.Heartbeat())
	c = plug16With(t, url, "cp-2", with("", ours.pair(t, "cp-2")))
	must[*core.HeartbeatConfirmation](t)(c.Heartbeat())
	refused := func(why string, client *ws.Client) {
		t.Helper()
		client.SetRequestedSubProtocol("ocpp1.6")
		if err := client.Start(url + "/cp-2"); err == nil {
			client.Stop()
			t.Errorf("let in: %s", why)
		}
	}
	refused("a certificate of another charger", with("", ours.pair(t, "cp-1")))
	refused("a certificate of another authority", with("", theirs.pair(t, "cp-2")))
	refused("a password instead of a certificate", with("cp-2"))
}
