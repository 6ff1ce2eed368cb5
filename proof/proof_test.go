package proof

import (
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// The example of RFC 8785 section 3.2.3 (sorting) and 3.2.2.3 (numbers).
func TestCanonicalForm(t *testing.T) {
	canonical := func(v any, want string) {
		t.Helper()
		got, err := Canonical(v)
		if err != nil || string(got) != want {
			t.Errorf("%s (%v), want %s", got, err, want)
		}
	}
	canonical(map[string]any{"numbers": []float64{333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001}, "literals": []any{nil, true, false}},
		`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}`)
	canonical(map[string]string{"€": "a", "\r": "b", "1": "零碳", "<": "<"}, `{"\r":"b","1":"零碳","<":"<","€":"a"}`)
}

// The tree of the seven test leaves of RFC 6962 implementations (certificate-transparency, merkletree test vectors).
func TestKnownRoots(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var tree Tree
	for i, l := range leaves {
		data, err := hex.DecodeString(l)
		if err != nil {
			t.Fatal(err)
		}
		tree.Add(data)
		if got := hex.EncodeToString(tree.Root()); got != roots[i] {
			t.Errorf("root of %d leaves: %s, want %s", i+1, got, roots[i])
		}
	}
}

func TestInclusion(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(r, "leaves")
		var tree Tree
		for i := range n {
			tree.Add(fmt.Appendf(nil, "leaf %d", i))
		}
		i := rapid.IntRange(0, n-1).Draw(r, "leaf")
		in, err := tree.Prove(i)
		if err != nil {
			r.Fatal(err)
		}
		if err := in.Verify(fmt.Appendf(nil, "leaf %d", i)); err != nil {
			r.Fatal(err)
		}
		if err := in.Verify([]byte("another")); !errors.Is(err, ErrInclusion) {
			r.Fatalf("another leaf: %v", err)
		}
	})
}
