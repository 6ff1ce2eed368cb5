package alarm

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/park"
)

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday, 08:00 in Shanghai

// rule is a rule with what a test needs.
func rule(kind, inputs, parameters string, more ...func(*Rule)) Rule {
	r := Rule{ID: "r", Kind: kind, Name: park.Name{EN: "Test"}, Priority: "high", Inputs: map[string]string{}, Parameters: map[string]float64{}}
	for pair := range strings.FieldsSeq(inputs) {
		name, signal, _ := strings.Cut(pair, "=")
		r.Inputs[name] = signal
	}
	for pair := range strings.FieldsSeq(parameters) {
		var v float64
		name, text, _ := strings.Cut(pair, "=")
		fmt.Sscan(text, &v)
		r.Parameters[name] = v
	}
	for _, f := range more {
		f(&r)
	}
	return r
}

func delays(on, off time.Duration) func(*Rule) {
	return func(r *Rule) { r.OnDelay, r.OffDelay = on, off }
}

func deadband(x float64) func(*Rule) { return func(r *Rule) { r.Deadband = x } }

func named(id, object string) func(*Rule) { return func(r *Rule) { r.ID, r.Object = id, object } }

func engine(t testing.TB, rules ...Rule) *Engine {
	t.Helper()
	e, err := New(&Set{Zone: "Asia/Shanghai", Rules: rules}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// feed gives values a step apart to a signal, with a tick each, and tells what happened:
// "raise@10 return@25", in minutes since start.
func feed(e *Engine, signal string, step time.Duration, values ...float64) string {
	var got []string
	for i, v := range values {
		at := start.Add(time.Duration(i+1) * step)
		e.Observe(at, signal, at, v)
		got = append(got, tell(e.Tick(at))...)
	}
	return strings.Join(got, " ")
}

func tell(o Outcome) []string {
	var got []string
	for _, x := range o.Transitions {
		got = append(got, fmt.Sprintf("%s@%g", x.Event, x.At.Sub(start).Minutes()))
	}
	return got
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestThreshold(t *testing.T) {
	over := func(more ...func(*Rule)) *Engine {
		return engine(t, rule("over_limit", "value=s", "limit=10", more...))
	}
	m := time.Minute
	want(t, feed(over(), "s", m, 9, 10, 11, 12, 10, 9), "raise@3 return@5")
	want(t, feed(over(deadband(2)), "s", m, 11, 9, 8.5, 8, 11), "raise@1 return@4 raise@5")
	want(t, feed(over(delays(2*m, 0)), "s", m, 11, 9, 11, 11, 11, 9), "raise@5 return@6")
	want(t, feed(over(delays(0, 2*m)), "s", m, 11, 9, 11, 9, 9, 9), "raise@1 return@6")
	want(t, feed(over(delays(90*time.Second, 0)), "s", m, 11, 11, 11), "raise@2.5")
	want(t, feed(engine(t, rule("under_limit", "value=s", "limit=10", deadband(1))), "s", m, 11, 9, 10.5, 11, 9), "raise@2 return@4 raise@5")
	want(t, feed(engine(t, rule("forecast_over", "forecast=s", "limit=10")), "s", m, 11), "raise@1")
}

// TestNothingMovesBlind: a gap neither raises nor returns, and no delay runs over it.
func TestNothingMovesBlind(t *testing.T) {
	e := engine(t, rule("over_limit", "value=s", "limit=10", delays(5*time.Minute, 0)))
	want(t, feed(e, "s", time.Minute, 11), "")
	// The value is known for an hour: the delay ends within it.
	want(t, strings.Join(tell(e.Tick(start.Add(30*time.Minute))), " "), "raise@6")
	late := start.Add(3 * time.Hour)
	want(t, strings.Join(tell(e.Tick(late)), " "), "")
	if a := e.Alarms(true)[0]; !a.Blind || a.BlindOf != "value" || a.State != Unacknowledged {
		t.Errorf("%+v", a)
	}
	e.Observe(late, "s", late, 3)
	want(t, strings.Join(tell(e.Tick(late)), " "), "return@180")
}

func TestEnergyAndTonnes(t *testing.T) {
	r := rule("over_limit", "value=s intensity=i", "limit=100 excess_kwh=1")
	e := engine(t, r)
	e.Observe(start, "i", start, 0.6)
	feed(e, "s", 15*time.Minute, 100, 140, 140, 140, 100)
	a := e.Alarms(false)[0]
	if a.Energy == nil || *a.Energy != 30 || a.Tonnes == nil || !near(*a.Tonnes, 0.018) || *a.Peak != 140 {
		b, _ := json.Marshal(a)
		t.Errorf("%s; want three quarters of an hour 40 kW over: 30 kWh, 0.018 t", b)
	}
	e = engine(t, rule("over_limit", "value=s", "limit=100"))
	feed(e, "s", time.Minute, 140)
	if a := e.Alarms(false)[0]; a.Energy != nil || a.Tonnes != nil {
		t.Error("a rule that states no energy has some")
	}
}

func near(x, y float64) bool { return x-y < 1e-9 && y-x < 1e-9 }

func act(t *testing.T, e *Engine, minute float64, event string, ok bool) string {
	t.Helper()
	at := start.Add(time.Duration(minute * float64(time.Minute)))
	o, err := e.Act(at, Action{Rule: "r", Event: event, Who: "li", Note: "seen", Until: at.Add(10 * time.Minute)})
	if ok != (err == nil) || err != nil && !errors.Is(err, ErrAction) {
		t.Errorf("%s at %g: %v", event, minute, err)
	}
	return strings.Join(tell(o), " ")
}

func TestLife(t *testing.T) {
	e := engine(t, rule("over_limit", "value=s", "limit=10"))
	state := func(s State) {
		t.Helper()
		if got := e.Alarms(false)[0].State; got != s {
			t.Errorf("%s, want %s", got, s)
		}
	}
	act(t, e, 0, "acknowledge", false)
	feed(e, "s", time.Minute, 11)
	state(Unacknowledged)
	act(t, e, 1, "acknowledge", true)
	state(Acknowledged)
	act(t, e, 1, "acknowledge", false)
	act(t, e, 1, "raise", false) // nothing that a person does
	feed(e, "s", 2*time.Minute, 9)
	state(Normal)
	feed(e, "s", 3*time.Minute, 11)
	feed(e, "s", 4*time.Minute, 9)
	state(Returned)
	feed(e, "s", 5*time.Minute, 11)
	state(Unacknowledged)
	if a := e.Alarms(false)[0]; a.Count != 2 {
		t.Errorf("raised %d times before it was acknowledged, want 2", a.Count)
	}
	id := e.Alarms(false)[0].Occurrence
	want(t, act(t, e, 6, "shelve", true), "shelve@6")
	state(Shelved)
	want(t, strings.Join(tell(e.Tick(start.Add(20*time.Minute))), " "), "unshelve@16 raise@16")
	if a := e.Alarms(false)[0]; a.Occurrence != id {
		t.Error("what was set aside and still stands is the same occurrence")
	}
	want(t, act(t, e, 20, "remove", true), "remove@20")
	act(t, e, 20, "shelve", false)
	want(t, act(t, e, 21, "comment", true), "comment@21")
	want(t, act(t, e, 22, "restore", true), "restore@22 raise@22")
	if _, err := e.Act(start.Add(time.Hour), Action{Rule: "r", Event: "shelve", Who: "li", Note: "x", Until: start.Add(31 * 24 * time.Hour)}); !errors.Is(err, ErrAction) {
		t.Error(err)
	}
}

func TestSuppressedByDesign(t *testing.T) {
	r := rule("over_limit", "value=s run=run", "limit=10", func(r *Rule) { r.SuppressWhen = "run < 1.0" })
	e := engine(t, r)
	e.Observe(start, "run", start, 0)
	want(t, feed(e, "s", time.Minute, 11), "raise@1 suppress@1")
	at := start.Add(2 * time.Minute)
	e.Observe(at, "run", at, 1)
	want(t, strings.Join(tell(e.Tick(at)), " "), "unsuppress@2 raise@2")
}

func TestWhen(t *testing.T) {
	e := engine(t, rule("over_limit", "value=s", "limit=10", func(r *Rule) { r.When = "hour >= 9 && weekday <= 5" }))
	want(t, feed(e, "s", 30*time.Minute, 11, 11, 11), "raise@60")
}

// TestBatchesDoNotMatter: the same readings come to the same transitions, however they
// are cut into ticks, and also when the engine is saved and restored in between.
func TestBatchesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := []Rule{
			rule("over_limit", "value=s", "limit=10", named("a", ""), deadband(1), delays(90*time.Second, time.Minute)),
			rule("stale", "value=s", "after=150", named("b", "")),
			rule("spike", "value=s", "floor=0.5", named("c", "")),
			rule("hourly_use", "usage=s", "limit=100", named("d", "")),
			rule("expression", "value=s", "", named("e", ""), func(r *Rule) { r.Expression = "value > 12.0" }),
		}
		n := rapid.IntRange(1, 25).Draw(t, "samples")
		values := rapid.SliceOfN(rapid.Float64Range(0, 20), n, n).Draw(t, "values")
		gaps := rapid.SliceOfN(rapid.IntRange(1, 4), n, n).Draw(t, "gaps")
		cuts := rapid.SliceOfN(rapid.IntRange(0, 2), n, n).Draw(t, "cuts")
		run := func(cut func(int) int) string {
			e, _ := New(&Set{Zone: "Asia/Shanghai", Rules: rules}, nil)
			e.Tick(start)
			var got []Transition
			at := start
			for i, v := range values {
				at = at.Add(time.Duration(gaps[i]) * time.Minute)
				e.Observe(at, "s", at, v)
				if c := cut(i); c > 0 {
					got = append(got, e.Tick(at).Transitions...)
				} else if c == 0 && i%3 == 0 {
					continue
				}
				if cut(i) == 2 {
					data, err := e.Save()
					if err != nil {
						t.Fatal(err)
					}
					e, _ = New(&Set{Zone: "Asia/Shanghai", Rules: rules}, nil)
					if err := e.Restore(data); err != nil {
						t.Fatal(err)
					}
				}
			}
			got = append(got, e.Tick(at.Add(time.Hour)).Transitions...)
			var lines []string
			for _, r := range rules {
				for _, x := range got {
					if x.Rule == r.ID {
						text, _ := json.Marshal(x)
						lines = append(lines, string(text))
					}
				}
			}
			return strings.Join(lines, "\n")
		}
		often, seldom := run(func(i int) int { return 1 }), run(func(i int) int { return cuts[i] })
		if often != seldom {
			t.Errorf("every sample:\n%s\n\nin batches:\n%s", often, seldom)
		}
	})
}

func TestRefused(t *testing.T) {
	e := engine(t, rule("over_limit", "value=s", "limit=10"))
	nan := 0.0
	nan /= nan
	for _, v := range []float64{nan, 1e16} {
		if e.Observe(start, "s", start, v) {
			t.Errorf("%v was taken", v)
		}
	}
	e.Observe(start, "s", start.Add(time.Hour), 1)
	if !e.Observe(start, "s", start, 1) || e.Observe(start, "s", start, 2) || e.Observe(start, "other", start, 2) || e.Watches("other") {
		t.Error("the first is taken, the same time again and what no rule reads are not")
	}
	if refused, late := e.Passed(); refused != 3 || late != 1 {
		t.Errorf("%d refused, %d late; want 3 and 1", refused, late)
	}
}
