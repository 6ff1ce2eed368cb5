package statement

import (
	"crypto/sha256"
	"encoding/hex"
)

// Leaf is the leaf hash of a usage block: SHA-256(0x00 ‖ block), RFC 6962 section 2.1.
func Leaf(block []byte) [32]byte {
	return sha256.Sum256(append([]byte{0}, block...))
}

// Root is the RFC 6962 tree head over leaf hashes of 32 bytes, one after another,
// hexadecimal. What follows the last whole leaf is not looked at.
func Root(leaves []byte) string {
	n := len(leaves) / sha256.Size
	if n == 0 {
		empty := sha256.Sum256(nil)
		return hex.EncodeToString(empty[:])
	}
	top := head(leaves[:n*sha256.Size])
	return hex.EncodeToString(top[:])
}

// head is MTH of RFC 6962 section 2.1 for at least one leaf.
func head(leaves []byte) (top [32]byte) {
	n := len(leaves) / sha256.Size
	if n == 1 {
		return [32]byte(leaves)
	}
	k := 1 // the largest power of two below n
	for k*2 < n {
		k *= 2
	}
	left, right := head(leaves[:k*sha256.Size]), head(leaves[k*sha256.Size:])
	both := [1 + 2*sha256.Size]byte{1}
	copy(both[1:], left[:])
	copy(both[1+sha256.Size:], right[:])
	return sha256.Sum256(both[:])
}
