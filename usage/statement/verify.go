package statement

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/proof"
	"lingtan/usage"
)

// KeyID names a public key: the first 16 bytes of its SHA-256, hexadecimal.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:16])
}

// Sign signs the head by an installation's key.
func (s *Statement) Sign(key ed25519.PrivateKey) error {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok || len(key) != ed25519.PrivateKeySize {
		return fmt.Errorf("%w: the key is not an Ed25519 key", ErrFormat)
	}
	s.Head.Key, s.PublicKey = KeyID(public), public
	text, err := proof.Canonical(s.Head)
	if err != nil {
		return err
	}
	s.Signature = ed25519.Sign(key, text)
	return nil
}

// VerifySignature checks the signature by the key that comes with it, and that the
// head names this key. Whether the key is to be trusted is for the caller to know.
func (s Signed) VerifySignature() error {
	if len(s.PublicKey) != ed25519.PublicKeySize || KeyID(s.PublicKey) != s.Head.Key {
		return fmt.Errorf("%w: statement %d names key %q, another key came with it", ErrDifferent, s.Head.Number, s.Head.Key)
	}
	text, err := proof.Canonical(s.Head)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if !ed25519.Verify(s.PublicKey, text, s.Signature) {
		return fmt.Errorf("%w: the signature of statement %d by key %s does not hold", ErrDifferent, s.Head.Number, s.Head.Key)
	}
	return nil
}

// Verify checks all of a statement: that its head says what its days and entries
// give, that key signed it, and that it follows previous, which is nil for number 1.
// Errors: ErrFormat, ErrDifferent, ErrChain.
func (s *Statement) Verify(key ed25519.PublicKey, previous *Head) error {
	if err := s.Check(); err != nil {
		return err
	}
	if KeyID(key) != s.Head.Key {
		return fmt.Errorf("%w: statement %d is signed by key %s, not by %s", ErrDifferent, s.Head.Number, s.Head.Key, KeyID(key))
	}
	if err := s.VerifySignature(); err != nil {
		return err
	}
	return s.Head.Follows(previous)
}

// Follows checks the link to the statement before; nil when there is none. A gap
// names the number that is missing. Error: ErrChain.
func (h Head) Follows(previous *Head) error {
	if previous == nil {
		if h.Number != 1 || h.Previous != "" {
			return fmt.Errorf("%w: statement %d came, number 1 is missing; send it first", ErrChain, h.Number)
		}
		return nil
	}
	hash, err := previous.Hash()
	if err != nil {
		return err
	}
	switch {
	case h.Park != previous.Park || h.Gateway != previous.Gateway:
		return fmt.Errorf("%w: it is of gateway %s at park %s, the one before of %s at %s", ErrChain, h.Gateway, h.Park, previous.Gateway, previous.Park)
	case h.Number > previous.Number+1:
		return fmt.Errorf("%w: statement %d came, number %d is missing; send it first", ErrChain, h.Number, previous.Number+1)
	case h.Number <= previous.Number:
		return fmt.Errorf("%w: statement %d came after number %d", ErrChain, h.Number, previous.Number)
	case h.Previous != hash:
		return fmt.Errorf("%w: statement %d says that number %d is %q, it is %s", ErrChain, h.Number, previous.Number, h.Previous, hash)
	}
	return nil
}

// Check checks that the head says what the days and entries give. It looks at no
// signature. Errors: ErrFormat, ErrDifferent, ErrLimit.
func (s *Statement) Check() error {
	if err := s.Head.check(); err != nil {
		return err
	}
	days, err := s.Days()
	if err != nil {
		return err
	}
	if err := s.checkDays(days); err != nil {
		return err
	}
	if err := s.checkEntries(); err != nil {
		return err
	}
	again := Statement{Signed: Signed{Head: s.Head}, Blocks: s.Blocks, Entries: s.Entries}
	if err := again.seal(days); err != nil {
		return err
	}
	registers := slices.Clone(s.Head.Registers)
	sum(registers, days)
	for i, r := range registers {
		if r != s.Head.Registers[i] || r.Days == 0 {
			return fmt.Errorf("%w: of %s the head says %+v, its days give %+v", ErrDifferent, r.Register, s.Head.Registers[i], r)
		}
	}
	switch a, b := again.Head, s.Head; {
	case a.Root != b.Root:
		return fmt.Errorf("%w: the head says root %s, its days give %s", ErrDifferent, b.Root, a.Root)
	case a.First != b.First || a.Last != b.Last || a.Days != b.Days:
		return fmt.Errorf("%w: the head says %d register-days from %s to %s, there are %d from %s to %s", ErrDifferent, b.Days, b.First, b.Last, a.Days, a.First, a.Last)
	case a.Entries != b.Entries:
		return fmt.Errorf("%w: the head says entries %q, the entries give %q", ErrDifferent, b.Entries, a.Entries)
	}
	return nil
}

// check looks at the head alone.
func (h Head) check() error {
	for _, x := range [][2]string{{"park", h.Park}, {"gateway", h.Gateway}, {"organization", h.Organization}, {"zone", h.Zone}, {"interval", h.Interval}} {
		if x[1] == "" || len(x[1]) > maxText {
			return fmt.Errorf("%w: %s of %d bytes; 1 to %d", ErrFormat, x[0], len(x[1]), maxText)
		}
	}
	switch {
	case h.Format != Format:
		return fmt.Errorf("%w: its format is %.80q, not %s", ErrFormat, h.Format, Format)
	case h.Number < 1 || h.Number > math.MaxInt32:
		return fmt.Errorf("%w: number %d; from 1", ErrFormat, h.Number)
	case (h.Number == 1) != (h.Previous == "") || h.Previous != "" && !isHash(h.Previous):
		return fmt.Errorf("%w: number %d with the hash %.80q of the one before", ErrFormat, h.Number, h.Previous)
	case len(h.Registers) == 0 || len(h.Registers) > maxRegisters:
		return fmt.Errorf("%w: %d registers; 1 to %d", ErrLimit, len(h.Registers), maxRegisters)
	}
	for i, r := range h.Registers {
		switch {
		case r.Register == "" || len(r.Register) > maxText || len(r.Unit) > maxText || len(r.Carrier) > maxText:
			return fmt.Errorf("%w: register %d has no key or too long a one", ErrFormat, i+1)
		case i > 0 && h.Registers[i-1].Register >= r.Register:
			return fmt.Errorf("%w: register %s stands after %s; they are in the order of keys", ErrFormat, r.Register, h.Registers[i-1].Register)
		case !slices.Contains(meter.Kinds, r.Kind) || r.Kind == meter.State:
			return fmt.Errorf("%w: register %s is of kind %.80q", ErrFormat, r.Register, r.Kind)
		}
	}
	return nil
}

// checkDays looks at the register-days by themselves: order, registers, qualities.
func (s *Statement) checkDays(days []usage.Day) error {
	described := map[string]bool{}
	for _, r := range s.Head.Registers {
		described[r.Register] = true
	}
	for i, d := range days {
		if !described[d.Key] {
			return fmt.Errorf("%w: a day of register %.80q, which the head does not name", ErrDifferent, d.Key)
		}
		if i > 0 && (days[i-1].Key > d.Key || days[i-1].Key == d.Key && days[i-1].Day >= d.Day) {
			return fmt.Errorf("%w: %s on %s stands after %s on %s", ErrFormat, d.Key, d.Day, days[i-1].Key, days[i-1].Day)
		}
		if err := checkDay(d); err != nil {
			return err
		}
	}
	return nil
}

// checkDay looks at one day: within four-digit years, of known qualities, and
// nothing where an interval is missing.
func checkDay(d usage.Day) error {
	if d.Day < period.Date(1, 1, 1) || d.Day > period.Date(9999, 12, 31) || len(d.Amount) == 0 {
		return fmt.Errorf("%w: %s on day %d with %d intervals", ErrFormat, d.Key, int32(d.Day), len(d.Amount))
	}
	for i, a := range d.Amount {
		q := d.At(i)
		if q&^(0x0f|meter.Suspect) != 0 || q.Base() > meter.Edited {
			return fmt.Errorf("%w: %s on %s, interval %d: quality %d", ErrFormat, d.Key, d.Day, i, q)
		}
		if q.Base() == meter.Missing && a != 0 {
			return fmt.Errorf("%w: %s on %s, interval %d is missing and has an amount of %g", ErrFormat, d.Key, d.Day, i, a)
		}
		if d.Coverage != nil && d.Coverage[i] > 100 {
			return fmt.Errorf("%w: %s on %s, interval %d: coverage of %d %%", ErrFormat, d.Key, d.Day, i, d.Coverage[i])
		}
	}
	return nil
}

// checkEntries evaluates each entry's formula again.
func (s *Statement) checkEntries() error {
	if len(s.Entries) > maxEntries {
		return fmt.Errorf("%w: %d entries; at most %d", ErrLimit, len(s.Entries), maxEntries)
	}
	for _, e := range s.Entries {
		again := e
		if err := again.Evaluate(); err != nil {
			return fmt.Errorf("%w: entry %s: %w", ErrFormat, e.ID, err)
		}
		if again.Emissions != e.Emissions {
			return fmt.Errorf("%w: entry %s says %v %s, its formula gives %v", ErrDifferent, e.ID, e.Emissions, e.Unit, again.Emissions)
		}
	}
	return nil
}
