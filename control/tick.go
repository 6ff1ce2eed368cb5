package control

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Tick looks at the park: which plan holds, what is amiss, and what is to be written.
// live are the live values by device/name; one that could not be read is left out.
// The commands' answers are given to Answer before the next tick.
func (c *Controller) Tick(now time.Time, live map[string]Reading) Turn {
	c.now = now
	elapsed := now.Sub(c.s.At)
	first := c.s.At.IsZero()
	c.s.At = now
	c.orphans()
	if !first && (elapsed > time.Duration(c.setup.Heartbeat) || elapsed < 0) {
		c.silence(elapsed)
	}
	c.plans()
	c.interlocks(live)
	for i := range c.setup.Assets {
		a := &c.setup.Assets[i]
		c.asset(a, c.s.Assets[a.ID], live, max(0, elapsed))
	}
	return c.taken()
}

// orphans are commands whose answer never came, since the server ended meanwhile.
func (c *Controller) orphans() {
	for _, a := range c.setup.Assets {
		x := c.s.Assets[a.ID]
		if x.Pending == nil {
			continue
		}
		// The answer cannot fail: the command is the one that is out.
		turn := c.turn
		c.turn = Turn{}
		more, _ := c.Answer(c.now, Answer{Asset: a.ID, Number: x.Pending.Number, Sent: true, Lost: true, Error: "the server ended before the answer came"})
		c.turn = Turn{Lines: append(turn.Lines, more.Lines...)}
	}
}

// silence is the dead-man: the server was away for long, or its clock went back. What
// runs awaits a person; times of the state are not believed any more.
func (c *Controller) silence(elapsed time.Duration) {
	why := fmt.Sprintf("the server was silent for %s", elapsed.Round(time.Second))
	if elapsed < 0 {
		why = fmt.Sprintf("the clock went back by %s", -elapsed.Round(time.Second))
	}
	for i := range c.s.Plans {
		if h := &c.s.Plans[i]; h.State == running {
			c.become(h, "control", suspended, why)
		}
	}
	for _, a := range c.setup.Assets {
		x := c.s.Assets[a.ID]
		x.SentAt, x.Well, x.Off = c.now, time.Time{}, time.Time{}
	}
}

// plans moves plans on with time.
func (c *Controller) plans() {
	for i := 0; i < len(c.s.Plans); i++ {
		h := &c.s.Plans[i]
		from, to := h.Plan.span()
		switch {
		case h.State == proposed && !c.now.Before(h.Expires):
			c.end(i, "control", "expired", "nobody approved it in time")
			i--
		case h.State != proposed && !c.now.Before(to):
			c.end(i, "control", "done", "")
			i--
		case h.State == approved && !c.now.Before(from):
			h.ConfirmedAt = new(c.now) // the approval covers the beginning
			c.become(h, "control", running, "")
		case h.State == running && h.Plan.Confirm > 0 && c.now.Sub(*h.ConfirmedAt) > time.Duration(h.Plan.Confirm):
			c.become(h, "control", suspended, fmt.Sprintf("no person confirmed it for %s", time.Duration(h.Plan.Confirm)))
		}
	}
}

// step is what an asset is to do now, by the last plan approved that says something of it.
func (c *Controller) step(asset string) (*Step, *Held) {
	for i := len(c.s.Plans) - 1; i >= 0; i-- {
		if h := &c.s.Plans[i]; h.State == running {
			if x := h.Plan.step(asset, c.now); x != nil {
				return x, h
			}
		}
	}
	return nil, nil
}

// without says why an asset has no step.
func (c *Controller) without(asset string) string {
	for i := range c.s.Plans {
		if h := &c.s.Plans[i]; h.State == suspended && h.Plan.step(asset, c.now) != nil {
			return "plan suspended"
		}
	}
	return "no plan"
}

// fresh is a live value that is a number and not older than it may be.
func (c *Controller) fresh(live map[string]Reading, name string, maxAge Duration) (float64, bool) {
	r, ok := live[name]
	return r.Value, ok && finite(r.Value) && c.now.Sub(r.At) <= time.Duration(maxAge)
}

func (c *Controller) interlocks(live map[string]Reading) {
	for _, x := range c.setup.Interlocks {
		l := c.s.Locks[x.ID]
		holds, sure, why := c.holds(x.When, live)
		switch {
		case !holds:
			l.Since = time.Time{}
		case l.Since.IsZero() || l.Since.After(c.now):
			l.Since = c.now
		}
		tripped := holds && c.now.Sub(l.Since) >= time.Duration(x.For)
		if tripped != l.Tripped {
			c.line(Line{Event: "interlock", From: word(l.Tripped), To: word(tripped), Reason: x.ID + ": " + why})
			l.Tripped = tripped
		}
		if tripped && sure && x.Latch { // what is only not known does not stay
			c.latch(x)
		}
	}
}

// latch keeps an interlock on its assets until a person releases them.
func (c *Controller) latch(x Interlock) {
	for _, a := range c.setup.Assets {
		s, cause := c.s.Assets[a.ID], "interlock "+x.ID
		if x.covers(a.ID) && !slices.Contains(s.Latched, cause) {
			s.Latched = append(s.Latched, cause)
		}
	}
}

func (x Interlock) covers(asset string) bool {
	return len(x.Assets) == 0 || slices.Contains(x.Assets, asset)
}

func word(tripped bool) string {
	if tripped {
		return "tripped"
	}
	return "clear"
}

// holds says whether a condition is fulfilled, whether by a value that is known or that
// is asked to be, and by what.
func (c *Controller) holds(w Condition, live map[string]Reading) (holds, sure bool, why string) {
	v, ok := c.fresh(live, w.Value, w.MaxAge)
	if !ok {
		return true, w.Stale, w.Value + " is stale"
	}
	why = fmt.Sprintf("%s is %v", w.Value, v)
	switch {
	case w.Above != nil:
		return v > *w.Above, true, why
	case w.Below != nil:
		return v < *w.Below, true, why
	case w.Equals != nil:
		return v == *w.Equals, true, why
	}
	return false, true, why
}

// asset decides what an asset follows and what is written to it.
func (c *Controller) asset(a *Asset, x *AssetState, live map[string]Reading, elapsed time.Duration) {
	x.Measured = nil
	if v, ok := c.fresh(live, a.Feedback, a.MaxAge); ok {
		x.Measured = &v
	}
	if x.Override != nil && !c.now.Before(x.Override.Until) {
		c.line(Line{Event: "release", Asset: a.ID, Reason: "the override ended"})
		x.Override = nil
	}
	step, plan := c.step(a.ID)
	if x.Mode == modeLocal && step == nil && x.Override == nil {
		return
	}
	if x.Lost >= a.Failures && x.Measured != nil && c.now.Sub(x.SentAt) >= time.Duration(c.setup.Recover) {
		x.Lost = 0 // it answers again; try it
	}
	causes, hard := c.causes(a, x, live)
	switch {
	case len(causes) > 0:
		x.Well = time.Time{}
	case x.Well.IsZero() || x.Well.After(c.now):
		x.Well = c.now
	}
	switch {
	case x.Override != nil && !hard:
		c.turnTo(x, a.ID, modeManual, "", []string{x.Override.Reason})
	case len(causes) > 0:
		c.turnTo(x, a.ID, modeSafe, "", causes)
	case step == nil:
		c.turnTo(x, a.ID, modeSafe, "", []string{c.without(a.ID)})
	case x.Mode == modeSafe && c.recovering(x):
		c.turnTo(x, a.ID, modeSafe, "", []string{"recovering"})
	default:
		c.turnTo(x, a.ID, modeFollowing, plan.Plan.ID, nil)
	}
	c.aim(a, x, step, live, elapsed)
	c.deviation(a, x, step, plan)
	c.write(a, x)
}

// recovering says whether an asset that something was amiss with must wait still.
func (c *Controller) recovering(x *AssetState) bool {
	if len(x.Causes) == 1 && (x.Causes[0] == "no plan" || x.Causes[0] == "plan suspended") {
		return false
	}
	return c.now.Sub(x.Well) < time.Duration(c.setup.Recover)
}

// causes are what puts an asset into its safe state. Hard ones go before an override:
// interlocks, and a device that does not take what it is told.
func (c *Controller) causes(a *Asset, x *AssetState, live map[string]Reading) (list []string, hard bool) {
	list = slices.Clone(x.Latched)
	for _, i := range c.setup.Interlocks {
		if cause := "interlock " + i.ID; i.covers(a.ID) && c.s.Locks[i.ID].Tripped && !slices.Contains(list, cause) {
			list = append(list, cause)
		}
	}
	hard = len(list) > 0
	if x.Measured == nil {
		list = append(list, "stale")
	}
	if x.Lost >= a.Failures {
		list = append(list, "unreachable")
	}
	for _, t := range c.setup.Trims {
		if _, ok := c.fresh(live, t.Value, t.MaxAge); t.Asset == a.ID && !ok {
			list = append(list, "trim "+t.ID)
		}
	}
	return list, hard
}

// turnTo puts an asset into a mode and says so when it is another, or for another cause.
func (c *Controller) turnTo(x *AssetState, asset string, to Mode, plan string, causes []string) {
	if x.Mode != to || x.Plan != plan || !slices.Equal(x.Causes, causes) {
		c.line(Line{Event: "mode", Asset: asset, Plan: plan, From: string(x.Mode), To: string(to), Reason: strings.Join(causes, ", ")})
	}
	if x.Mode != to {
		x.Since = c.now
	}
	x.Mode, x.Plan, x.Causes = to, plan, causes
}

// aim sets what the asset is moved to; nil where nothing is to be written.
func (c *Controller) aim(a *Asset, x *AssetState, step *Step, live map[string]Reading, elapsed time.Duration) {
	x.Want = nil
	switch x.Mode {
	case modeManual:
		x.Want = new(x.Override.Value)
	case modeSafe:
		if !a.Safe.Local {
			x.Want = new(*a.Safe.Value)
		}
	case modeFollowing:
		x.Want = new(a.inside(step.Value + c.trim(a, step.Value, live, elapsed)))
		return
	}
	for _, t := range c.setup.Trims {
		if t.Asset == a.ID {
			*c.s.Trims[t.ID] = trimmed{}
		}
	}
}

// trim is the correction of an asset's set point: PI with its integral held where the
// output is at a bound (clamping; Åström and Murray, Feedback Systems, 2nd ed., 11.4).
// u = Kp·e + ∫ Ki·e dt with e = target − value.
func (c *Controller) trim(a *Asset, planned float64, live map[string]Reading, elapsed time.Duration) float64 {
	i := slices.IndexFunc(c.setup.Trims, func(t Trim) bool { return t.Asset == a.ID })
	if i < 0 {
		return 0
	}
	t := c.setup.Trims[i]
	v, _ := c.fresh(live, t.Value, t.MaxAge) // a stale one put the asset into its safe state
	m := c.s.Trims[t.ID]
	low, high := max(t.Min, a.Min-planned), min(t.Max, a.Max-planned)
	e := t.Target - v
	dt := min(elapsed, a.window(c.setup)).Seconds()
	next := m.Integral + t.Ki*e*dt
	if next < m.Integral {
		m.Integral = max(next, min(m.Integral, low-t.Kp*e))
	} else {
		m.Integral = min(next, max(m.Integral, high-t.Kp*e))
	}
	m.Out = min(max(t.Kp*e+m.Integral, low), high)
	return m.Out
}

// deviation asks for a new plan once a step when the measured value is off for long.
func (c *Controller) deviation(a *Asset, x *AssetState, step *Step, plan *Held) {
	if x.Mode != modeFollowing || x.Measured == nil {
		x.Off = time.Time{}
		return
	}
	tolerance := step.Tolerance
	usual(&tolerance, a.Deviation)
	if tolerance == 0 || math.Abs(*x.Measured-step.Value) <= tolerance {
		x.Off = time.Time{}
		return
	}
	if x.Off.IsZero() || x.Off.Before(step.From) {
		x.Off = c.now
	}
	key := a.ID + " " + step.From.UTC().Format(time.RFC3339)
	if c.now.Sub(x.Off) < time.Duration(a.After) || slices.Contains(plan.Asked, key) {
		return
	}
	plan.Asked = append(slices.DeleteFunc(plan.Asked, func(k string) bool { return strings.HasPrefix(k, a.ID+" ") }), key)
	c.line(Line{Event: "replan", Asset: a.ID, Plan: plan.Plan.ID, Before: new(step.Value), After: new(*x.Measured),
		Reason: fmt.Sprintf("off by more than %v %s", tolerance, a.Unit)})
	c.turn.Replans = append(c.turn.Replans, Replan{Plan: plan.Plan.ID, Asset: a.ID, At: c.now, Planned: step.Value, Measured: *x.Measured, Tolerance: tolerance})
}

// window is the longest time that counts for one step of the ramp, so that a set point
// that rested for long does not jump.
func (a *Asset) window(s *Setup) time.Duration {
	return 2 * time.Duration(max(a.Every, s.Tick))
}

// write asks for a write where the set point is to be moved or repeated. It lies in the
// range, and within the ramp of whatever the device may hold now.
func (c *Controller) write(a *Asset, x *AssetState) {
	if x.Want == nil {
		return
	}
	rested := c.now.Sub(x.SentAt)
	if x.Low == nil || x.High == nil {
		if x.Measured == nil {
			return // where it stands is not known: nothing is moved blind
		}
		if x.SentAt.IsZero() { // begin without a bump, from what is measured
			rested = time.Duration(c.setup.Tick)
		}
	}
	if rested < time.Duration(a.Every) && !x.SentAt.IsZero() {
		return
	}
	if x.Low == nil || x.High == nil {
		x.Low, x.High = new(a.inside(*x.Measured)), new(a.inside(*x.Measured))
	}
	stride := a.Ramp * min(rested, a.window(c.setup)).Minutes()
	low, high := max(a.Min, *x.High-stride), min(a.Max, *x.Low+stride)
	if low > high {
		return // what it holds is not known well enough yet; time widens the way
	}
	value := min(max(*x.Want, low), high)
	if x.Sent != nil && math.Abs(value-*x.Sent) < a.Deadband && rested < time.Duration(a.Repeat) {
		return
	}
	cmd := Command{At: c.now, Asset: a.ID, Device: a.Device, Write: a.Write, Value: value, Before: x.Sent, Plan: x.Plan, Why: string(x.Mode)}
	cmd.Number = c.line(Line{Event: "write", Asset: a.ID, Plan: x.Plan, Before: x.Sent, After: new(value), To: string(x.Mode)})
	x.SentAt, x.Pending = c.now, new(cmd)
	c.turn.Commands = append(c.turn.Commands, cmd)
}
