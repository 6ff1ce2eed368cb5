package gateway

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"lingtan/gateway/frame"
)

const maxBundle = 64 << 10

// Bundle is what a gateway proves itself with and knows its server by: its key and
// certificate, and the installation's authority.
type Bundle struct {
	frame.Identity
	Certificate tls.Certificate
	Roots       *x509.CertPool
	Fingerprint string // SHA-256 of the certificate, as the device list pins it
	Until       time.Time
}

// ParseBundle reads a PEM file of at most 64 KiB with a private key, the gateway's
// certificate and the authority's certificate, as lingtan gateway enrol writes it. The
// error wraps ErrBundle.
func ParseBundle(data []byte) (*Bundle, error) {
	if len(data) > maxBundle {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrBundle, len(data), maxBundle)
	}
	b := &Bundle{Roots: x509.NewCertPool()}
	var key, leaf []byte
	authorities := 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			key = pem.EncodeToMemory(block)
		case "CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("%w: a certificate in it: %w", ErrBundle, err)
			}
			if c.IsCA {
				b.Roots.AddCert(c)
				authorities++
				continue
			}
			leaf = pem.EncodeToMemory(block)
		}
	}
	if key == nil || leaf == nil || authorities == 0 {
		return nil, fmt.Errorf("%w: it must hold a private key, a certificate and the authority's certificate; make one with lingtan gateway enrol", ErrBundle)
	}
	var err error
	if b.Certificate, err = tls.X509KeyPair(leaf, key); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	c := b.Certificate.Leaf
	if b.Identity, err = frame.IdentityOf(c.URIs); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	sum := sha256.Sum256(c.Raw)
	b.Fingerprint, b.Until = hex.EncodeToString(sum[:]), c.NotAfter
	return b, nil
}

// clientTLS trusts the authority of the bundle alone, for the server's fixed name. As
// long as the clock was never compared with the server's, dates of the server's
// certificate are not looked at: a machine whose clock is a year off must reach the
// server to learn the time.
func (b *Bundle) clientTLS(clock *Clock) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		Certificates:       []tls.Certificate{b.Certificate},
		ServerName:         frame.ServerName,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection does it, with a clock of its own
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("gateway: the server shows no certificate")
			}
			leaf := s.PeerCertificates[0]
			now, known := clock.trusted()
			if !known {
				now = leaf.NotBefore.Add(time.Second)
			}
			between := x509.NewCertPool()
			for _, c := range s.PeerCertificates[1:] {
				between.AddCert(c)
			}
			_, err := leaf.Verify(x509.VerifyOptions{Roots: b.Roots, Intermediates: between, DNSName: frame.ServerName, CurrentTime: now,
				KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
			if err != nil {
				return fmt.Errorf("gateway: this is not the server of the bundle: %w", err)
			}
			return nil
		},
	}
}
