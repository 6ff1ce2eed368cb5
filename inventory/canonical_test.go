package inventory

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"

	"lingtan/proof"
)

// The canonical form of an inventory is that of the library that proofs are checked with.
func TestCanonicalIsThatOfProofs(t *testing.T) {
	same := func(t rapid.TB, v any) {
		t.Helper()
		want, err := proof.Canonical(v)
		if err != nil {
			t.Skip("not a document")
		}
		got, err := canonical(v)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v\n%s\n%s", err, got, want)
		}
	}
	data, err := os.ReadFile("evidence/testdata/engine-2.json")
	if err != nil {
		t.Fatal(err)
	}
	var x struct{ Inventory *Inventory }
	if err := json.Unmarshal(data, &x); err != nil {
		t.Fatal(err)
	}
	same(t, x.Inventory)
	same(t, map[string]any{"numbers": []float64{333333333.33333329, 1e30, 4.50, 2e-3, 1e-27, -1e-7, 1e21, 123456789012345680000, 5e-324, math.MaxFloat64},
		"€": "a", "\r": "b", "1": "零碳", "<": "<&>\u2028\u0001\b\f\"\\/", "😀": nil, "\ufb33": true, "int": []int64{1 << 60, -1, 0}, "": map[string]any{}, "empty": []int{}})
	value := rapid.Custom(func(r *rapid.T) any {
		switch rapid.IntRange(0, 3).Draw(r, "kind") {
		case 0:
			return rapid.Float64().Draw(r, "number")
		case 1:
			return rapid.Int64().Draw(r, "integer")
		case 2:
			return rapid.String().Draw(r, "text")
		}
		return rapid.SliceOfN(rapid.Float64Range(-1e22, 1e22), 0, 3).Draw(r, "list")
	})
	rapid.Check(t, func(r *rapid.T) {
		same(r, rapid.MapOfN(rapid.String(), rapid.MapOfN(rapid.StringN(0, 3, 9), value, 0, 4), 0, 4).Draw(r, "document"))
	})
}
