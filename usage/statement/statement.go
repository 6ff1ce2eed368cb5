// Package statement makes and reads signed statements of settled usage: what an
// enterprise that settles at its own site tells the park instead of its readings.
package statement

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"lingtan/accounting"
	"lingtan/meter"
	"lingtan/period"
	"lingtan/proof"
	"lingtan/usage"
)

// Sentinels of this package.
var (
	ErrFormat    = errors.New("statement: not a statement of usage")
	ErrDifferent = errors.New("statement: it is not what was signed")
	ErrChain     = errors.New("statement: it does not follow the one before")
	ErrLimit     = errors.New("statement: too large")
)

// Format is the format of a statement document (docs/formats/statement.md).
const Format = "lingtan.statement/v1"

// Limits of one statement: its register-days are spread over several when there are more.
const (
	MaxBytes     = 16 << 20 // of the document
	MaxDays      = 64 << 10 // register-days
	maxRegisters = 16 << 10
	maxEntries   = 16 << 10
	maxText      = 256 // bytes of an identifier
)

// Head is what is signed: whose usage of which days the statement is, how much, and
// the Merkle root over the register-days.
type Head struct {
	Format       string     `json:"format"`
	Park         string     `json:"park"`
	Gateway      string     `json:"gateway"`      // the installation, as the park knows it
	Organization string     `json:"organization"` // the enterprise, as in the park file
	Number       int        `json:"number"`       // from 1, without gaps
	Previous     string     `json:"previous"`     // Hash of the statement before; empty for number 1
	IssuedAt     int64      `json:"issuedAt"`     // Unix milliseconds
	Zone         string     `json:"zone"`         // IANA name of the zone whose civil days these are
	Interval     string     `json:"interval"`     // settlement interval, such as 15m
	First        string     `json:"first"`        // first day stated, YYYY-MM-DD
	Last         string     `json:"last"`         // last day stated
	Registers    []Register `json:"registers"`    // in the order of keys
	Days         int        `json:"days"`         // register-days
	Root         string     `json:"root"`         // RFC 6962 root over the register-days' usage blocks, hexadecimal
	Entries      string     `json:"entries"`      // SHA-256 of the entries' RFC 8785 form; empty without entries
	Key          string     `json:"key"`          // KeyID of the key that signs
}

// Register is a register in a statement and the sum of its stated days.
type Register struct {
	Register string       `json:"register"`
	Kind     meter.Kind   `json:"kind"`
	Carrier  string       `json:"carrier"`
	Unit     string       `json:"unit"` // of the amounts
	Days     int          `json:"days"`
	Readings int          `json:"readings"`
	Totals   usage.Totals `json:"totals"`
}

// Signed is a head with its signature: enough to hold a root against.
type Signed struct {
	Head      Head   `json:"head"`
	PublicKey []byte `json:"publicKey"` // Ed25519, 32 bytes
	Signature []byte `json:"signature"` // Ed25519 over the head's RFC 8785 form, 64 bytes
}

// Statement is a signed head with what its root is over.
type Statement struct {
	Signed
	Blocks  []byte             `json:"blocks"`  // usage blocks (usage.Block) one after another, by register, then by day
	Entries []accounting.Entry `json:"entries"` // what the enterprise accounted already; may be empty
}

// Build makes an unsigned statement of days. Of h it takes Park, Gateway,
// Organization, Number, Previous, IssuedAt, Zone and Interval, and of its Registers
// key, kind, carrier and unit; a register without a day is left out. Errors:
// ErrFormat for a day of no such register or a day given twice, ErrLimit.
func Build(h Head, days []usage.Day, entries []accounting.Entry) (*Statement, error) {
	if len(days) > MaxDays || len(entries) > maxEntries {
		return nil, fmt.Errorf("%w: %d register-days and %d entries; at most %d and %d: state fewer days at a time", ErrLimit, len(days), len(entries), MaxDays, maxEntries)
	}
	days = slices.Clone(days)
	slices.SortFunc(days, func(a, b usage.Day) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Day, b.Day)) })
	s := &Statement{Signed: Signed{Head: h, PublicKey: []byte{}, Signature: []byte{}}, Blocks: []byte{}, Entries: entries}
	if s.Entries == nil {
		s.Entries = []accounting.Entry{}
	}
	for i, d := range days {
		if i > 0 && days[i-1].Key == d.Key && days[i-1].Day == d.Day {
			return nil, fmt.Errorf("%w: %s on %s is given twice", ErrFormat, d.Key, d.Day)
		}
		s.Blocks = usage.Block(s.Blocks, d)
	}
	kept, err := describe(h.Registers, days)
	if err != nil {
		return nil, err
	}
	s.Head.Format, s.Head.Registers = Format, kept
	if err := s.seal(days); err != nil {
		return nil, err
	}
	return s, s.Check()
}

// describe are the registers that have days, in the order of keys.
func describe(registers []Register, days []usage.Day) ([]Register, error) {
	known := map[string]Register{}
	for _, r := range registers {
		known[r.Register] = Register{Register: r.Register, Kind: r.Kind, Carrier: r.Carrier, Unit: r.Unit}
	}
	kept := []Register{}
	for _, d := range days {
		r, ok := known[d.Key]
		if !ok {
			return nil, fmt.Errorf("%w: a day of register %q, which is not described", ErrFormat, d.Key)
		}
		if len(kept) == 0 || kept[len(kept)-1].Register != d.Key {
			kept = append(kept, r)
		}
	}
	sum(kept, days)
	return kept, nil
}

// sum sets the sums of registers from days, both in the order of keys.
func sum(registers []Register, days []usage.Day) {
	at := map[string]*Register{}
	for i := range registers {
		r := &registers[i]
		r.Days, r.Readings, r.Totals = 0, 0, usage.Totals{}
		at[r.Register] = r
	}
	for _, d := range days {
		if r := at[d.Key]; r != nil {
			r.Days++
			r.Readings += int(d.Readings)
			r.Totals.Add(d.Totals())
		}
	}
}

// seal sets what of the head follows from days and entries.
func (s *Statement) seal(days []usage.Day) error {
	if len(days) == 0 {
		return fmt.Errorf("%w: there is no day in it", ErrFormat)
	}
	first, last := days[0].Day, days[0].Day
	for _, d := range days {
		first, last = min(first, d.Day), max(last, d.Day)
	}
	s.Head.First, s.Head.Last, s.Head.Days = first.String(), last.String(), len(days)
	leaves, err := s.Leaves()
	if err != nil {
		return err
	}
	s.Head.Root = Root(leaves)
	s.Head.Entries = ""
	if len(s.Entries) > 0 {
		s.Head.Entries, err = proof.Hash(s.Entries)
	}
	return err
}

// Days are the register-days, in their order.
func (s *Statement) Days() ([]usage.Day, error) {
	var days []usage.Day
	for data := s.Blocks; len(data) > 0; {
		if len(days) == MaxDays {
			return nil, fmt.Errorf("%w: more than %d register-days", ErrLimit, MaxDays)
		}
		d, rest, err := usage.ParseBlock(data)
		if err != nil {
			return nil, fmt.Errorf("%w: register-day %d: %w", ErrFormat, len(days)+1, err)
		}
		days, data = append(days, d), rest
	}
	return days, nil
}

// Prove is the usage block of a register's day and the proof that it is under the
// statement's root. Error: ErrFormat when the day is not in it.
func (s *Statement) Prove(register string, day period.Day) ([]byte, proof.Inclusion, error) {
	var tree proof.Tree
	var found []byte
	at := -1
	for data := s.Blocks; len(data) > 0; {
		d, rest, err := usage.ParseBlock(data)
		if err != nil {
			return nil, proof.Inclusion{}, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		block := data[:len(data)-len(rest)]
		if d.Key == register && d.Day == day {
			at, found = tree.Len(), block
		}
		tree.Add(block)
		data = rest
	}
	if at < 0 {
		return nil, proof.Inclusion{}, fmt.Errorf("%w: %s on %s is not in statement %d", ErrFormat, register, day, s.Head.Number)
	}
	in, err := tree.Prove(at)
	return found, in, err
}

// Hash names the statement: the SHA-256 of the head's RFC 8785 form, hexadecimal.
func (h Head) Hash() (string, error) { return proof.Hash(h) }

// Leaves are the hashes of the register-days' leaves, 32 bytes each, in their order.
func (s *Statement) Leaves() ([]byte, error) {
	var leaves []byte
	for data := s.Blocks; len(data) > 0; {
		_, rest, err := usage.ParseBlock(data)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		leaf := Leaf(data[:len(data)-len(rest)])
		leaves, data = append(leaves, leaf[:]...), rest
	}
	return leaves, nil
}

// isHash says whether text is a hexadecimal SHA-256.
func isHash(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == 32 && hex.EncodeToString(b) == text
}
