// Package rulefile reads rule files of alarms: every fault with its line and column.
package rulefile

import (
	"bytes"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"lingtan/alarm"
	"lingtan/park"
)

// Format is the value of format in a rule file.
const Format = "lingtan.alarm/v1"

// MaxSize is the largest rule file: 16 MiB.
const MaxSize = 16 << 20

const (
	maxFaults = 1000
	maxDepth  = 16  // brackets within each other
	maxKeys   = 4   // keys and dashes on one line, or between two commas
	maxBeside = 100 // keys of one mapping
	maxIndent = 100 // columns before a key or dash
)

// Fault is one thing that is wrong in a rule file, and what would be right.
type Fault struct {
	Line    int       `json:"line"`   // from 1
	Column  int       `json:"column"` // from 1, in characters
	Path    string    `json:"path"`   // rules[3].parameters.limit
	Message park.Name `json:"message"`
}

// Faults are all faults of a rule file in the order of lines. It is an alarm.ErrRule.
type Faults []Fault

// Error lists the faults, one a line, at most 20: 12:5 rules[0].kind: …
func (f Faults) Error() string {
	lines := []string{fmt.Sprintf("rule file: %d faults", len(f))}
	for i, one := range f {
		if i == 20 {
			lines = append(lines, fmt.Sprintf("… and %d more", len(f)-i))
			break
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d:%d %s", one.Line, one.Column, one.Path))+": "+one.Message.EN)
	}
	return strings.Join(lines, "\n")
}

// Is makes Faults an alarm.ErrRule.
func (Faults) Is(target error) bool { return target == alarm.ErrRule }

// document is the written form.
type document struct {
	Format      string       `yaml:"format"`
	Zone        string       `yaml:"zone"`
	Hold        duration     `yaml:"hold"`
	Flood       flood        `yaml:"flood"`
	Calendars   []calendar   `yaml:"calendars"`
	Escalations []escalation `yaml:"escalations"`
	Rules       []rule       `yaml:"rules"`
}

type flood struct {
	Alarms     int      `yaml:"alarms"`
	Window     duration `yaml:"window"`
	End        int      `yaml:"end"`
	Escalation string   `yaml:"escalation"`
}

type calendar struct {
	ID     string  `yaml:"id"`
	Shifts []shift `yaml:"shifts"`
}

type shift struct {
	Days   []string `yaml:"days"`
	From   string   `yaml:"from"`
	To     string   `yaml:"to"`
	First  string   `yaml:"first"`
	Last   string   `yaml:"last"`
	People []string `yaml:"people"`
}

type escalation struct {
	ID      string `yaml:"id"`
	Steps   []step `yaml:"steps"`
	Returns bool   `yaml:"returns"`
}

type step struct {
	After    duration `yaml:"after"`
	Calendar string   `yaml:"calendar"`
	People   []string `yaml:"people"`
	Channels []string `yaml:"channels"`
}

type rule struct {
	ID           string             `yaml:"id"`
	Kind         string             `yaml:"kind"`
	Name         park.Name          `yaml:"name"`
	Advice       park.Name          `yaml:"advice"`
	Priority     string             `yaml:"priority"`
	Object       string             `yaml:"object"`
	Inputs       map[string]string  `yaml:"inputs"`
	Parameters   map[string]float64 `yaml:"parameters"`
	Expression   string             `yaml:"expression"`
	When         string             `yaml:"when"`
	SuppressWhen string             `yaml:"suppress_when"`
	Deadband     float64            `yaml:"deadband"`
	OnDelay      duration           `yaml:"on_delay"`
	OffDelay     duration           `yaml:"off_delay"`
	MaxAge       duration           `yaml:"max_age"`
	Skew         duration           `yaml:"skew"`
	Intensity    float64            `yaml:"intensity"`
	Explains     []string           `yaml:"explains"`
	Escalation   string             `yaml:"escalation"`
}

// duration is written 90s, 15m, 2h, 7d.
type duration string

var dayForm = regexp.MustCompile(`^([0-9]{1,4})d$`)

func (d duration) value() (time.Duration, bool) {
	if d == "" || d == "0" {
		return 0, true
	}
	if m := dayForm.FindStringSubmatch(string(d)); m != nil {
		days, _ := strconv.Atoi(m[1]) // four digits
		return time.Duration(days) * 24 * time.Hour, true
	}
	x, err := time.ParseDuration(string(d))
	return x, err == nil && x >= 0
}

// Parse reads a rule file, YAML or JSON, and checks it. Keys must be known and written
// once; anchors, aliases and tags are refused. Every error is a Faults.
func Parse(data []byte) (*alarm.Set, error) {
	root, err := read(data)
	if err != nil {
		return nil, err
	}
	doc := &document{}
	if f := decode(root, doc); f != nil {
		return nil, Faults{*f}
	}
	c := &checker{root: root}
	set := c.set(doc)
	for _, p := range set.Check() {
		c.problem(p)
	}
	if len(c.faults) > 0 {
		sort.SliceStable(c.faults, func(i, j int) bool {
			x, y := c.faults[i], c.faults[j]
			return x.Line < y.Line || x.Line == y.Line && x.Column < y.Column
		})
		return nil, c.faults
	}
	return set, nil
}

// checker turns the written form into rules and gathers what is wrong with it.
type checker struct {
	root   ast.Node
	faults Faults
}

func (c *checker) fault(path, zh, en string) {
	line, column := locate(c.root, path)
	c.add(Fault{line, column, path, park.Name{ZH: zh, EN: en}})
}

func (c *checker) add(f Fault) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, f)
	}
}

func (c *checker) problem(p alarm.Problem) {
	line, column := locate(c.root, p.Path)
	if p.Column > 0 {
		line, column = within(find(c.root, p.Path), p.Row, p.Column, line, column)
	}
	c.add(Fault{line, column, p.Path, p.Message})
}

func (c *checker) duration(path string, d duration) time.Duration {
	x, ok := d.value()
	if !ok {
		c.fault(path, "时长应写作 90s、15m、2h 或 7d", "a duration is written 90s, 15m, 2h or 7d")
	}
	return x
}

// signals are the kinds of signal and what follows: docs/formats/alarm.md.
var signals = regexp.MustCompile(`^(reading|usage|balance|carbon|forecast|gateway|intensity|anomaly|output):[^\s]+$`)

func (c *checker) set(d *document) *alarm.Set {
	if d.Format != Format {
		c.fault("format", "本版本读取的格式是 "+Format, "this version reads the format "+Format)
	}
	s := &alarm.Set{Zone: d.Zone, Hold: c.duration("hold", d.Hold)}
	s.Flood = alarm.Flood{Alarms: d.Flood.Alarms, Window: c.duration("flood.window", d.Flood.Window), End: d.Flood.End, Escalation: d.Flood.Escalation}
	for _, x := range d.Calendars {
		one := alarm.Calendar{ID: x.ID}
		for _, y := range x.Shifts {
			one.Shifts = append(one.Shifts, alarm.Shift(y))
		}
		s.Calendars = append(s.Calendars, one)
	}
	for i, x := range d.Escalations {
		one := alarm.Escalation{ID: x.ID, Returns: x.Returns}
		for j, y := range x.Steps {
			after := c.duration(fmt.Sprintf("escalations[%d].steps[%d].after", i, j), y.After)
			one.Steps = append(one.Steps, alarm.Step{After: after, Calendar: y.Calendar, People: y.People, Channels: y.Channels})
		}
		s.Escalations = append(s.Escalations, one)
	}
	for i := range d.Rules {
		s.Rules = append(s.Rules, c.rule(&d.Rules[i], fmt.Sprintf("rules[%d]", i)))
	}
	return s
}

func (c *checker) rule(x *rule, at string) alarm.Rule {
	for name, signal := range x.Inputs {
		if !signals.MatchString(signal) {
			c.fault(at+".inputs."+name, "信号应写作 reading:点.寄存器、usage:…、balance:…、carbon:…、forecast:…、gateway:…、intensity:…、anomaly:…、output:…",
				"a signal is written reading:POINT.REGISTER, usage:…, balance:…, carbon:…, forecast:…, gateway:…, intensity:…, anomaly:… or output:…")
		}
	}
	return alarm.Rule{ID: x.ID, Kind: x.Kind, Name: x.Name, Advice: x.Advice, Priority: x.Priority, Object: x.Object,
		Inputs: x.Inputs, Parameters: x.Parameters, Expression: x.Expression, When: x.When, SuppressWhen: x.SuppressWhen,
		Deadband: x.Deadband, OnDelay: c.duration(at+".on_delay", x.OnDelay), OffDelay: c.duration(at+".off_delay", x.OffDelay),
		MaxAge: c.duration(at+".max_age", x.MaxAge), Skew: c.duration(at+".skew", x.Skew),
		Intensity: x.Intensity, Explains: x.Explains, Escalation: x.Escalation}
}

func plain(data []byte) bool { return utf8.Valid(data) && !bytes.ContainsRune(data, 0) }
