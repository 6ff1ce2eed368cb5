package anomaly

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// labelled is a series with what is unusual in it.
type labelled struct {
	Series
	unusual []bool
}

// tally is how well labels were found. An event is found when one of its values is.
type tally struct {
	events, found                int
	truePoints, hits, raised     int
	falseEvents                  int
	weeks, precision, recall     float64
	eventRecall, falseAlarmsWeek float64
}

func folder(name string) string { return filepath.Join("..", "..", "test", "golden", name) }

func readLabelled(t *testing.T, name string) labelled {
	t.Helper()
	f, err := os.Open(filepath.Join(folder(name), "input.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var l labelled
	for _, row := range rows[1:] {
		if row[1] == "" {
			continue // a gap
		}
		at, err := time.Parse(time.RFC3339, row[0])
		if err != nil {
			t.Fatal(err)
		}
		v, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		l.Times, l.Values = append(l.Times, at), append(l.Values, v)
		l.unusual = append(l.unusual, row[2] == "1")
	}
	return l
}

func (l labelled) held(r *Report, warm int) tally {
	var x tally
	for i := warm; i < len(l.unusual); {
		j := i
		for j < len(l.unusual) && l.unusual[j] == l.unusual[i] {
			j++
		}
		hit := 0
		for k := i; k < j; k++ {
			if r.Points[k].Kind != "" {
				hit++
			}
		}
		x.raised += hit
		if l.unusual[i] {
			x.events++
			x.truePoints += j - i
			x.hits += hit
			x.found += min(hit, 1)
		}
		i = j
	}
	for _, e := range r.Events {
		true_ := false
		for k := e.First; k <= e.Last; k++ {
			true_ = true_ || l.unusual[k]
		}
		if !true_ {
			x.falseEvents++
		}
	}
	x.weeks = l.Times[len(l.Times)-1].Sub(l.Times[warm]).Hours() / 168
	x.precision = float64(x.hits) / float64(max(1, x.raised))
	x.recall = float64(x.hits) / float64(max(1, x.truePoints))
	x.eventRecall = float64(x.found) / float64(max(1, x.events))
	x.falseAlarmsWeek = float64(x.falseEvents) / x.weeks
	return x
}

// golden holds a labelled series against the floor in expected.json.
func golden(t *testing.T, name string) {
	t.Run(name, func(t *testing.T) {
		var floor struct {
			WarmUp          int     `json:"warm_up_values"`
			EventRecall     float64 `json:"event_recall"`
			FalseAlarmsWeek float64 `json:"false_alarms_per_week"`
			PointPrecision  float64 `json:"point_precision"`
			PointRecall     float64 `json:"point_recall"`
			Kinds           []Kind  `json:"kinds"`
		}
		data, err := os.ReadFile(filepath.Join(folder(name), "expected.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &floor); err != nil {
			t.Fatal(err)
		}
		l := readLabelled(t, name)
		r, err := Detect(l.Series, Options{WarmUp: floor.WarmUp, Kinds: floor.Kinds})
		if err != nil {
			t.Fatal(err)
		}
		x := l.held(r, floor.WarmUp)
		t.Logf("%d of %d events, %.3f false alarms a week, point precision %.3f, point recall %.3f (%d values, %.1f weeks)",
			x.found, x.events, x.falseAlarmsWeek, x.precision, x.recall, len(l.Values), x.weeks)
		if x.eventRecall < floor.EventRecall || x.falseAlarmsWeek > floor.FalseAlarmsWeek || x.precision < floor.PointPrecision || x.recall < floor.PointRecall {
			t.Errorf("below %+v", floor)
			for _, e := range r.Events {
				t.Logf("%s %s to %s (%d), %.1f, labelled %v", e.Kind, e.From.Format("01-02 15:04"), e.To.Format("01-02 15:04"), e.Values, e.Score, strings.Trim(strings.Join(labels(l.unusual[e.First:e.Last+1]), ""), " "))
			}
		}
	})
}

func labels(list []bool) (out []string) {
	for _, x := range list {
		out = append(out, map[bool]string{true: "1", false: "0"}[x])
	}
	return out
}

func TestLabelledSeries(t *testing.T) {
	golden(t, "anomaly-load")
	golden(t, "anomaly-inverter-stale")
	golden(t, "anomaly-inverter-outlier")
}
