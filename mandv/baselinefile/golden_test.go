package baselinefile

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"lingtan/mandv"
)

func golden(t *testing.T, name, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "test", "golden", name, file))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func evaluate(t *testing.T, data []byte) *mandv.Result {
	t.Helper()
	c, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Evaluate()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fitted are a model's figures by name.
func fitted(to map[string]float64, prefix string, f *mandv.Fit) {
	to[prefix+"intercept"] = *f.Intercept
	to[prefix+"coolingBalance"], to[prefix+"heatingBalance"] = *f.Cooling, *f.Heating
	for _, x := range f.Terms {
		to[prefix+x.Name] = x.Value
	}
	s := f.Statistics
	to[prefix+"r2Adjusted"], to[prefix+"cvrmse"], to[prefix+"cvrmseAdjusted"] = s.R2Adjusted, s.CVRMSE, s.CVRMSEAdjusted
	to[prefix+"rmseAdjusted"], to[prefix+"autocorrelation"] = s.RMSEAdjusted, s.Autocorrelation
}

func hold(t *testing.T, name string, got map[string]float64) {
	t.Helper()
	var want map[string]struct{ Value, Tolerance float64 }
	if err := json.Unmarshal(golden(t, name, "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	for k, w := range want {
		if g, ok := got[k]; !ok || math.Abs(g-w.Value) > w.Tolerance {
			t.Errorf("%s: %s = %v, want %v ± %v", name, k, g, w.Value, w.Tolerance)
		}
	}
}

func TestCalTRACK60Days(t *testing.T) {
	r := evaluate(t, golden(t, "mandv-caltrack-60-days", "input.json"))
	got := map[string]float64{"saved": r.Saving.Saved, "half": r.Saving.Uncertainty[0].Half}
	fitted(got, "", r.Baseline)
	hold(t, "mandv-caltrack-60-days", got)
	if r.Baseline.Model != "cdd_hdd" || !*r.Saving.Significant {
		t.Errorf("%+v", r.Baseline)
	}
}

func TestCalTRACKYear(t *testing.T) {
	r := evaluate(t, golden(t, "mandv-caltrack-year", "input.json"))
	got := map[string]float64{"saved": r.Saving.Saved, "expected": r.Saving.Expected, "metered": r.Saving.Metered, "normalised": r.Normalised.Saved}
	fitted(got, "reporting ", r.Reporting)
	hold(t, "mandv-caltrack-year", got)
}

func TestParse(t *testing.T) {
	bad := func(text string) {
		t.Helper()
		c, err := Parse([]byte(text))
		if err == nil {
			_, err = c.Evaluate()
		}
		if err == nil {
			t.Errorf("%s passes", text)
		}
	}
	bad(``)
	bad(`{}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"2018-01-01","step":"day"}}`)
	bad(`{"format":"lingtan.savings/v1","option":"D","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","energy":[1,2,3]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"2018-01-01","step":"week","energy":[1,2,3]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"someday","step":"day","energy":[1,2,3]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","zone":"Nowhere/Now","baseline":{"start":"2018-01-01","step":"day","energy":[1,2,3]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","temperatureUnit":"K","baseline":{"start":"2018-01-01","step":"day","energy":[1,2,3]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","energy":[1,2,3],"temperature":[1,2]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","energy":[null,null,null]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","energy":[1,2,1e300]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"B","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","meters":[{"id":"a","unit":"m3","values":[1,2,3]}]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"B","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","meters":[{"id":"a","unit":"kWh","values":[1,2,3]},{"id":"b","unit":"kWh","values":[1]}]}}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","energy":[1,2,3]},"reporting":{"start":"2019-01-01","step":"day","energy":[1]},"adjustments":[{"period":"reporting","first":"2019-01-01","last":"2019-01-01","amountPerDay":1,"reason":"","by":"x"}]}`)
	bad(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","energy":[1,2,3]},"reporting":{"start":"2019-01-01","step":"day","energy":[1],"drivers":[{"name":"t","unit":"t","values":[1]}]}}`)
}

// Units of meters are converted, and a hole in one meter is a hole of the boundary.
func TestMeters(t *testing.T) {
	c, err := Parse([]byte(`{"format":"lingtan.savings/v1","option":"B","unit":"kWh","baseline":{"start":"2018-01-01","step":"day",
		"meters":[{"id":"a","unit":"MWh","values":[1,2,3]},{"id":"b","unit":"kWh","sign":-1,"values":[100,null,100]}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if e := c.Baseline.Energy; e[0] != 900 || !math.IsNaN(e[1]) || e[2] != 2900 {
		t.Errorf("%v", e)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":"lingtan.savings/v1","option":"C","unit":"kWh","baseline":{"start":"2018-01-01","step":"day","energy":[1,null,3,4,5,6],"temperature":[1,2,3,4,5,6]}}`))
	f.Add([]byte(`{"format":"lingtan.savings/v1","option":"B","unit":"kWh","baseline":{"start":"2018-01-01","step":"hour","energy":[1,2,3,5,1],"drivers":[{"name":"t","unit":"t","values":[1,0,3,4,5]}]},"reporting":{"start":"2019-01-01","step":"hour","energy":[1],"drivers":[{"name":"t","unit":"t","values":[2]}]}}`))
	f.Add([]byte(`{"format":"lingtan.savings/v1","zone":"Asia/Shanghai"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil || len(data) > 2000 {
			return
		}
		r, err := c.Evaluate()
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil { // a NaN or an infinity would not be written
			t.Error(err)
		}
	})
}
