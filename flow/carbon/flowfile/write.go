package flowfile

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"lingtan/flow/carbon"
)

// MarshalJSON writes one number where the series has one, else a list; null where missing.
func (s series) MarshalJSON() ([]byte, error) {
	list := make([]*float64, len(s.values))
	for i := range s.values {
		if x := s.values[i]; !math.IsNaN(x) && !math.IsInf(x, 0) {
			list[i] = &s.values[i]
		}
	}
	if len(list) == 1 {
		return json.Marshal(list[0])
	}
	return json.Marshal(list)
}

// Write is the flow file of a network and the flows of its intervals, as read fills them in; what
// Parse then reads traces to the same figures. The units of c are words for people. ErrFormat
// tells what no file can hold.
func Write(c Case, read func(i int, f *carbon.Flows) error) ([]byte, error) {
	if c.Intervals < 1 || c.Intervals > maxIntervals {
		return nil, fmt.Errorf("%w: %d intervals; from 1 to %d: choose another period", ErrFormat, c.Intervals, maxIntervals)
	}
	n := &c.Network
	if len(n.Nodes)*(len(n.Footprints)+1) > maxValues/c.Intervals {
		return nil, fmt.Errorf("%w: %d intervals of %d nodes are more than a file holds; choose a shorter period", ErrFormat, c.Intervals, len(n.Nodes))
	}
	w := writer{net: n, file: caseFile{Format: CaseFormat, Title: c.Title, Units: fileUnits{c.Energy, c.Mass}, Intervals: c.Intervals, Footprints: n.Footprints,
		Loss: n.Loss, Deficit: n.Deficit, Split: n.Split}}
	w.elements()
	f := carbon.NewFlows(n)
	for i := range c.Intervals {
		if err := read(i, f); err != nil {
			return nil, err
		}
		w.take(f)
	}
	w.finish()
	data, err := json.Marshal(w.file)
	if err == nil && len(data) > MaxBytes {
		err = fmt.Errorf("%w: %d bytes, more than %d; choose a shorter period", ErrFormat, len(data), MaxBytes)
	}
	return data, err
}

// writer turns a network and its flows into the written form.
type writer struct {
	net  *carbon.Network
	file caseFile
	uses []*fileUse // in the network's order
}

func (w *writer) elements() {
	n, at := w.net, func(i int) string { return w.net.Nodes[i].ID }
	for _, x := range n.Nodes {
		w.file.Nodes = append(w.file.Nodes, fileNode(x))
	}
	for _, x := range n.Edges {
		w.file.Edges = append(w.file.Edges, fileEdge{ID: x.ID, From: at(x.From), To: at(x.To), Owner: x.Owner, TwoWay: x.TwoWay})
	}
	for _, x := range n.Sources {
		w.file.Sources = append(w.file.Sources, fileSource{ID: x.ID, Node: at(x.Node), Owner: x.Owner, Factor: map[string]series{}})
	}
	w.uses = make([]*fileUse, len(n.Uses))
	for i, x := range n.Uses {
		w.uses[i] = &fileUse{ID: x.ID, Node: at(x.Node), Owner: x.Owner}
	}
	for _, x := range n.Storages {
		s := fileStorage{ID: x.ID, Node: at(x.Node), Owner: x.Owner, Held: x.Held, HeldFactor: w.vector(x.Carbon), Standing: x.Standing}
		if x.ChargeEfficiency != 0 {
			s.ChargeEfficiency = &x.ChargeEfficiency
		}
		if x.DischargeEfficiency != 0 {
			s.DischargeEfficiency = &x.DischargeEfficiency
		}
		w.file.Storages = append(w.file.Storages, s)
	}
	for _, x := range n.Converters {
		w.file.Converters = append(w.file.Converters, w.converter(x))
	}
}

func (w *writer) converter(x carbon.Converter) fileConverter {
	c := fileConverter{ID: x.ID, Kind: x.Kind, Owner: x.Owner, Allocation: x.Allocation}
	if x.Allocation == carbon.AllocateExergy {
		c.Ambient = &x.Ambient
	}
	port := func(p carbon.Port) filePort {
		return filePort{Node: w.net.Nodes[p.Node].ID, Direct: w.vector(p.Direct), Supply: known(p.Supply), Return: known(p.Return)}
	}
	for _, p := range x.Inputs {
		c.Inputs = append(c.Inputs, port(p))
	}
	for _, p := range x.Outputs {
		out := port(p)
		switch x.Allocation {
		case carbon.AllocateRatio:
			out.Share = &p.Weight
		case carbon.AllocateEfficiency:
			out.Efficiency = &p.Weight
		}
		c.Outputs = append(c.Outputs, out)
	}
	return c
}

func known(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

// vector is a value for every footprint; nil where nothing is known.
func (w *writer) vector(list []float64) map[string]float64 {
	if list == nil {
		return nil
	}
	m := map[string]float64{}
	for i, k := range w.net.Footprints {
		m[k] = list[i]
	}
	return m
}

// take adds an interval.
func (w *writer) take(f *carbon.Flows) {
	add := func(s *series, x float64) { s.values = append(s.values, x) }
	for i := range w.file.Edges {
		add(&w.file.Edges[i].Sent, f.Sent[i])
		add(&w.file.Edges[i].Received, f.Received[i])
	}
	for i := range w.file.Sources {
		s := &w.file.Sources[i]
		add(&s.Amount, f.Source[i])
		for k, name := range w.net.Footprints {
			x := s.Factor[name]
			add(&x, f.Factor[i][k])
			s.Factor[name] = x
		}
	}
	for i := range w.uses {
		add(&w.uses[i].Amount, f.Use[i])
	}
	for i := range w.file.Storages {
		s := &w.file.Storages[i]
		add(&s.Charge, f.Charge[i])
		add(&s.Discharge, f.Discharge[i])
		add(&s.Level, f.Level[i])
	}
	for i := range w.file.Converters {
		c := &w.file.Converters[i]
		for j := range c.Inputs {
			add(&c.Inputs[j].Amount, f.Input[i][j])
		}
		for j := range c.Outputs {
			add(&c.Outputs[j].Amount, f.Output[i][j])
		}
	}
}

// finish sets uses and exports apart, and writes one number where a series has but one value.
func (w *writer) finish() {
	for i, x := range w.net.Uses {
		if w.uses[i].Amount.fold(); x.Export {
			w.file.Exports = append(w.file.Exports, *w.uses[i])
		} else {
			w.file.Uses = append(w.file.Uses, *w.uses[i])
		}
	}
	for i := range w.file.Edges {
		e := &w.file.Edges[i]
		if same(e.Sent.values, e.Received.values) {
			e.Received = series{}
		}
		e.Sent.fold()
		e.Received.fold()
	}
	for i := range w.file.Sources {
		s := &w.file.Sources[i]
		s.Amount.fold()
		for k, x := range s.Factor {
			x.fold()
			s.Factor[k] = x
		}
	}
}

// fold keeps one value where all are the same.
func (s *series) fold() {
	if len(s.values) > 1 && same(s.values[1:], s.values[:len(s.values)-1]) {
		s.values = s.values[:1]
	}
}

// same says whether two series are, gaps included.
func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}
