package forecast_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"lingtan/forecast"
	"lingtan/forecast/seriesfile"
	"lingtan/period"
)

const golden = "../test/golden/forecast-"

// published is what a case is made of; paths are from its folder.
type published struct {
	File     string    `json:"file"`
	Value    string    `json:"value"`
	Start    string    `json:"start"` // set: the labels are not read, row i is interval i
	Step     int       `json:"step_seconds"`
	Weather  string    `json:"weather"` // half hours, each held for its two quarter hours
	Columns  []string  `json:"columns"`
	Zone     string    `json:"zone"`
	Holidays []string  `json:"holidays"`
	From     time.Time `json:"from"`
	Last     time.Time `json:"last"` // first issue of the short test
}

// bound is what a figure of a model has to be.
type bound struct {
	Model   string   `json:"model"`
	Figure  string   `json:"figure"`
	Is      *float64 `json:"is"` // within tolerance
	AtMost  *float64 `json:"at_most"`
	AtLeast *float64 `json:"at_least"`
}

type expectation struct {
	Tolerance float64 `json:"tolerance"` // relative, of "is"
	Full      []bound `json:"full"`
	Short     []bound `json:"short"`
}

func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// load reads a case's data.
func load(t testing.TB, name string) (published, forecast.Data) {
	t.Helper()
	var p published
	dir := golden + name
	readJSON(t, filepath.Join(dir, "input.json"), &p)
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		t.Fatal(err)
	}
	opt := seriesfile.Options{Value: p.Value, Zone: zone}
	for _, h := range p.Holidays {
		day, err := period.ParseDay(h)
		if err != nil {
			t.Fatal(err)
		}
		opt.Holidays = append(opt.Holidays, day)
	}
	text := unpacked(t, filepath.Join(dir, p.File))
	if p.Start != "" {
		text = relabelled(t, text, p)
		opt.Value = ""
	}
	d, err := seriesfile.Parse(text, opt)
	if err != nil {
		t.Fatal(err)
	}
	if p.Weather != "" {
		beside(t, &d, unpacked(t, filepath.Join(dir, p.Weather)), p.Columns)
	}
	return p, d
}

// relabelled is a file's value column with labels that count up from the start.
func relabelled(t testing.TB, text []byte, p published) []byte {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, p.Start)
	if err != nil {
		t.Fatal(err)
	}
	column := -1
	for i, h := range rows[0] {
		if h == p.Value {
			column = i
		}
	}
	var out bytes.Buffer
	out.WriteString("time," + p.Value + "\n")
	for _, row := range rows[1:] {
		out.WriteString(at.Format(time.RFC3339) + "," + row[column] + "\n")
		at = at.Add(time.Duration(p.Step) * time.Second)
	}
	return out.Bytes()
}

// beside puts weather on the data's grid, as known ahead.
func beside(t testing.TB, d *forecast.Data, text []byte, columns []string) {
	t.Helper()
	for _, name := range columns {
		w, err := seriesfile.Parse(text, seriesfile.Options{Value: name, Columns: []string{}})
		if err != nil {
			t.Fatal(err)
		}
		c := forecast.Covariate{Name: name, Ahead: true}
		for i := range d.Series.Values {
			k := int(d.Series.Start.Add(time.Duration(i)*d.Series.Step).Sub(w.Series.Start) / w.Series.Step)
			v := math.NaN()
			if k >= 0 && k < len(w.Series.Values) {
				v = w.Series.Values[k]
			}
			c.Values = append(c.Values, v)
		}
		d.Covariates = append(d.Covariates, c)
	}
}

// figure is a figure of a model in a table.
func figure(t *testing.T, table *forecast.Table, model, name string) float64 {
	t.Helper()
	for _, m := range table.Models {
		if m.Model != model {
			continue
		}
		x := map[string]*float64{"mae": m.MAE, "rmse": m.RMSE, "nmae": m.NMAE, "mape": m.MAPE, "coverage": m.Coverage, "skill": m.Skill, "bias": m.Bias}[name]
		if x == nil {
			t.Fatalf("%s of %s is not there", name, model)
		}
		return *x
	}
	t.Fatalf("there is no model %s", model)
	return 0
}

func hold(t *testing.T, table *forecast.Table, tolerance float64, bounds []bound) {
	t.Helper()
	if len(bounds) == 0 {
		t.Fatal("nothing is expected")
	}
	for _, b := range bounds {
		x := figure(t, table, b.Model, b.Figure)
		switch {
		case b.Is != nil && math.Abs(x-*b.Is) > tolerance*math.Abs(*b.Is):
			t.Errorf("%s of %s is %g, want %g", b.Figure, b.Model, x, *b.Is)
		case b.AtMost != nil && x > *b.AtMost:
			t.Errorf("%s of %s is %g, at most %g", b.Figure, b.Model, x, *b.AtMost)
		case b.AtLeast != nil && x < *b.AtLeast:
			t.Errorf("%s of %s is %g, at least %g", b.Figure, b.Model, x, *b.AtLeast)
		}
	}
}

// logged prints a table, for the record.
func logged(t *testing.T, name string, table *forecast.Table) {
	t.Helper()
	show := func(x *float64, scale float64) string {
		if x == nil {
			return "-"
		}
		return strconv.FormatFloat(*x*scale, 'f', 3, 64)
	}
	for _, m := range table.Models {
		t.Logf("%s %-10s n %d MAE %s RMSE %s MAPE %s NMAE %s pinball %s coverage %s skill %s", name, m.Model, m.Targets, show(m.MAE, 1), show(m.RMSE, 1), show(m.MAPE, 100),
			show(m.NMAE, 100), show(m.Pinball, 1), show(m.Coverage, 100), show(m.Skill, 100))
	}
}

// The published cases, each over the span that its README states. It takes minutes, so
// LINGTAN_SLOW=1 asks for it.
func TestPublishedCases(t *testing.T) {
	if os.Getenv("LINGTAN_SLOW") == "" {
		t.Skip("LINGTAN_SLOW is not set")
	}
	for _, name := range []string{"national-2005", "hospital", "steel", "metalworks", "furniture-shop", "office", "pv-golden"} {
		p, d := load(t, name)
		var want expectation
		readJSON(t, golden+name+"/expected.json", &want)
		table, err := forecast.Backtest(d, p.From, forecast.Options{})
		if err != nil {
			t.Fatal(err)
		}
		logged(t, name, table)
		hold(t, table, want.Tolerance, want.Full)
	}
}

// The last four weeks of the hourly cases, with one fit for the rehearsal and one for them.
func TestLastWeeks(t *testing.T) {
	for _, name := range []string{"national-2005", "hospital"} {
		p, d := load(t, name)
		var want expectation
		readJSON(t, golden+name+"/expected.json", &want)
		table, err := forecast.Backtest(d, p.Last, forecast.Options{Refit: 84 * 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		logged(t, name, table)
		hold(t, table, want.Tolerance, want.Short)
	}
}
