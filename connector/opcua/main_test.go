package opcua

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"log"
	"os"
	"testing"
	"time"

	"github.com/gopcua/opcua/ua"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // the server of the library talks
	os.Exit(m.Run())
}

// decrypt opens a password: RSA-OAEP with SHA-1, as Basic256Sha256 and
// Aes128_Sha256_RsaOaep have it.
func decrypt(key any, secret []byte) ([]byte, error) {
	return key.(*rsa.PrivateKey).Decrypt(rand.Reader, secret, &rsa.OAEPOptions{Hash: crypto.SHA1})
}

func okHeader(r ua.Request) *ua.ResponseHeader {
	return &ua.ResponseHeader{Timestamp: time.Now(), RequestHandle: r.Header().RequestHandle, ServiceDiagnostics: &ua.DiagnosticInfo{},
		AdditionalHeader: ua.NewExtensionObject(nil)}
}
