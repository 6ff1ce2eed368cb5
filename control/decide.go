package control

import (
	"fmt"
	"slices"
	"time"
)

const (
	maxHeld     = 100 // plans at a time
	maxOverride = 7 * 24 * time.Hour
)

// Decision is what a person decides. Kind says which of the others it takes:
// propose (Plan), approve, reject, revoke and confirm (ID), override (Asset, Value, Reason,
// Until) and release (Asset).
type Decision struct {
	Kind   string
	Who    string // id of the person or token; required
	Plan   *Plan
	ID     string // of the plan
	Asset  string
	Value  float64
	Reason string
	Until  time.Time
}

// Decide carries a decision out. Errors wrap ErrDecision, or ErrPlan where a proposed
// plan cannot be; then nothing changed.
func (c *Controller) Decide(now time.Time, d Decision) (Turn, error) {
	c.now = now
	if d.Who == "" || len(d.Who) > maxText || len(d.Reason) > 5*maxText {
		return c.taken(), fmt.Errorf("%w: who decides is required, and a reason has at most %d bytes", ErrDecision, 5*maxText)
	}
	var err error
	switch d.Kind {
	case "propose":
		err = c.propose(d)
	case "approve", "reject", "revoke", "confirm":
		err = c.judge(d)
	case "override":
		err = c.override(d)
	case "release":
		err = c.release(d)
	default:
		err = fmt.Errorf("%w: %.40q; one of propose, approve, reject, revoke, confirm, override, release", ErrDecision, d.Kind)
	}
	return c.taken(), err
}

func (c *Controller) propose(d Decision) error {
	if d.Plan == nil {
		return fmt.Errorf("%w: none is given", ErrPlan)
	}
	if err := d.Plan.check(c.setup); err != nil {
		return fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if slices.ContainsFunc(c.s.Plans, func(h Held) bool { return h.Plan.ID == d.Plan.ID }) {
		return fmt.Errorf("%w: plan %s is there already; give it another id", ErrDecision, d.Plan.ID)
	}
	if len(c.s.Plans) >= maxHeld {
		return fmt.Errorf("%w: %d plans are held; reject some", ErrDecision, maxHeld)
	}
	from, to := d.Plan.span()
	expires := d.Plan.Expires
	if expires.IsZero() {
		expires = from
	}
	if !expires.After(c.now) || expires.After(to) {
		return fmt.Errorf("%w: it could be approved until %s: that is past, or after its end; set expires, or begin later", ErrPlan, expires.Format(time.RFC3339))
	}
	h := Held{Plan: *d.Plan, Proposer: d.Who, ProposedAt: c.now, Expires: expires}
	c.become(&h, d.Who, proposed, d.Reason)
	c.s.Plans = append(c.s.Plans, h)
	return nil
}

func (c *Controller) judge(d Decision) error {
	i := slices.IndexFunc(c.s.Plans, func(h Held) bool { return h.Plan.ID == d.ID })
	if i < 0 {
		return fmt.Errorf("%w: no plan %.64q is held; it has ended, or never was", ErrDecision, d.ID)
	}
	h := &c.s.Plans[i]
	waits := h.State == proposed
	switch {
	case waits != (d.Kind == "approve" || d.Kind == "reject"):
		return fmt.Errorf("%w: plan %s is %s; a proposal is approved or rejected, an approved plan confirmed or revoked", ErrDecision, d.ID, h.State)
	case d.Kind == "approve" && d.Who == h.Proposer:
		return fmt.Errorf("%w: plan %s was proposed by the same person; another one must approve it", ErrDecision, d.ID)
	case waits && !c.now.Before(h.Expires):
		return fmt.Errorf("%w: plan %s expired at %s; propose it again", ErrDecision, d.ID, h.Expires.Format(time.RFC3339))
	}
	switch d.Kind {
	case "approve":
		h.Approver, h.ApprovedAt, h.ConfirmedAt = d.Who, new(c.now), new(c.now)
		c.become(h, d.Who, approved, d.Reason)
		c.order(i)
	case "reject":
		c.end(i, d.Who, "rejected", d.Reason)
	case "revoke":
		c.end(i, d.Who, "revoked", d.Reason)
	case "confirm":
		h.ConfirmedAt = new(c.now)
		if h.State != suspended {
			c.line(Line{Event: "confirm", Who: d.Who, Plan: d.ID, Reason: d.Reason})
			return nil
		}
		c.become(h, d.Who, running, d.Reason)
	}
	return nil
}

// order puts a plan that was just approved behind those approved before it: the last
// one that has a step for an asset goes.
func (c *Controller) order(i int) {
	h := c.s.Plans[i]
	c.s.Plans = slices.Delete(c.s.Plans, i, i+1)
	at := slices.IndexFunc(c.s.Plans, func(h Held) bool { return h.State == proposed })
	if at < 0 {
		at = len(c.s.Plans)
	}
	c.s.Plans = slices.Insert(c.s.Plans, at, h)
}

func (c *Controller) override(d Decision) error {
	x, a := c.s.Assets[d.Asset], c.setup.asset(d.Asset)
	switch {
	case x == nil || a == nil:
		return fmt.Errorf("%w: there is no asset %.64q in the setup", ErrDecision, d.Asset)
	case !(d.Value >= a.Min && d.Value <= a.Max):
		return fmt.Errorf("%w: %v is not in %v to %v %s of asset %s", ErrDecision, d.Value, a.Min, a.Max, a.Unit, a.ID)
	case d.Reason == "":
		return fmt.Errorf("%w: an override needs its reason", ErrDecision)
	case !d.Until.After(c.now) || d.Until.Sub(c.now) > maxOverride:
		return fmt.Errorf("%w: an override needs its end, after now and within %s", ErrDecision, maxOverride)
	}
	x.Override = &manual{Value: d.Value, Who: d.Who, Reason: d.Reason, Until: d.Until}
	c.line(Line{Event: "override", Who: d.Who, Asset: d.Asset, Before: x.Sent, After: &d.Value, Reason: d.Reason, To: d.Until.UTC().Format(time.RFC3339)})
	return nil
}

// release ends an override and clears what is latched. An asset without a plan is left
// to its own control.
func (c *Controller) release(d Decision) error {
	x, a := c.s.Assets[d.Asset], c.setup.asset(d.Asset)
	if x == nil || a == nil {
		return fmt.Errorf("%w: there is no asset %.64q in the setup", ErrDecision, d.Asset)
	}
	c.line(Line{Event: "release", Who: d.Who, Asset: d.Asset, Reason: d.Reason})
	x.Override, x.Latched, x.Wrong, x.Lost = nil, nil, 0, 0
	if step, _ := c.step(a.ID); step == nil {
		c.turnTo(x, a.ID, modeLocal, "", nil)
		x.Causes, x.Want = nil, nil
	}
	return nil
}
