package access

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

func TestPasswordHash(t *testing.T) {
	hash, err := HashPassword(rand.Reader, "seven green turbines")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("hash %q", hash)
	}
	verify := func(hash, password string, wantOK, wantOutdated bool) {
		t.Helper()
		ok, outdated, err := VerifyPassword(hash, password)
		if err != nil || ok != wantOK || outdated != wantOutdated {
			t.Errorf("verify %q against %q = %v, %v, %v", password, hash, ok, outdated, err)
		}
	}
	verify(hash, "seven green turbines", true, false)
	verify(hash, "seven green turbine", false, false)
	verify(hash, "", false, false)
	// Computed by the reference program: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 (its test.c, version 0x13).
	verify("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password", true, true)
	verify("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "passwore", false, true)
}

func TestHashIsBounded(t *testing.T) {
	bad := func(hash string) {
		t.Helper()
		if _, _, err := VerifyPassword(hash, "x"); !errors.Is(err, ErrHash) {
			t.Errorf("%.80q: %v, want ErrHash", hash, err)
		}
	}
	bad("")
	bad("plain")
	bad("$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	bad("$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	bad("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	bad("$argon2id$v=19$m=65536,t=999,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	bad("$argon2id$v=19$m=65536,t=2,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	bad("$argon2id$v=19$m=65536,t=2,p=1$!$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	bad("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$")
	bad(strings.Repeat("$", 600))
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, hash string) {
		h, err := parseHash(hash)
		if err == nil && (h.memory > 1<<20 || h.time > 16 || h.threads == 0 || len(h.key) < 16) {
			t.Errorf("%q: out of bounds: %+v", hash, h)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	check := func(login, password string, want error) {
		t.Helper()
		if err := CheckPassword(login, password); !errors.Is(err, want) {
			t.Errorf("%q for %q: %v", password, login, err)
		}
	}
	check("wang", "seven green turbines", nil)
	check("wang", "七座绿色风机在海边转动着呢", nil)
	check("wang", "short", ErrPassword)
	check("wang", "password1234", ErrPassword)
	check("wang", "aaaaaaaaaaaaaaaa", ErrPassword)
	check("wang.lei", "wang.leiwang.lei1", ErrPassword)
	check("wang", "Admin123456Admin", ErrPassword)
	check("wang", strings.Repeat("long enough ", 20), ErrPassword)
	check("wang", "seven green \xff turbines", ErrPassword)
}

func TestSecret(t *testing.T) {
	one, err := NewSecret(rand.Reader, "lt_")
	if err != nil {
		t.Fatal(err)
	}
	two, _ := NewSecret(rand.Reader, "lt_")
	if len(one) != 46 || one == two || !strings.HasPrefix(one, "lt_") {
		t.Errorf("secrets %q, %q", one, two)
	}
	if got := HashSecret("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("SHA-256 of abc = %s", got) // FIPS 180-4 example
	}
	if _, err := NewSecret(strings.NewReader("too little"), ""); err == nil {
		t.Error("a secret of too little randomness")
	}
}
