// Package alarm tells when something in a park needs a person: rules over readings,
// usage, balance, carbon and forecasts, the life of each alarm, its cause and whom to
// tell.
//
// The engine has no clock and no I/O. Samples and the time come in by Observe and Tick;
// transitions and notices come out, to be stored and then delivered. DESIGN.md beside
// this file says how; docs/formats/alarm.md is the written form of rules.
package alarm

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"lingtan/park"
)

// Errors of this package; test with errors.Is.
var (
	ErrRule   = errors.New("alarm: rules")              // New: a Problems
	ErrAction = errors.New("alarm: not possible now")   // Act
	ErrState  = errors.New("alarm: not a stored state") // Restore
)

// The limits of a set of rules.
const (
	maxRules  = 50_000
	maxText   = 2000 // bytes of an expression
	maxName   = 200  // bytes of an identifier or signal
	maxDelay  = 7 * 24 * time.Hour
	maxShelve = 30 * 24 * time.Hour
)

// Set is all rules of a park with whom to tell.
type Set struct {
	Zone        string        `json:"zone"` // IANA zone of hours and days
	Rules       []Rule        `json:"rules"`
	Calendars   []Calendar    `json:"calendars,omitempty"`
	Escalations []Escalation  `json:"escalations,omitempty"`
	Hold        time.Duration `json:"hold,omitempty"` // how long a first notice waits for an upstream cause
	Flood       Flood         `json:"flood,omitzero"`
}

// Rule is one thing to watch.
type Rule struct {
	ID           string             `json:"id"`
	Kind         string             `json:"kind"` // of Kinds
	Name         park.Name          `json:"name"`
	Advice       park.Name          `json:"advice,omitzero"` // what the person should do
	Priority     string             `json:"priority"`        // low, medium, high, critical
	Object       string             `json:"object,omitempty"`
	Inputs       map[string]string  `json:"inputs"`               // the kind's input → signal
	Parameters   map[string]float64 `json:"parameters,omitempty"` // the kind's parameter → value
	Expression   string             `json:"expression,omitempty"` // CEL, of kind expression alone
	When         string             `json:"when,omitempty"`       // CEL: the rule watches only while it is true
	SuppressWhen string             `json:"suppressWhen,omitempty"`
	Deadband     float64            `json:"deadband,omitempty"` // in the value's unit: returned when the value is this far back
	OnDelay      time.Duration      `json:"onDelay,omitempty"`
	OffDelay     time.Duration      `json:"offDelay,omitempty"`
	MaxAge       time.Duration      `json:"maxAge,omitempty"`    // of an input; 0 = 1 h. Older: the rule is blind and nothing moves
	Skew         time.Duration      `json:"skew,omitempty"`      // how far apart inputs judged together may be; 0 = 1 min
	Intensity    float64            `json:"intensity,omitempty"` // kgCO2e/kWh of the affected energy; the input intensity goes before
	Explains     []string           `json:"explains,omitempty"`  // kinds whose alarms downstream this one explains; all
	Escalation   string             `json:"escalation,omitempty"`
}

// Problem is one thing that is wrong in a set: where, and what would be right.
type Problem struct {
	Path    string // rules[3].parameters.limit
	Column  int    // within an expression, from 1, in characters; 0 = the whole value
	Row     int    // line within an expression, from 1; 0 with Column 0
	Message park.Name
}

// Problems are all that is wrong; it is an ErrRule.
type Problems []Problem

// Error lists the problems, one a line, at most 20.
func (p Problems) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %d problems", ErrRule, len(p))
	for i, x := range p {
		if i == 20 {
			fmt.Fprintf(&b, "\n… and %d more", len(p)-i)
			break
		}
		fmt.Fprintf(&b, "\n%s: %s", x.Path, x.Message.EN)
	}
	return b.String()
}

// Is makes Problems an ErrRule.
func (Problems) Is(target error) bool { return target == ErrRule }

// collector gathers problems.
type collector struct {
	problems Problems
	compiler *compiler
}

func (c *collector) fault(path, zh, en string) {
	if len(c.problems) < 1000 {
		c.problems = append(c.problems, Problem{Path: path, Message: park.Name{ZH: zh, EN: en}})
	}
}

var identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,79}$`)
var variable = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Check says all that is wrong with a set, in the order of its parts.
func (s *Set) Check() Problems { return s.check(newCompiler()) }

func (s *Set) check(compiler *compiler) Problems {
	c := &collector{compiler: compiler}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
		c.fault("zone", "时区未知；应为 IANA 名称，如 Asia/Shanghai", "unknown time zone; write an IANA name such as Asia/Shanghai")
	}
	if len(s.Rules) == 0 || len(s.Rules) > maxRules {
		c.fault("rules", fmt.Sprintf("%d 条规则；应为 1 到 %d 条", len(s.Rules), maxRules), fmt.Sprintf("%d rules; 1 to %d belong here", len(s.Rules), maxRules))
	}
	seen := map[string]bool{}
	for i := range s.Rules {
		if len(s.Rules) > maxRules {
			break
		}
		r, at := &s.Rules[i], fmt.Sprintf("rules[%d]", i)
		if seen[r.ID] {
			c.fault(at+".id", "规则 "+r.ID+" 出现两次", "rule "+r.ID+" stands twice")
		}
		seen[r.ID] = true
		c.rule(r, at)
	}
	c.people(s)
	return c.problems
}

var priorities = []string{"low", "medium", "high", "critical"}

func (c *collector) rule(r *Rule, at string) {
	if !identifier.MatchString(r.ID) {
		c.fault(at+".id", "标识须为小写字母、数字、. _ -，不超过 80 个字符", "an id is of lower-case letters, digits and . _ -, at most 80")
	}
	if r.Name.ZH == "" && r.Name.EN == "" {
		c.fault(at+".name", "缺少名称", "a name is missing")
	}
	if !slices.Contains(priorities, r.Priority) {
		c.fault(at+".priority", "优先级应为 low、medium、high、critical 之一", "priority is one of low, medium, high, critical")
	}
	k, ok := kinds[r.Kind]
	if !ok {
		names := strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")
		c.fault(at+".kind", "未知的规则种类；可用："+names, "unknown kind; one of: "+names)
		return
	}
	c.inputs(r, k, at)
	c.parameters(r, k, at)
	c.delays(r, at)
	c.expressions(r, at)
	for i, x := range r.Explains {
		if _, ok := kinds[x]; !ok && x != "all" {
			c.fault(fmt.Sprintf("%s.explains[%d]", at, i), "未知的规则种类", "unknown kind")
		}
	}
}

func (c *collector) inputs(r *Rule, k kind, at string) {
	for _, name := range k.inputs {
		if r.Inputs[name] == "" {
			c.fault(at+".inputs", "缺少输入「"+name+"」", "the input "+name+" is missing")
		}
	}
	if len(r.Inputs) > 16 || r.Kind == "expression" && len(r.Inputs) == 0 {
		c.fault(at+".inputs", "应有 1 到 16 个输入", "1 to 16 inputs belong here")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Inputs)) {
		if signal := r.Inputs[name]; signal == "" || len(signal) > maxName {
			c.fault(at+".inputs."+name, "信号名应为 1 到 200 字节", "a signal is of 1 to 200 bytes")
		}
		if !variable.MatchString(name) || reserved[name] {
			c.fault(at+".inputs."+name, "输入名须为小写字母、数字、下划线，且不是 limit、hour、minute、weekday、day、month",
				"the name of an input is of lower-case letters, digits and _, and not limit, hour, minute, weekday, day or month")
		}
		// A rule may name signals that only its expressions use.
		used := slices.Contains(k.inputs, name) || slices.Contains(k.optional, name) || name == "intensity" ||
			r.Kind == "expression" || strings.Contains(r.When+r.SuppressWhen, name)
		if !used {
			c.fault(at+".inputs."+name, r.Kind+" 不用此输入，when 与 suppress_when 也没有用到", r.Kind+" has no such input, and neither when nor suppress_when uses it")
		}
	}
}

func (c *collector) parameters(r *Rule, k kind, at string) {
	for _, p := range k.parameters {
		v, given := r.Parameters[p.Name]
		switch {
		case !given && p.Required:
			c.fault(at+".parameters", "缺少参数「"+p.Name+"」（"+p.Unit+"）", "the parameter "+p.Name+" ("+p.Unit+") is missing")
		case given && !(v >= p.Min && v <= p.Max):
			c.fault(at+".parameters."+p.Name, fmt.Sprintf("%v 不在 %v 到 %v 之内", v, p.Min, p.Max), fmt.Sprintf("%v is not within %v to %v", v, p.Min, p.Max))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Parameters)) {
		if !slices.ContainsFunc(k.parameters, func(p parameter) bool { return p.Name == name }) {
			c.fault(at+".parameters."+name, r.Kind+" 没有此参数；可用："+k.parameterNames(), r.Kind+" has no such parameter; one of: "+k.parameterNames())
		}
	}
	if k.check != nil {
		if zh, en := k.check(r, k.numbers(r.Parameters)); en != "" {
			c.fault(at+".parameters", zh, en)
		}
	}
}

func (c *collector) delays(r *Rule, at string) {
	one := func(name string, d, most time.Duration) {
		if d < 0 || d > most {
			c.fault(at+"."+name, fmt.Sprintf("应为 0 到 %s", most), fmt.Sprintf("must be 0 to %s", most))
		}
	}
	one("on_delay", r.OnDelay, maxDelay)
	one("off_delay", r.OffDelay, maxDelay)
	one("max_age", r.MaxAge, 366*24*time.Hour)
	one("skew", r.Skew, 24*time.Hour)
	if !(r.Deadband >= 0 && r.Deadband <= math.MaxFloat64) {
		c.fault(at+".deadband", "死区不能为负", "a deadband is not below 0")
	}
	if !(r.Intensity >= 0 && r.Intensity <= 1000) {
		c.fault(at+".intensity", "碳强度应为 0 到 1000 kgCO2e/kWh", "an intensity is of 0 to 1000 kgCO2e/kWh")
	}
}
