package tree

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrKept marks a kept forest that cannot be read.
var ErrKept = errors.New("kept forest")

// kept is the written form of a forest. Trees is base64 of the nodes, tree by tree: the
// number of nodes (two bytes), then for each node its value (eight bytes), left and right
// (two bytes each), column, bin and whether rows without a value go left (one byte each),
// the least significant byte first.
type kept struct {
	Base  float64     `json:"base"`
	Edges [][]float64 `json:"edges"`
	Trees string      `json:"trees"`
}

const nodeBytes = 15

// MarshalJSON writes the forest; read again it predicts the same to the last bit.
func (f *Forest) MarshalJSON() ([]byte, error) {
	var b []byte
	for _, t := range f.trees {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(t)))
		for _, n := range t {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(n.value))
			b = binary.LittleEndian.AppendUint16(b, uint16(n.left))
			b = binary.LittleEndian.AppendUint16(b, uint16(n.right))
			lost := byte(0)
			if n.lost {
				lost = 1
			}
			b = append(b, n.column, n.bin, lost)
		}
	}
	return json.Marshal(kept{f.base, f.edges, base64.StdEncoding.EncodeToString(b)})
}

// UnmarshalJSON reads a forest. Errors wrap ErrKept.
func (f *Forest) UnmarshalJSON(text []byte) error {
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return fmt.Errorf("%w: %w", ErrKept, err)
	}
	b, err := base64.StdEncoding.DecodeString(k.Trees)
	if err != nil {
		return fmt.Errorf("%w: trees: %w", ErrKept, err)
	}
	if len(k.Edges) < 1 || len(k.Edges) > MaxColumns {
		return fmt.Errorf("%w: %d columns; 1 to %d", ErrKept, len(k.Edges), MaxColumns)
	}
	for c, e := range k.Edges {
		if len(e) >= maxBins || !slices.IsSorted(e) {
			return fmt.Errorf("%w: edges of column %d: they rise, fewer than %d", ErrKept, c, maxBins)
		}
	}
	got := Forest{edges: k.Edges, base: k.Base}
	for len(b) > 0 {
		var t []node
		if t, b, err = readTree(b, len(k.Edges)); err != nil {
			return fmt.Errorf("%w: tree %d: %w", ErrKept, len(got.trees), err)
		}
		if got.trees = append(got.trees, t); len(got.trees) > maxRounds {
			return fmt.Errorf("%w: more than %d trees", ErrKept, maxRounds)
		}
	}
	*f = got
	return nil
}

func readTree(b []byte, columns int) ([]node, []byte, error) {
	if len(b) < 2 {
		return nil, nil, errors.New("it is cut off")
	}
	n := int(binary.LittleEndian.Uint16(b))
	b = b[2:]
	if n < 1 || n > 2*maxLeaves || len(b) < n*nodeBytes {
		return nil, nil, fmt.Errorf("%d nodes, %d bytes left", n, len(b))
	}
	t := make([]node, n)
	for i := range t {
		p := b[i*nodeBytes:]
		t[i] = node{value: math.Float64frombits(binary.LittleEndian.Uint64(p)), left: int32(binary.LittleEndian.Uint16(p[8:])),
			right: int32(binary.LittleEndian.Uint16(p[10:])), column: p[12], bin: p[13], lost: p[14] == 1}
		deeper := func(k int32) bool { return int(k) > i && int(k) < n } // so that every way down ends
		if math.IsNaN(t[i].value) || math.IsInf(t[i].value, 0) || int(t[i].column) >= columns ||
			t[i].left != 0 && !(deeper(t[i].left) && deeper(t[i].right)) {
			return nil, nil, fmt.Errorf("node %d is faulty", i)
		}
	}
	return t, b[n*nodeBytes:], nil
}
