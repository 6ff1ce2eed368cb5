package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"lingtan/inventory"
	"lingtan/proof"
	"lingtan/usage"
)

// ProveRegister is a register's record and its inclusion under the inventory's root.
func ProveRegister(v *inventory.Inventory, key string) (inventory.RegisterRecord, proof.Inclusion, error) {
	tree, err := v.RecordTree()
	if err != nil {
		return inventory.RegisterRecord{}, proof.Inclusion{}, err
	}
	for i, r := range v.Registers {
		if r.Register == key {
			in, err := tree.Prove(i)
			return r, in, err
		}
	}
	return inventory.RegisterRecord{}, proof.Inclusion{}, fmt.Errorf("%w: register %s is not in %s", ErrNoReading, key, v.ID)
}

// ReadProof reads a reading proof; ok is false when the data are of another format.
func ReadProof(data []byte) (p *ReadingProof, ok bool, err error) {
	var head struct {
		Format string `json:"format"`
	}
	if json.Unmarshal(data, &head) != nil || head.Format != ProofFormat {
		return nil, false, nil
	}
	p = &ReadingProof{}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, true, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return p, true, nil
}

// Verify checks a reading proof offline, step by step from the reading to the root.
func (p *ReadingProof) Verify() ([]Check, error) {
	if p.Statement != nil {
		return p.verifyStated()
	}
	checks := []Check{check("读数在当日读数之中", "the reading is among the day's readings", p.checkReading())}
	d, err := p.block()
	if err == nil && d.Key != p.Record.Register {
		err = fmt.Errorf("the block is of %s, the record of %s", d.Key, p.Record.Register)
	}
	checks = append(checks, check("当日读数的摘要在用量块中", "the day's readings make the digest of its usage block", err))
	err = p.InDays.Verify(p.Block)
	if err == nil && p.InDays.Root != p.Record.Root {
		err = fmt.Errorf("the path leads to %s, the record says %s", p.InDays.Root, p.Record.Root)
	}
	checks = append(checks, check("用量块在表计的默克尔树中", "the block is under the register's root", err))
	leaf, err := proof.Canonical(p.Record)
	if err == nil {
		err = p.InRecords.Verify(leaf)
	}
	checks = append(checks, check("表计在清单的默克尔树中", "the register's record is under the inventory's root "+p.InRecords.Root, err))
	return checks, result(checks)
}

// block is the day's, whose digest the readings must make.
func (p *ReadingProof) block() (usage.Day, error) {
	d, rest, err := usage.ParseBlock(p.Block)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes follow the block", len(rest))
	}
	if err == nil && sha256.Sum256(p.Readings) != d.Digest {
		err = fmt.Errorf("the day's readings do not make the block's digest")
	}
	return d, err
}

// checkReading finds the reading among the day's canonical readings.
func (p *ReadingProof) checkReading() error {
	want := binary.BigEndian.AppendUint64(nil, uint64(p.At))
	for data := p.Readings; len(data) >= 20; data = data[20:] {
		if bytes.Equal(data[:8], want) && math.Float64frombits(binary.BigEndian.Uint64(data[12:])) == p.Value {
			return nil
		}
	}
	return fmt.Errorf("no reading of %v at %d", p.Value, p.At)
}
