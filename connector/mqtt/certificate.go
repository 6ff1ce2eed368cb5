package mqtt

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"lingtan/connector"
)

// lookEvery is how often a handshake looks whether the certificate's files changed.
const lookEvery = time.Second

// certificate is the broker's certificate and key in PEM files, read again when they
// change: a renewed certificate needs no restart. Files that cannot be used together, as
// while they are being replaced, leave the last good pair in use.
type certificate struct {
	files [2]string // certificate, key
	log   *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	looked time.Time
	seen   [2]fileState
}

type fileState struct {
	changed time.Time
	size    int64
}

// openCertificate reads the files for the first time.
func openCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{files: [2]string{certFile, keyFile}, log: log, looked: time.Now()}
	if certFile == "" || keyFile == "" {
		return nil, fmt.Errorf("mqtt: %w: a TLS address without a certificate; give the files of a certificate and its key, or leave the address out", connector.ErrConfig)
	}
	seen, err := c.state()
	if err == nil {
		err = c.load(seen)
	}
	if err != nil {
		return nil, fmt.Errorf("mqtt: %w: the certificate %s with the key %s cannot be used: %w; give PEM files that belong together", connector.ErrConfig, certFile, keyFile, err)
	}
	return c, nil
}

// config is of a listener. Devices may show a certificate of their own; whose it is, the
// device list says, so that none is checked against an authority.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.current, ClientAuth: tls.RequestClientCert}
}

func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.pair, nil
	}
	c.looked = time.Now()
	seen, err := c.state()
	if err == nil && seen != c.seen {
		err = c.load(seen)
	}
	if err != nil {
		c.log.Warn("mqtt: the certificate changed and cannot be used; the one before stays in use", "certificate", c.files[0], "error", err)
	}
	return c.pair, nil
}

func (c *certificate) state() (seen [2]fileState, err error) {
	for i, name := range c.files {
		var info fs.FileInfo
		if info, err = os.Stat(name); err != nil {
			return seen, err
		}
		seen[i] = fileState{info.ModTime(), info.Size()}
	}
	return seen, nil
}

func (c *certificate) load(seen [2]fileState) error {
	pair, err := tls.LoadX509KeyPair(c.files[0], c.files[1])
	if err != nil {
		return err
	}
	c.pair, c.seen = &pair, seen
	return nil
}

// shown is the SHA-256, hexadecimal, of the certificate that a device showed and proved
// in its handshake that it has the key of; empty where there is none, or it is not valid
// at the time.
func shown(c net.Conn, now time.Time) string {
	w, _ := c.(*wire)
	if w == nil {
		return ""
	}
	secure, _ := w.Conn.(*tls.Conn)
	if secure == nil {
		return ""
	}
	chain := secure.ConnectionState().PeerCertificates
	if len(chain) == 0 || now.Before(chain[0].NotBefore) || now.After(chain[0].NotAfter) {
		return ""
	}
	sum := sha256.Sum256(chain[0].Raw)
	return hex.EncodeToString(sum[:])
}
