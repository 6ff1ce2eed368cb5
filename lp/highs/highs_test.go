package highs

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The module is the one that README.md names, and is the version whose export names and
// codes stand in names.go.
func TestNames(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(module))
	if err != nil {
		t.Fatal(err)
	}
	code, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(code); !strings.Contains(string(readme), hex.EncodeToString(sum[:])) {
		t.Errorf("README.md does not have the module's SHA-256 %x", sum)
	}
	e, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.runtime.InstantiateModule(t.Context(), e.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions(fnStart))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close(context.Background())
	c := &instance{ctx: t.Context(), module: m}
	at := api.DecodeU32(c.call(fnVersion))
	text, ok := m.Memory().Read(at, 5)
	if c.err != nil || !ok || !strings.HasPrefix(string(text), strings.TrimPrefix(name, "HiGHS ")) {
		t.Errorf("the module says version %q, %v; it is called %s", text, c.err, name)
	}
}

func TestSearched(t *testing.T) {
	is := func(line string, bound, best float64, ok bool) {
		t.Helper()
		b, s, k := searched(line)
		if b != bound || s != best || k != ok {
			t.Errorf("%q: %v, %v, %v", line, b, s, k)
		}
	}
	is(" L       0       0         0   0.00%   562021.1        563987.6           0.35%     1209    112      9      2134     0.4s", 562021.1, 563987.6, true)
	is("         0       0         0   0.00%   -inf            inf                  inf        0      0      0         0     0.0s", math.Inf(-1), math.Inf(1), true)
	is("  Gap               0% (tolerance: 0.01%)", 0, 0, false)
	is("Presolve: 12 rows", 0, 0, false)
	is("", 0, 0, false)
}

func FuzzSearched(f *testing.F) {
	f.Add(" L 0 0 0 0.00% 562021.1 563987.6 0.35% 1209 112 9 2134 0.4s")
	f.Add("0 0 0 0.00% nan inf inf 0s")
	f.Fuzz(func(t *testing.T, line string) {
		if bound, best, _ := searched(line); math.IsNaN(bound) || math.IsNaN(best) {
			t.Errorf("%v, %v", bound, best)
		}
	})
}
