package api

import (
	"cmp"
	"context"
	"fmt"
	"lingtan/park"
	"slices"
	"sync"
	"time"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park/layout"
)

type overviewIn struct {
	Park         string `path:"park" maxLength:"40"`
	Period       string `query:"period" maxLength:"30" doc:"2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11; empty: the last settled year"`
	Basis        string `query:"basis" enum:"location,market" default:"location"`
	Organization string `query:"organization" maxLength:"64" doc:"Only this organization of the park"`
}

type overviewOutput struct {
	Body overview
}

// scene is what the blocks of an overview are drawn from.
type scene struct {
	layout *layout.Layout
	view   *inventory.View
	basis  method.Basis
	own    map[string]bool // organizations shown; nil = all
	traced *inventory.Inventory
	from   int // days of the profile [from, to]
	to     int
	ranked []*accounting.Entry // see rank
	sure   *float64            // see measured
	sums   [][]float64         // see bySource
	handed *handedOn           // see conversions
}

// getOverview answers from what was drawn before where nothing has changed since.
func (s *Server) getOverview(ctx context.Context, in *overviewIn) (*overviewOutput, error) {
	key := drawnKey{*in, s.Parks.Generation(in.Park)}
	if out := s.drawn.get(key); out != nil {
		return out, nil
	}
	out, err := s.drawOverview(ctx, in)
	if err == nil {
		s.drawn.put(key, out)
	}
	return out, err
}

// drawnKey is what an overview is of: what was asked, and the park's generation.
type drawnKey struct {
	in         overviewIn
	generation uint64
}

// drawnKept is how many overviews are kept; a year of a thousand points has some 400 KiB.
const drawnKept = 128

// drawnOverviews are the overviews that were drawn last. They are not changed after.
type drawnOverviews struct {
	mu   sync.Mutex
	kept map[drawnKey]*overviewOutput
}

func (d *drawnOverviews) get(key drawnKey) *overviewOutput {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept[key]
}

func (d *drawnOverviews) put(key drawnKey, out *overviewOutput) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil || len(d.kept) >= drawnKept {
		d.kept = map[drawnKey]*overviewOutput{}
	}
	d.kept[key] = out
}

func (s *Server) drawOverview(ctx context.Context, in *overviewIn) (*overviewOutput, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	_, last, settled, err := s.Parks.Extent(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	if !settled {
		return nil, fmt.Errorf("%w: park %s; import readings first", errNoSettled, in.Park)
	}
	if in.Period == "" {
		asked := *in
		asked.Period = last.String()[:4]
		in = &asked
	}
	v, err := s.Parks.View(ctx, in.Park, in.Period)
	if err != nil {
		return nil, err
	}
	sc := &scene{layout: l, view: v, basis: method.Basis(in.Basis), from: int(v.First - v.Profile.First), to: int(v.Last - v.Profile.First)}
	if in.Organization != "" {
		sc.own = map[string]bool{}
		for _, id := range l.OrganizationsOf(in.Organization) {
			sc.own[id] = true
		}
	}
	out := &overviewOutput{}
	o := &out.Body
	o.Park, o.Period, o.Basis = s.heading(l), sc.span(in.Period), in.Basis
	until := (last + 1).Start(l.Zone)
	o.DataUntil = &until
	if o.Inventory, err = s.traceTo(ctx, sc, in.Park, in.Period); err != nil {
		return nil, err
	}
	found, err := s.Parks.FindingCounts(ctx, in.Park, in.Period, sc.registers())
	if err != nil {
		return nil, err
	}
	o.Carbon = sc.carbon()
	o.Indicators, o.Sankey, o.Enterprises, o.Factors = sc.indicators(), sc.sankey(), sc.enterprises(), sc.factors()
	o.Quality = sc.quality(found)
	if sc.own == nil {
		files, err := s.imported(ctx, in.Park, sc)
		if err != nil {
			return nil, err
		}
		o.Quality.Findings = append(o.Quality.Findings, files...)
	}
	return out, nil
}

func (s *Server) heading(l *layout.Layout) parkHeading {
	p := l.Document.Park
	h := parkHeading{ID: p.ID, Name: p.Name, Region: p.Region, Zone: p.Zone, Interval: p.Interval, Assembled: len(l.Document.Assembly) > 0, Demo: s.Demo, Assembly: []assembled{}}
	for _, a := range l.Document.Assembly {
		x := assembled{Dataset: a.Dataset, Source: a.Source, Licence: a.Licence, Shift: a.Shift, Scale: a.Scale}
		if x.Scale == 0 {
			x.Scale = 1
		}
		if a.Why != nil {
			why := *a.Why
			x.Why = &why
		}
		h.Assembly = append(h.Assembly, x)
	}
	return h
}

func (sc *scene) span(text string) span {
	v := sc.view
	return span{Text: text, From: v.First.Start(v.Profile.Zone), To: (v.Last + 1).Start(v.Profile.Zone), FirstDay: v.First.String(), LastDay: v.Last.String()}
}

// traceTo finds the inventory that the figures lead to, and keeps it for its entries.
func (s *Server) traceTo(ctx context.Context, sc *scene, parkID, text string) (*inventoryState, error) {
	row, err := s.stored(ctx, parkID, text)
	if err != nil || row == nil {
		return nil, err
	}
	x, err := s.Parks.Inventory(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	sc.traced = x.Inventory
	state := &inventoryState{ID: row.ID, Period: row.Period, State: row.State}
	if !row.ClosedAt.IsZero() {
		at := row.ClosedAt.UTC()
		state.ClosedAt = &at
	}
	return state, nil
}

// shown says whether an organization belongs to the overview.
func (sc *scene) shown(organization string) bool { return sc.own == nil || sc.own[organization] }

// registers are the keys of the points shown; nil = all.
func (sc *scene) registers() []string {
	if sc.own == nil {
		return nil
	}
	keys := []string{}
	for _, p := range sc.layout.Document.Points {
		if !sc.own[p.Organization] {
			continue
		}
		for _, r := range p.Registers {
			keys = append(keys, p.ID+"."+r.ID)
		}
	}
	return keys
}

// entries are the ids of traced entries that keep accepts, the largest first.
func (sc *scene) entries(keep func(accounting.Entry) bool) []string {
	ids := []string{}
	for _, e := range sc.rank() {
		if keep(*e) {
			if ids = append(ids, e.ID); len(ids) == 50 {
				break
			}
		}
	}
	return ids
}

// rank is the traced entries shown, the largest first; sorted once.
func (sc *scene) rank() []*accounting.Entry {
	if sc.ranked != nil || sc.traced == nil {
		return sc.ranked
	}
	for i := range sc.traced.Entries {
		e := &sc.traced.Entries[i]
		if (e.Basis == sc.basis || e.Basis == method.Both) && sc.shown(e.Activity.Organization) {
			sc.ranked = append(sc.ranked, e)
		}
	}
	slices.SortStableFunc(sc.ranked, func(a, b *accounting.Entry) int { return cmp.Compare(b.Emissions, a.Emissions) })
	return sc.ranked
}

// hours are the profile's hours [a, b) of the view.
func (sc *scene) hours() (a, b int) {
	p := sc.view.Profile
	return int(sc.view.First.Start(p.Zone).Sub(p.From) / time.Hour), int((sc.view.Last + 1).Start(p.Zone).Sub(p.From) / time.Hour)
}

// factors are those that the accounts of the organizations shown used.
func (sc *scene) factors() []factorUsed {
	used := map[string]bool{}
	for _, e := range sc.view.Entries {
		for _, f := range e.Factors {
			used[f.Factor] = used[f.Factor] || sc.shown(e.Activity.Organization)
		}
	}
	for _, e := range sc.view.Energy {
		used[e.Factor.Factor] = used[e.Factor.Factor] || sc.shown(e.Organization)
	}
	list := []factorUsed{}
	for _, f := range sc.view.Factors {
		if !used[f.Ref()] {
			continue
		}
		x := factorUsed{ID: f.ID, Version: f.Version, Name: park.Name(f.Name), Value: f.Value, Unit: f.Unit.String(), Region: f.Region, Grade: string(f.Grade), Source: f.Source}
		if !f.ValidTo.IsZero() {
			x.Year = f.ValidFrom.Add(12 * time.Hour).UTC().Year()
		}
		list = append(list, x)
	}
	return list
}
