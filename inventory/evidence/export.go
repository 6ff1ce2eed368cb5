// Package evidence carries an inventory out of the system with the settled usage it
// was made of, verifies it from nothing but itself, and proves that a single reading
// is part of it.
package evidence

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"lingtan/inventory"
	"lingtan/proof"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// Sentinels of this package.
var (
	ErrFormat    = errors.New("evidence: not an exported inventory or proof")
	ErrDifferent = errors.New("evidence: recomputing gives something else")
	ErrNoReading = errors.New("evidence: no such reading")
)

// Export is an inventory as it leaves the system: the document, its content hash,
// how it was closed, and the settled usage that it was made of.
type Export struct {
	Inventory *inventory.Inventory `json:"inventory"`
	Hash      string               `json:"hash"`  // SHA-256 of the inventory's RFC 8785 form, hexadecimal
	State     string               `json:"state"` // open, closed, superseded
	ClosedAt  int64                `json:"closedAt,omitempty"`
	ClosedBy  string               `json:"closedBy,omitempty"`
	Evidence  []Evidence           `json:"evidence,omitempty"`
	Stated    []Stated             `json:"stated,omitempty"` // what enterprises settled at their sites and stated
}

// Evidence is a register's settled usage of the period: its days' usage blocks one
// after another (see usage.Block), compressed by gzip.
type Evidence struct {
	Register string `json:"register"`
	Blocks   []byte `json:"blocks"`
}

// exportLimit bounds what is read of an exported inventory.
const exportLimit = 1 << 30

// blocksLimit bounds a register's unpacked blocks: some 60 years of minutes.
const blocksLimit = 1 << 28

// ReadExport reads an exported inventory.
func ReadExport(r io.Reader) (*Export, error) {
	data, err := io.ReadAll(io.LimitReader(r, exportLimit+1))
	if err != nil {
		return nil, err
	}
	if len(data) > exportLimit {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrFormat, exportLimit)
	}
	var x Export
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // what we do not know would be outside of the hash
	if err := d.Decode(&x); err != nil {
		return nil, fmt.Errorf("%w: %w; export it with lingtan inventory -o json", ErrFormat, err)
	}
	if x.Inventory == nil || x.Inventory.Format != inventory.Format || x.Inventory.Structure == nil {
		return nil, fmt.Errorf("%w: its format is not %s; export it with lingtan inventory -o json", ErrFormat, inventory.Format)
	}
	return &x, nil
}

// Pack gathers the evidence of an inventory from the usage it was compiled of.
func Pack(ctx context.Context, v *inventory.Inventory, src inventory.UsageSource) ([]Evidence, error) {
	pass, err := inventory.NewPass(v.Structure)
	if err != nil {
		return nil, err
	}
	first, last, err := v.Period.Days()
	if err != nil {
		return nil, err
	}
	blocks := map[string]*packer{}
	q := usage.Query{Park: v.Structure.Park.ID, Keys: pass.Keys, First: first, Last: last, AsKnownAt: v.AsKnownAt}
	err = src.UsageByDay(ctx, q, func(d usage.Day) error {
		if blocks[d.Key] == nil {
			blocks[d.Key] = newPacker()
		}
		return blocks[d.Key].add(d)
	})
	if err != nil {
		return nil, err
	}
	var out []Evidence
	for _, r := range v.Registers {
		p := blocks[r.Register]
		if p == nil && r.Days > 0 {
			return nil, fmt.Errorf("%w: the usage of %s is gone from the store", ErrDifferent, r.Register)
		}
		if p == nil {
			p = newPacker()
		}
		packed, err := p.close()
		if err != nil {
			return nil, err
		}
		out = append(out, Evidence{Register: r.Register, Blocks: packed})
	}
	return out, nil
}

// packer compresses blocks as they come; gzip without a time stamp, so that the
// same usage gives the same bytes.
type packer struct {
	buf bytes.Buffer
	zip *gzip.Writer
	tmp []byte
}

func newPacker() *packer {
	p := &packer{}
	p.zip = gzip.NewWriter(&p.buf)
	return p
}

func (p *packer) add(d usage.Day) error {
	p.tmp = usage.Block(p.tmp[:0], d)
	_, err := p.zip.Write(p.tmp)
	return err
}

func (p *packer) close() ([]byte, error) {
	if err := p.zip.Close(); err != nil {
		return nil, err
	}
	return p.buf.Bytes(), nil
}

// Days unpacks the settled days.
func (e Evidence) Days() ([]usage.Day, error) {
	z, err := gzip.NewReader(bytes.NewReader(e.Blocks))
	if err != nil {
		return nil, fmt.Errorf("evidence of %s: %w", e.Register, err)
	}
	data, err := io.ReadAll(io.LimitReader(z, blocksLimit+1))
	if err != nil {
		return nil, fmt.Errorf("evidence of %s: %w", e.Register, err)
	}
	if len(data) > blocksLimit {
		return nil, fmt.Errorf("evidence of %s: more than %d bytes", e.Register, blocksLimit)
	}
	var days []usage.Day
	for len(data) > 0 {
		var d usage.Day
		if d, data, err = usage.ParseBlock(data); err != nil {
			return nil, fmt.Errorf("evidence of %s: %w", e.Register, err)
		}
		if d.Key != e.Register {
			return nil, fmt.Errorf("evidence of %s: %w: it holds a day of %s", e.Register, ErrFormat, d.Key)
		}
		days = append(days, d)
	}
	return days, nil
}

// ReadingProof proves that a register's reading is part of an inventory: the day's
// readings make the digest of the day's block, the block is a leaf under the
// register's root, the register's record a leaf under the inventory's root. Where
// the enterprise keeps its readings, it proves that the reading is part of a
// statement: the block is a leaf under the root that the enterprise signed.
type ReadingProof struct {
	Format    string                   `json:"format"` // lingtan.reading-proof/v1
	Inventory string                   `json:"inventory"`
	Hash      string                   `json:"hash"` // of the inventory, or of the statement
	At        int64                    `json:"at"`   // the reading's time, Unix milliseconds
	Value     float64                  `json:"value"`
	Readings  []byte                   `json:"readings"` // the day's readings in canonical form (usage.CanonicalReadings)
	Block     []byte                   `json:"block"`    // the day's usage block
	InDays    proof.Inclusion          `json:"inDays"`
	Record    inventory.RegisterRecord `json:"record,omitzero"`
	InRecords proof.Inclusion          `json:"inRecords,omitzero"`
	Statement *statement.Signed        `json:"statement,omitempty"`
}

// ProofFormat is the format of a ReadingProof.
const ProofFormat = "lingtan.reading-proof/v1"

// NewExport is an export of an inventory that is not stored: open, with its hash.
func NewExport(v *inventory.Inventory) (*Export, error) {
	h, err := proof.Hash(v)
	return &Export{Inventory: v, Hash: h, State: "open"}, err
}
