package control

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

const batterySetup = `
format: lingtan.control/v1
tick: 10s
heartbeat: 2m
recover: 30s
assets:
  - {id: battery, device: bess, write: power, unit: kW, min: -500, max: 500, ramp: 600, feedback: bess/power, max_age: 30s,
     deadband: 1, read_back: 2, failures: 2, safe: {value: 0}, deviation: 20, deviation_after: 1m}
  - {id: chiller, device: ch1, write: supply, unit: degC, min: 5, max: 12, ramp: 6, feedback: ch1/supply, safe: {local: true}}
interlocks:
  - {id: low-charge, assets: [battery], when: {value: bess/soc, below: 10}, for: 20s}
  - {id: fire, when: {value: bess/alarm, equals: 1}, latch: true}
trims:
  - {id: demand, asset: battery, value: gate/import, target: 1000, kp: -0.5, ki: -0.02, min: 0, max: 300}
`

// bench is a controller with devices that do as they are told.
type bench struct {
	t     testing.TB
	c     *Controller
	now   time.Time
	live  map[string]float64
	held  map[string]float64 // set point of each asset at its device
	dead  bool               // nothing answers
	deaf  bool               // writes are not taken
	lines []Line
	asked []Replan
}

func newBench(t testing.TB, setup string) *bench {
	t.Helper()
	s, err := ParseSetup([]byte(setup))
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, c: New(s, State{}, noon), now: noon, held: map[string]float64{"battery": 0, "chiller": 7},
		live: map[string]float64{"bess/power": 0, "bess/soc": 50, "bess/alarm": 0, "ch1/supply": 7, "gate/import": 800}}
}

func (b *bench) take(t Turn) {
	b.lines = append(b.lines, t.Lines...)
	b.asked = append(b.asked, t.Replans...)
}

func (b *bench) tick(d time.Duration) {
	b.t.Helper()
	b.now = b.now.Add(d)
	live := map[string]Reading{}
	for k, v := range b.live {
		if !b.dead {
			live[k] = Reading{v, b.now}
		}
	}
	turn := b.c.Tick(b.now, live)
	b.take(turn)
	for _, cmd := range turn.Commands {
		b.take(b.answer(cmd))
	}
}

func (b *bench) answer(cmd Command) Turn {
	b.t.Helper()
	a := Answer{Asset: cmd.Asset, Number: cmd.Number, Sent: true}
	switch {
	case b.dead:
		a.Lost, a.Error = true, "timeout"
	case b.deaf:
		a.ReadBack, a.Error = new(b.held[cmd.Asset]), "reads back otherwise"
	default:
		b.held[cmd.Asset] = cmd.Value
		a.ReadBack = &cmd.Value
		b.live[map[string]string{"battery": "bess/power", "chiller": "ch1/supply"}[cmd.Asset]] = cmd.Value
	}
	turn, err := b.c.Answer(b.now, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return turn
}

func (b *bench) run(d time.Duration) {
	b.t.Helper()
	for end := b.now.Add(d); b.now.Before(end); {
		b.tick(10 * time.Second)
	}
}

func (b *bench) decide(d Decision, want error) {
	b.t.Helper()
	turn, err := b.c.Decide(b.now, d)
	b.take(turn)
	if !errors.Is(err, want) {
		b.t.Fatalf("%+v: %v, want %v", d, err, want)
	}
}

func (b *bench) mode(asset string, want Mode, cause string) {
	b.t.Helper()
	x := b.c.State().Assets[asset]
	if x.Mode != want || !strings.Contains(strings.Join(x.Causes, ","), cause) {
		b.t.Fatalf("%s: %s is %s (%v), want %s (%s)", b.now.Format("15:04:05"), asset, x.Mode, x.Causes, want, cause)
	}
}

func (b *bench) holds(asset string, want float64) {
	b.t.Helper()
	if math.Abs(b.held[asset]-want) > 1e-6 {
		b.t.Fatalf("%s: %s holds %v, want %v", b.now.Format("15:04:05"), asset, b.held[asset], want)
	}
}

// hours is a plan of one asset with a set point an hour from 04:00.
func hours(id, asset, unit string, values ...float64) *Plan {
	p := &Plan{Format: PlanFormat, ID: id, Expires: noon.Add(30 * time.Minute)}
	for i, v := range values {
		p.Steps = append(p.Steps, Step{Asset: asset, From: noon.Add(time.Duration(i) * time.Hour), To: noon.Add(time.Duration(i+1) * time.Hour), Value: v, Unit: unit})
	}
	return p
}

func (b *bench) approve(p *Plan) {
	b.t.Helper()
	b.decide(Decision{Kind: "propose", Who: "li", Plan: p}, nil)
	b.decide(Decision{Kind: "approve", Who: "wang", ID: p.ID}, nil)
}

func TestPlanIsFollowedWithinTheRamp(t *testing.T) {
	b := newBench(t, batterySetup)
	b.tick(10 * time.Second)
	b.mode("battery", modeLocal, "")
	b.approve(hours("p1", "battery", "kW", 300, -100))
	b.tick(10 * time.Second) // begins from the measured 0: one tick's ramp
	b.holds("battery", 100)
	b.tick(10 * time.Second)
	b.holds("battery", 200)
	b.run(20 * time.Second)
	b.holds("battery", 300)
	b.mode("battery", modeFollowing, "")
	b.mode("chiller", modeLocal, "") // no plan says anything of it
	b.run(time.Hour)
	b.holds("battery", -100)
	b.run(time.Hour) // the plan ends without a successor
	b.mode("battery", modeSafe, "no plan")
	b.holds("battery", 0)
	b.decide(Decision{Kind: "release", Who: "li", Asset: "battery"}, nil)
	b.tick(10 * time.Second)
	b.mode("battery", modeLocal, "")
}

func TestTwoPeople(t *testing.T) {
	b := newBench(t, batterySetup)
	p := hours("p1", "battery", "kW", 300)
	b.decide(Decision{Kind: "propose", Who: "li", Plan: p}, nil)
	b.decide(Decision{Kind: "propose", Who: "li", Plan: p}, ErrDecision)
	b.decide(Decision{Kind: "approve", Who: "li", ID: "p1"}, ErrDecision)
	b.decide(Decision{Kind: "confirm", Who: "wang", ID: "p1"}, ErrDecision)
	b.run(time.Minute)
	b.mode("battery", modeLocal, "") // a proposal moves nothing
	b.decide(Decision{Kind: "approve", Who: "wang", ID: "p1"}, nil)
	b.decide(Decision{Kind: "approve", Who: "wang", ID: "p1"}, ErrDecision)
	b.run(time.Minute)
	b.decide(Decision{Kind: "revoke", Who: "li", ID: "p1", Reason: "works on the feeder"}, nil)
	b.run(time.Minute)
	b.mode("battery", modeSafe, "no plan")
	b.decide(Decision{Kind: "propose", Who: "li", Plan: hours("p2", "battery", "kW", 300)}, nil)
	b.run(time.Hour) // nobody approves
	b.decide(Decision{Kind: "approve", Who: "wang", ID: "p2"}, ErrDecision)
	b.decide(Decision{Kind: "propose", Who: "li", Plan: hours("p3", "battery", "kW", 300)}, ErrPlan) // over
	for _, bad := range []*Plan{nil, hours("p4", "battery", "MW", 1, 1), hours("p4", "battery", "kW", 501), hours("p4", "pump", "kW", 1), hours("p4", "battery", "kW"), hours("", "battery", "kW", 1)} {
		b.decide(Decision{Kind: "propose", Who: "li", Plan: bad}, ErrPlan)
	}
}

func TestInterlocks(t *testing.T) {
	b := newBench(t, batterySetup)
	b.approve(hours("p1", "battery", "kW", 300))
	b.run(time.Minute)
	b.live["bess/soc"] = 9
	b.run(20 * time.Second)
	b.mode("battery", modeFollowing, "")
	b.run(20 * time.Second)
	b.mode("battery", modeSafe, "interlock low-charge")
	b.live["bess/soc"] = 12
	b.run(20 * time.Second)
	b.mode("battery", modeSafe, "recovering")
	b.run(30 * time.Second)
	b.mode("battery", modeFollowing, "")
	b.live["bess/alarm"] = 1
	b.tick(10 * time.Second)
	b.mode("battery", modeSafe, "interlock fire")
	b.decide(Decision{Kind: "override", Who: "li", Asset: "battery", Value: 10, Reason: "test", Until: b.now.Add(time.Hour)}, nil)
	b.live["bess/alarm"] = 0
	b.run(2 * time.Minute)
	b.mode("battery", modeSafe, "interlock fire") // latched, and it goes before an override
	b.decide(Decision{Kind: "release", Who: "li", Asset: "battery"}, nil)
	b.run(time.Minute)
	b.mode("battery", modeFollowing, "")
	delete(b.live, "bess/soc") // a value that is not there fulfils every condition
	b.run(time.Minute)
	b.mode("battery", modeSafe, "interlock low-charge")
}

func TestOverride(t *testing.T) {
	b := newBench(t, batterySetup)
	b.approve(hours("p1", "battery", "kW", 300))
	b.run(time.Minute)
	until := b.now.Add(5 * time.Minute)
	b.decide(Decision{Kind: "override", Who: "li", Asset: "battery", Value: 501, Reason: "r", Until: until}, ErrDecision)
	b.decide(Decision{Kind: "override", Who: "li", Asset: "battery", Value: 50, Until: until}, ErrDecision)
	b.decide(Decision{Kind: "override", Who: "li", Asset: "battery", Value: 50, Reason: "r", Until: b.now}, ErrDecision)
	b.decide(Decision{Kind: "override", Who: "li", Asset: "pump", Value: 50, Reason: "r", Until: until}, ErrDecision)
	b.decide(Decision{Kind: "override", Who: "li", Asset: "battery", Value: 50, Reason: "acceptance test", Until: until}, nil)
	b.run(time.Minute)
	b.mode("battery", modeManual, "acceptance test")
	b.holds("battery", 50)
	b.run(5 * time.Minute)
	b.mode("battery", modeFollowing, "")
	b.holds("battery", 300)
}

func TestCommunicationIsLost(t *testing.T) {
	b := newBench(t, batterySetup)
	b.approve(hours("p1", "battery", "kW", 300))
	b.run(time.Minute)
	b.dead = true
	b.run(2 * time.Minute)
	b.mode("battery", modeSafe, "stale")
	b.dead = false
	b.run(2 * time.Minute)
	b.mode("battery", modeFollowing, "")
	b.holds("battery", 300)
}

func TestDeviceIgnoresWrites(t *testing.T) {
	b := newBench(t, batterySetup)
	b.deaf = true
	b.approve(hours("p1", "battery", "kW", 300))
	b.run(time.Minute)
	b.mode("battery", modeSafe, "read-back")
	b.deaf = false
	b.run(10 * time.Minute)
	b.mode("battery", modeSafe, "read-back") // until a person has looked
	b.decide(Decision{Kind: "release", Who: "li", Asset: "battery"}, nil)
	b.run(2 * time.Minute)
	b.mode("battery", modeFollowing, "")
}

func TestDeadMan(t *testing.T) {
	b := newBench(t, batterySetup)
	p := hours("p1", "battery", "kW", 300, 300)
	p.Confirm = Duration(10 * time.Minute)
	b.approve(p)
	b.run(9 * time.Minute)
	b.decide(Decision{Kind: "confirm", Who: "li", ID: "p1"}, nil)
	b.run(9 * time.Minute)
	b.mode("battery", modeFollowing, "")
	b.run(2 * time.Minute)
	b.mode("battery", modeSafe, "plan suspended")
	b.decide(Decision{Kind: "confirm", Who: "li", ID: "p1"}, nil)
	b.run(time.Minute)
	b.mode("battery", modeFollowing, "")
	b.tick(90 * time.Second) // a short absence is borne
	b.mode("battery", modeFollowing, "")
	b.tick(3 * time.Minute)
	b.mode("battery", modeSafe, "plan suspended")
	b.decide(Decision{Kind: "confirm", Who: "li", ID: "p1"}, nil)
	b.run(time.Minute)
	b.mode("battery", modeFollowing, "")
	b.tick(-time.Minute)
	b.mode("battery", modeSafe, "plan suspended")
}

// restart writes the state down and takes it up again.
func (b *bench) restart(setup string) {
	b.t.Helper()
	text, err := json.Marshal(b.c.State())
	if err != nil {
		b.t.Fatal(err)
	}
	var s State
	if err := json.Unmarshal(text, &s); err != nil {
		b.t.Fatal(err)
	}
	parsed, err := ParseSetup([]byte(setup))
	if err != nil {
		b.t.Fatal(err)
	}
	b.c = New(parsed, s, b.now)
}

func TestRestart(t *testing.T) {
	b := newBench(t, batterySetup)
	b.approve(hours("p1", "battery", "kW", 300, 200))
	b.run(time.Minute)
	b.restart(batterySetup)
	b.tick(time.Minute)
	b.mode("battery", modeFollowing, "")
	b.holds("battery", 300)
	// A command that was out when the server ended counts as unanswered.
	b.now = b.now.Add(time.Minute)
	turn := b.c.Tick(b.now, map[string]Reading{"bess/power": {300, b.now}, "bess/soc": {50, b.now}, "bess/alarm": {0, b.now}, "gate/import": {0, b.now}, "ch1/supply": {7, b.now}})
	if len(turn.Commands) != 1 {
		t.Fatalf("%+v", turn)
	}
	b.restart(batterySetup)
	b.tick(10 * time.Second)
	if x := b.c.State().Assets["battery"]; x.Lost != 0 || !slices.ContainsFunc(b.lines, func(l Line) bool { return l.To == "unanswered" }) {
		t.Errorf("%+v", x)
	}
	b.restart(strings.Replace(batterySetup, "max: 500", "max: 250", 1))
	b.tick(10 * time.Second)
	b.mode("battery", modeSafe, "no plan") // approved under other limits
	for i, l := range b.lines {
		if i > 0 && l.Number <= b.lines[i-1].Number {
			t.Fatalf("line %d after %d", l.Number, b.lines[i-1].Number)
		}
	}
}

func TestSuccessor(t *testing.T) {
	b := newBench(t, batterySetup)
	b.approve(hours("p1", "battery", "kW", 100, 100, 100))
	b.approve(hours("p2", "battery", "kW", 200)) // approved last: it goes while it has a step
	b.run(10 * time.Minute)
	b.holds("battery", 200)
	b.run(time.Hour)
	b.holds("battery", 100)
}

// The import of 1,200 kW is brought under 1,000 by the battery, which the plan leaves at rest, and the correction
// goes when it is not needed.
func TestTrimHoldsTheDemand(t *testing.T) {
	b := newBench(t, batterySetup)
	b.approve(hours("p1", "battery", "kW", 0))
	load := 1200.0
	worst := 0.0
	for i := range 120 {
		b.live["gate/import"] = load - b.held["battery"]
		b.tick(10 * time.Second)
		if i > 30 {
			worst = max(worst, load-b.held["battery"]-1000)
		}
	}
	if worst > 5 {
		t.Errorf("import %v kW over", worst)
	}
	load = 700
	for range 120 {
		b.live["gate/import"] = load - b.held["battery"]
		b.tick(10 * time.Second)
	}
	b.holds("battery", 0)
	load = 2000 // beyond what the trim may do
	for range 60 {
		b.live["gate/import"] = load - b.held["battery"]
		b.tick(10 * time.Second)
	}
	b.holds("battery", 300)
	delete(b.live, "gate/import")
	b.run(time.Minute)
	b.mode("battery", modeSafe, "trim demand")
}

func TestReplan(t *testing.T) {
	b := newBench(t, batterySetup)
	b.approve(hours("p1", "battery", "kW", 300, 300))
	b.run(time.Minute)
	for range 30 {
		b.live["bess/power"] = 200
		b.tick(10 * time.Second)
	}
	if len(b.asked) != 1 || b.asked[0].Planned != 300 || b.asked[0].Measured != 200 || b.asked[0].Plan != "p1" {
		t.Errorf("%+v", b.asked)
	}
}

func TestSetupsThatCannotBe(t *testing.T) {
	bad := func(old, new string) {
		t.Helper()
		if _, err := ParseSetup([]byte(strings.Replace(batterySetup, old, new, 1))); !errors.Is(err, ErrSetup) {
			t.Errorf("%s: %v", new, err)
		}
	}
	bad("v1", "v2")
	bad("tick: 10s", "tick: 10ms")
	bad("tick: 10s", "tick: ten")
	bad("min: -500", "min: 500")
	bad("min: -500", "min: .nan")
	bad("ramp: 600", "ramp: 0")
	bad("deadband: 1", "deadband: 200") // more than 100 kW a tick
	bad("feedback: bess/power", "feedback: power")
	bad("safe: {value: 0}", "safe: {value: 501}")
	bad("safe: {value: 0}", "safe: {value: 0, local: true}")
	bad("safe: {local: true}", "safe: {}")
	bad("id: chiller", "id: battery")
	bad("device: ch1, write: supply", "device: bess, write: power")
	bad("below: 10", "below: 10, above: 3")
	bad("below: 10", "beneath: 10")
	bad("assets: [battery]", "assets: [pump]")
	bad("min: 0, max: 300", "min: 10, max: 300")
	bad("kp: -0.5, ki: -0.02", "kp: 0.5, ki: -0.02")
	bad("recover: 30s", "recover: &x 30s\nheartbeat: *x")
}
