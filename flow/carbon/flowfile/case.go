// Package flowfile reads a network with its flows from a JSON file and writes its carbon
// trace as JSON; docs/formats/flow.md describes both forms.
package flowfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"lingtan/flow/carbon"
)

// ErrFormat marks a flow file that cannot be traced; the error tells the path of the fault.
var ErrFormat = errors.New("flow file")

// The formats of a flow file and of its trace.
const (
	CaseFormat  = "lingtan.flow/v1"
	TraceFormat = "lingtan.flow-trace/v1"
)

// MaxBytes is the size that a flow file may have.
const MaxBytes = 256 << 20

// Limits of a flow file.
const (
	maxIntervals = 200_000
	maxFaults    = 100
	maxValues    = 100_000_000 // intensities in an answer: nodes × intervals × footprints
	maxName      = 200
)

// Case is a flow file: a network with the flows of its intervals.
type Case struct {
	Title     string
	Energy    string // unit of energy, as "kWh"
	Mass      string // unit of the footprints, as "kg"
	Intervals int
	Network   carbon.Network
	file      *caseFile
}

// caseFile is the written form, docs/formats/flow.md.
type caseFile struct {
	Format     string          `json:"format"`
	Title      string          `json:"title,omitempty"`
	Units      fileUnits       `json:"units"`
	Intervals  int             `json:"intervals"`
	Footprints []string        `json:"footprints"`
	Loss       string          `json:"loss,omitempty"`
	Deficit    string          `json:"deficit,omitempty"`
	Split      string          `json:"split,omitempty"`
	Nodes      []fileNode      `json:"nodes"`
	Edges      []fileEdge      `json:"edges,omitempty"`
	Sources    []fileSource    `json:"sources"`
	Uses       []fileUse       `json:"uses,omitempty"`
	Exports    []fileUse       `json:"exports,omitempty"`
	Storages   []fileStorage   `json:"storages,omitempty"`
	Converters []fileConverter `json:"converters,omitempty"`
}

type fileUnits struct {
	Energy string `json:"energy"`
	Carbon string `json:"carbon"`
}

type fileNode struct {
	ID      string `json:"id"`
	Carrier string `json:"carrier"`
	Owner   string `json:"owner,omitempty"`
}

type fileEdge struct {
	ID       string `json:"id"`
	From     string `json:"from"`
	To       string `json:"to"`
	Owner    string `json:"owner,omitempty"`
	TwoWay   bool   `json:"two_way,omitempty"`
	Sent     series `json:"sent"`
	Received series `json:"received,omitzero"`
}

type fileSource struct {
	ID     string            `json:"id"`
	Node   string            `json:"node"`
	Owner  string            `json:"owner,omitempty"`
	Amount series            `json:"amount"`
	Factor map[string]series `json:"factor"`
}

type fileUse struct {
	ID     string `json:"id"`
	Node   string `json:"node"`
	Owner  string `json:"owner,omitempty"`
	Amount series `json:"amount"`
}

type fileStorage struct {
	ID                  string             `json:"id"`
	Node                string             `json:"node"`
	Owner               string             `json:"owner,omitempty"`
	Charge              series             `json:"charge"`
	Discharge           series             `json:"discharge"`
	Level               series             `json:"level,omitzero"`
	Held                float64            `json:"held,omitempty"`
	HeldFactor          map[string]float64 `json:"held_factor,omitempty"`
	ChargeEfficiency    *float64           `json:"charge_efficiency,omitempty"`
	DischargeEfficiency *float64           `json:"discharge_efficiency,omitempty"`
	Standing            float64            `json:"standing_loss,omitempty"`
}

type fileConverter struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"`
	Owner      string     `json:"owner,omitempty"`
	Allocation string     `json:"allocation,omitempty"`
	Ambient    *float64   `json:"ambient_c,omitempty"`
	Inputs     []filePort `json:"inputs"`
	Outputs    []filePort `json:"outputs"`
}

type filePort struct {
	Node       string             `json:"node"`
	Amount     series             `json:"amount"`
	Direct     map[string]float64 `json:"direct,omitempty"`
	Share      *float64           `json:"share,omitempty"`
	Efficiency *float64           `json:"efficiency,omitempty"`
	Supply     *float64           `json:"supply_c,omitempty"`
	Return     *float64           `json:"return_c,omitempty"`
}

// series is a number that holds for all intervals, or one value an interval, null
// where it is missing.
type series struct {
	values []float64
	fault  string
}

// UnmarshalJSON reads a number, null or a list of them. What it cannot read is told
// later, with its path.
func (s *series) UnmarshalJSON(text []byte) error {
	var list []*float64
	if text[0] != '[' {
		text = slices.Concat([]byte("["), text, []byte("]"))
	}
	if err := json.Unmarshal(text, &list); err != nil {
		s.fault = "a number, or a list of numbers and null"
	}
	for _, x := range list {
		if x == nil {
			s.values = append(s.values, math.NaN())
		} else {
			s.values = append(s.values, *x)
		}
	}
	return nil
}

// at is the value of interval i, usual where the series is left out.
func (s series) at(i int, usual float64) float64 {
	switch len(s.values) {
	case 0:
		return usual
	case 1:
		return s.values[0]
	}
	return s.values[i]
}

// Parse reads a flow file. ErrFormat tells every fault with its path, up to a hundred.
func Parse(data []byte) (*Case, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, more than %d; divide it by time", ErrFormat, len(data), MaxBytes)
	}
	var f caseFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: line %d: %s", ErrFormat, line(data, err, d.InputOffset()), strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: line %d: more text after the end of the object", ErrFormat, 1+bytes.Count(data[:d.InputOffset()], []byte("\n")))
	}
	r := reader{file: &f, nodes: map[string]int{}, seen: map[string]string{}}
	c := r.read()
	if len(r.faults) > 0 {
		more := ""
		if r.more > 0 {
			more = fmt.Sprintf("\nand %d more", r.more)
		}
		return nil, fmt.Errorf("%w: %s%s", ErrFormat, strings.Join(r.faults, "\n"), more)
	}
	if _, err := carbon.NewTracer(c.Network); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return c, nil
}

// line is where in the text reading stopped: for a key that is not known, where it first
// stands.
func line(data []byte, err error, offset int64) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	} else if errors.As(err, &kind) {
		offset = kind.Offset
	} else if _, key, ok := strings.Cut(err.Error(), "unknown field "); ok {
		offset = int64(max(0, bytes.Index(data, []byte(key))))
	}
	return 1 + bytes.Count(data[:max(0, min(int(offset), len(data)))], []byte("\n"))
}

// reader turns the written form into a network and gathers its faults.
type reader struct {
	file   *caseFile
	nodes  map[string]int
	seen   map[string]string // "kind id" → path
	faults []string
	more   int
}

func (r *reader) fault(path, format string, args ...any) {
	if len(r.faults) >= maxFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, path+": "+fmt.Sprintf(format, args...))
}

func (r *reader) read() *Case {
	f := r.file
	if f.Format != CaseFormat {
		r.fault("format", "%q; this program reads %q", f.Format, CaseFormat)
	}
	if len(f.Footprints) == 0 {
		r.fault("footprints", "none; name at least one, such as carbon")
	}
	if f.Intervals < 1 || f.Intervals > maxIntervals {
		r.fault("intervals", "%d; from 1 to %d", f.Intervals, maxIntervals)
	}
	if f.Intervals > 0 && len(f.Nodes)*(len(f.Footprints)+1) > maxValues/f.Intervals {
		r.fault("intervals", "%d of %d nodes and %d footprints make more than %d values; divide the file by time", f.Intervals, len(f.Nodes), len(f.Footprints), maxValues)
	}
	for i, k := range f.Footprints {
		if path := fmt.Sprintf("footprints[%d]", i); k == "" || len(k) > maxName || k == "unexplained" {
			r.fault(path, "%.40q; a word of up to %d characters, not \"unexplained\"", k, maxName)
		} else if slices.Contains(f.Footprints[:i], k) {
			r.fault(path, "%q stands twice", k)
		}
	}
	c := &Case{Title: f.Title, Energy: cmp.Or(f.Units.Energy, "kWh"), Mass: cmp.Or(f.Units.Carbon, "kg"), Intervals: f.Intervals, file: f,
		Network: carbon.Network{Footprints: f.Footprints, Loss: f.Loss, Deficit: f.Deficit, Split: f.Split}}
	n := &c.Network
	for i, x := range f.Nodes {
		path := fmt.Sprintf("nodes[%d]", i)
		r.id(path, "node", x.ID, x.Owner)
		if x.Carrier == "" {
			r.fault(path+".carrier", "left out; name the energy carrier, such as electricity or steam")
		}
		r.nodes[x.ID] = i
		n.Nodes = append(n.Nodes, carbon.Node(x))
	}
	for i, x := range f.Edges {
		path := fmt.Sprintf("edges[%d]", i)
		r.id(path, "edge", x.ID, x.Owner)
		r.series(path+".sent", x.Sent, true)
		r.series(path+".received", x.Received, false)
		n.Edges = append(n.Edges, carbon.Edge{ID: x.ID, Owner: x.Owner, TwoWay: x.TwoWay, From: r.node(path+".from", x.From), To: r.node(path+".to", x.To)})
	}
	r.ends(n)
	r.storages(n)
	r.converters(n)
	return c
}

// ends reads sources, uses and exports.
func (r *reader) ends(n *carbon.Network) {
	for i, x := range r.file.Sources {
		path := fmt.Sprintf("sources[%d]", i)
		r.id(path, "source", x.ID, x.Owner)
		r.series(path+".amount", x.Amount, true)
		for _, k := range r.file.Footprints {
			r.series(path+".factor."+k, x.Factor[k], true)
		}
		for k := range x.Factor {
			r.footprint(path+".factor", k)
		}
		n.Sources = append(n.Sources, carbon.Source{ID: x.ID, Owner: x.Owner, Node: r.node(path+".node", x.Node)})
	}
	add := func(what string, list []fileUse) {
		for i, x := range list {
			path := fmt.Sprintf("%ss[%d]", what, i)
			r.id(path, what, x.ID, x.Owner)
			r.series(path+".amount", x.Amount, true)
			n.Uses = append(n.Uses, carbon.Use{ID: x.ID, Owner: x.Owner, Node: r.node(path+".node", x.Node), Export: what == "export"})
		}
	}
	add("use", r.file.Uses)
	add("export", r.file.Exports)
}

func (r *reader) storages(n *carbon.Network) {
	for i, x := range r.file.Storages {
		path := fmt.Sprintf("storages[%d]", i)
		r.id(path, "storage", x.ID, x.Owner)
		r.series(path+".charge", x.Charge, true)
		r.series(path+".discharge", x.Discharge, true)
		r.series(path+".level", x.Level, false)
		n.Storages = append(n.Storages, carbon.Storage{ID: x.ID, Owner: x.Owner, Node: r.node(path+".node", x.Node), Held: x.Held, Carbon: r.vector(path+".held_factor", x.HeldFactor),
			ChargeEfficiency: r.efficiency(path+".charge_efficiency", x.ChargeEfficiency), DischargeEfficiency: r.efficiency(path+".discharge_efficiency", x.DischargeEfficiency), Standing: x.Standing})
	}
}

// efficiency is 1 where it is left out.
func (r *reader) efficiency(path string, x *float64) float64 {
	if x == nil {
		return 1
	}
	if !(*x >= 0.01 && *x <= 1) {
		r.fault(path, "%v; from 0.01 to 1", *x)
	}
	return *x
}

func (r *reader) converters(n *carbon.Network) {
	for i, x := range r.file.Converters {
		path := fmt.Sprintf("converters[%d]", i)
		r.id(path, "converter", x.ID, x.Owner)
		c := carbon.Converter{ID: x.ID, Kind: x.Kind, Owner: x.Owner, Allocation: x.Allocation}
		if x.Ambient != nil {
			c.Ambient = *x.Ambient
		} else if x.Allocation == carbon.AllocateExergy {
			r.fault(path+".ambient_c", "left out; allocation by exergy needs the ambient temperature, °C")
		}
		for j, p := range x.Inputs {
			in := fmt.Sprintf("%s.inputs[%d]", path, j)
			r.series(in+".amount", p.Amount, true)
			c.Inputs = append(c.Inputs, carbon.Port{Node: r.node(in+".node", p.Node), Direct: r.vector(in+".direct", p.Direct), Supply: math.NaN(), Return: math.NaN()})
		}
		for j, p := range x.Outputs {
			out := fmt.Sprintf("%s.outputs[%d]", path, j)
			r.series(out+".amount", p.Amount, true)
			c.Outputs = append(c.Outputs, r.output(out, x.Allocation, p))
		}
		n.Converters = append(n.Converters, c)
	}
}

// output reads an output with what its converter's allocation wants of it.
func (r *reader) output(path, allocation string, p filePort) carbon.Port {
	x := carbon.Port{Node: r.node(path+".node", p.Node), Direct: r.vector(path+".direct", p.Direct), Supply: math.NaN(), Return: math.NaN()}
	want := map[string]*float64{carbon.AllocateRatio: p.Share, carbon.AllocateEfficiency: p.Efficiency}
	key := map[string]string{carbon.AllocateRatio: ".share", carbon.AllocateEfficiency: ".efficiency"}[allocation]
	if v := want[allocation]; v != nil {
		x.Weight = *v
	} else if key != "" {
		r.fault(path+key, "left out; allocation %q needs it", allocation)
	}
	if p.Supply != nil {
		x.Supply = *p.Supply
	} else if i, ok := r.nodes[p.Node]; ok && allocation == carbon.AllocateExergy && r.file.Nodes[i].Carrier != "electricity" {
		r.fault(path+".supply_c", "left out; allocation by exergy needs the temperature of all but electricity, °C")
	}
	if p.Return != nil {
		x.Return = *p.Return
	}
	return x
}

func (r *reader) id(path, what, id, owner string) {
	if id == "" || len(id) > maxName {
		r.fault(path+".id", "%.40q; 1 to %d characters", id, maxName)
	} else if at, twice := r.seen[what+" "+id]; twice {
		r.fault(path+".id", "%q stands at %s already", id, at)
	}
	r.seen[what+" "+id] = path
	if len(owner) > maxName || strings.HasPrefix(owner, "/") || strings.HasSuffix(owner, "/") || strings.Contains(owner, "//") || strings.Count(owner, "/") > 7 {
		r.fault(path+".owner", "%.40q; names joined by single slashes, at most 8, as enterprise/workshop/line", owner)
	}
}

func (r *reader) node(path, id string) int {
	i, ok := r.nodes[id]
	if !ok {
		r.fault(path, "there is no node %.40q", id)
	}
	return i
}

func (r *reader) series(path string, s series, required bool) {
	if s.fault != "" {
		r.fault(path, "%s", s.fault)
	} else if n := len(s.values); (required && n == 0) || (n > 1 && n != r.file.Intervals) {
		r.fault(path, "%d values; one for all intervals, or %d, null where missing", n, r.file.Intervals)
	}
}

func (r *reader) footprint(path, k string) {
	if !slices.Contains(r.file.Footprints, k) {
		r.fault(path, "there is no footprint %.40q", k)
	}
}

// vector is one value a footprint, nil where nothing is given.
func (r *reader) vector(path string, given map[string]float64) []float64 {
	if given == nil {
		return nil
	}
	list := make([]float64, len(r.file.Footprints))
	for k := range given {
		r.footprint(path, k)
	}
	for i, k := range r.file.Footprints {
		x, ok := given[k]
		if !ok {
			r.fault(path+"."+k, "left out; give every footprint, 0 where there is none")
		}
		list[i] = x
	}
	return list
}

// Read fills in the flows of interval i; it is what carbon.Tracer.Trace wants.
func (c *Case) Read(i int, f *carbon.Flows) error {
	for e, x := range c.file.Edges {
		f.Sent[e] = x.Sent.at(i, 0)
		f.Received[e] = x.Received.at(i, f.Sent[e])
	}
	for s, x := range c.file.Sources {
		f.Source[s] = x.Amount.at(i, 0)
		for k, name := range c.Network.Footprints {
			f.Factor[s][k] = x.Factor[name].at(i, math.NaN())
		}
	}
	for u, x := range c.file.Uses {
		f.Use[u] = x.Amount.at(i, 0)
	}
	for u, x := range c.file.Exports {
		f.Use[len(c.file.Uses)+u] = x.Amount.at(i, 0)
	}
	for s, x := range c.file.Storages {
		f.Charge[s], f.Discharge[s], f.Level[s] = x.Charge.at(i, 0), x.Discharge.at(i, 0), x.Level.at(i, math.NaN())
	}
	for v, x := range c.file.Converters {
		for j, p := range x.Inputs {
			f.Input[v][j] = p.Amount.at(i, 0)
		}
		for j, p := range x.Outputs {
			f.Output[v][j] = p.Amount.at(i, 0)
		}
	}
	return nil
}
