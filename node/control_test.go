package node

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/control"
	"lingtan/store/record"
	"lingtan/test/parktest"
)

const plantSetup = `
format: lingtan.control/v1
tick: 10s
heartbeat: 5m
recover: 30s
assets:
  - {id: battery, device: bess, write: setpoint, unit: kW, min: -400, max: 400, ramp: 600, feedback: bess/power, deadband: 1, read_back: 1,
     failures: 3, repeat: 20s, safe: {value: 0}, deviation: 30, deviation_after: 1m}
  - {id: pv, device: pv, write: setpoint, unit: kW, min: 0, max: 500, ramp: 3000, feedback: pv/power, deadband: 1, safe: {value: 500}}` + chillerAsset + `interlocks:
  - {id: empty, assets: [battery], when: {value: bess/level, below: 5}}
trims:
  - {id: demand, asset: battery, value: gate/power, target: 700, kp: -0.3, ki: -0.02, min: 0, max: 400}
`

const chillerAsset = `
  - {id: chiller, device: chiller, write: setpoint, unit: degC, min: 6, max: 12, ramp: 6, feedback: chiller/supply, deadband: 0.1, safe: {local: true}}
`

// wall is a clock that is moved by hand; drivers ask for it at the same time.
type wall struct {
	mu  sync.Mutex
	now time.Time
}

func (w *wall) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// loop is a node that controls a plant.
type loop struct {
	t     *testing.T
	p     *plant
	w     *wall
	dir   string
	n     *Node
	c     *Control
	asked []control.Replan
}

func (l *loop) Replan(_ context.Context, _ string, r control.Replan) error {
	l.asked = append(l.asked, r)
	return nil
}

// newLoop is a loop with the chiller or without it: an OPC UA server takes its time to start.
func newLoop(t *testing.T, chiller bool) *loop {
	t.Helper()
	l := &loop{t: t, p: newPlant(t), dir: t.TempDir(), w: &wall{now: time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Hour)}}
	l.open()
	t.Cleanup(func() { l.n.Close() })
	act := record.Act{Who: "system", Name: "test", From: "test", At: l.w.Now()}
	if _, err := l.n.ImportPark(context.Background(), act, parktest.New().Enterprise("mill").Check(t).Document.YAML()); err != nil {
		t.Fatal(err)
	}
	setup := plantSetup
	if chiller {
		l.p.startChiller()
	} else {
		setup = strings.Replace(setup, chillerAsset, "\n", 1)
	}
	if _, err := l.c.SaveControlSetup(context.Background(), act, "test", []byte(setup)); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *loop) open() {
	l.t.Helper()
	n, err := Open(context.Background(), Options{Dir: l.dir, Workers: 1, Now: l.w.Now})
	if err != nil {
		l.t.Fatal(err)
	}
	l.n = n
	l.c = n.OpenControl(ControlOptions{Drivers: l.p.drivers(), Devices: l.p.devices, Replan: l})
}

// restart ends the node and opens the directory again.
func (l *loop) restart() {
	l.t.Helper()
	if err := l.n.Close(); err != nil {
		l.t.Fatal(err)
	}
	l.open()
}

func (l *loop) run(d time.Duration) {
	l.t.Helper()
	for range int(d / (10 * time.Second)) {
		l.pass(10 * time.Second)
		if err := l.c.Step(context.Background(), "test"); err != nil {
			l.t.Fatal(err)
		}
	}
}

// pass lets time go by without Lingtan.
func (l *loop) pass(d time.Duration) {
	l.w.mu.Lock()
	l.w.now = l.w.now.Add(d)
	l.w.mu.Unlock()
	l.p.step(d)
}

func (l *loop) decide(x control.Decision, want error) {
	l.t.Helper()
	err := l.c.DecideControl(context.Background(), record.Act{Who: x.Who, Name: x.Who, From: "test", At: l.w.Now()}, "test", x)
	if !errors.Is(err, want) {
		l.t.Fatalf("%+v: %v, want %v", x, err, want)
	}
}

// plan approves a set point for half an hour from now.
func (l *loop) plan(id string, asset, unit string, value float64) {
	l.t.Helper()
	now := l.w.Now()
	p := &control.Plan{Format: control.PlanFormat, ID: id, Expires: now.Add(time.Minute),
		Steps: []control.Step{{Asset: asset, From: now, To: now.Add(30 * time.Minute), Value: value, Unit: unit}}}
	l.decide(control.Decision{Kind: "propose", Who: "li", Plan: p}, nil)
	l.decide(control.Decision{Kind: "approve", Who: "wang", ID: id}, nil)
}

func (l *loop) mode(asset, want, cause string) {
	l.t.Helper()
	v, err := l.c.ControlView(context.Background(), "test")
	if err != nil {
		l.t.Fatal(err)
	}
	x := v.State.Assets[asset]
	if string(x.Mode) != want || !strings.Contains(strings.Join(x.Causes, ", "), cause) {
		l.t.Fatalf("%s: %s %v, want %s %s", asset, x.Mode, x.Causes, want, cause)
	}
}

func (l *loop) near(what string, got *float64, want, by float64) {
	l.t.Helper()
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if math.Abs(*got-want) > by {
		l.t.Fatalf("%s: %v, want %v ± %v", what, *got, want, by)
	}
}

// The loop is closed through both protocols.
func TestControlClosesTheLoop(t *testing.T) {
	l := newLoop(t, true)
	l.plan("b1", "battery", "kW", 200)
	l.plan("c1", "chiller", "degC", 11)
	l.plan("v1", "pv", "kW", 300)
	l.run(5 * time.Minute)
	l.near("chiller", &l.p.supply, 11, 0.2)
	l.near("PV", &l.p.pv, 300, 2)
	// 900 + 140 − 300 leaves 740 kW; the plan's 200 kW brings 540, below the 700 of the contract.
	l.near("battery", &l.p.battery, 200, 3)
	l.p.mu.Lock()
	l.p.load = 1200
	l.p.mu.Unlock()
	l.run(6 * time.Minute)
	l.p.mu.Lock()
	if over := l.p.imported() - 700; over > 5 {
		t.Errorf("%v kW over the contract", over)
	}
	l.p.mu.Unlock()
	if !slices.ContainsFunc(l.asked, func(r control.Replan) bool { return r.Asset == "battery" && r.Plan == "b1" }) {
		t.Errorf("no new plan was asked for: %+v", l.asked)
	}
	l.run(20 * time.Minute) // the plans end
	l.mode("battery", "safe", "no plan")
	l.near("battery", &l.p.battery, 0, 1)
	l.near("PV", &l.p.limit, 500, 1)
	l.p.within("bess", -400, 400, 200)
	l.p.within("pv", 0, 500, 1000)
	l.p.within("chiller", 6, 12, 2)
	lines, err := l.c.ControlLines(context.Background(), "test", "", "b1", 0, 1000)
	if err != nil || lines[len(lines)-1].Who != "li" || lines[0].To != "done" && lines[0].Event != "mode" {
		t.Errorf("%+v, %v", lines[0], err)
	}
	commands, err := l.n.Records.Commands(context.Background(), "test", 1000)
	if err != nil || len(commands) < 20 || commands[0].Outcome != "done" {
		t.Errorf("%d commands, %v", len(commands), err)
	}
	if _, _, err := l.n.Records.VerifyAudit(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestControlSurvivesLossOfCommunication(t *testing.T) {
	l := newLoop(t, false)
	l.plan("b1", "battery", "kW", 200)
	l.run(2 * time.Minute)
	l.near("battery", &l.p.battery, 200, 3)
	l.p.server.Stop()
	l.run(2 * time.Minute)
	l.mode("battery", "safe", "stale")
	l.p.start()
	l.run(2 * time.Minute)
	l.mode("battery", "following", "")
	l.near("battery", &l.p.battery, 200, 3)
	l.p.within("bess", -400, 400, 200)
}

func TestControlOfDevicesThatLie(t *testing.T) {
	lies := func(what string, flag func(*plant) *bool) {
		l := newLoop(t, false)
		l.plan("b1", "battery", "kW", 200)
		l.run(2 * time.Minute)
		l.p.mu.Lock()
		*flag(l.p) = true
		l.p.mu.Unlock()
		l.decide(control.Decision{Kind: "override", Who: "li", Asset: "battery", Value: 150, Reason: what, Until: l.w.Now().Add(10 * time.Minute)}, nil)
		l.run(2 * time.Minute)
		l.mode("battery", "safe", "read-back")
		l.p.mu.Lock()
		*flag(l.p) = false
		l.p.mu.Unlock()
		l.run(time.Minute)
		l.mode("battery", "safe", "read-back") // until a person has looked
		l.near("battery", &l.p.battery, 0, 1)
		l.decide(control.Decision{Kind: "release", Who: "li", Asset: "battery"}, nil)
		l.run(2 * time.Minute)
		l.mode("battery", "following", "")
		l.p.within("bess", -400, 400, 420) // what it reads back is where it stands
	}
	lies("ignores writes", func(p *plant) *bool { return &p.ignore })
	lies("answers wrong values", func(p *plant) *bool { return &p.wrong })
}

func TestControlSurvivesRestarts(t *testing.T) {
	l := newLoop(t, false)
	l.plan("b1", "battery", "kW", 200)
	l.run(2 * time.Minute)
	l.restart()
	l.pass(2 * time.Minute)
	l.run(time.Minute)
	l.mode("battery", "following", "") // still valid, still approved
	l.near("battery", &l.p.battery, 200, 3)
	l.restart()
	l.pass(10 * time.Minute)
	l.run(time.Minute)
	l.mode("battery", "safe", "plan suspended") // away for longer than the heartbeat
	l.near("battery", &l.p.battery, 0, 1)
	l.decide(control.Decision{Kind: "confirm", Who: "wang", ID: "b1"}, nil)
	l.run(time.Minute)
	l.mode("battery", "following", "")
	l.restart()
	l.pass(time.Hour)
	l.run(time.Minute)
	l.mode("battery", "safe", "no plan") // the plan is over
	l.p.within("bess", -400, 400, 200)
}

// A command at the shell decides while a server runs: the records alone are opened.
func TestControlDeskBesideTheServer(t *testing.T) {
	l := newLoop(t, false)
	ctx := context.Background()
	records, err := record.Open(ctx, filepath.Join(l.dir, "records.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	desk := ControlDesk{Records: records, Now: l.w.Now}
	x := control.Decision{Kind: "override", Who: "li", Asset: "pv", Value: 100, Reason: "grid operator's order", Until: l.w.Now().Add(time.Hour)}
	if err := desk.DecideControl(ctx, record.Act{Who: "li", At: l.w.Now()}, "test", x); err != nil {
		t.Fatal(err)
	}
	l.run(time.Minute)
	l.mode("pv", "manual", "order")
	l.near("PV", &l.p.pv, 100, 2)
	if v, err := desk.ControlView(ctx, "test"); err != nil || !v.Running || v.Setup != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := desk.ControlView(ctx, "nowhere"); !errors.Is(err, record.ErrNotFound) {
		t.Error(err)
	}
	if _, err := desk.SaveControlSetup(ctx, record.Act{Who: "li", At: l.w.Now()}, "test", []byte("format: x")); !errors.Is(err, control.ErrSetup) {
		t.Error(err)
	}
}

// Run ticks by itself.
func TestControlRuns(t *testing.T) {
	l := newLoop(t, false)
	l.c.o.Beat = 10 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.c.Run(ctx) }()
	for range 500 {
		if v, err := l.c.ControlView(context.Background(), "test"); err == nil && v.Running {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if v, err := l.c.ControlView(context.Background(), "test"); err != nil || !v.Running {
		t.Errorf("%+v, %v", v, err)
	}
}
