package gateway

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return noon.Add(time.Duration(math.Round(seconds*1000)) * time.Millisecond)
}

func sample(name string, seconds, value float64) connector.Sample {
	return connector.Sample{Device: "m1", Name: name, At: at(seconds), Value: value}
}

// through is what goes on of samples.
func through(f *filter, samples ...connector.Sample) []connector.Sample {
	var out []connector.Sample
	for _, x := range samples {
		out, _ = f.take(x, out)
	}
	f.commit()
	return out
}

func equal(t *testing.T, got []connector.Sample, want ...connector.Sample) {
	t.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestFits(t *testing.T) {
	check := func(glob, device, name string, want bool) {
		t.Helper()
		if got := fits(glob, device, name); got != want {
			t.Errorf("fits(%q, %q, %q) = %v", glob, device, name, got)
		}
	}
	check("*/power", "m1", "power", true)
	check("pump-*/power", "pump-3", "power", true)
	check("pump-*/power", "fan-3", "power", false)
	check("power", "m1", "power", true)
	check("power*", "m1", "power_l1", true)
	check("*", "m1", "anything", true)
	check("*/a:b", "m1", "a/b", true)
	check("*", "m1", "a/b", true)
}

func TestDeadBand(t *testing.T) {
	f := newFilter([]Rule{{Match: "*/p", DeadBand: 2, Silence: 10 * time.Second}, {Match: "pc", Percent: 10, Silence: time.Minute}})
	equal(t, through(f, sample("p", 0, 100), sample("p", 1, 102), sample("p", 2, 102.5), sample("p", 3, 101), sample("p", 12, 101), sample("p", 5, 101)),
		sample("p", 0, 100), sample("p", 2, 102.5), sample("p", 12, 101), sample("p", 5, 101))
	equal(t, through(f, sample("pc", 0, -50), sample("pc", 1, -55), sample("pc", 2, -55.1)), sample("pc", 0, -50), sample("pc", 2, -55.1))
	equal(t, through(f, sample("other", 0, 1), sample("other", 0, 1)), sample("other", 0, 1), sample("other", 0, 1))
	if f.held != 3 {
		t.Errorf("%d held back", f.held)
	}
}

func TestOnChange(t *testing.T) {
	f := newFilter([]Rule{{Match: "*", OnChange: true, Silence: time.Minute}})
	equal(t, through(f, sample("s", 0, 1), sample("s", 1, 1), sample("s", 2, 0), sample("s", 62, 0), sample("s", 63, 0)),
		sample("s", 0, 1), sample("s", 2, 0), sample("s", 62, 0))
}

func made(name string, seconds float64, span time.Duration, value float64) connector.Sample {
	x := sample(name, seconds, value)
	x.Span = span
	return x
}

func TestAggregates(t *testing.T) {
	f := newFilter([]Rule{{Match: "*", Every: 10 * time.Second, Aggregates: []Aggregate{Mean, Min, Max, Sum, Last}}})
	// A sample at the very end of a window belongs to it.
	equal(t, through(f, sample("p", 1, 1), sample("p", 4, 5), sample("p", 10, 3)))
	equal(t, through(f, sample("p", 10.5, 7)), made("p.mean", 10, 10*time.Second, 3), made("p.min", 10, 10*time.Second, 1), made("p.max", 10, 10*time.Second, 5),
		made("p.sum", 10, 10*time.Second, 9), sample("p", 10, 3))
	equal(t, through(f, sample("p", 9, 1))) // of a window that is told already
	if f.late != 1 {
		t.Error("late:", f.late)
	}
	equal(t, through(f, sample("p", 12, 8), sample("p", 12, 8))) // sent again: counted once
	// Flushed at 12: the rest of the window is told by itself, without the part that was told.
	equal(t, f.flush(nil), made("p.mean", 12, 2*time.Second, 7.5), made("p.min", 12, 2*time.Second, 7), made("p.max", 12, 2*time.Second, 8),
		made("p.sum", 12, 2*time.Second, 15), sample("p", 12, 8))
	equal(t, through(f, sample("p", 15, 4), sample("p", 33, 6))[:1], made("p.mean", 20, 8*time.Second, 4))
	equal(t, f.tick(at(39).UnixMilli(), nil))
	equal(t, f.tick(at(40).UnixMilli(), nil)[:1], made("p.mean", 40, 10*time.Second, 6))
	// The clock was set back by an hour: it goes on from there.
	equal(t, through(f, sample("p", -3599, 1), sample("p", -3589, 2))[:1], made("p.mean", -3590, 10*time.Second, 1))
}

// No value is ever further from the last that went on than the band, and none is held
// back that is as late as the silence.
func TestDeadBandBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rule{Match: "*", DeadBand: rapid.Float64Range(0, 5).Draw(t, "band"), Percent: rapid.Float64Range(0, 20).Draw(t, "percent"),
			Silence: time.Duration(rapid.IntRange(1, 60).Draw(t, "silence")) * time.Second}
		f := newFilter([]Rule{r})
		seconds, sent, had := 0.0, connector.Sample{}, false
		for range rapid.IntRange(1, 200).Draw(t, "samples") {
			seconds += rapid.Float64Range(0, 20).Draw(t, "step")
			x := sample("p", seconds, rapid.Float64Range(-100, 100).Draw(t, "value"))
			if out := through(f, x); len(out) == 1 {
				sent, had = out[0], true
			}
			if !had || math.Abs(x.Value-sent.Value) > max(r.DeadBand, r.Percent/100*math.Abs(sent.Value)) {
				t.Fatalf("%v is told as %v", x.Value, sent.Value)
			}
			if silent := x.At.Sub(sent.At); silent >= r.Silence {
				t.Fatalf("silent for %s", silent)
			}
		}
	})
}

// The windows of a value together have the sum, the least, the greatest and the time of
// its samples, however the filter was ticked, flushed, saved and restored in between.
func TestWindowsLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 30).Draw(t, "every")) * time.Second
		f := newFilter([]Rule{{Match: "*", Every: every, Aggregates: []Aggregate{Sum, Min, Max}}})
		var out []connector.Sample
		ms, sum := 0, 0.0
		least, most := math.Inf(1), math.Inf(-1)
		for range rapid.IntRange(1, 100).Draw(t, "samples") {
			ms += rapid.IntRange(1, 10_000).Draw(t, "step")
			seconds := float64(ms) / 1000
			v := float64(rapid.IntRange(-1000, 1000).Draw(t, "value"))
			sum, least, most = sum+v, min(least, v), max(most, v)
			out = append(out, through(f, sample("p", seconds, v))...)
			switch rapid.IntRange(0, 9).Draw(t, "then") {
			case 0:
				out = f.tick(at(seconds).UnixMilli(), out)
			case 1:
				out = f.flush(out)
				ms = (ms + 999) / 1000 * 1000 // what is older is late
			case 2:
				data, err := f.save()
				if err != nil {
					t.Fatal(err)
				}
				if f, err = restoreFilter(data); err != nil {
					t.Fatal(err)
				}
			}
		}
		out = f.flush(out)
		var gotSum float64
		gotLeast, gotMost := math.Inf(1), math.Inf(-1)
		end := map[string]time.Time{}
		for _, x := range out {
			switch x.Name {
			case "p.sum":
				gotSum += x.Value
			case "p.min":
				gotLeast = min(gotLeast, x.Value)
			case "p.max":
				gotMost = max(gotMost, x.Value)
			}
			if x.Span <= 0 || x.Span > every || x.Span%time.Second != 0 || x.At.Add(-x.Span).Before(end[x.Name]) {
				t.Fatalf("%+v overlaps the one before, which ends at %s", x, end[x.Name])
			}
			end[x.Name] = x.At
		}
		if gotSum != sum || gotLeast != least || gotMost != most {
			t.Fatalf("sum %v of %v, least %v of %v, most %v of %v", gotSum, sum, gotLeast, least, gotMost, most)
		}
	})
}

// What is rolled back never was; what is repeated gives the same state.
func TestRollBack(t *testing.T) {
	rules := []Rule{{Match: "b*", DeadBand: 3, Silence: time.Hour}, {Match: "w*", Every: 7 * time.Second, Aggregates: []Aggregate{Mean, Last}}}
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"b1", "b2", "w1", "w2", "x"}
		plain, shaken := newFilter(rules), newFilter(rules)
		seconds := 0.0
		for range rapid.IntRange(1, 60).Draw(t, "commits") {
			var batch []connector.Sample
			for range rapid.IntRange(1, 5).Draw(t, "samples") {
				seconds += rapid.Float64Range(0, 4).Draw(t, "step")
				batch = append(batch, sample(rapid.SampledFrom(names).Draw(t, "name"), seconds, float64(rapid.IntRange(0, 10).Draw(t, "value"))))
			}
			if rapid.Bool().Draw(t, "fails") {
				for _, x := range batch {
					shaken.take(x, nil)
				}
				shaken.tick(at(seconds).UnixMilli(), nil)
				shaken.rollBack()
			}
			a, b := through(plain, batch...), through(shaken, batch...)
			if !slices.Equal(a, b) {
				t.Fatalf("%+v\n%+v", a, b)
			}
		}
		if !slices.Equal(plain.flush(nil), shaken.flush(nil)) || plain.windowed != shaken.windowed {
			t.Fatal("the windows differ")
		}
	})
}
