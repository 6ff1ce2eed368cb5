package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"lingtan/connector"
	"lingtan/connector/outward"
	"lingtan/control"
	"lingtan/store/record"
	"lingtan/store/stream"
)

// replanner is asked for a new plan when an asset does not do what was planned. What it
// makes is a proposal: two people still decide.
type replanner interface {
	Replan(ctx context.Context, park string, r control.Replan) error
}

// ControlOptions are what control works through.
type ControlOptions struct {
	Drivers map[string]connector.Driver // by protocol; those that read and write are used
	Devices func(park, device string) (connector.Device, bool)
	Replan  replanner    // may be nil
	Log     *slog.Logger // nil = none
	Beat    time.Duration
	// Beat is the time between two looks for parks that are due; 0 = 1 s.
}

// Control runs the control of all parks of a node.
type Control struct {
	ControlDesk
	o    ControlOptions
	node *Node
	gate *outward.Gate

	mu     sync.Mutex
	leases *stream.Leases // nil until they are needed
}

// controlReadTimeout bounds the reading of one device within a tick.
const controlReadTimeout = 10 * time.Second

// Desk is where people decide about control.
func (n *Node) Desk() ControlDesk { return ControlDesk{Records: n.Records, Now: n.now} }

// OpenControl makes the control of this node. Run must run for anything to be written.
func (n *Node) OpenControl(o ControlOptions) *Control {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Beat <= 0 {
		o.Beat = time.Second
	}
	c := &Control{ControlDesk: n.Desk(), o: o, node: n}
	writers := map[string]connector.Writer{}
	for protocol, d := range o.Drivers {
		if w, ok := d.(connector.Writer); ok {
			writers[protocol] = w
		}
	}
	c.gate = &outward.Gate{Drivers: writers, Devices: o.Devices, Audit: c.audit, Now: n.now}
	return c
}

// audit keeps an attempt to write.
func (c *Control) audit(ctx context.Context, r outward.Record) error {
	return c.Records.SaveCommand(ctx, record.CommandRecord{Park: r.Command.Park, At: r.At, Device: r.Command.Device, Name: r.Command.Name, Value: r.Command.Value,
		Who: r.Command.Who, Approval: r.Command.Approval, Outcome: string(r.Outcome), ReadBack: r.ReadBack, Error: r.Error})
}

// Run looks at every park that has a setup as often as it says, until ctx ends. A park
// whose devices are slow does not hold up another.
func (c *Control) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	tick := time.NewTicker(c.o.Beat)
	defer tick.Stop()
	started := map[string]bool{}
	for {
		parks, err := c.Records.ControlledParks(ctx)
		if err != nil && ctx.Err() == nil {
			c.o.Log.Error("control: the parks cannot be told", "error", err.Error())
		}
		for _, park := range parks {
			if !started[park] {
				started[park] = true
				work.Go(func() { c.follow(ctx, park) })
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// follow controls one park.
func (c *Control) follow(ctx context.Context, park string) {
	for {
		begun := time.Now()
		wait := 5 * time.Second
		if s, _, err := c.setup(ctx, park); err == nil {
			wait = time.Duration(s.Tick)
		}
		if err := c.Step(ctx, park); err != nil && ctx.Err() == nil {
			c.o.Log.Error("control: the tick failed; nothing was written that is not in the journal", "park", park, "error", err.Error())
		}
		rest := time.NewTimer(max(wait-time.Since(begun), c.o.Beat/10))
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-rest.C:
		}
	}
}

// Step is one tick of a park: read, decide, record, write, record.
func (c *Control) Step(ctx context.Context, park string) error {
	s, _, err := c.setup(ctx, park)
	if err != nil {
		return err
	}
	release, err := c.alone(ctx, park)
	if err != nil {
		return err
	}
	defer release()
	live := c.read(ctx, park, s.Reads())
	act := record.Act{Who: "control", Name: "control", From: "lingtan serve", At: c.Now().UTC()}
	turn, err := c.change(ctx, act, park, func(x *control.Controller) (control.Turn, error) {
		return x.Tick(c.Now().UTC(), live), nil
	})
	if err != nil {
		return err
	}
	answers := c.send(ctx, park, s, turn.Commands)
	var failed []error
	if len(answers) > 0 {
		_, err := c.change(context.WithoutCancel(ctx), act, park, func(x *control.Controller) (control.Turn, error) { return take(x, c.Now().UTC(), answers), nil })
		failed = append(failed, err)
	}
	for _, r := range turn.Replans {
		if c.o.Replan == nil {
			c.o.Log.Warn("an asset does not follow its plan", "park", park, "plan", r.Plan, "asset", r.Asset, "planned", r.Planned, "measured", r.Measured)
			continue
		}
		failed = append(failed, c.o.Replan.Replan(ctx, park, r))
	}
	return errors.Join(failed...)
}

// alone makes this node the only one of its cluster that looks at the park until
// release is called: another's tick would take this one's commands for lost.
func (c *Control) alone(ctx context.Context, park string) (release func(), err error) {
	if c.node.member == nil {
		return func() {}, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leases == nil {
		if c.leases, err = c.node.member.cluster.Leases(ctx, 0); err != nil {
			return nil, fmt.Errorf("leases of the cluster: %w", err)
		}
	}
	wait, cancel := context.WithTimeout(ctx, controlReadTimeout)
	defer cancel()
	lease, err := c.leases.Acquire(wait, "control-"+park)
	if err != nil {
		return nil, fmt.Errorf("lease of the control of park %s: %w", park, err)
	}
	return func() {
		later, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = lease.Release(later) // it runs out by itself otherwise
	}, nil
}

// take hands the answers to the controller. One whose command is not out any more, since
// the setup changed meanwhile, is told by the audit of commands alone.
func take(x *control.Controller, now time.Time, answers []control.Answer) control.Turn {
	var all control.Turn
	for _, a := range answers {
		turn, err := x.Answer(now, a)
		if err == nil {
			all.Lines = append(all.Lines, turn.Lines...)
		}
	}
	return all
}

// read reads devices at the same time. A value that could not be read is left out: the
// controller knows by its age what is missing.
func (c *Control) read(ctx context.Context, park string, devices []string) map[string]control.Reading {
	ctx, cancel := context.WithTimeout(ctx, controlReadTimeout)
	defer cancel()
	var mu sync.Mutex
	var work sync.WaitGroup
	live := map[string]control.Reading{}
	for _, id := range devices {
		work.Go(func() {
			samples, err := c.readDevice(ctx, park, id)
			if err != nil {
				c.o.Log.Info("control: a device does not give its values", "park", park, "device", id, "error", err.Error())
			}
			mu.Lock()
			defer mu.Unlock()
			for _, x := range samples {
				if x.At.IsZero() {
					x.At = c.Now()
				}
				live[id+"/"+x.Name] = control.Reading{Value: x.Value, At: x.At.UTC()}
			}
		})
	}
	work.Wait()
	return live
}

func (c *Control) readDevice(ctx context.Context, park, id string) ([]connector.Sample, error) {
	d, ok := c.o.Devices(park, id)
	if !ok || d.Disabled {
		return nil, fmt.Errorf("%w: no device %q is in service in the list of park %s", connector.ErrConfig, id, park)
	}
	r, ok := c.o.Drivers[d.Protocol].(connector.Reader)
	if !ok {
		return nil, fmt.Errorf("%w: protocol %s cannot be read at will", connector.ErrConfig, d.Protocol)
	}
	return r.Read(ctx, d)
}

// send lets the commands out, those of one device one after the other.
func (c *Control) send(ctx context.Context, park string, s *control.Setup, commands []control.Command) []control.Answer {
	answers := make([]control.Answer, len(commands))
	of := map[string][]int{}
	for i, x := range commands {
		of[x.Device] = append(of[x.Device], i)
	}
	var work sync.WaitGroup
	for _, list := range of {
		work.Go(func() {
			for _, i := range list {
				answers[i] = c.sendOne(ctx, park, s, commands[i])
			}
		})
	}
	work.Wait()
	return answers
}

func (c *Control) sendOne(ctx context.Context, park string, s *control.Setup, x control.Command) control.Answer {
	approval := x.Why
	if x.Plan != "" {
		approval = "plan " + x.Plan
	}
	cmd := outward.Command{Park: park, Device: x.Device, Name: x.Write, Value: x.Value, Who: "control", Approval: approval}
	for _, a := range s.Assets {
		if a.ID == x.Asset {
			cmd.Tolerance = a.ReadBack
		}
	}
	back, err := c.gate.Set(ctx, cmd)
	a := control.Answer{Asset: x.Asset, Number: x.Number, Sent: true}
	switch {
	case err == nil:
		a.ReadBack = &back
		return a
	case errors.Is(err, outward.ErrNotSent):
		a.Sent = false
	case errors.Is(err, connector.ErrUnreachable):
		a.Lost = true
	case errors.Is(err, outward.ErrDiffers):
		a.ReadBack = &back
	}
	a.Error = strings.ToValidUTF8(err.Error(), "")
	if len(a.Error) > 500 {
		a.Error = strings.ToValidUTF8(a.Error[:500], "")
	}
	return a
}
