package gatewaydoor

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
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

const (
	authorityYears = 30
	serverValid    = 90 * 24 * time.Hour
	serverRenew    = 30 * 24 * time.Hour // before its end
	backdated      = 24 * time.Hour      // of certificates, for clocks that are behind
	longestValid   = 10 * 366 * 24 * time.Hour
)

// Authority is the installation's own certificate authority for its gateways, ECDSA
// P-256, in one file of a folder. Who has the file can make gateways of any name, but
// none that the device list pins.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey

	mu     sync.Mutex
	server *tls.Certificate // made anew in memory, never written
}

// OpenAuthority reads the authority of a folder and makes it at the first use.
func OpenAuthority(dir string, now time.Time) (*Authority, error) {
	path := filepath.Join(dir, "authority.pem")
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		data, err = makeAuthority(dir, path, now)
	}
	if err != nil {
		return nil, err
	}
	a := &Authority{}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			a.key, _ = k.(*ecdsa.PrivateKey)
		case "CERTIFICATE":
			if a.certificate, err = x509.ParseCertificate(block.Bytes); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	if a.key == nil || a.certificate == nil || !a.key.PublicKey.Equal(a.certificate.PublicKey) {
		return nil, fmt.Errorf("%w: %s must hold an ECDSA key and its certificate; restore it, or remove it and enrol all gateways again", connector.ErrConfig, path)
	}
	return a, nil
}

// makeAuthority writes a new authority, unless another process was first.
func makeAuthority(dir, path string, now time.Time) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := certificate("Lingtan gateway authority", now, authorityYears*366*24*time.Hour)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	data, err := bundle(key, raw)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "authority-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) { // unlike a rename it never replaces
		return nil, err
	}
	return os.ReadFile(path)
}

// certificate is a template that is valid from a day before now.
func certificate(name string, now time.Time, valid time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-backdated), NotAfter: now.Add(valid),
		KeyUsage: x509.KeyUsageDigitalSignature}, nil
}

// bundle is a key and certificates as PEM.
func bundle(key *ecdsa.PrivateKey, certificates ...[]byte) ([]byte, error) {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	for _, c := range certificates {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})...)
	}
	return out, nil
}

// issue makes a key and a certificate for it.
func (a *Authority) issue(template *x509.Certificate) (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	return key, raw, err
}

// Enrol makes the bundle of a gateway, valid from now for up to ten years, and the
// SHA-256 of its certificate, which belongs into the token of the gateway in the device
// list. The gateway's key is in the bundle alone.
func (a *Authority) Enrol(id frame.Identity, now time.Time, valid time.Duration) (pemBundle []byte, fingerprint string, err error) {
	if err := id.Check(); err != nil {
		return nil, "", fmt.Errorf("%w: %w", connector.ErrConfig, err)
	}
	if valid > longestValid {
		return nil, "", fmt.Errorf("%w: a certificate of %s; at most ten years", connector.ErrConfig, valid)
	}
	template, err := certificate(id.Park+"/"+id.Gateway, now, valid)
	if err != nil {
		return nil, "", err
	}
	template.URIs = []*url.URL{id.URI()}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	key, raw, err := a.issue(template)
	if err != nil {
		return nil, "", err
	}
	pemBundle, err = bundle(key, raw, a.certificate.Raw)
	return pemBundle, fingerprintOf(raw), err
}

func fingerprintOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// serverCertificate is the server's, made anew a month before it ends.
func (a *Authority) serverCertificate(now time.Time) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.server; s != nil && now.After(s.Leaf.NotBefore) && now.Before(s.Leaf.NotAfter.Add(-serverRenew)) {
		return s, nil
	}
	template, err := certificate(frame.ServerName, now, serverValid)
	if err != nil {
		return nil, err
	}
	template.DNSNames = []string{frame.ServerName}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	key, raw, err := a.issue(template)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, err
	}
	a.server = &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}
	return a.server, nil
}

// serverTLS asks for certificates of the authority. now is the server's clock.
func (a *Authority) serverTLS(now func() time.Time) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	return &tls.Config{MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots, Time: now,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.serverCertificate(now()) }}
}
