package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// certificate writes a certificate that signs itself, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shape := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, data []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", bytes)
}

func TestPorts(t *testing.T) {
	cert, key := certificate(t)
	check := func(p ports, sound bool) {
		t.Helper()
		err := p.check()
		if err == nil {
			_, err = p.tls()
		}
		if (err == nil) != sound || err != nil && !errors.Is(err, errConfig) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	check(ports{}, true)
	check(ports{mqtt: "127.0.0.1:1883"}, true)
	check(ports{certificate: cert, key: key, mqtts: ":8883", ocpps: ":8888"}, true)
	check(ports{certificate: cert}, false)
	check(ports{key: key}, false)
	check(ports{mqtts: ":8883"}, false)
	check(ports{ocpps: ":8888"}, false)
	check(ports{certificate: key, key: cert}, false)
	check(ports{certificate: "none.pem", key: key}, false)
	p := ports{}
	if secure, err := p.tls(); secure != nil || err != nil {
		t.Errorf("without a certificate: %v, %v", secure, err)
	}
	p = ports{certificate: cert, key: key}
	if secure, err := p.tls(); err != nil || len(secure.Certificates) != 1 {
		t.Errorf("%v, %v", secure, err)
	}
}
