package mqtt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mochi-mqtt/server/v2/packets"

	"lingtan/connector"
)

// paired is a fresh self-signed certificate for the loopback address with its key, in PEM
// files of a folder and in memory.
func paired(t *testing.T, dir, name string, until time.Time) (tls.Certificate, Options) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: until, IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{ListenTLS: "127.0.0.1:0", Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for file, block := range map[string]*pem.Block{o.Certificate: {Type: "CERTIFICATE", Bytes: der}, o.Key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, o
}

// selfSigned is such a certificate as a broker's configuration, and its PEM file.
func selfSigned(t *testing.T) (*tls.Config, string) {
	t.Helper()
	pair, o := paired(t, t.TempDir(), "broker", time.Now().Add(time.Hour))
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, o.Certificate
}

// trusting is a client's configuration that knows a certificate.
func trusting(t *testing.T, file string) *tls.Config {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	return &tls.Config{RootCAs: pool}
}

func TestTLS(t *testing.T) {
	_, o := paired(t, t.TempDir(), "broker", time.Now().Add(time.Hour))
	d := open(t, o, newRecord(), newList(pusher("m1", "tok-1")), "")
	c := connect(t, "ssl://"+d.driver.Addresses()[0], "tok-1", "", nil)
	publish(t, c, "v1/devices/me/telemetry", 1, `{"ts":1700000000000,"values":{"k":1}}`)
	same(t, "samples", values(d.sink.of("p1")), []string{"m1 k=1@1700000000000"})
	five, err := dialTLS(t, d.driver.Addresses()[0], trusting(t, o.Certificate), "tok-1")
	if err != nil {
		t.Fatal(err)
	}
	for id := uint16(1); id <= 300; id++ {
		five.publish(id, 1, "v1/devices/me/telemetry", string(telemetryOf(id)))
	}
	for id := uint16(1); id <= 300; id++ {
		if pk, ok := five.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Puback || pk.PacketID != id {
			t.Fatalf("over TLS: %+v, %v", pk.FixedHeader, ok)
		}
	}
	if _, err := dialTLS(t, d.driver.Addresses()[0], &tls.Config{}, "tok-1"); err == nil {
		t.Error("a client that does not know the authority connected")
	}
	old := trusting(t, o.Certificate)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if _, err := dialTLS(t, d.driver.Addresses()[0], old, "tok-1"); err == nil {
		t.Error("a client of TLS 1.1 connected")
	}
}

// TestCertificateChanges replaces the files under the running broker, first by what
// cannot be used, then by a new pair.
func TestCertificateChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, o := paired(t, dir, "first", time.Now().Add(time.Hour))
	d := open(t, o, newRecord(), newList(pusher("m1", "tok-1")), "")
	name := func() string {
		c, err := tls.Dial("tcp", d.driver.Addresses()[0], &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return err.Error()
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := name(); got != "first" {
		t.Fatalf("the broker shows %q", got)
	}
	if err := os.WriteFile(o.Key, []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(2 * lookEvery); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if got := name(); got != "first" {
			t.Fatalf("with a broken file the broker shows %q", got)
		}
	}
	paired(t, dir, "second", time.Now().Add(time.Hour))
	until(t, "the new certificate", func() bool { return name() == "second" })
}

// TestCertificatesOfDevices has devices that show a certificate in place of a token.
func TestCertificatesOfDevices(t *testing.T) {
	_, o := paired(t, t.TempDir(), "broker", time.Now().Add(time.Hour))
	mine, _ := paired(t, t.TempDir(), "m1", time.Now().Add(time.Hour))
	over, _ := paired(t, t.TempDir(), "m2", time.Now().Add(-time.Minute))
	strange, _ := paired(t, t.TempDir(), "m3", time.Now().Add(time.Hour))
	listed := func(id string, pair tls.Certificate) connector.Device {
		sum := sha256.Sum256(pair.Certificate[0])
		d := pusher(id, "", "certificate", strings.ToUpper(hex.EncodeToString(sum[:])))
		d.Token = ""
		return d
	}
	d := open(t, o, newRecord(), newList(listed("m1", mine), listed("m2", over), pusher("m3", "tok-3")), "")
	try := func(what, user string, want bool, pair ...tls.Certificate) *rawClient {
		t.Helper()
		config := trusting(t, o.Certificate)
		config.Certificates = pair
		c, err := dialTLS(t, d.driver.Addresses()[0], config, user)
		if (err == nil) != want {
			t.Errorf("%s: connected %v, want %v (%v)", what, err == nil, want, err)
		}
		return c
	}
	c := try("its certificate", "", true, mine)
	c.publish(1, 1, "v1/devices/me/telemetry", `{"ts":1700000000000,"values":{"k":1}}`)
	c.receive(5 * time.Second)
	same(t, "samples", values(d.sink.of("p1")), []string{"m1 k=1@1700000000000"})
	try("its certificate and id", "p1/m1", true, mine)
	try("its certificate and another's id", "m3", false, mine)
	try("a certificate that is over", "", false, over)
	try("a certificate that is not in the list", "", false, strange)
	try("no certificate", "", false)
	try("a certificate's bytes as the token: they are public", string(mine.Certificate[0]), false)
	try("a certificate that is not in the list beside a token", "tok-3", true, strange)
	d.list.set(listed("m1", strange))
	if pk, ok := c.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Disconnect {
		t.Errorf("after its certificate changed in the list: %+v, %v; want DISCONNECT", pk.FixedHeader, ok)
	}
}

func TestWithoutCertificate(t *testing.T) {
	try := func(o Options) {
		t.Helper()
		err := New(o).Run(t.Context(), connector.Environment{})
		if !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("Run: %v", err)
		}
	}
	try(Options{ListenTLS: "127.0.0.1:0"})
	try(Options{ListenTLS: "127.0.0.1:0", Certificate: "/nowhere/cert.pem", Key: "/nowhere/key.pem"})
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = New(Options{Listen: l.Addr().String()}).Run(t.Context(), connector.Environment{})
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("Run: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	other := pusher("m1", "tok-p2")
	other.Park = "p2"
	twin := pusher("twin-a", "tok-twin")
	remote := pusher("far", "tok-far")
	remote.Address = "tcp://127.0.0.1:1"
	off := pusher("off", "tok-off")
	off.Disabled = true
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1"), other, twin, pusher("twin-b", "tok-twin"), remote, off), "")
	try := func(user, password string, want bool) {
		t.Helper()
		c := pahoClient(d.address(), user, password, func(o *paho.ClientOptions) {
			o.SetAutoReconnect(false).SetClientID(user + password).SetProtocolVersion(4)
		})
		token := c.Connect()
		token.WaitTimeout(10 * time.Second)
		if c.IsConnected() != want {
			t.Errorf("user %q, password %q: connected %v, want %v (%v)", user, password, !want, want, token.Error())
		}
		c.Disconnect(0)
	}
	try("tok-1", "", true)
	try("m1", "tok-1", true)
	try("p2/m1", "tok-p2", true)
	try("p1/m1", "tok-p2", false)
	try("m1", "tok-2", false)
	try("m1", "", false)
	try("", "", false)
	try(digest("tok-1"), "", false)
	try("tok-twin", "", false) // of two devices: tells neither
	try("twin-a", "tok-twin", true)
	try("tok-far", "", false)
	try("tok-off", "", false)
	d.count("refused_credentials", 8)
}

// TestListChanges takes a device out of the list and gives another a new token while they
// are connected.
func TestListChanges(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1"), pusher("m2", "tok-2")), "")
	one := dial(t, d.driver.Addresses()[0], 5, "tok-1", "a", nil)
	two := dial(t, d.driver.Addresses()[0], 5, "tok-2", "a", nil) // the same client id of another device is no takeover
	d.list.set(pusher("m2", "tok-3"), pusher("m3", "tok-4"))
	for _, c := range []*rawClient{one, two} {
		if pk, ok := c.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Disconnect || pk.ReasonCode != 0x87 {
			t.Errorf("%+v %x, %v; want DISCONNECT 0x87", pk.FixedHeader, pk.ReasonCode, ok)
		}
	}
	dial(t, d.driver.Addresses()[0], 4, "tok-3", "a", nil)
	dial(t, d.driver.Addresses()[0], 4, "tok-4", "a", nil)
}

func TestTopics(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1"), pusher("gw", "tok-gw", "gateway", "true")), "")
	address := d.driver.Addresses()[0]
	one := dial(t, address, 5, "tok-1", "a", nil)
	gw := dial(t, address, 5, "tok-gw", "a", nil)
	id := uint16(0)
	try := func(c *rawClient, topic, payload string, want byte) {
		t.Helper()
		id++
		c.publish(id, 1, topic, payload)
		if pk, ok := c.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Puback || pk.PacketID != id || pk.ReasonCode != want {
			t.Errorf("%s %s: %+v reason %x, %v; want PUBACK %x", topic, payload, pk.FixedHeader, pk.ReasonCode, ok, want)
		}
	}
	own := `{"samples":[{"name":"k","at":1700000000000,"value":1}]}`
	try(one, "lingtan/p1/m1", own, 0)
	try(one, "lingtan/p1/m2", own, 0x87)
	try(one, "lingtan/p2/m1", own, 0x87)
	try(one, "v1/gateway/telemetry", `{"x":[{"k":1}]}`, 0x87)
	try(one, "v1/gateway/connect", `{"device":"x"}`, 0x87)
	try(one, "some/where", `{}`, 0x87)
	try(one, "spBv1.0/g/NDATA/m2", ``, 0x87)
	try(one, "spBv1.0/g/NCMD/m1", ``, 0x87)
	try(one, "spBv1.0/g/DDATA/m1/x", ``, 0x87)
	try(one, "v1/devices/me/telemetry", `{"k":`, 0x99)
	try(one, "v1/devices/me/telemetry", `{"ts":-1,"values":{"k":1}}`, 0x99)
	try(one, "v1/devices/me/telemetry", ``, 0x99)
	try(one, "spBv1.0/g/NDATA/m1", "\xff", 0x99)
	try(gw, "lingtan/p1/sub", own, 0)
	try(gw, "lingtan/p1/gw", own, 0)
	try(gw, "v1/gateway/telemetry", `{"m1":[{"ts":1700000000001,"values":{"k":1}}]}`, 0) // admission decides what a gateway may say of it
	try(gw, "v1/gateway/telemetry", `{"":[{"k":1}]}`, 0x99)
	same(t, "samples", values(d.sink.of("p1")), []string{"m1 k=1@1700000000000", "gw>sub k=1@1700000000000", "gw k=1@1700000000000", "gw>m1 k=1@1700000000001"})

	four := dial(t, address, 4, "tok-1", "b", nil)
	four.publish(1, 1, "v1/devices/me/telemetry", `{"k":`)
	if pk, ok := four.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Puback {
		t.Errorf("MQTT 3.1.1, malformed: %+v, %v; want PUBACK, or it comes for ever", pk.FixedHeader, ok)
	}
	four.publish(2, 1, "lingtan/p1/m2", own)
	if _, ok := four.receive(5 * time.Second); ok {
		t.Error("MQTT 3.1.1, another's topic: want the connection closed")
	}
	d.count("refused_payload", 6)
}

// TestReading sees that a device hears nothing of others, neither by subscribing nor by wills.
func TestReading(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("m1", "tok-1"), pusher("m2", "tok-2")), "")
	address := d.driver.Addresses()[0]
	one := dial(t, address, 5, "tok-1", "a", nil)
	for i, filter := range []string{"#", "v1/devices/me/telemetry", "lingtan/#", "spBv1.0/#", "spBv1.0/g/NCMD/m2", "spBv1.0/+/NCMD/m1", "$share/g/v1/devices/me/attributes", "lingtan/!will"} {
		one.subscribe(uint16(i+1), filter)
		if pk, ok := one.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Suback || pk.ReasonCodes[0] < 0x80 {
			t.Errorf("%s: %+v %v", filter, pk.ReasonCodes, ok)
		}
	}
	for i, filter := range []string{"v1/devices/me/attributes", "v1/devices/me/rpc/request/+", "spBv1.0/g/NCMD/m1", "spBv1.0/g/DCMD/m1/#"} {
		one.subscribe(uint16(i+20), filter)
		if pk, ok := one.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Suback || pk.ReasonCodes[0] >= 0x80 {
			t.Errorf("%s: %+v %v", filter, pk.ReasonCodes, ok)
		}
	}
	two := dial(t, address, 5, "tok-2", "a", func(pk *packets.Packet) {
		pk.Connect.WillFlag, pk.Connect.WillTopic, pk.Connect.WillPayload = true, "spBv1.0/g/NCMD/m1", []byte("command")
	})
	two.publish(1, 1, "spBv1.0/g/NCMD/m1", "command")
	two.receive(5 * time.Second)
	two.conn.Close()
	if pk, ok := one.receive(500 * time.Millisecond); ok {
		t.Errorf("heard %q on %s", pk.Payload, pk.TopicName)
	}
}

func TestLimits(t *testing.T) {
	o := loopback()
	o.MaxConnections, o.MaxPacket = 3, 4096
	d := open(t, o, newRecord(), newList(pusher("m1", "tok-1")), "")
	address := d.driver.Addresses()[0]
	d.count("connections", 0)
	for i := range 3 {
		dial(t, address, 4, "tok-1", fmt.Sprint(i), nil)
	}
	conn, err := net.Dial("tcp", address)
	if err == nil {
		defer conn.Close()
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, err = conn.Read(make([]byte, 1))
	}
	if err == nil {
		t.Error("a connection over the limit is open")
	}
	d.count("refused_connections", 1)
}

func TestOversizedPacket(t *testing.T) {
	o := loopback()
	o.MaxPacket = 4096
	d := open(t, o, newRecord(), newList(pusher("m1", "tok-1")), "")
	c := dial(t, d.driver.Addresses()[0], 5, "tok-1", "a", nil)
	if c.connack.Properties.MaximumPacketSize != 4096 {
		t.Errorf("CONNACK tells a packet size of %d", c.connack.Properties.MaximumPacketSize)
	}
	c.publish(1, 1, "v1/devices/me/telemetry", `{"k":"`+strings.Repeat("x", 5000)+`"}`)
	if pk, ok := c.receive(5 * time.Second); ok && pk.FixedHeader.Type == packets.Puback {
		t.Error("a packet over the limit was acknowledged")
	}
	again := dial(t, d.driver.Addresses()[0], 5, "tok-1", "a", nil)
	again.publish(1, 1, "v1/devices/me/telemetry", `{"k":1}`)
	if pk, ok := again.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Puback {
		t.Errorf("after it: %+v, %v", pk.FixedHeader, ok)
	}
}
