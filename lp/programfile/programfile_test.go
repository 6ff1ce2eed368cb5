package programfile

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"lingtan/lp"
	"lingtan/lp/highs"
)

const boiler = `{"format": "lingtan.program/v1", "name": "boiler", "constant": 5,
 "columns": [{"name": "gas", "lower": 0, "upper": 10, "cost": 3}, {"name": "on", "lower": 0, "upper": 1, "cost": 2, "integer": true}],
 "rows": [{"name": "heat", "lower": 4, "terms": [{"column": "gas", "factor": 0.9}]},
  {"name": "only when on", "upper": 0, "soft": true, "terms": [{"column": "gas", "factor": 1}, {"column": "on", "factor": -10}]}]}`

func TestParseAndAnswer(t *testing.T) {
	f, err := Parse([]byte(boiler))
	if err != nil {
		t.Fatal(err)
	}
	if f.Program.Columns() != 2 || f.Program.Rows() != 2 || f.Program.Integers() != 1 || len(f.Soft) != 1 || f.Soft[0] != 1 {
		t.Fatalf("%+v", f)
	}
	s, err := highs.New()
	if err != nil {
		t.Fatal(err)
	}
	got, err := lp.Verified(s).Solve(context.Background(), f.Program, lp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(NewAnswer(f, got, false, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"status":"optimal"`, `"violations":[]`, `{"name":"on","value":1`, `"objective":20.33333333333333`, `"gap":0`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}

func TestFaults(t *testing.T) {
	bad := func(want, old, with string) {
		t.Helper()
		text := strings.Replace(boiler, old, with, 1)
		if text == boiler {
			t.Fatalf("%q is not in the example", old)
		}
		_, err := Parse([]byte(text))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	bad(`format is "x"`, "lingtan.program/v1", "x")
	bad(`unknown field "colums"`, `"columns"`, `"colums"`)
	bad(`columns[1] "gas"`, `"name": "on"`, `"name": "gas"`)
	bad(`columns[0] ""`, `"name": "gas"`, `"name": ""`)
	bad(`rows[1] "heat"`, `"only when on"`, `"heat"`)
	bad(`rows[1] "only when on": terms[1]: there is no column "off"`, `"column": "on"`, `"column": "off"`)
	bad(`terms[0] of column "gas" has no factor`, `, "factor": 0.9`, ``)
	bad(`columns[0] "gas"`, `"upper": 10`, `"upper": -10`)
	bad("something follows", `]}]}`, `]}]} {}`)
	bad("at byte", `{"format"`, `{format`)
	if _, err := Parse(make([]byte, MaxSize+1)); !errors.Is(err, ErrFormat) {
		t.Errorf("a file over the limit: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(boiler))
	f.Add([]byte(`{"format": "lingtan.program/v1", "columns": [{"name": "x", "lower": 1e308, "upper": -1e308}]}`))
	f.Add([]byte(`{"format": "lingtan.program/v1", "rows": [{"name": "r", "terms": [{"column": "", "factor": 1}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatal(err)
			}
			return
		}
		if file.Program.Err() != nil {
			t.Fatal(file.Program.Err())
		}
		x := make([]float64, file.Program.Columns())
		lp.Check(file.Program, x, 1e-6)
	})
}
