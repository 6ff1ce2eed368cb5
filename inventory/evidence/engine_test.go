package evidence

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"lingtan/inventory"
)

// May 2023 of a park with photovoltaics, a battery, estimated and missing days, as the
// engines before the third closed it: engine-1.json of the park, engine-2.json of its mill with
// declared records. Both are recomputed to the last bit, as ever.
func TestInventoriesOfEarlierEngines(t *testing.T) {
	for _, engine := range []string{"1", "2"} {
		data, err := os.ReadFile("testdata/engine-" + engine + ".json")
		if err != nil {
			t.Fatal(err)
		}
		x, err := ReadExport(bytes.NewReader(data))
		if err != nil || x.Inventory.Engine != engine {
			t.Fatalf("engine %q, want %s (%v)", x.Inventory.Engine, engine, err)
		}
		if checks, err := Verify(context.Background(), x); err != nil || len(checks) != 6 {
			t.Errorf("engine %s: %v %+v", engine, err, checks)
		}
		v := x.Inventory
		src, c := x.unpack()
		if !c.Equal {
			t.Fatal(c.Detail)
		}
		again, err := inventory.Compile(context.Background(), inventory.Inputs{ID: v.ID, Revision: v.Revision, Structure: v.Structure, Method: v.Method, Factors: v.Carried(),
			Usage: src, Period: v.Period.Text, AsKnownAt: v.AsKnownAt, Declared: v.Declared, Organization: v.Organization})
		if err != nil || again.Engine != inventory.Engine {
			t.Fatal(err)
		}
		if d := inventory.Compare(v, again); len(d.Entries)+len(d.Usage)+len(d.Totals)+len(d.Records) != 0 {
			t.Errorf("by engine %s and by this one the inventories differ by more than rounding: %+v", engine, d)
		}
		x.Inventory.Engine = "0"
		if x.Hash, err = hashOf(x); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(context.Background(), x); !errors.Is(err, ErrDifferent) {
			t.Errorf("an engine that there never was: %v", err)
		}
	}
}

func hashOf(x *Export) (string, error) {
	y, err := NewExport(x.Inventory)
	if err != nil {
		return "", err
	}
	return y.Hash, nil
}
