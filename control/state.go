package control

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Mode is what an asset follows.
type Mode string

// The modes of an asset, as State shows them.
const (
	modeLocal     Mode = "local"     // its own control; nothing is written
	modeFollowing Mode = "following" // the plan
	modeManual    Mode = "manual"    // a person's override
	modeSafe      Mode = "safe"      // its safe state
)

// The states of a plan that is held.
const (
	proposed  = "proposed"  // awaits another person's approval
	approved  = "approved"  // awaits its first step
	running   = "running"   //
	suspended = "suspended" // awaits a person's confirmation; its assets are safe
)

// State is all that the controller remembers. It is written as JSON and read again.
type State struct {
	At     time.Time              `json:"at"`    // of the last tick
	Setup  string                 `json:"setup"` // hash of the setup that it was made under
	Next   int64                  `json:"next"`  // number of the next line of the journal
	Plans  []Held                 `json:"plans"` // not ended, in the order of their approval, proposals last
	Assets map[string]*AssetState `json:"assets"`
	Locks  map[string]*lock       `json:"locks"` // by interlock
	Trims  map[string]*trimmed    `json:"trims"`
}

// Held is a plan with the decisions about it.
type Held struct {
	Plan        Plan       `json:"plan"`
	State       string     `json:"state"` // proposed, approved, running, suspended
	Proposer    string     `json:"proposer"`
	ProposedAt  time.Time  `json:"proposed_at"`
	Expires     time.Time  `json:"expires"`
	Approver    string     `json:"approver,omitempty"`
	ApprovedAt  *time.Time `json:"approved_at,omitempty"`
	ConfirmedAt *time.Time `json:"confirmed_at,omitempty"` // by a person, the last time
	Why         string     `json:"why,omitempty"`          // it is suspended
	Asked       []string   `json:"asked,omitempty"`        // assets whose present step was found to deviate
}

// AssetState is how an asset stands.
type AssetState struct {
	Mode     Mode      `json:"mode"`
	Since    time.Time `json:"since"`
	Causes   []string  `json:"causes,omitempty"` // of the safe state: stale, unreachable, read-back, interlock ID, trim ID, no plan, recovering
	Plan     string    `json:"plan,omitempty"`   // that is followed
	Want     *float64  `json:"want,omitempty"`   // the set point that is moved to
	Low      *float64  `json:"low,omitempty"`    // what the device may hold, at least
	High     *float64  `json:"high,omitempty"`   // and at most; both nil = not known
	Sent     *float64  `json:"sent,omitempty"`   // the last set point that the device took
	SentAt   time.Time `json:"sent_at"`          // of the last write, whatever came of it
	Measured *float64  `json:"measured,omitempty"`
	Wrong    int       `json:"wrong"`             // writes in a row that were refused or read back otherwise
	Lost     int       `json:"lost"`              // writes in a row that were not answered
	Latched  []string  `json:"latched,omitempty"` // causes that stay until a person releases the asset
	Override *manual   `json:"override,omitempty"`
	Pending  *Command  `json:"pending,omitempty"` // is out; its answer is awaited
	Well     time.Time `json:"well"`              // since when nothing is amiss; zero = something is
	Off      time.Time `json:"off"`               // since when the measured value deviates; zero = it does not
}

// manual is a person's set point.
type manual struct {
	Value  float64   `json:"value"`
	Who    string    `json:"who"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
}

// lock is how an interlock stands.
type lock struct {
	Since   time.Time `json:"since"` // when its condition began to hold; zero = it does not
	Tripped bool      `json:"tripped"`
}

// trimmed is the memory of a trim.
type trimmed struct {
	Integral float64 `json:"integral"`
	Out      float64 `json:"out"` // correction at the last tick
}

// Command is a write that Tick asks for. Its Value is within range and ramp.
type Command struct {
	Number int64     `json:"number"` // of its line in the journal
	At     time.Time `json:"at"`
	Asset  string    `json:"asset"`
	Device string    `json:"device"`
	Write  string    `json:"write"`
	Value  float64   `json:"value"`
	Before *float64  `json:"before,omitempty"` // that the device took last
	Plan   string    `json:"plan,omitempty"`
	Why    string    `json:"why"` // following, manual, safe
}

// Answer is what came of a command.
type Answer struct {
	Asset    string
	Number   int64    // of the command
	ReadBack *float64 // nil = nothing was read
	Sent     bool     // false: it was refused on the way out, nothing reached the device
	Lost     bool     // the device did not answer
	Error    string   // empty = the device took it
}

// Line is a line of the journal: a transition, a decision, a write or its answer.
type Line struct {
	Number int64     `json:"number"` // from 1, without gaps
	At     time.Time `json:"at"`
	Who    string    `json:"who"`   // a person or token, or "control"
	Event  string    `json:"event"` // propose, approve, …; plan, mode, interlock, write, answer, replan, setup
	Plan   string    `json:"plan,omitempty"`
	Asset  string    `json:"asset,omitempty"`
	From   string    `json:"from,omitempty"` // state or mode before
	To     string    `json:"to,omitempty"`
	Before *float64  `json:"before,omitempty"` // set point before a write
	After  *float64  `json:"after,omitempty"`  // that is written, or that was read back
	Reason string    `json:"reason,omitempty"`
}

// Replan asks for a new plan: an asset does not do what was planned.
type Replan struct {
	Plan      string    `json:"plan"`
	Asset     string    `json:"asset"`
	At        time.Time `json:"at"`
	Planned   float64   `json:"planned"`
	Measured  float64   `json:"measured"`
	Tolerance float64   `json:"tolerance"`
}

// Turn is what a step of the controller leaves: lines to be recorded before anything is
// written, then commands to be sent, then requests.
type Turn struct {
	Lines    []Line
	Commands []Command
	Replans  []Replan
}

// Controller is the state machine of one park. It is for one goroutine.
type Controller struct {
	setup *Setup
	s     State
	turn  Turn
	now   time.Time
}

// New takes a state up again, an empty one for a new park. Where the setup is another
// than that of the state, plans end: their approval was given under other limits.
func New(setup *Setup, s State, now time.Time) *Controller {
	c := &Controller{setup: setup, s: s, now: now}
	if c.s.Next == 0 {
		c.s.Next = 1
	}
	if c.s.Assets == nil {
		c.s.Assets = map[string]*AssetState{}
	}
	if c.s.Trims == nil {
		c.s.Trims = map[string]*trimmed{}
	}
	if c.s.Locks == nil {
		c.s.Locks = map[string]*lock{}
	}
	if hash := setup.Hash(); hash != c.s.Setup {
		c.adopt(hash)
	}
	for _, a := range setup.Assets {
		if c.s.Assets[a.ID] == nil {
			c.s.Assets[a.ID] = &AssetState{Mode: modeLocal, Since: now}
		}
	}
	for _, x := range setup.Interlocks {
		if c.s.Locks[x.ID] == nil {
			c.s.Locks[x.ID] = &lock{}
		}
	}
	for _, x := range setup.Trims {
		if c.s.Trims[x.ID] == nil {
			c.s.Trims[x.ID] = &trimmed{}
		}
	}
	return c
}

// adopt takes a new setup into use. What is known of a device is forgotten, so that the next write
// begins from what is measured, within the new limits.
func (c *Controller) adopt(hash string) {
	if c.s.Setup != "" {
		c.line(Line{Event: "setup", From: short(c.s.Setup), To: short(hash)})
	}
	for len(c.s.Plans) > 0 {
		c.end(0, "control", "lapsed", "the setup changed; propose it again")
	}
	old := c.s.Assets
	c.s.Setup, c.s.Assets, c.s.Locks, c.s.Trims = hash, map[string]*AssetState{}, map[string]*lock{}, map[string]*trimmed{}
	for _, a := range c.setup.Assets {
		if x := old[a.ID]; x != nil {
			c.s.Assets[a.ID] = &AssetState{Mode: x.Mode, Since: x.Since, Causes: x.Causes, Latched: x.Latched, SentAt: x.SentAt}
		}
	}
}

func short(hash string) string { return hash[:min(12, len(hash))] }

// State is what is to be kept; it is the controller's own.
func (c *Controller) State() State { return c.s }

// Taken is what the controller has to tell since the last call.
func (c *Controller) taken() Turn {
	t := c.turn
	c.turn = Turn{}
	return t
}

// line writes a line of the journal.
func (c *Controller) line(l Line) int64 {
	l.Number, l.At = c.s.Next, c.now
	c.s.Next++
	if l.Who == "" {
		l.Who = "control"
	}
	c.turn.Lines = append(c.turn.Lines, l)
	return l.Number
}

// become puts a plan into a state.
func (c *Controller) become(h *Held, who, state, why string) {
	c.line(Line{Event: "plan", Who: who, Plan: h.Plan.ID, From: h.State, To: state, Reason: why})
	h.State, h.Why = state, why
}

// end takes a plan out: done, expired, rejected, revoked or lapsed.
func (c *Controller) end(i int, who, how, why string) {
	c.become(&c.s.Plans[i], who, how, why)
	c.s.Plans = slices.Delete(c.s.Plans, i, i+1)
}

// Answer takes in what came of a command. An answer to no command that is out is passed over.
func (c *Controller) Answer(now time.Time, a Answer) (Turn, error) {
	c.now = now
	x, of := c.s.Assets[a.Asset], c.setup.asset(a.Asset)
	if x == nil || of == nil || x.Pending == nil || x.Pending.Number != a.Number {
		return c.taken(), fmt.Errorf("%w: no command %d of asset %.64q is out", ErrDecision, a.Number, a.Asset)
	}
	cmd := *x.Pending
	x.Pending = nil
	c.line(Line{Event: "answer", Asset: a.Asset, Plan: cmd.Plan, Before: cmd.Before, After: a.ReadBack, Reason: a.Error, To: outcome(a)})
	c.learn(x, of, cmd, a)
	return c.taken(), nil
}

func outcome(a Answer) string {
	switch {
	case !a.Sent:
		return "refused"
	case a.Lost:
		return "unanswered"
	case a.Error != "":
		return "failed"
	}
	return "done"
}

// learn keeps what an answer says of the set point that the device holds: what it
// reads back where it did, and otherwise all between what it held and what was sent.
func (c *Controller) learn(x *AssetState, of *Asset, cmd Command, a Answer) {
	back := a.ReadBack
	if back != nil && !finite(*back) {
		back, a.Error = nil, "not a number"
	}
	took := a.Sent && back != nil && math.Abs(*back-cmd.Value) <= of.ReadBack && a.Error == ""
	switch {
	case !a.Sent: // as it was
	case took:
		x.Low, x.High, x.Sent = new(of.inside(*back)), new(of.inside(*back)), new(cmd.Value)
	case back != nil:
		x.Low, x.High, x.Sent = new(of.inside(*back)), new(of.inside(*back)), nil
	default:
		low, high := cmd.Value, cmd.Value
		if x.Low != nil && x.High != nil {
			low, high = min(low, *x.Low), max(high, *x.High)
		}
		x.Low, x.High, x.Sent = &low, &high, nil
	}
	switch {
	case took:
		x.Wrong, x.Lost = 0, 0
	case a.Lost:
		x.Lost++
	default:
		x.Wrong++
	}
	if x.Wrong >= of.Failures && !slices.Contains(x.Latched, "read-back") {
		x.Latched = append(x.Latched, "read-back")
	}
}

// inside is the value nearest to x in the asset's range.
func (a *Asset) inside(x float64) float64 { return min(max(x, a.Min), a.Max) }
