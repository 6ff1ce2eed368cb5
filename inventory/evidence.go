package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"lingtan/park"
	"lingtan/proof"
	"lingtan/usage"
)

// recorder makes the leaves of the evidence trees.
type recorder struct {
	keys []string // the registers, none twice
	buf  []byte
}

func newRecorder(keys []string) *recorder {
	return &recorder{keys: slices.Compact(slices.Sorted(slices.Values(keys)))}
}

// day makes the leaves of a day: RFC 6962 hashes of its usage blocks.
func (r *recorder) day(leaves []leaf, settled map[string]usage.Day) {
	for i, k := range r.keys {
		d, ok := settled[k]
		if !ok {
			continue
		}
		r.buf = usage.Block(append(r.buf[:0], 0), d)
		leaves[i] = leaf{hash: sha256.Sum256(r.buf), totals: d.Totals(), readings: d.Readings, settled: true}
	}
}

// registers builds the evidence tree of an inventory while the parts of its days go by.
type registers struct {
	rows   []RegisterRecord
	at     []int        // row → leaf of a part
	leaves [][][32]byte // row → leaves of its days
}

// newRegisters is the evidence of those of all keys that are in service in the period.
func newRegisters(doc *park.Document, all, inService []string) *registers {
	unit, carriers := map[string]string{}, map[string]string{}
	for _, c := range doc.Carriers {
		carriers[c.ID] = c.Unit
	}
	for _, p := range doc.Points {
		for _, reg := range p.Registers {
			unit[p.ID+"."+reg.ID] = carriers[reg.Carrier]
		}
	}
	r := &registers{}
	for _, k := range slices.Compact(slices.Sorted(slices.Values(inService))) {
		at, _ := slices.BinarySearch(all, k)
		r.rows = append(r.rows, RegisterRecord{Register: k, Unit: unit[k]})
		r.at = append(r.at, at)
	}
	r.leaves = make([][][32]byte, len(r.rows))
	return r
}

// add adds the leaves of a day.
func (r *registers) add(p *Part) {
	for i := range r.rows {
		x := &p.leaves[r.at[i]]
		if !x.settled {
			continue
		}
		row := &r.rows[i]
		r.leaves[i] = append(r.leaves[i], x.hash)
		row.Totals.Add(x.totals)
		row.Readings += int(x.readings)
		row.Days++
	}
}

// seal is the records in the order of register keys, and the root over them. A
// register without a settled day has a record of no days.
func (r *registers) seal() ([]RegisterRecord, string, error) {
	for i := range r.rows {
		root := treeHead(r.leaves[i])
		r.rows[i].Root = hex.EncodeToString(root[:])
	}
	tree, err := recordTree(r.rows)
	if err != nil {
		return nil, "", err
	}
	return r.rows, hex.EncodeToString(tree.Root()), nil
}

// treeHead is the Merkle tree hash over leaf hashes (RFC 6962 section 2.1), which are
// overwritten: pairs are hashed level by level, and one left over rises as it is, which makes the
// same tree as splitting at the largest power of two.
func treeHead(level [][32]byte) [32]byte {
	if len(level) == 0 {
		return sha256.Sum256(nil)
	}
	var pair [65]byte
	pair[0] = 1
	for len(level) > 1 {
		up := level[:0]
		for i := 0; i+1 < len(level); i += 2 {
			copy(pair[1:33], level[i][:])
			copy(pair[33:], level[i+1][:])
			up = append(up, sha256.Sum256(pair[:]))
		}
		if len(level)%2 == 1 {
			up = append(up, level[len(level)-1])
		}
		level = up
	}
	return level[0]
}

// recordTree is the tree over the canonical JSON of register records.
func recordTree(rows []RegisterRecord) (*proof.Tree, error) {
	var tree proof.Tree
	for _, row := range rows {
		leaf, err := canonical(row)
		if err != nil {
			return nil, fmt.Errorf("record of %s: %w", row.Register, err)
		}
		tree.Add(leaf)
	}
	return &tree, nil
}
