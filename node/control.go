package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lingtan/control"
	"lingtan/store/record"
)

// ControlDesk is where people decide about control. It needs the records alone, so that
// a command may decide while a server runs: the server takes the decision up at its next tick.
type ControlDesk struct {
	Records *record.Store
	Now     func() time.Time
}

// ControlView is how the control of a park stands.
type ControlView struct {
	Park      string        `json:"park"`
	Running   bool          `json:"running"` // a server looked at it within two ticks
	Setup     int64         `json:"setup"`   // version of the setup
	Revision  int64         `json:"revision"`
	Limits    control.Setup `json:"limits"`
	State     control.State `json:"state"`
	CheckedAt time.Time     `json:"checkedAt"`
}

// setup is the park's setup in use. Errors wrap record.ErrNotFound when it has none.
func (d ControlDesk) setup(ctx context.Context, park string) (*control.Setup, int64, error) {
	v, err := d.Records.ControlSetup(ctx, park)
	if err != nil {
		return nil, 0, err
	}
	if v.Number == 0 {
		return nil, 0, fmt.Errorf("%w: park %.64q has no control setup; record one with lingtan control setup", record.ErrNotFound, park)
	}
	s, err := control.ParseSetup([]byte(v.YAML))
	return s, v.Number, err
}

// SaveControlSetup records a setup as the park's newest. What was approved under the
// one before lapses at the next tick. Errors wrap control.ErrSetup.
func (d ControlDesk) SaveControlSetup(ctx context.Context, act record.Act, park string, data []byte) (record.ControlSetup, error) {
	if _, err := control.ParseSetup(data); err != nil {
		return record.ControlSetup{}, err
	}
	place, err := d.Records.ParkOrganization(ctx, park)
	if err != nil {
		return record.ControlSetup{}, err
	}
	return d.Records.SaveControlSetup(ctx, act, place.Path, park, data)
}

// ControlView is how the control of a park stands.
func (d ControlDesk) ControlView(ctx context.Context, park string) (ControlView, error) {
	s, number, err := d.setup(ctx, park)
	if err != nil {
		return ControlView{}, err
	}
	state, revision, err := d.Records.ControlState(ctx, park)
	if err != nil {
		return ControlView{}, err
	}
	now := d.Now().UTC()
	age := now.Sub(state.At)
	return ControlView{Park: park, Setup: number, Revision: revision, Limits: *s, CheckedAt: now,
		Running: !state.At.IsZero() && age >= 0 && age <= 2*time.Duration(s.Tick)+5*time.Second, State: control.New(s, state, now).State()}, nil
}

// DecideControl carries a person's decision out and keeps it. Errors wrap those of
// control.Decide.
func (d ControlDesk) DecideControl(ctx context.Context, act record.Act, park string, x control.Decision) error {
	_, err := d.change(ctx, act, park, func(c *control.Controller) (control.Turn, error) {
		return c.Decide(d.Now().UTC(), x)
	})
	return err
}

// ControlLines are lines of the journal, the newest first.
func (d ControlDesk) ControlLines(ctx context.Context, park, asset, plan string, before int64, limit int) ([]control.Line, error) {
	return d.Records.ControlLines(ctx, park, asset, plan, before, limit)
}

// change does something with the state of a park's controller and keeps what came of
// it; again where another was quicker.
func (d ControlDesk) change(ctx context.Context, act record.Act, park string, do func(*control.Controller) (control.Turn, error)) (control.Turn, error) {
	place, err := d.Records.ParkOrganization(ctx, park)
	if err != nil {
		return control.Turn{}, err
	}
	for try := 1; ; try++ {
		s, _, err := d.setup(ctx, park)
		if err != nil {
			return control.Turn{}, err
		}
		state, revision, err := d.Records.ControlState(ctx, park)
		if err != nil {
			return control.Turn{}, err
		}
		c := control.New(s, state, d.Now().UTC())
		turn, err := do(c)
		if err != nil {
			return control.Turn{}, err
		}
		_, err = d.Records.SaveControl(ctx, act, record.ControlTurn{Park: park, Organization: place.Path, Revision: revision, State: c.State(), Lines: turn.Lines})
		if err == nil {
			return turn, nil
		}
		if !errors.Is(err, record.ErrConflict) || try == 5 {
			return control.Turn{}, err
		}
	}
}

// ControlSetup is the park's setup in use. Errors wrap record.ErrNotFound when it has none.
func (d ControlDesk) ControlSetup(ctx context.Context, park string) (*control.Setup, error) {
	s, _, err := d.setup(ctx, park)
	return s, err
}

// ControlState is how the control of a park stands, and whether a server looks at it.
func (d ControlDesk) ControlState(ctx context.Context, park string) (control.State, bool, error) {
	v, err := d.ControlView(ctx, park)
	return v.State, v.Running, err
}
