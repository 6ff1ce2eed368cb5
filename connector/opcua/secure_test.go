package opcua

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uapolicy"

	"lingtan/connector"
)

// Every policy in both modes, against the signature checks of the real server.
func TestPolicies(t *testing.T) {
	p := newPlant(t)
	secure(t, p, "", "")
	p.value("power", 7.0)
	p.start()
	d := New()
	read := func(policy, mode string) {
		t.Helper()
		samples, err := d.Read(context.Background(), listed("plc", p.address(), "policy", policy, "security", mode, "node.power", "ns=1;s=power"))
		if err != nil || len(samples) != 1 || samples[0].Value != 7 {
			t.Errorf("%s %s: %v, %v", policy, mode, samples, err)
		}
	}
	for _, policy := range []string{"Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"} {
		read(policy, "Sign")
		read(policy, "SignAndEncrypt")
	}
	read("None", "Sign")
}

func TestUserName(t *testing.T) {
	p := newPlant(t)
	f := secure(t, p, "lingtan", "correct horse")
	p.value("power", 7.0)
	p.start()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "plc.password"), []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dev := listed("plc", p.address(), "policy", "Basic256Sha256", "user", "lingtan", "password_file", "plc.password", "node.power", "ns=1;s=power")
	d := quick()
	k := runIn(t, d, dir, dev)
	eventually(t, "the value", func() bool { return k.has("plc", "power", 7) })
	p.change("power", 8.0, ua.StatusGood, time.Now())
	eventually(t, "the change", func() bool { return k.has("plc", "power", 8) })

	t.Setenv("LINGTAN_OPCUA_PLC", "wrong")
	dev.Options = map[string]string{"policy": "Basic256Sha256", "user": "lingtan", "password_env": "LINGTAN_OPCUA_PLC", "node.power": "ns=1;s=power"}
	if _, err := d.Read(context.Background(), dev); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "check option user and its password") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong password: %v", err)
	}
	t.Setenv("LINGTAN_OPCUA_PLC", "correct horse")
	if _, err := d.Read(context.Background(), dev); err != nil {
		t.Errorf("a password of the environment: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opens < 3 {
		t.Errorf("%d secure channels", f.opens)
	}
}

func TestPasswordIsNotSentInTheClear(t *testing.T) {
	e := &ua.EndpointDescription{SecurityPolicyURI: ua.SecurityPolicyURINone, SecurityMode: ua.MessageSecurityModeNone,
		UserIdentityTokens: []*ua.UserTokenPolicy{{PolicyID: "u", TokenType: ua.UserTokenTypeUserName, SecurityPolicyURI: ua.SecurityPolicyURINone}}}
	t.Setenv("LINGTAN_OPCUA_X", "secret")
	a := account{user: "x", variable: "LINGTAN_OPCUA_X"}
	for _, mode := range []ua.MessageSecurityMode{ua.MessageSecurityModeNone, ua.MessageSecurityModeSign} {
		if _, err := identify(a, e, security{policy: ua.SecurityPolicyURINone, mode: mode}, nil, ""); !errors.Is(err, connector.ErrRefused) {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
	got, err := identify(a, e, security{policy: ua.SecurityPolicyURIBasic256Sha256, mode: ua.MessageSecurityModeSignAndEncrypt}, nil, "")
	if token, ok := got.(*ua.UserNameIdentityToken); err != nil || !ok || string(token.Password) != "secret" {
		t.Errorf("through an encrypted channel: %v, %v", got, err)
	}
}

func TestTrustOnFirstUse(t *testing.T) {
	p := newPlant(t)
	f := secure(t, p, "", "")
	p.value("power", 7.0)
	p.start()
	dir := t.TempDir()
	dev := listed("plc", p.address(), "policy", "Basic256Sha256", "node.power", "ns=1;s=power")
	d := quick()
	k := runIn(t, d, dir, dev)
	eventually(t, "the value", func() bool { return k.has("plc", "power", 7) })
	own, err := os.ReadFile(filepath.Join(dir, ownFile))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, ownFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info.Mode(), err)
	}
	p.stop()
	f.renew(t)
	p.value("power", 8.0)
	p.start()
	eventually(t, "the refusal", func() bool { return strings.Contains(k.last("plc").Error, "shows another certificate") })
	path := d.trust.pinned(strings.TrimPrefix(p.address(), "opc.tcp://"))
	if e := k.last("plc").Error; !strings.Contains(e, path) || !strings.Contains(e, "remove") || k.has("plc", "power", 8) {
		t.Errorf("the error does not say how to accept it: %s", e)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the value of the accepted server", func() bool { return k.has("plc", "power", 8) })
	again := trust{dir: dir, servers: make(map[string][]byte)}
	if _, err := again.identity(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, ownFile)); err != nil || string(b) != string(own) {
		t.Errorf("the client certificate changed: %v", err)
	}
}

// The keys of a channel are renewed while values come.
func TestRenewal(t *testing.T) {
	p := newPlant(t)
	f := secure(t, p, "", "")
	p.value("power", 0.0)
	p.start()
	d := quick()
	d.lifetime = 1500 * time.Millisecond
	k := run(t, d, listed("plc", p.address(), "policy", "Basic256Sha256", "mode", "poll", "node.power", "ns=1;s=power"))
	began := time.Now()
	eventually(t, "polls over several keys", func() bool { return len(k.of("plc", "power")) > 10 && time.Since(began) > 4*time.Second })
	if c := d.Counts(); c["connections"] != 1 {
		t.Errorf("renewing a key should not end a connection: %v; %s", c, k.last("plc").Error)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opens < 3 {
		t.Errorf("%d keys", f.opens)
	}
}

// A man in the middle cannot lower the policy by his answer.
func TestNoDowngrade(t *testing.T) {
	own, _, err := makeIdentity()
	if err != nil {
		t.Fatal(err)
	}
	key, err := keyOf(own.certificate)
	if err != nil {
		t.Fatal(err)
	}
	a, err := uapolicy.Asymmetric(ua.SecurityPolicyURIBasic256Sha256, own.key, key)
	if err != nil {
		t.Fatal(err)
	}
	c := &channel{security: security{policy: ua.SecurityPolicyURIBasic256Sha256, mode: ua.MessageSecurityModeSign, own: own, server: own.certificate},
		opening: &opening{algorithm: a}}
	answer := func(policy string, certificate []byte) error {
		b := appendBytes(appendBytes(appendBytes(make([]byte, 4), []byte(policy)), certificate), nil)
		_, err := c.unlockOpening("OPNF", append(b, make([]byte, 100)...))
		return err
	}
	if err := answer(ua.SecurityPolicyURINone, nil); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "security policy") {
		t.Errorf("a lower policy: %v", err)
	}
	if err := answer(c.security.policy, []byte("another")); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "another certificate") {
		t.Errorf("another certificate: %v", err)
	}
	if err := answer(c.security.policy, own.certificate); !errors.Is(err, connector.ErrProtocol) {
		t.Errorf("nonsense instead of an answer: %v", err)
	}
}

// What protect makes, reveal takes, whatever the length; a changed byte is found.
func TestProtectReveal(t *testing.T) {
	own, _, err := makeIdentity()
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, 32)
	for name, uri := range policies {
		if name == "None" {
			continue
		}
		a, err := uapolicy.Asymmetric(uri, own.key, &own.key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		b, err := uapolicy.Symmetric(uri, nonce, nonce)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 70 {
			roundTrip(t, a, 8+n*5, false)
			roundTrip(t, b, 8+n*5, false)
		}
	}
}

// Keys longer than 2048 bits have a padding whose length takes two bytes.
func TestLargeKeys(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{ua.SecurityPolicyURIBasic256Sha256, ua.SecurityPolicyURIAes256Sha256RsaPss} {
		a, err := uapolicy.Asymmetric(uri, key, &key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 8 {
			roundTrip(t, a, 20+n*47, true)
		}
	}
}

func roundTrip(t *testing.T, algorithm *uapolicy.EncryptionAlgorithm, size int, large bool) {
	t.Helper()
	head, body := make([]byte, 16), make([]byte, size)
	chunk, err := protect(algorithm, head, body, true, true)
	if err != nil {
		t.Fatal(err)
	}
	copy(head, chunk)
	got, err := reveal(algorithm, head, chunk[16:], true, true, large)
	if err != nil || len(got) != size {
		t.Fatalf("%d bytes: %d, %v", size, len(got), err)
	}
	if int(binary.LittleEndian.Uint32(chunk[4:])) != len(chunk) {
		t.Fatal("the size in the header is wrong")
	}
	chunk[len(chunk)-1] ^= 1
	if _, err := reveal(algorithm, head, chunk[16:], true, true, large); err == nil {
		t.Fatal("a changed message is taken")
	}
}
