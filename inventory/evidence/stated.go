package evidence

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"lingtan/period"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// Stated is what an inventory holds of an enterprise that settles at its own site:
// the registers, and the signed statements that their days came with. The raw
// readings are not with the park.
type Stated struct {
	Gateway      string           `json:"gateway"`
	Organization string           `json:"organization"`
	Registers    []StatedRegister `json:"registers"`
	Statements   []StatedDays     `json:"statements"` // in the order of their numbers
}

// StatedRegister is a register whose usage the park takes from statements.
type StatedRegister struct {
	Register string `json:"register"`
	Since    string `json:"since,omitempty"` // first day that is stated, YYYY-MM-DD; empty: every day
	After    uint16 `json:"after,omitempty"` // revisions that the park had of its days before: a stated revision counts on from here
	// Before is the After of the gateway that took this one's place; 0: none did.
	Before uint16 `json:"before,omitempty"`
}

// StatedDays is a signed head with the leaf hashes that its root is over.
type StatedDays struct {
	statement.Signed
	Leaves []byte `json:"leaves"` // 32 bytes each (statement.Leaf)
}

// StatedBlock is the usage block of a day as the enterprise stated it; ok is false
// for a day that the park settled itself or another gateway stated.
func (r StatedRegister) StatedBlock(d usage.Day) (block []byte, ok bool) {
	if d.Key != r.Register || d.Revision < r.After || r.Before != 0 && d.Revision >= r.Before {
		return nil, false
	}
	if since, err := period.ParseDay(r.Since); err == nil && d.Day < since {
		return nil, false
	}
	d.Revision -= r.After
	return usage.Block(nil, d), true
}

// check holds the statements against their signatures and roots, and the days of the
// stated registers against the statements. days is nil where no evidence came along.
func (s Stated) check(park string, days []usage.Day) Check {
	leaves, err := s.leaves(park)
	stated := 0
	if err == nil {
		stated, err = s.cover(leaves, days)
	}
	keys := map[string]bool{}
	text := ""
	for _, x := range s.Statements {
		if !keys[x.Head.Key] {
			text += " " + x.Head.Key
		}
		keys[x.Head.Key] = true
	}
	return check(fmt.Sprintf("企业声明（%s）：%d 份，签名密钥%s，覆盖 %d 个日用量", s.Gateway, len(s.Statements), text, stated),
		fmt.Sprintf("statements of %s: %d, signed by key%s, over %d register-days", s.Gateway, len(s.Statements), text, stated), err)
}

// leaves are those under the roots of all statements, each checked.
func (s Stated) leaves(park string) (map[[sha256.Size]byte]bool, error) {
	all := map[[sha256.Size]byte]bool{}
	for i, x := range s.Statements {
		h := x.Head
		if err := x.VerifySignature(); err != nil {
			return nil, err
		}
		if h.Park != park || h.Gateway != s.Gateway || h.Organization != s.Organization {
			return nil, fmt.Errorf("statement %d is of %s (%s) at park %s, not of %s (%s) at %s", h.Number, h.Gateway, h.Organization, h.Park, s.Gateway, s.Organization, park)
		}
		if i > 0 {
			before := s.Statements[i-1].Head
			if h.Number <= before.Number {
				return nil, fmt.Errorf("statement %d stands after number %d", h.Number, before.Number)
			}
			if h.Number == before.Number+1 && h.Follows(&before) != nil {
				return nil, h.Follows(&before)
			}
		}
		if root := statement.Root(x.Leaves); len(x.Leaves)%sha256.Size != 0 || root != h.Root {
			return nil, fmt.Errorf("statement %d: its root is %s, its leaves give %s", h.Number, h.Root, root)
		}
		for rest := x.Leaves; len(rest) > 0; rest = rest[sha256.Size:] {
			all[[sha256.Size]byte(rest)] = true
		}
	}
	return all, nil
}

// cover counts the days that are leaves of the statements; every stated day must be.
func (s Stated) cover(leaves map[[sha256.Size]byte]bool, days []usage.Day) (int, error) {
	registers := map[string]StatedRegister{}
	for _, r := range s.Registers {
		registers[r.Register] = r
	}
	n := 0
	for _, d := range days {
		block, ok := registers[d.Key].StatedBlock(d)
		if !ok {
			continue
		}
		if !leaves[statement.Leaf(block)] {
			return n, fmt.Errorf("%s on %s, revision %d, is in none of the statements", d.Key, d.Day, d.Revision)
		}
		n++
	}
	return n, nil
}

// NewDisclosure proves that an enterprise's reading is part of a statement that it
// signed. readings are those of the register's day, in canonical form
// (usage.CanonicalReadings). Errors: ErrDifferent when they are not the readings that
// the day was settled from, ErrNoReading.
func NewDisclosure(s *statement.Statement, register string, day period.Day, at int64, value float64, readings []byte) (*ReadingProof, error) {
	p := &ReadingProof{Format: ProofFormat, At: at, Value: value, Readings: readings, Statement: &s.Signed}
	var err error
	if p.Hash, err = s.Head.Hash(); err != nil {
		return nil, err
	}
	if p.Block, p.InDays, err = s.Prove(register, day); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoReading, err)
	}
	_, err = p.Verify()
	return p, err
}

// verifyStated checks a proof from the reading to the root that an enterprise signed.
func (p *ReadingProof) verifyStated() ([]Check, error) {
	h := p.Statement.Head
	checks := []Check{check("读数在当日读数之中", "the reading is among the day's readings", p.checkReading())}
	d, err := p.block()
	if err == nil && !slices.ContainsFunc(h.Registers, func(r statement.Register) bool { return r.Register == d.Key }) {
		err = fmt.Errorf("the block is of %s, which the statement does not name", d.Key)
	}
	checks = append(checks, check("当日读数的摘要在用量块中", "the day's readings make the digest of its usage block", err))
	if err = p.InDays.Verify(p.Block); err == nil && p.InDays.Root != h.Root {
		err = fmt.Errorf("the path leads to %s, the statement says %s", p.InDays.Root, h.Root)
	}
	checks = append(checks, check("用量块在声明的默克尔树中", "the block is under the statement's root "+h.Root, err))
	hash, err := h.Hash()
	if err == nil && hash != p.Hash {
		err = fmt.Errorf("the proof says statement %s, its head gives %s", p.Hash, hash)
	}
	if err == nil {
		err = p.Statement.VerifySignature()
	}
	checks = append(checks, check(fmt.Sprintf("第 %d 号声明由密钥 %s 签名", h.Number, h.Key), fmt.Sprintf("statement no. %d is signed by key %s", h.Number, h.Key), err))
	return checks, result(checks)
}

// Root is the root that the proof leads to: the inventory's, or the statement's.
func (p *ReadingProof) Root() string {
	if p.Statement != nil {
		return p.Statement.Head.Root
	}
	return p.InRecords.Root
}
