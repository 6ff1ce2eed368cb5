package control

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever happens, no value is written outside range and ramp, measured from what the
// device holds; and one that the setup does not name is never written.
func TestNothingIsWrittenOutsideItsLimits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBench(t, batterySetup)
		events := []string{"tick", "tick", "tick", "lost", "deaf", "late", "wrong", "live", "plan", "override", "release", "restart", "back", "move"}
		for i := range rapid.IntRange(5, 60).Draw(r, "n") {
			switch e := rapid.SampledFrom(events).Draw(r, "event"); e {
			case "plan":
				p := hours(fmt.Sprintf("p%d", i), "battery", "kW", rapid.Float64Range(-500, 500).Draw(r, "v"))
				p.Steps[0].From, p.Steps[0].To, p.Expires = b.now, b.now.Add(5*time.Minute), b.now.Add(time.Minute)
				b.approve(p)
			case "override":
				b.c.Decide(b.now, Decision{Kind: "override", Who: "li", Asset: rapid.SampledFrom([]string{"battery", "chiller"}).Draw(r, "asset"),
					Value: rapid.Float64Range(-1000, 1000).Draw(r, "v"), Reason: "r", Until: b.now.Add(time.Minute)})
			case "release":
				b.c.Decide(b.now, Decision{Kind: "release", Who: "li", Asset: "battery"})
			case "restart":
				b.restart(batterySetup)
			case "live":
				b.live[rapid.SampledFrom([]string{"bess/power", "bess/soc", "bess/alarm", "gate/import", "ch1/supply"}).Draw(r, "value")] =
					rapid.OneOf(rapid.Float64Range(-2000, 2000), rapid.Just(math.NaN()), rapid.Just(math.Inf(1))).Draw(r, "x")
			default:
				b.hostile(r, e)
			}
		}
	})
}

// hostile is a tick after which the devices do as the event says.
func (b *bench) hostile(r *rapid.T, event string) {
	d := time.Duration(rapid.IntRange(1, 200).Draw(r, "seconds")) * time.Second
	if event == "back" {
		d = -d
	}
	b.now = b.now.Add(d)
	live := map[string]Reading{}
	for k, v := range b.live {
		live[k] = Reading{v, b.now}
	}
	for _, cmd := range b.c.Tick(b.now, live).Commands {
		a := b.c.setup.asset(cmd.Asset)
		if a == nil || cmd.Device != a.Device || cmd.Write != a.Write || !(cmd.Value >= a.Min && cmd.Value <= a.Max) {
			r.Fatalf("outside: %+v", cmd)
		}
		x := b.c.State().Assets[cmd.Asset]
		jump := a.Ramp*a.window(b.c.setup).Minutes() + 1e-9
		if cmd.Value-*x.Low > jump || *x.High-cmd.Value > jump {
			r.Fatalf("jump from %v…%v to %v", *x.Low, *x.High, cmd.Value)
		}
		if h := b.held[cmd.Asset]; x.Sent != nil && math.Abs(h-cmd.Value) > jump {
			r.Fatalf("the device holds %v, %v is written", h, cmd.Value)
		}
		b.respond(r, event, cmd)
	}
}

func (b *bench) respond(r *rapid.T, event string, cmd Command) {
	answer := Answer{Asset: cmd.Asset, Number: cmd.Number, Sent: true}
	switch event {
	case "late": // the answer never comes; the write may have arrived
		if rapid.Bool().Draw(r, "arrived") {
			b.held[cmd.Asset] = cmd.Value
		}
		return
	case "lost":
		answer.Lost, answer.Error = true, "timeout"
		if rapid.Bool().Draw(r, "arrived") {
			b.held[cmd.Asset] = cmd.Value
		}
	case "deaf":
		answer.ReadBack, answer.Error = new(b.held[cmd.Asset]), "otherwise"
	case "wrong":
		answer.ReadBack = new(rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN())).Draw(r, "back"))
	default:
		b.held[cmd.Asset] = cmd.Value
		answer.ReadBack = new(cmd.Value)
	}
	if _, err := b.c.Answer(b.now, answer); err != nil {
		r.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(batterySetup))
	f.Add([]byte(`{"format":"lingtan.control-plan/v1","id":"p","confirm":"30m","steps":[{"asset":"a","from":"2026-03-02T04:00:00Z","to":"2026-03-02T05:00:00Z","value":1,"unit":"kW"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := ParseSetup(data); err == nil {
			New(s, State{}, noon).Tick(noon, nil)
		}
		if p, err := ParsePlan(data); err == nil {
			p.span()
		}
	})
}
