package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
)

const noInventory = `{"inventory":{"format":"lingtan.inventory/v1","structure":{},"entries":[],"registers":[]},"hash":"","evidence":[{"register":"a.kwh","blocks":"H4sIAAAAAAAA/wEAAP//AAAAAAAAAAA="}]}`

// Whatever a file holds, reading and verifying it ends without a panic, and nothing
// but a consistent export is called equal.
func FuzzReadExport(f *testing.F) {
	f.Add([]byte(noInventory))
	f.Add([]byte(`{"inventory":null}`))
	f.Add([]byte(`{"inventory":{"format":"lingtan.inventory/v1","structure":{"park":{"id":"mill"}}},"hash":"","stated":[{"gateway":"g","registers":[{"register":"a","since":"x"}],"statements":[{"head":{"number":1},"leaves":"AAAA"}]}]}`))
	f.Add([]byte(`{"inventory":{"format":"lingtan.inventory/v1","structure":{"park":{"zone":"Asia/Shanghai","interval":"15m"}},"period":{"text":"2018"}},"hash":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := ReadExport(bytes.NewReader(data))
		if err != nil {
			return
		}
		if checks, err := Verify(context.Background(), x); err == nil {
			for _, c := range checks {
				if !c.Equal {
					t.Fatalf("%s differs and the whole is equal", c.Name.EN)
				}
			}
		}
	})
}

func FuzzReadProof(f *testing.F) {
	f.Add([]byte(`{"format":"lingtan.reading-proof/v1","readings":"AAAA","block":"TFRVMQ==","inDays":{"path":["zz"]},"at":1}`))
	f.Add([]byte(`{"format":"lingtan.reading-proof/v1"}`))
	f.Add([]byte(`{"format":"lingtan.reading-proof/v1","statement":{"head":{"registers":[{}]},"publicKey":"AA=="}}`))
	disclosed, err := json.Marshal(disclosure(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(disclosed)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, ok, err := ReadProof(data)
		if !ok || err != nil {
			return
		}
		if _, err := p.Verify(); err != nil && !errors.Is(err, ErrDifferent) {
			t.Fatalf("an error of another kind: %v", err)
		}
	})
}

func TestNoExport(t *testing.T) {
	for _, data := range []string{"", "{}", "[]", `{"inventory":{}}`, `{"inventory":{"format":"lingtan.inventory/v1"}}`, `{"unknown":1}`} {
		if _, err := ReadExport(bytes.NewReader([]byte(data))); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", data, err)
		}
	}
}
