package flowfile

import "lingtan/flow/carbon"

// Answer is the trace of a flow file, in the form of docs/formats/flow.md. Carbon and
// intensity are maps from column to value; columns see carbon.Tracer.Columns.
type Answer struct {
	Format     string           `json:"format"`
	Title      string           `json:"title,omitempty"`
	Units      fileUnits        `json:"units"`
	Intervals  int              `json:"intervals"`
	Footprints []string         `json:"footprints"`
	Columns    []string         `json:"columns"`
	Nodes      []Node           `json:"nodes"`
	Bookings   []Line           `json:"bookings"`
	Owners     []Owner          `json:"owners"`
	Transfers  []Pass           `json:"transfers"`
	In         sums             `json:"in"`  // all that came in: sources, direct emissions, held before, unexplained
	Out        sums             `json:"out"` // all that went out: uses, exports, losses, remainders, stranded, held after
	Gap        float64          `json:"gap"` // the largest relative difference of in and out at any interval
	Findings   []carbon.Finding `json:"findings"`
}

// Node is a node's throughput and intensities by interval; null where nothing
// flows.
type Node struct {
	ID        string                `json:"id"`
	Carrier   string                `json:"carrier"`
	Owner     string                `json:"owner,omitempty"`
	Through   []float64             `json:"through"`
	Intensity map[string][]*float64 `json:"intensity"`
	Mean      map[string]*float64   `json:"mean"` // over the intervals, weighted by throughput
}

// Line is what was booked at an element over all intervals.
type Line struct {
	Kind    string `json:"kind"`
	Place   string `json:"place"`
	ID      string `json:"id"`
	Owner   string `json:"owner,omitempty"`
	Carrier string `json:"carrier"`
	sums
}

// Owner is a carbon.OwnerTotal.
type Owner struct {
	Owner    string `json:"owner"`
	Used     *sums  `json:"used,omitempty"`
	Lost     *sums  `json:"lost,omitempty"`
	Exported *sums  `json:"exported,omitempty"`
	Stored   *sums  `json:"stored,omitempty"`
	Sourced  *sums  `json:"sourced,omitempty"`
	Direct   *sums  `json:"direct,omitempty"`
}

// Pass is a carbon.Transfer.
type Pass struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Carrier string `json:"carrier"`
	sums
}

type sums struct {
	Amount float64            `json:"amount"`
	Carbon map[string]float64 `json:"carbon"`
}

// Trace traces the whole case on up to workers goroutines. carbon.ErrConservation is the one
// error of a case that Parse took.
func (c *Case) Trace(workers int) (*Answer, error) {
	t, err := carbon.NewTracer(c.Network)
	if err != nil {
		return nil, err
	}
	a := &Answer{Format: TraceFormat, Title: c.Title, Units: fileUnits{c.Energy, c.Mass}, Intervals: c.Intervals, Footprints: c.Network.Footprints, Columns: t.Columns(), Transfers: []Pass{}}
	for _, n := range c.Network.Nodes {
		x := Node{ID: n.ID, Carrier: n.Carrier, Owner: n.Owner, Intensity: map[string][]*float64{}, Mean: map[string]*float64{}}
		for _, k := range a.Columns[:len(a.Footprints)+1] {
			x.Intensity[k] = make([]*float64, c.Intervals)
		}
		a.Nodes = append(a.Nodes, x)
	}
	var totals carbon.Totals
	err = t.Trace(c.Intervals, workers, c.Read, func(r *carbon.Result) error {
		totals.Add(r)
		a.Gap = max(a.Gap, r.Gap())
		for i := range a.Nodes {
			a.Nodes[i].add(r, i, a.Columns)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range a.Nodes {
		a.Nodes[i].mean()
	}
	a.total(&totals)
	a.Findings = t.Findings()
	return a, nil
}

func (x *Node) add(r *carbon.Result, node int, columns []string) {
	x.Through = append(x.Through, r.Through(node))
	row, ok := r.Node(node)
	for k, name := range columns {
		if series, kept := x.Intensity[name]; kept && ok {
			v := row[k]
			series[r.Interval] = &v
		}
	}
}

func (x *Node) mean() {
	for k, series := range x.Intensity {
		var carbon, energy float64
		for i, v := range series {
			if v != nil {
				carbon += *v * x.Through[i]
				energy += x.Through[i]
			}
		}
		x.Mean[k] = nil
		if energy > 0 {
			m := carbon / energy
			x.Mean[k] = &m
		}
	}
}

// total carries the sums over.
func (a *Answer) total(totals *carbon.Totals) {
	a.In, a.Out = a.sum(carbon.Sum{}), a.sum(carbon.Sum{})
	for _, l := range totals.Lines() {
		s := a.sum(l.Sum)
		a.Bookings = append(a.Bookings, Line{l.Kind, l.Place, l.ID, l.Owner, l.Carrier, s})
		into := &a.Out
		if l.Incoming() {
			into = &a.In
		}
		into.Amount += s.Amount
		for k, x := range s.Carbon {
			into.Carbon[k] += x
		}
	}
	some := func(s carbon.Sum) *sums {
		if s.Carbon == nil {
			return nil
		}
		x := a.sum(s)
		return &x
	}
	for _, o := range totals.Owners() {
		a.Owners = append(a.Owners, Owner{o.Owner, some(o.Used), some(o.Lost), some(o.Exported), some(o.Stored), some(o.Sourced), some(o.Direct)})
	}
	for _, x := range totals.Transfers() {
		a.Transfers = append(a.Transfers, Pass{x.From, x.To, x.Carrier, a.sum(x.Sum)})
	}
}

// sum names the columns; origins that gave nothing are left out.
func (a *Answer) sum(s carbon.Sum) sums {
	out := sums{Amount: s.Amount, Carbon: map[string]float64{}}
	for k, name := range a.Columns {
		switch {
		case s.Carbon == nil:
			out.Carbon[name] = 0
		case k <= len(a.Footprints) || s.Carbon[k] != 0:
			out.Carbon[name] = s.Carbon[k]
		}
	}
	return out
}

// Broken counts the findings of broken data.
func (a *Answer) Broken() int {
	n := 0
	for _, f := range a.Findings {
		if f.Broken() {
			n++
		}
	}
	return n
}
