package control

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

const (
	maxSize  = 16 << 20
	maxMany  = 500
	maxSteps = 50_000
	maxText  = 200 // bytes
)

var (
	identifier = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
	reference  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}/[^/\s][^\n]{0,119}$`)
)

// ParseSetup reads a setup, YAML or JSON of at most 16 MiB, fills in what it leaves out
// and checks it. Errors wrap ErrSetup.
func ParseSetup(data []byte) (*Setup, error) {
	s := &Setup{}
	if err := read(data, s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	if s.Format != SetupFormat {
		return nil, fmt.Errorf("%w: format is %.40q; write format: %s", ErrSetup, s.Format, SetupFormat)
	}
	s.fill()
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	return s, nil
}

// ParsePlan reads a plan, YAML or JSON of at most 16 MiB. It is checked against a setup
// when it is proposed. Errors wrap ErrPlan.
func ParsePlan(data []byte) (*Plan, error) {
	p := &Plan{}
	if err := read(data, p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if p.Format != PlanFormat {
		return nil, fmt.Errorf("%w: format is %.40q; write format: %s", ErrPlan, p.Format, PlanFormat)
	}
	return p, nil
}

// read reads YAML strictly: an unknown key is a fault. Anchors could make a small file
// large, so none are taken.
func read(data []byte, into any) error {
	if len(data) > maxSize {
		return fmt.Errorf("%d bytes; at most %d", len(data), maxSize)
	}
	if bytes.Contains(data, []byte(": *")) || bytes.Contains(data, []byte("- *")) || bytes.Contains(data, []byte("<<:")) {
		return fmt.Errorf("aliases are not used in these files; write it out")
	}
	if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
		return err
	}
	return nil
}

// Hash is SHA-256 of the setup, hexadecimal: what an approval is bound to.
func (s *Setup) Hash() string {
	text, _ := json.Marshal(s) // numbers and texts that were checked: cannot fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func usual[T comparable](x *T, value T) {
	var zero T
	if *x == zero {
		*x = value
	}
}

func (s *Setup) fill() {
	usual(&s.Tick, Duration(5*time.Second))
	usual(&s.Heartbeat, Duration(5*time.Minute))
	usual(&s.Recover, Duration(time.Minute))
	for i := range s.Assets {
		a := &s.Assets[i]
		usual(&a.Every, s.Tick)
		usual(&a.Repeat, Duration(time.Minute))
		usual(&a.Deadband, 0.001*(a.Max-a.Min))
		usual(&a.MaxAge, Duration(time.Minute))
		usual(&a.ReadBack, 0.005*(a.Max-a.Min))
		usual(&a.Failures, 3)
		usual(&a.After, Duration(5*time.Minute))
	}
	for i := range s.Interlocks {
		usual(&s.Interlocks[i].When.MaxAge, Duration(time.Minute))
	}
	for i := range s.Trims {
		usual(&s.Trims[i].MaxAge, Duration(time.Minute))
	}
}

func (s *Setup) check() error {
	if len(s.Assets) == 0 || len(s.Assets) > maxMany || len(s.Interlocks) > maxMany {
		return fmt.Errorf("1 to %d assets and at most %d interlocks, not %d and %d", maxMany, maxMany, len(s.Assets), len(s.Interlocks))
	}
	if !within(s.Tick, time.Second, 5*time.Minute) || !within(s.Heartbeat, 2*time.Duration(s.Tick), 24*time.Hour) || !within(s.Recover, time.Second, 24*time.Hour) {
		return fmt.Errorf("tick 1s to 5m, heartbeat 2 ticks to 24h, recover 1s to 24h")
	}
	seen, points := map[string]bool{}, map[string]bool{}
	for _, a := range s.Assets {
		point := a.Device + "/" + a.Write
		if seen[a.ID] || points[point] {
			return fmt.Errorf("asset %.64q: its id or its set point %.120q is there twice", a.ID, point)
		}
		seen[a.ID], points[point] = true, true
		if err := a.check(time.Duration(s.Tick)); err != nil {
			return fmt.Errorf("asset %.64q: %w", a.ID, err)
		}
	}
	for _, x := range s.Interlocks {
		if err := x.check(seen); err != nil {
			return fmt.Errorf("interlock %.64q: %w", x.ID, err)
		}
	}
	ids := map[string]bool{}
	for _, x := range s.Interlocks {
		if ids[x.ID] {
			return fmt.Errorf("interlock %q is there twice", x.ID)
		}
		ids[x.ID] = true
	}
	trimmed := map[string]bool{}
	for _, x := range s.Trims {
		if err := x.check(seen); err != nil {
			return fmt.Errorf("trim %.64q: %w", x.ID, err)
		}
		if trimmed[x.Asset] {
			return fmt.Errorf("trim %q: asset %s has one already", x.ID, x.Asset)
		}
		trimmed[x.Asset] = true
	}
	return nil
}

func within(d Duration, least, most time.Duration) bool {
	return time.Duration(d) >= least && time.Duration(d) <= most
}

func finite(list ...float64) bool {
	return !slices.ContainsFunc(list, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) > 1e12 })
}

func (a Asset) check(tick time.Duration) error {
	switch {
	case !identifier.MatchString(a.ID) || !identifier.MatchString(a.Device) || a.Write == "" || len(a.Write) > maxText || a.Unit == "" || len(a.Unit) > 40:
		return fmt.Errorf("id, device, write and unit are required; ids are of letters, digits, _ . -")
	case !finite(a.Min, a.Max, a.Ramp, a.Deadband, a.ReadBack, a.Deviation):
		return fmt.Errorf("a number is none")
	case a.Min >= a.Max:
		return fmt.Errorf("min %v is not below max %v", a.Min, a.Max)
	case a.Ramp <= 0 || a.Deadband < 0 || a.ReadBack < 0 || a.Deviation < 0 || a.Failures < 1 || a.Failures > 100:
		return fmt.Errorf("ramp is above 0; deadband, read_back, deviation at least 0; failures 1 to 100")
	case a.Deadband > a.Ramp*max(time.Duration(a.Every), tick).Minutes():
		return fmt.Errorf("deadband %v is more than the ramp of %v a minute lets it move between two writes: it would never move; write less often or ramp faster", a.Deadband, a.Ramp)
	case !reference.MatchString(a.Feedback):
		return fmt.Errorf("feedback %.120q: name the live value that shows what it does, as device/name; without feedback nothing is controlled", a.Feedback)
	case !within(a.Every, 0, time.Hour) || !within(a.Repeat, time.Second, 24*time.Hour) || !within(a.MaxAge, time.Second, time.Hour) || !within(a.After, 0, 24*time.Hour):
		return fmt.Errorf("every at most 1h, repeat 1s to 24h, max_age 1s to 1h, deviation_after at most 24h")
	case a.Safe.Local == (a.Safe.Value != nil):
		return fmt.Errorf("safe: either a value or local: true")
	case a.Safe.Value != nil && !(*a.Safe.Value >= a.Min && *a.Safe.Value <= a.Max):
		return fmt.Errorf("safe: %v is not in %v to %v", *a.Safe.Value, a.Min, a.Max)
	}
	return nil
}

func (x Interlock) check(assets map[string]bool) error {
	c := x.When
	given := 0
	for _, p := range []*float64{c.Above, c.Below, c.Equals} {
		if p != nil {
			given++
			if !finite(*p) {
				return fmt.Errorf("a number is none")
			}
		}
	}
	if c.Stale {
		given++
	}
	switch {
	case !identifier.MatchString(x.ID):
		return fmt.Errorf("its id is of letters, digits, _ . -")
	case given != 1:
		return fmt.Errorf("when: exactly one of above, below, equals, stale")
	case !reference.MatchString(c.Value):
		return fmt.Errorf("when: value %.120q is not device/name", c.Value)
	case !within(c.MaxAge, time.Second, 24*time.Hour) || !within(x.For, 0, 24*time.Hour):
		return fmt.Errorf("max_age 1s to 24h, for at most 24h")
	}
	for _, id := range x.Assets {
		if !assets[id] {
			return fmt.Errorf("there is no asset %.64q", id)
		}
	}
	return nil
}

func (x Trim) check(assets map[string]bool) error {
	switch {
	case !identifier.MatchString(x.ID) || !assets[x.Asset] || !reference.MatchString(x.Value):
		return fmt.Errorf("id, an asset that is there, and a value as device/name are required")
	case !finite(x.Target, x.Kp, x.Ki, x.Min, x.Max):
		return fmt.Errorf("a number is none")
	case x.Min > 0 || x.Max < 0 || x.Min == x.Max:
		return fmt.Errorf("min is at most 0, max at least 0, and they differ")
	case x.Kp == 0 && x.Ki == 0 || x.Kp*x.Ki < 0:
		return fmt.Errorf("kp or ki is required, and both have one sign")
	case !within(x.MaxAge, time.Second, time.Hour):
		return fmt.Errorf("max_age 1s to 1h")
	}
	return nil
}

// check holds a plan against the setup.
func (p *Plan) check(s *Setup) error {
	if !identifier.MatchString(p.ID) || len(p.Title) > maxText || !within(p.Confirm, 0, 24*time.Hour) {
		return fmt.Errorf("id is of letters, digits, _ . -; title at most %d bytes; confirm at most 24h", maxText)
	}
	if len(p.Steps) == 0 || len(p.Steps) > maxSteps {
		return fmt.Errorf("%d steps; 1 to %d", len(p.Steps), maxSteps)
	}
	last := map[string]time.Time{}
	for i, x := range p.Steps {
		a := s.asset(x.Asset)
		switch {
		case a == nil:
			return fmt.Errorf("steps[%d]: there is no asset %.64q in the setup", i, x.Asset)
		case x.Unit != a.Unit:
			return fmt.Errorf("steps[%d]: unit %.40q; asset %s is set in %s", i, x.Unit, a.ID, a.Unit)
		case !(x.Value >= a.Min && x.Value <= a.Max):
			return fmt.Errorf("steps[%d]: %v is not in %v to %v of asset %s", i, x.Value, a.Min, a.Max, a.ID)
		case !x.To.After(x.From) || x.From.Before(last[x.Asset]):
			return fmt.Errorf("steps[%d]: the steps of asset %s are to follow each other, each with to after from", i, a.ID)
		case !finite(x.Tolerance) || x.Tolerance < 0:
			return fmt.Errorf("steps[%d]: tolerance is at least 0", i)
		}
		last[x.Asset] = x.To
	}
	return nil
}

func (s *Setup) asset(id string) *Asset {
	for i := range s.Assets {
		if s.Assets[i].ID == id {
			return &s.Assets[i]
		}
	}
	return nil
}

// span is from the first beginning to the last end of a plan's steps.
func (p *Plan) span() (from, to time.Time) {
	for i, x := range p.Steps {
		if i == 0 || x.From.Before(from) {
			from = x.From
		}
		if x.To.After(to) {
			to = x.To
		}
	}
	return from, to
}

// step is the step of an asset at a time; nil when there is none.
func (p *Plan) step(asset string, at time.Time) *Step {
	for i := range p.Steps {
		if x := &p.Steps[i]; x.Asset == asset && !at.Before(x.From) && at.Before(x.To) {
			return x
		}
	}
	return nil
}

// values are the live values that the setup needs, sorted, each once.
func (s *Setup) values() []string {
	var list []string
	for _, a := range s.Assets {
		list = append(list, a.Feedback)
	}
	for _, x := range s.Interlocks {
		list = append(list, x.When.Value)
	}
	for _, x := range s.Trims {
		list = append(list, x.Value)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Reads are the devices that must be read for the setup's live values, sorted.
func (s *Setup) Reads() []string {
	var list []string
	for _, v := range s.values() {
		device, _, _ := strings.Cut(v, "/")
		list = append(list, device)
	}
	return slices.Compact(list)
}
