package inventory

import (
	"encoding/hex"
	"fmt"
	"slices"

	"lingtan/park"
	"lingtan/proof"
	"lingtan/usage"
)

// recorder builds the evidence tree of an inventory while its days go by.
type recorder struct {
	keys  []string // the registers, none twice
	rows  []RegisterRecord
	trees []proof.Tree
	buf   []byte
}

func newRecorder(doc *park.Document, keys []string) *recorder {
	unit, carriers := map[string]string{}, map[string]string{}
	for _, c := range doc.Carriers {
		carriers[c.ID] = c.Unit
	}
	for _, p := range doc.Points {
		for _, reg := range p.Registers {
			unit[p.ID+"."+reg.ID] = carriers[reg.Carrier]
		}
	}
	r := &recorder{keys: slices.Compact(slices.Sorted(slices.Values(keys)))}
	r.rows, r.trees = make([]RegisterRecord, len(r.keys)), make([]proof.Tree, len(r.keys))
	for i, k := range r.keys {
		r.rows[i] = RegisterRecord{Register: k, Unit: unit[k]}
	}
	return r
}

// day adds one day's blocks.
func (r *recorder) day(settled map[string]usage.Day) {
	for i, k := range r.keys {
		d, ok := settled[k]
		if !ok {
			continue
		}
		row := &r.rows[i]
		r.buf = usage.Block(r.buf[:0], d)
		r.trees[i].Add(r.buf)
		row.Totals.Add(d.Totals())
		row.Readings += int(d.Readings)
		row.Days++
	}
}

// seal is the records in the order of register keys, and the root over them. A
// register without a settled day has a record of no days.
func (r *recorder) seal() ([]RegisterRecord, string, error) {
	for i := range r.rows {
		r.rows[i].Root = hex.EncodeToString(r.trees[i].Root())
	}
	tree, err := recordTree(r.rows)
	if err != nil {
		return nil, "", err
	}
	return r.rows, hex.EncodeToString(tree.Root()), nil
}

// recordTree is the tree over the canonical JSON of register records.
func recordTree(rows []RegisterRecord) (*proof.Tree, error) {
	var tree proof.Tree
	for _, row := range rows {
		leaf, err := proof.Canonical(row)
		if err != nil {
			return nil, fmt.Errorf("record of %s: %w", row.Register, err)
		}
		tree.Add(leaf)
	}
	return &tree, nil
}
