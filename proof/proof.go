// Package proof makes documents provable: the canonical form and content hash of a
// JSON document (RFC 8785) and Merkle trees with inclusion proofs (RFC 6962).
package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gowebpki/jcs"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// Sentinels of this package.
var (
	ErrCanonical = errors.New("proof: no canonical form")
	ErrInclusion = errors.New("proof: not included")
)

// Canonical is the RFC 8785 form of v: one byte sequence for one document.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCanonical, err)
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCanonical, err)
	}
	return out, nil
}

// Hash is the lower-case hexadecimal SHA-256 of the canonical form of v.
func Hash(v any) (string, error) {
	c, err := Canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(c)
	return hex.EncodeToString(sum[:]), nil
}

// Tree is an RFC 6962 Merkle tree over leaves added in order. The zero value is an
// empty tree.
type Tree struct {
	leaves [][]byte
}

// Add appends a leaf: its hash is SHA-256(0x00 ‖ data).
func (t *Tree) Add(data []byte) { t.leaves = append(t.leaves, rfc6962.DefaultHasher.HashLeaf(data)) }

// Len is the number of leaves.
func (t *Tree) Len() int { return len(t.leaves) }

// Root is the tree head; of an empty tree the SHA-256 of nothing.
func (t *Tree) Root() []byte { return head(t.leaves) }

func head(leaves [][]byte) []byte {
	if len(leaves) == 0 {
		return rfc6962.DefaultHasher.EmptyRoot()
	}
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, leaf := range leaves {
		if err := r.Append(leaf, nil); err != nil {
			panic(err) // a range from 0 takes every leaf
		}
	}
	root, err := r.GetRootHash(nil)
	if err != nil {
		panic(err) // a range from 0 has a root
	}
	return root
}

// Path is the audit path of leaf i (RFC 6962 section 2.1.1), from the leaf upward.
func (t *Tree) Path(i int) ([][]byte, error) {
	if i < 0 || i >= len(t.leaves) {
		return nil, fmt.Errorf("%w: leaf %d of %d", ErrInclusion, i, len(t.leaves))
	}
	return path(t.leaves, i), nil
}

func path(leaves [][]byte, i int) [][]byte {
	if len(leaves) == 1 {
		return nil
	}
	k := 1 // the largest power of two below the number of leaves
	for k*2 < len(leaves) {
		k *= 2
	}
	if i < k {
		return append(path(leaves[:k], i), head(leaves[k:]))
	}
	return append(path(leaves[k:], i-k), head(leaves[:k]))
}

// Inclusion is the proof that a leaf stands at an index of a tree of a size.
type Inclusion struct {
	Index uint64   `json:"index"`
	Size  uint64   `json:"size"`
	Path  []string `json:"path"` // hexadecimal, from the leaf upward
	Root  string   `json:"root"`
}

// Prove is the inclusion proof of leaf i.
func (t *Tree) Prove(i int) (Inclusion, error) {
	p, err := t.Path(i)
	if err != nil {
		return Inclusion{}, err
	}
	in := Inclusion{Index: uint64(i), Size: uint64(len(t.leaves)), Path: []string{}, Root: hex.EncodeToString(t.Root())}
	for _, h := range p {
		in.Path = append(in.Path, hex.EncodeToString(h))
	}
	return in, nil
}

// Verify checks that leaf data is included under the root that the proof names.
func (in Inclusion) Verify(data []byte) error {
	root, err := hex.DecodeString(in.Root)
	if err != nil {
		return fmt.Errorf("%w: root %q is not hexadecimal", ErrInclusion, in.Root)
	}
	path := make([][]byte, len(in.Path))
	for i, p := range in.Path {
		if path[i], err = hex.DecodeString(p); err != nil {
			return fmt.Errorf("%w: step %d of the path is not hexadecimal", ErrInclusion, i)
		}
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, in.Index, in.Size, rfc6962.DefaultHasher.HashLeaf(data), path, root); err != nil {
		return fmt.Errorf("%w: %w", ErrInclusion, err)
	}
	return nil
}
