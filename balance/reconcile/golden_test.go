package reconcile

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// golden is expected.json of a published case.
type golden struct {
	Tolerance     float64            `json:"tolerance"` // relative
	Objective     float64            `json:"objective"`
	Degrees       int                `json:"degrees"`
	Critical      float64            `json:"critical"`
	Reconciled    map[string]float64 `json:"reconciled"`
	ReconciledSD  map[string]float64 `json:"reconciledSD"`
	Statistic     map[string]float64 `json:"statistic"`
	Suspects      []string           `json:"suspects"`
	True          map[string]float64 `json:"true"`
	RMSERaw       float64            `json:"rmseRaw"`
	RMSEReconcile float64            `json:"rmseReconciled"`
}

func TestBypass(t *testing.T)      { holdGolden(t, "c09-bypass", 6) }
func TestSerthHeenan(t *testing.T) { holdGolden(t, "c09-serth-heenan", 28) }

func holdGolden(t *testing.T, name string, flows int) {
	t.Helper()
	dir := filepath.Join("..", "..", "test", "golden", name)
	r := reconciled(t, parsed(t, filepath.Join(dir, "input.json")))
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want golden
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want, tol float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
			t.Errorf("%s: %.12g, want %.12g", what, got, want)
		}
	}
	near("objective", r.Global.Objective, want.Objective, want.Tolerance)
	near("critical value", r.Global.Critical, want.Critical, want.Tolerance)
	if r.Global.Degrees != want.Degrees || !r.Global.Passed || len(r.Suspects) != len(want.Suspects) || len(r.Flows) != flows || len(want.Reconciled) != flows {
		t.Errorf("%+v, suspects %+v, %d flows", r.Global, r.Suspects, len(r.Flows))
	}
	var before, after float64
	for _, f := range r.Flows {
		near(f.ID, *f.Reconciled, want.Reconciled[f.ID], want.Tolerance)
		near(f.ID+" sd", *f.ReconciledSD, want.ReconciledSD[f.ID], want.Tolerance)
		near(f.ID+" statistic", *f.Statistic, want.Statistic[f.ID], want.Tolerance)
		if f.Class != Redundant || *f.Corrected != *f.Reconciled {
			t.Errorf("%s: %+v", f.ID, f)
		}
		if want.True != nil {
			before += math.Pow((*f.Raw-want.True[f.ID]) / *f.SD, 2)
			after += math.Pow((*f.Reconciled-want.True[f.ID]) / *f.SD, 2)
		}
	}
	if want.True != nil {
		near("error before", math.Sqrt(before/float64(flows)), want.RMSERaw, 5e-4)
		near("error after", math.Sqrt(after/float64(flows)), want.RMSEReconcile, 5e-4)
	}
}

func parsed(t testing.TB, file string) *Problem {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func reconciled(t testing.TB, p *Problem) *Result {
	t.Helper()
	r, err := p.Reconcile()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
