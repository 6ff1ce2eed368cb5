package alarm

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// series feeds several signals at the same times, a tick each. Values that are NaN are
// left out.
func series(e *Engine, step time.Duration, n int, value func(signal string, i int) float64) string {
	var got []string
	for i := range n {
		at := start.Add(time.Duration(i+1) * step)
		for _, s := range []string{"a", "b", "c"} {
			if v := value(s, i); !math.IsNaN(v) {
				e.Observe(at, s, at, v)
			}
		}
		got = append(got, tell(e.Tick(at))...)
	}
	return strings.Join(got, " ")
}

// values of one signal of a rule, by a step in minutes.
func runs(t *testing.T, r Rule, step float64, want string, values ...float64) *Engine {
	t.Helper()
	e := engine(t, r)
	if got := feed(e, "a", time.Duration(step*float64(time.Minute)), values...); got != want {
		t.Errorf("%s: got %s, want %s", r.Kind, got, want)
	}
	return e
}

// TestHourlyUse: amounts belong to the hour before their end. Start is 08:00.
func TestHourlyUse(t *testing.T) {
	e := runs(t, rule("hourly_use", "usage=a", "limit=100"), 15, "raise@60 return@75", 20, 20, 20, 50, 20)
	if a := e.Alarms(false)[0]; *a.Energy != 10 {
		t.Errorf("%v kWh over, want 10", *a.Energy)
	}
}

// TestDemand by hand: contract 1000 kW; 5 min at 800 kW, then 1300 kW: the window comes
// to (5·800 + 10·1300)/15 = 1133 kW; at 600 kW from the tenth minute to (5·800 + 5·1300
// + 5·600)/15 = 900 kW.
func TestDemand(t *testing.T) {
	e := runs(t, rule("demand", "power=a", "contract=1000"), 5, "raise@20 return@25", 800, 800, 800, 1300, 600, 600)
	if a := e.Alarms(false)[0]; !near(*a.Peak, 17000.0/15) {
		t.Errorf("peak %v, want 1133.3", *a.Peak)
	}
}

func TestDayDifference(t *testing.T) {
	e := engine(t, rule("day_difference", "usage=a", "rate=0.3"))
	got := series(e, 30*time.Minute, 48*4, func(s string, i int) float64 {
		if s != "a" {
			return math.NaN()
		}
		return map[bool]float64{true: 10, false: 15}[i < 80 || i >= 128] // one day from midnight to midnight of half as much again
	})
	// Told with the first sample of the day after; back again it is a third less, which
	// is still too much.
	want(t, got, "raise@3870")
}

// TestBudget: 100 t a month, of March 744 h; 0.1 t/h comes to 74 t, 0.2 t/h to more than
// the budget.
func TestBudget(t *testing.T) {
	begin := time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC) // the first of March in Shanghai
	e := engine(t, rule("carbon_budget", "carbon=a", "budget=100 months=1 lookback=24"))
	raised := -1
	for h := 1; h <= 240; h++ {
		at := begin.Add(time.Duration(h) * time.Hour)
		v := 0.1
		if h > 120 {
			v = 0.2
		}
		e.Observe(at, "a", at, v)
		if len(e.Tick(at).Transitions) > 0 && raised < 0 {
			raised = h
		}
	}
	// After n hours of 0.2: spent 12 + 0.2 n, rate (2.4 + 0.1 n)/24, rest 624 − n.
	n := 0
	for ; n < 24 && 12+0.2*float64(n)+(2.4+0.1*float64(n))/24*float64(624-n) <= 100; n++ {
	}
	if raised != 120+n {
		t.Errorf("raised in hour %d, want %d", raised, 120+n)
	}
}

func TestSignals(t *testing.T) {
	runs(t, rule("flat_line", "value=a", "for=600 band=0.1"), 5, "raise@25 return@30", 1, 5, 5, 5.05, 5.05, 9)
	runs(t, rule("flat_line", "value=a", "for=600 ignore_below=0"), 5, "", 0, 0, 0, 0, 0)
	runs(t, rule("spike", "value=a", "floor=0.5 k=6"), 1, "raise@8 return@9", 10, 10.2, 9.9, 10, 10.1, 10, 9.8, 30, 10)
	e := engine(t, rule("drift", "value=a reference=b", "deviation=1"))
	// Off by 1.5 σ: 1 a sample above the slack, beyond 5 with the sixth.
	want(t, series(e, time.Minute, 8, func(s string, i int) float64 { return map[string]float64{"a": 11.5, "b": 10, "c": math.NaN()}[s] }), "raise@6")
	e = engine(t, rule("stale", "value=a", "after=300"))
	want(t, feed(e, "a", time.Minute, 1), "")
	if got := strings.Join(tell(e.Tick(start.Add(time.Hour))), " "); !strings.HasPrefix(got, "raise@6.0000") {
		t.Error(got)
	}
	e = engine(t, rule("gateway_lost", "heartbeat=a", "after=300")) // never seen at all
	e.Tick(start)
	if got := strings.Join(tell(e.Tick(start.Add(time.Hour))), " "); !strings.HasPrefix(got, "raise@5.0000") {
		t.Error(got)
	}
	e = engine(t, rule("pollutant", "concentration=a", "limit=50"))
	want(t, series(e, 15*time.Minute, 10, func(s string, i int) float64 { return map[bool]float64{true: 60, false: 10}[s == "a" && i < 4] }), "raise@75 return@135")
}

// at once gives three signals one value each and tells whether the rule raises.
func once(t *testing.T, r Rule, a, b, c float64, value float64, raises bool) {
	t.Helper()
	e := engine(t, r)
	got := series(e, time.Minute, 1, func(s string, _ int) float64 { return map[string]float64{"a": a, "b": b, "c": c}[s] })
	x := e.Alarms(false)[0]
	if (got != "") != raises || x.Value == nil || math.Abs(*x.Value-value) > 1e-4 {
		t.Errorf("%s of %v, %v, %v: %q, value %v, want %v", r.Kind, a, b, c, got, x.Value, value)
	}
}

func TestEquipment(t *testing.T) {
	once(t, rule("transformer_load", "active=a reactive=b", "rating=1000"), 800, 600, 0, 1, true)
	once(t, rule("transformer_load", "active=a reactive=b", "rating=1250"), 800, 600, 0, 0.8, false)
	once(t, rule("power_factor", "active=a reactive=b", ""), 800, 600, 0, 0.8, true)
	once(t, rule("power_factor", "active=a reactive=b", ""), 950, 312, 0, 0.95006, false)
	once(t, rule("phase_imbalance", "a=a b=b c=c", "limit=0.1"), 100, 110, 150, 0.25, true)
	once(t, rule("voltage_unbalance", "ab=a bc=b ca=c", ""), 400, 400, 400, 0, false)
	// A negative sequence of 5 %: sides |1 + 0.05|, |1 + 0.05·a|, |1 + 0.05·a²|.
	side := math.Sqrt(1 - 0.05 + 0.0025)
	once(t, rule("voltage_unbalance", "ab=a bc=b ca=c", ""), 420, 400*side, 400*side, 0.05, true)
	once(t, rule("imbalance", "balance=a through=b", "limit=0.05"), -60, 1000, 0, 0.06, true)
	boiler := func(kind, inputs, parameters string, in, out float64, want string, energy float64) {
		t.Helper()
		e := engine(t, rule(kind, inputs, parameters))
		got := series(e, 15*time.Minute, 9, func(s string, _ int) float64 { return map[string]float64{"a": out, "b": in, "c": math.NaN()}[s] })
		a := e.Alarms(false)[0]
		if got != want || (want != "") && !near(*a.Energy, energy) {
			t.Errorf("%s: %s, %v kWh; want %s, %v", kind, got, a.Energy, want, energy)
		}
	}
	// Each hour 4 × 100 kWh in, 4 × 81 out: at 90 % it would have been 360 in. Two hours.
	boiler("boiler_efficiency", "heat=a fuel=b", "limit=0.9", 100, 81, "raise@75", 80)
	boiler("boiler_efficiency", "heat=a fuel=b", "limit=0.8", 100, 81, "", 0)
	boiler("chiller_cop", "cooling=a power=b", "limit=5", 100, 400, "raise@75", 160)
	// Each hour 4 × 120 kWh for 4 × 10 t at a baseline of 10 kWh/t: 20 % over, 80 kWh.
	boiler("specific_energy", "energy=a output=b", "baseline=10 rate=0.1", 10, 120, "raise@75", 160)
}

// TestAirLeak: 40 m³/h through the night against 100 by day; four quiet hours.
func TestAirLeak(t *testing.T) {
	e := engine(t, rule("air_leak", "flow=a", "limit=0.3 specific=0.12"))
	begin := time.Date(2026, 3, 1, 21, 0, 0, 0, time.UTC) // 05:00
	var got []string
	for i := range 49 {
		at := begin.Add(time.Duration(i) * 30 * time.Minute)
		v := 100.0
		if h := at.Add(-time.Second).Add(8 * time.Hour).Hour(); h >= 1 && h < 5 {
			v = 40
		}
		e.Observe(at, "a", at, v)
		got = append(got, tell(e.Tick(at))...)
	}
	at := begin.Add(49 * 30 * time.Minute)
	e.Observe(at, "a", at, 100)
	got = append(got, tell(e.Tick(at))...)
	a := e.Alarms(false)[0]
	if len(got) != 1 || !near(*a.Value, 0.4) || !near(*a.Energy, 4*40*0.12) {
		t.Errorf("%v %+v", got, a)
	}
}

func TestSkew(t *testing.T) {
	e := engine(t, rule("transformer_load", "active=a reactive=b", "rating=1000"))
	e.Observe(start, "b", start, 0)
	want(t, feed(e, "a", 10*time.Minute, 990), "") // reactive power of ten minutes ago
}

// lines is a network: object → what feeds it.
type lines map[string][]string

func (l lines) Upstream(id string) []string { return l[id] }

func TestCauses(t *testing.T) {
	stale := func(id, object string) Rule { return rule("stale", "value="+id, "after=300", named(id, object)) }
	set := &Set{Zone: "Asia/Shanghai", Hold: time.Minute, Rules: []Rule{
		stale("p1", "meter1"), stale("p2", "meter2"),
		rule("gateway_lost", "heartbeat=g", "after=360", named("g", "gw"))},
		Escalations: []Escalation{{ID: "duty", Steps: []Step{{Channels: []string{"wecom"}}}}}}
	for i := range set.Rules {
		set.Rules[i].Escalation = "duty"
	}
	e, err := New(set, lines{"meter1": {"gw"}, "meter2": {"switch"}, "switch": {"gw", "switch"}, "gw": {"switch"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"p1", "p2", "g"} {
		e.Observe(start, s, start, 1)
	}
	e.Tick(start)
	var notices []string
	for m := 1; m <= 20; m++ {
		for _, n := range e.Tick(start.Add(time.Duration(m) * time.Minute)).Notices {
			notices = append(notices, n.Rule)
		}
	}
	if got := strings.Join(notices, " "); got != "p1 p2 g" && got != "g" {
		t.Errorf("told: %s", got)
	}
	list := e.Alarms(true)
	if len(list) != 3 || list[0].Cause != list[2].Occurrence || list[1].Cause != list[2].Occurrence || list[2].Cause != "" {
		t.Errorf("%+v", list)
	}
	// The gateway is back, one meter is not: it stands on its own now.
	at := start.Add(21 * time.Minute)
	e.Observe(at, "g", at, 1)
	e.Observe(at, "p2", at, 1)
	e.Tick(at)
	if a := e.Alarms(false); a[0].Cause != "" || a[0].State != Unacknowledged || a[1].State != Returned {
		t.Errorf("%+v", a)
	}
	o := e.Tick(at.Add(2 * time.Minute))
	if len(o.Notices) != 1 || o.Notices[0].Rule != "p1" {
		t.Errorf("%+v", o.Notices)
	}
}

// flooded are rules that all watch one signal.
func flooded(n int) *Set {
	s := &Set{Zone: "Asia/Shanghai", Flood: Flood{Escalation: "duty"}, Escalations: []Escalation{{ID: "duty", Returns: true,
		Steps: []Step{{Calendar: "day", Channels: []string{"wecom"}}, {After: 15 * time.Minute, People: []string{"chief"}, Channels: []string{"mail"}}}}},
		Calendars: []Calendar{{ID: "day", Shifts: []Shift{{Days: []string{"mon"}, From: "08:00", To: "20:00", People: []string{"li"}}, {From: "20:00", To: "08:00", People: []string{"wang"}}}}}}
	for i := range n {
		s.Rules = append(s.Rules, rule("over_limit", fmt.Sprintf("value=s%d", i), "limit=1", named(fmt.Sprintf("r%d", i), ""), func(r *Rule) { r.Escalation = "duty" }))
	}
	return s
}

func told(o Outcome) string {
	var list []string
	for _, n := range o.Notices {
		list = append(list, fmt.Sprintf("%s:%s:%d:%s", n.Kind, n.Rule, n.Step, strings.Join(n.People, "+")))
	}
	return strings.Join(list, " ")
}

func TestEscalation(t *testing.T) {
	e, err := New(flooded(1), nil)
	if err != nil {
		t.Fatal(err)
	}
	e.Observe(start, "s0", start, 2)
	want(t, told(e.Tick(start)), "raised:r0:0:li")
	want(t, told(e.Tick(start.Add(14*time.Minute))), "")
	want(t, told(e.Tick(start.Add(16*time.Minute))), "escalated:r0:1:chief")
	at := start.Add(20 * time.Minute)
	e.Observe(at, "s0", at, 0)
	want(t, told(e.Tick(at)), "returned:r0:0:li")
	if _, err := e.Act(at, Action{Rule: "r0", Event: "acknowledge", Who: "li"}); err != nil {
		t.Error(err)
	}
	want(t, told(e.Tick(at.Add(time.Hour))), "")
}

func TestOnCall(t *testing.T) {
	c := Calendar{Shifts: []Shift{{Days: []string{"mon"}, From: "20:00", To: "08:00", People: []string{"wang"}}, {Days: []string{"tue"}, From: "08:00", To: "24:00", People: []string{"li", "li"}},
		{From: "10:00", To: "11:00", First: "2026-03-03", Last: "2026-03-03", People: []string{"zhao"}}}}
	on := func(day, hour int, want string) {
		t.Helper()
		if got := strings.Join(c.OnCall(time.Date(2026, 3, day, hour, 30, 0, 0, time.UTC)), " "); got != want {
			t.Errorf("day %d, %d:30: %q, want %q", day, hour, got, want)
		}
	}
	on(2, 19, "")
	on(2, 20, "wang")
	on(3, 7, "wang")
	on(3, 8, "li")
	on(3, 10, "zhao")
	on(3, 23, "li")
	on(4, 0, "")
}

// TestFlood: the tenth alarm in ten minutes begins a flood; it ends below five, and what
// was held back is told together.
func TestFlood(t *testing.T) {
	set := flooded(14)
	set.Rules[13].Priority = "critical"
	e, err := New(set, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 14 {
		e.Observe(start, fmt.Sprintf("s%d", i), start, 2)
	}
	want(t, told(e.Tick(start)), "flood::0:li raised:r13:0:li")
	if since, n := e.Flooded(); !since.Equal(start) || n != 14 {
		t.Errorf("%s %d", since, n)
	}
	for i := range 3 {
		if _, err := e.Act(start.Add(time.Minute), Action{Rule: fmt.Sprintf("r%d", i), Event: "acknowledge", Who: "li"}); err != nil {
			t.Fatal(err)
		}
	}
	o := e.Tick(start.Add(10 * time.Minute))
	want(t, told(o), "flood_over::0:li")
	if n := len(o.Notices[0].Members); n != 10 {
		t.Errorf("%d members, want the 10 that still stand and were not told", n)
	}
}

// TestRulesChange: alarms live on over a change of rules; those of rules that are gone
// are taken out.
func TestRulesChange(t *testing.T) {
	e, _ := New(flooded(2), nil)
	for _, s := range []string{"s0", "s1"} {
		e.Observe(start, s, start, 2)
	}
	e.Tick(start)
	data, err := e.Save()
	if err != nil {
		t.Fatal(err)
	}
	set := flooded(1)
	set.Rules[0].Parameters["limit"] = 1.5
	next, _ := New(set, nil)
	if err := next.Restore(data); err != nil {
		t.Fatal(err)
	}
	at := start.Add(time.Minute)
	next.Observe(at, "s0", at, 2)
	o := next.Tick(at)
	if len(o.Transitions) != 1 || o.Transitions[0].Rule != "r1" || o.Transitions[0].To != OutOfService || next.Alarms(false)[0].State != Unacknowledged {
		t.Errorf("%+v", o.Transitions)
	}
	if err := next.Restore([]byte(`{"format":"x"}`)); err == nil {
		t.Error("another format was taken up")
	}
}

// park10k is 10,000 rules over 100,000 points, a tenth of them expressions.
func park10k(tb testing.TB) *Engine {
	rules := make([]Rule, 10_000)
	for i := range rules {
		id := fmt.Sprintf("r%d", i)
		signal := fmt.Sprintf("reading:p%d.v", i*10)
		switch i % 10 {
		case 0:
			rules[i] = rule("expression", "value="+signal, "limit=5000", named(id, ""), func(r *Rule) { r.Expression = "value > limit && hour >= 8" })
		case 1:
			rules[i] = rule("spike", "value="+signal, "floor=5", named(id, ""))
		case 2, 3:
			rules[i] = rule("stale", "value="+signal, "after=300", named(id, ""))
		case 4:
			rules[i] = rule("demand", "power="+signal, "contract=5000", named(id, ""))
		default:
			rules[i] = rule("over_limit", "value="+signal, "limit=1900", named(id, ""))
		}
	}
	return engine(tb, rules...)
}

// BenchmarkMinute is a minute of a large park: 100,000 samples, 10,000 rules, a tick.
func BenchmarkMinute(b *testing.B) {
	e := park10k(b)
	signals := make([]string, 100_000)
	for i := range signals {
		signals[i] = fmt.Sprintf("reading:p%d.v", i)
	}
	at := start
	for b.Loop() {
		at = at.Add(time.Minute)
		for i, s := range signals {
			e.Observe(at, s, at, float64((i*7919+int(at.Unix()))%2000))
		}
		e.Tick(at)
	}
}
