package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The cost of a new hash: the second recommended option of RFC 9106, section 4.
const (
	costTime    = 3
	costMemory  = 64 << 10 // KiB
	costThreads = 4
	saltBytes   = 16
	keyBytes    = 32
)

// Password lengths in characters.
const (
	minPassword = 12
	maxPassword = 128
)

// HashPassword hashes a password with argon2id under a salt from random
// (crypto/rand.Reader) into a PHC string, $argon2id$v=19$m=65536,t=3,p=4$salt$key.
func HashPassword(random io.Reader, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("access: salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, costTime, costMemory, costThreads, keyBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		costMemory, costTime, costThreads, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// VerifyPassword reports whether password made hash, and whether hash should be
// made anew because the cost has changed since. Errors wrap ErrHash.
func VerifyPassword(hash, password string) (ok, outdated bool, err error) {
	h, err := parseHash(hash)
	if err != nil {
		return false, false, err
	}
	key := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.key)))
	ok = subtle.ConstantTimeCompare(key, h.key) == 1
	outdated = h.time != costTime || h.memory != costMemory || h.threads != costThreads
	return ok, outdated, nil
}

// phc is a parsed argon2id PHC string.
type phc struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// parseHash reads a PHC string and bounds its cost, so that a crafted hash cannot
// take the machine's memory: 8 KiB to 1 GiB, 1 to 16 passes, 1 to 16 threads.
func parseHash(hash string) (phc, error) {
	parts := strings.Split(hash, "$")
	if len(hash) > 512 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return phc{}, fmt.Errorf("%w: want $argon2id$v=19$m=…,t=…,p=…$salt$key", ErrHash)
	}
	if parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, fmt.Errorf("%w: version %q, want v=%d", ErrHash, parts[2], argon2.Version)
	}
	var h phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return phc{}, fmt.Errorf("%w: cost %q: %v", ErrHash, parts[3], err)
	}
	if h.memory < 8 || h.memory > 1<<20 || h.time < 1 || h.time > 16 || h.threads < 1 || h.threads > 16 {
		return phc{}, fmt.Errorf("%w: cost %q is out of bounds", ErrHash, parts[3])
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 {
		return phc{}, fmt.Errorf("%w: salt", ErrHash)
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) < 16 {
		return phc{}, fmt.Errorf("%w: key", ErrHash)
	}
	return h, nil
}

// obvious are the words that make most guessed passwords.
var obvious = []string{
	"password", "passw0rd", "123456789", "12345678", "1234567", "123456", "qwertyuiop", "qwerty",
	"abcdef", "abc123", "admin", "administrator", "lingtan", "letmein", "welcome", "iloveyou",
	"111111", "000000", "888888", "666666", "a1b2c3", "1q2w3e4r",
}

// CheckPassword holds a new password against the strength rule: 12 to 128
// characters, and when the login and obvious words are taken out, at least 8
// characters and 5 different ones are left. Length and a list of bad passwords,
// no composition rule: NIST SP 800-63B, section 5.1.1.2. Errors wrap ErrPassword.
func CheckPassword(login, password string) error {
	n := utf8.RuneCountInString(password)
	if n < minPassword || n > maxPassword || !utf8.ValidString(password) {
		return fmt.Errorf("%w: %d characters, want %d to %d", ErrPassword, n, minPassword, maxPassword)
	}
	rest := strings.ToLower(password)
	if len(login) >= 3 {
		rest = strings.ReplaceAll(rest, strings.ToLower(login), "")
	}
	for _, word := range obvious {
		rest = strings.ReplaceAll(rest, word, "")
	}
	different := map[rune]bool{}
	for _, r := range rest {
		different[r] = true
	}
	if utf8.RuneCountInString(rest) < 8 || len(different) < 5 {
		return fmt.Errorf("%w: without the login and obvious words it is too short or too uniform", ErrPassword)
	}
	return nil
}

// NewSecret is 256 bits from random (crypto/rand.Reader) as 43 characters that may
// stand in a URL, after the prefix.
func NewSecret(random io.Reader, prefix string) (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("access: secret: %w", err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(raw), nil
}

// HashSecret is the SHA-256 of a secret in hexadecimal: what a store keeps. A
// secret of 256 random bits needs no slow hash.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Attempts counts failed sign-ins under one key (a login, an address, or both).
type Attempts struct {
	Failures int
	Last     time.Time
}

// Lock-out spans.
const (
	firstLock    = 30 * time.Second
	longestLock  = 15 * time.Minute
	forgetFailed = time.Hour
)

// Fail counts one more failure at now; failures more than an hour apart do not
// add up.
func (a Attempts) Fail(now time.Time) Attempts {
	if now.Sub(a.Last) > forgetFailed {
		return Attempts{Failures: 1, Last: now}
	}
	return Attempts{Failures: a.Failures + 1, Last: now}
}

// LockedUntil is until when no attempt is heard when free failures are free:
// 30 s after the first beyond them, doubling with each further, 15 min at most.
// Zero when not locked.
func (a Attempts) LockedUntil(free int) time.Time {
	over := a.Failures - free
	if over < 0 {
		return time.Time{}
	}
	lock := longestLock
	if over < 5 {
		lock = firstLock << over
	}
	return a.Last.Add(lock)
}
