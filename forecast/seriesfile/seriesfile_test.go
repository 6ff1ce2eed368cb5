package seriesfile

import (
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"lingtan/forecast"
	"lingtan/period"
)

const small = `time,load [kW],temp [°C] (ahead),output
2018-01-01 00:00,1,5,
2018-01-01 00:15,2,6,7
2018-01-01 00:45,3,,8
2018-01-01 01:00,,9,
`

const object = `{"format": "lingtan.forecast/v1", "zone": "Asia/Shanghai", "calendar": "china", "holidays": ["2018-01-08"],
 "series": {"name": "load", "unit": "kW", "start": "2018-01-01T00:00:00+08:00", "step_seconds": 900, "values": [1, null, 3]},
 "covariates": [{"name": "temp", "ahead": true, "values": [5, 6, 7, 8]}]}`

func TestColumns(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	d, err := Parse([]byte(small), Options{Zone: shanghai})
	if err != nil {
		t.Fatal(err)
	}
	s := d.Series
	if s.Name != "load" || s.Unit != "kW" || s.Step != 15*time.Minute || len(s.Values) != 4 || s.Values[1] != 2 || !math.IsNaN(s.Values[2]) ||
		!s.Start.Equal(time.Date(2017, 12, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", s)
	}
	temp, output := d.Covariates[0], d.Covariates[1]
	if temp.Name != "temp" || temp.Unit != "°C" || !temp.Ahead || len(temp.Values) != 5 || temp.Values[4] != 9 || output.Ahead || !math.IsNaN(output.Values[0]) {
		t.Errorf("%+v", d.Covariates)
	}
	d, err = Parse([]byte(small), Options{Value: "output", Columns: []string{"load"}, Ahead: []string{"load"}})
	if err != nil || d.Series.Name != "output" || len(d.Covariates) != 1 || !d.Covariates[0].Ahead || !math.IsNaN(d.Series.Values[0]) {
		t.Errorf("%+v %v", d, err)
	}
}

func TestObject(t *testing.T) {
	d, err := Parse([]byte(object), Options{})
	if err != nil || len(d.Series.Values) != 3 || !math.IsNaN(d.Series.Values[1]) || d.Zone.String() != "Asia/Shanghai" || len(d.Covariates[0].Values) != 4 {
		t.Fatalf("%+v %v", d, err)
	}
	rests := func(want bool, year int, month time.Month, day int) {
		t.Helper()
		if got, known := d.Calendar.Rests(period.Date(year, month, day)); got != want || !known {
			t.Errorf("%d-%d-%d: %v %v", year, month, day, got, known)
		}
	}
	rests(true, 2018, 1, 1)
	rests(true, 2018, 1, 8) // listed
	rests(false, 2018, 1, 9)
}

// A fault is told with its line or path.
func TestFaults(t *testing.T) {
	refused := func(text, want string, opt Options) {
		t.Helper()
		if _, err := Parse([]byte(text), opt); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	csv := func(want string, change ...string) {
		t.Helper()
		refused(strings.NewReplacer(change...).Replace(small), want, Options{})
	}
	csv(`line 3: "noon" is no time`, "2018-01-01 00:15", "noon")
	csv("line 3: 2018-01-01 00:00 does not come after", "2018-01-01 00:15", "2018-01-01 00:00")
	csv("line 3: 2018-01-01T00:15:00Z does not lie on the grid of 10m0s", "00:45", "00:50")
	csv(`line 4: load: "three" is no number`, "00:45,3", "00:45,three")
	csv("line 4: load", "00:45,3", "00:45,Inf")
	csv("wrong number of fields", "00:45,3,,8", "00:45,3")
	refused("", "the header", Options{})
	refused("time,load\n2018-01-01,1\n", "1 rows", Options{})
	refused("time\n2018-01-01\n", `no column ""`, Options{})
	refused(small, `no column "steam"; there are ["time" "load" "temp" "output"]`, Options{Value: "steam"})
	refused(small, `no column "steam"`, Options{Ahead: []string{"steam"}})
	refused(small, "calendar: there is no \"moon\"", Options{Calendar: "moon"})
	refused("time,load\n2018-01-01 00:00:00,1\n2018-01-01 00:00:01,1\n2058-01-01 00:00:00,1\n", "steps of 1s", Options{})
	json := func(want string, change ...string) {
		t.Helper()
		refused(strings.NewReplacer(change...).Replace(object), want, Options{})
	}
	json(`format: "lingtan.forecast/v9"`, "/v1", "/v9")
	json("series.start", "2018-01-01T", "")
	json("zone:", "Asia/Shanghai", "Asia/Nowhere")
	json("holidays[0]", "2018-01-08", "Monday")
	json("unknown field", `"calendar"`, `"almanac"`)
	refused(object+"{}", "more text", Options{})
}

// Whatever the text, reading it ends without a panic, and what is taken may be forecast.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(object))
	f.Add([]byte("time,a\n2018-03-25 01:00,1\n2018-03-25 03:00,2\n"))
	f.Add([]byte("\ufefftime,a,b,c (ahead)\n2018-01-01,1,2,3\n2018-01-02,1,,NaN\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			return
		}
		d, err := Parse(data, Options{})
		if err != nil || len(d.Series.Values) > 5000 {
			return
		}
		if d.Zone == nil || d.Calendar == nil {
			t.Fatal("no zone or calendar")
		}
		from := d.Series.Start.Add(time.Duration(len(d.Series.Values)/2) * d.Series.Step)
		_, _ = forecast.Backtest(d, from, forecast.Options{Kinds: []string{"naive_day"}})
	})
}

// The example of the format's page is sound.
func TestExampleOfThePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/forecast.md")
	if err != nil {
		t.Fatal(err)
	}
	read := func(from string) forecast.Data {
		t.Helper()
		_, text, _ := strings.Cut(string(page), from)
		text, _, ok := strings.Cut(text, "```")
		if !ok {
			t.Fatalf("the page has no %s", from)
		}
		d, err := Parse([]byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := read("<!-- example -->\n```json\n"); len(d.Series.Values) != 3 || len(d.Covariates[0].Values) != 5 {
		t.Errorf("%+v", d)
	}
	if d := read("```csv\n"); d.Series.Unit != "kW" || !d.Covariates[0].Ahead || d.Covariates[1].Ahead {
		t.Errorf("%+v", d)
	}
}
