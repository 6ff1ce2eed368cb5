package dispatchfile

import (
	"errors"
	"os"
	"strings"
	"testing"

	"lingtan/dispatch"
)

const small = `{"format": "lingtan.dispatch/v1", "currency": "CNY", "steps": 2, "hours": 1,
 "carriers": [{"id": "electricity"}, {"id": "gas"}, {"id": "steam", "dump": true}],
 "supplies": [{"id": "grid", "carrier": "electricity", "price": [1, 3]}, {"id": "main", "carrier": "gas", "price": 0.5}],
 "combined": [{"id": "engine", "fuel": "gas", "max": 4, "fuel_slope": 2.5, "heat": [{"carrier": "steam", "slope": 1}]}],
 "converters": [{"id": "boiler", "from": "gas", "to": "steam", "max": 9, "efficiency": 0.9}],
 "loads": [{"id": "works", "carrier": "electricity", "demand": 4}, {"id": "heat", "carrier": "steam", "demand": [0, 4.5]}]}`

func TestPlants(t *testing.T) {
	p, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	plan := solved(t, p, 0)
	near(t, "cost", plan.Total, 4+5+0.25/0.9, 1e-6) // the engine runs in the dear hour, the boiler tops its heat up
	table := Table(plan)
	if len(table) != 3 || !strings.Contains(strings.Join(table[0], " "), "grid.import") {
		t.Errorf("table %v", table)
	}
}

func TestFilesRefused(t *testing.T) {
	refused := func(sentinel error, want, old, with string) {
		t.Helper()
		_, err := Parse([]byte(strings.Replace(small, old, with, 1)))
		if !errors.Is(err, sentinel) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v should say %q", err, want)
		}
	}
	refused(dispatch.ErrProblem, "supplies[1].price[0]: a hole", `"price": 0.5`, `"price": "dear"`)
	refused(ErrFormat, "line 4", `"max": 4`, `"max": "four"`)
	refused(ErrFormat, `unknown field "prise"`, `"price": 0.5`, `"prise": 0.5`)
	refused(ErrFormat, "this program reads", "dispatch/v1", "dispatch/v9")
	refused(ErrFormat, "steps: -1", `"steps": 2`, `"steps": -1`)
	refused(ErrFormat, "efficiency[0]: 0", `"efficiency": 0.9`, `"efficiency": 0`)
	refused(ErrFormat, "more text", `4.5]}]}`, `4.5]}]} {}`)
	refused(dispatch.ErrProblem, "supplies[0].price[1]: a hole", `[1, 3]`, `[1, null]`)
	refused(dispatch.ErrProblem, "supplies[0].price: 3 values", `[1, 3]`, `[1, 3, 4]`)
	if _, err := Parse(make([]byte, MaxBytes+1)); !errors.Is(err, ErrFormat) {
		t.Errorf("error %v", err)
	}
}

// The same file makes the same plan.
func TestDeterministic(t *testing.T) {
	first := Table(solved(t, golden(t, "dispatch-c11-battery-tou/input.json"), 0))
	second := Table(solved(t, golden(t, "dispatch-c11-battery-tou/input.json"), 0))
	for i := range first {
		if strings.Join(first[i], ",") != strings.Join(second[i], ",") {
			t.Fatalf("row %d: %v and %v", i, first[i], second[i])
		}
	}
}

// What is parsed is planned or refused, and never runs over.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	for _, name := range []string{"dispatch-c12-park-day-ahead/input.json", "dispatch-c05-battery-ev/022.json", "dispatch-c06-predictive-control/input.json"} {
		if data, err := os.ReadFile("../../test/golden/" + name); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, dispatch.ErrProblem) {
			t.Fatalf("error without its kind: %v", err)
		}
		if err == nil && p.Check() != nil {
			t.Fatal("parsed, and refused when checked again")
		}
	})
}
