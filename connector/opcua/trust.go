package opcua

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lingtan/connector"
)

const (
	ownFile         = "client.pem" // certificate and key of Lingtan
	trustedFolder   = "servers"
	keyBits         = 2048 // what every one of the policies takes
	validity        = 20 * 365 * 24 * time.Hour
	longCertificate = 64 << 10
)

// trust keeps who Lingtan is to servers, and which certificates of servers it trusts.
// Without a folder it remembers as long as the program runs.
type trust struct {
	mu      sync.Mutex
	dir     string
	own     identity
	servers map[string][]byte
}

// settle says where the folder is.
func (t *trust) settle(dir string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if dir != t.dir && dir != "" {
		t.dir, t.own = dir, identity{}
	}
}

func (t *trust) folder() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dir
}

// identity is the certificate and key of Lingtan, made when there is none yet.
func (t *trust) identity() (identity, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own.key != nil {
		return t.own, nil
	}
	path := filepath.Join(t.dir, ownFile)
	if t.dir != "" {
		b, err := os.ReadFile(path)
		if err == nil {
			t.own, err = parseIdentity(b)
		}
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return t.own, explain(err, path)
		}
	}
	made, b, err := makeIdentity()
	if err == nil && t.dir != "" {
		if err = os.MkdirAll(t.dir, 0o700); err == nil {
			err = write(path, b)
		}
	}
	if err != nil {
		return identity{}, explain(err, path)
	}
	t.own = made
	return made, nil
}

func explain(err error, path string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: the client certificate %s: %w; mend it, or remove the file and have the new certificate trusted at the servers", connector.ErrConfig, path, err)
}

// write puts a file in place whole.
func write(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // of mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// makeIdentity makes a key and an application instance certificate that signs itself.
// (OPC UA Part 6, 6.2.2)
func makeIdentity() (identity, []byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return identity{}, nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "lingtan"
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return identity{}, nil, err
	}
	uri := &url.URL{Scheme: "urn", Opaque: url.PathEscape(host) + ":lingtan:opcua"}
	now := time.Now()
	form := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Lingtan", Organization: []string{"Lingtan"}},
		NotBefore:    now.Add(-24 * time.Hour), // the clock of a plant may be behind
		NotAfter:     now.Add(validity),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment |
			x509.KeyUsageDataEncipherment | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		URIs:                  []*url.URL{uri},
		DNSNames:              []string{host},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		return identity{}, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return identity{}, nil, err
	}
	b := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	return identity{certificate: der, key: key, uri: uri.String()}, b, nil
}

// parseIdentity reads a certificate and its RSA key, both as PEM.
func parseIdentity(b []byte) (identity, error) {
	var own identity
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			if own.certificate == nil {
				own.certificate = block.Bytes
			}
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return identity{}, err
			}
			own.key, _ = key.(*rsa.PrivateKey)
		}
	}
	leaf, err := x509.ParseCertificate(own.certificate)
	if err != nil {
		return identity{}, err
	}
	if own.key == nil || !own.key.PublicKey.Equal(leaf.PublicKey) || len(leaf.URIs) == 0 {
		return identity{}, errors.New("it must hold a certificate with an application URI and its RSA key")
	}
	own.uri = leaf.URIs[0].String()
	return own, nil
}

// parseLeaf is the first certificate of a chain in DER.
func parseLeaf(chain []byte) (*x509.Certificate, error) {
	if len(chain) > longCertificate {
		return nil, fmt.Errorf("%w: a certificate of %d bytes", connector.ErrProtocol, len(chain))
	}
	list, err := x509.ParseCertificates(chain)
	if err != nil || len(list) == 0 {
		return nil, fmt.Errorf("%w: the certificate of the server cannot be read: %w", connector.ErrProtocol, errors.Join(err))
	}
	return list[0], nil
}

// print is what a person compares certificates by.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// pinned is the path of the certificate that is trusted for an address.
func (t *trust) pinned(address string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, address)
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(t.dir, trustedFolder, fmt.Sprintf("%.60s-%x.der", name, sum[:4]))
}

// certify returns the certificate that is trusted for a server. The first one that an
// address shows is kept; another one later is refused until a person accepts it.
func (t *trust) certify(address string, chain []byte) ([]byte, error) {
	leaf, err := parseLeaf(chain)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	path := t.pinned(address)
	known := t.servers[address]
	if t.dir != "" {
		known, err = os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: the trusted certificate of %s: %w", connector.ErrConfig, address, err)
		}
	}
	switch {
	case known == nil && t.dir == "":
		t.servers[address] = leaf.Raw
	case known == nil:
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			err = write(path, leaf.Raw)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: the certificate of %s cannot be kept: %w", connector.ErrConfig, address, err)
		}
	case !bytes.Equal(known, leaf.Raw):
		return nil, fmt.Errorf("%w: the server at %s shows another certificate (SHA-256 %s) than the one that is trusted (SHA-256 %s); if it was changed on purpose, remove %s and the new one is taken at the next connection",
			connector.ErrRefused, address, fingerprint(leaf.Raw), fingerprint(known), path)
	}
	return leaf.Raw, nil
}
