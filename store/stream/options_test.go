package stream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/meter"
)

func soundOptions() Options {
	return Options{Name: "n1", Dir: "d", ClusterListen: "127.0.0.1:6222",
		Peers: []Peer{{"n1", "127.0.0.1:6222"}, {"n2", "127.0.0.1:6223"}, {"n3", "127.0.0.1:6224"}}}
}

func refusedOptions(t *testing.T, says string, change func(*Options)) {
	t.Helper()
	o := soundOptions()
	change(&o)
	if _, err := o.settled(); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v", says, err)
	}
}

func TestOptions(t *testing.T) {
	if _, err := soundOptions().settled(); err != nil {
		t.Fatal(err)
	}
	refusedOptions(t, "not among the nodes", func(o *Options) { o.Name = "n4" })
	refusedOptions(t, "node name", func(o *Options) { o.Peers[1].Name = "n1" })
	refusedOptions(t, "node name", func(o *Options) { o.Peers[1].Name = "a b" })
	refusedOptions(t, "address of node", func(o *Options) { o.Peers[1].Address = "host" })
	refusedOptions(t, "no folder", func(o *Options) { o.Dir = "" })
	refusedOptions(t, "replicas", func(o *Options) { o.Peers = o.Peers[:2] })
	refusedOptions(t, "replicas", func(o *Options) { o.Replicas = 2 })
	refusedOptions(t, "replicas", func(o *Options) { o.Replicas = 5 })
	refusedOptions(t, "no TLS", func(o *Options) { o.ClusterListen = "0.0.0.0:6222" })
	refusedOptions(t, "cluster name", func(o *Options) { o.Cluster = "a.b" })
	refusedOptions(t, "64 MiB", func(o *Options) { o.MaxBytes = 1 })
	refusedOptions(t, "a minute", func(o *Options) { o.MaxAge = time.Second })
	o := soundOptions()
	o.Plain, o.ClusterListen = true, "0.0.0.0:6222"
	if _, err := o.settled(); err != nil {
		t.Error(err)
	}
}

// authority makes certificates for tests.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// write makes a certificate signed by parent, or by itself, and gives its files.
func (a *authority) write(name string, ca bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: ca, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(a.dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.write("ca", true)
	return a
}

func (a *authority) files(name string) TLS {
	a.write(name, false)
	return TLS{Cert: filepath.Join(a.dir, name+".pem"), Key: filepath.Join(a.dir, name+".key"), CA: filepath.Join(a.dir, "ca.pem")}
}

// TestMutualTLS: nodes of one authority form a cluster; a node of another one does
// not get in.
func TestMutualTLS(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	nodes := threeNodes(t, func(o *Options) { o.TLS = ours.files(o.Name) })
	nodes[0].add(t, meter.Admission{Stored: 1}, oneRow("a", noon, 1))
	alike(t, nodes, "a", 1)
	nodes[2].stop(t)
	nodes[2].o.TLS = other.files("n3")
	nodes[2].start(t)
	if _, err := nodes[2].store.Append(within(t, 4*time.Second), "p", oneRow("a", noon+1, 1)); !errors.Is(err, ErrNoQuorum) {
		t.Errorf("a node of another authority wrote: %v", err)
	}
	nodes[1].add(t, meter.Admission{Stored: 1}, oneRow("a", noon+1, 1))
	if _, err := Start(Options{Name: "n1", Dir: t.TempDir(), Peers: soundOptions().Peers, ClusterListen: "127.0.0.1:6222", TLS: TLS{Cert: "no", Key: "no", CA: "no"}}); !errors.Is(err, ErrConfig) {
		t.Errorf("certificates that are not there: %v", err)
	}
}

func alarmed(t *testing.T, st Status, about, says string) {
	t.Helper()
	at := time.Unix(1_800_000_000, 0)
	alarms := st.alarms(at)
	if about == "" && len(alarms) == 0 {
		return
	}
	if !slices.ContainsFunc(alarms, func(a Alarm) bool { return a.Node == about && strings.Contains(a.En, says) && a.Zh != "" }) {
		t.Errorf("no alarm about %q that says %q: %+v", about, says, alarms)
	}
}

func TestAlarms(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	well := Status{Node: "n1", At: at, Last: 100, First: 90, Bytes: 10, MaxBytes: 1000, MaxAge: time.Hour, Oldest: at.Add(-time.Minute),
		Members: []Member{{Name: "n1", Applied: 100, Seen: at}, {Name: "n2", Applied: 95, Seen: at}}}
	alarmed(t, well, "", "")
	change := func(fn func(*Status)) Status {
		st := well
		st.Members = slices.Clone(st.Members)
		fn(&st)
		return st
	}
	alarmed(t, change(func(s *Status) { s.At = at.Add(-time.Minute) }), "n1", "nothing can be stored")
	alarmed(t, change(func(s *Status) { s.Problem = "x" }), "n1", "not current: x")
	alarmed(t, change(func(s *Status) { s.Members[1].Seen = time.Time{} }), "n2", "never reported")
	alarmed(t, change(func(s *Status) { s.Members[1].Seen = at.Add(-time.Minute) }), "n2", "last seen")
	alarmed(t, change(func(s *Status) { s.Members[1].Problem = "disk" }), "n2", "disk")
	alarmed(t, change(func(s *Status) { s.Oldest = at.Add(-40 * time.Minute) }), "n2", "replaced by a copy")
	alarmed(t, change(func(s *Status) { s.Bytes = 600 }), "n2", "replaced by a copy")
}
