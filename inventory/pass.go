package inventory

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"lingtan/balance"
	"lingtan/meter"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// UsageSource hands on settled days in the order of days: all registers of a day,
// then those of the next. What it hands on may be overwritten after the call.
type UsageSource interface {
	UsageByDay(ctx context.Context, q usage.Query, fn func(usage.Day) error) error
}

// Pass goes through the balanced days of a park in time order.
type Pass struct {
	Network *balance.Network
	Grid    period.Grid
	Keys    []string // the registers that meter the network's edges
	park    string
}

// NewPass prepares a pass over a park's network.
func NewPass(doc *park.Document) (*Pass, error) {
	zone, err := time.LoadLocation(doc.Park.Zone)
	if err != nil {
		return nil, fmt.Errorf("park %s: %w", doc.Park.ID, err)
	}
	step, err := time.ParseDuration(doc.Park.Interval)
	if err != nil {
		return nil, fmt.Errorf("park %s: interval: %w", doc.Park.ID, err)
	}
	grid, err := period.NewGrid(step, zone)
	if err != nil {
		return nil, err
	}
	network, err := balance.NewNetwork(doc.Network, doc.Carriers...)
	if err != nil {
		return nil, err
	}
	p := &Pass{Network: network, Grid: grid, park: doc.Park.ID}
	for _, e := range doc.Network.Edges {
		if e.Register != "" {
			p.Keys = append(p.Keys, e.Register)
		}
	}
	return p, nil
}

// readAhead is how many days are read while one is worked on.
const readAhead = 4

// Run balances the days [first, last] as known at a recorded time and hands each to
// fn with the settled days it was made of, which are overwritten when fn has
// returned. It returns how many usage days there were. Days are read ahead beside
// the work on them; fn is called for one after the other in order of time.
func (p *Pass) Run(ctx context.Context, src UsageSource, first, last period.Day, asKnownAt int64, fn func(*balance.Day, map[string]usage.Day) error) (int, error) {
	if last < first {
		return 0, nil
	}
	r := reader{pass: p, full: make(chan *settledDay, readAhead), free: make(chan *settledDay, readAhead+2)}
	for range cap(r.free) {
		r.free <- &settledDay{settled: make(map[string]usage.Day, len(p.Keys))}
	}
	g, working := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(r.full)
		return r.read(working, src, usage.Query{Park: p.park, Keys: p.Keys, First: first, Last: last, AsKnownAt: asKnownAt})
	})
	g.Go(func() error {
		for d := range r.full {
			b, err := p.Network.Close(d.day, p.Grid.Slots(d.day), d.settled)
			if err == nil {
				err = fn(b, d.settled)
			}
			if err != nil {
				return err
			}
			r.free <- d
		}
		return nil
	})
	err := g.Wait()
	return r.count, err
}

// settledDay is all registers of a day, in its own memory.
type settledDay struct {
	day      period.Day
	settled  map[string]usage.Day
	amount   []float64
	quality  []meter.Quality
	coverage []uint8
}

// open empties d for a day.
func (d *settledDay) open(day period.Day) {
	d.day = day
	clear(d.settled)
	d.amount, d.quality, d.coverage = d.amount[:0], d.quality[:0], d.coverage[:0]
}

// add copies u into d.
func (d *settledDay) add(u usage.Day) {
	u.Amount = kept(&d.amount, u.Amount)
	u.Quality = kept(&d.quality, u.Quality)
	u.Coverage = kept(&d.coverage, u.Coverage)
	d.settled[u.Key] = u
}

// kept is a copy of list at the end of all; nil stays nil.
func kept[T any](all *[]T, list []T) []T {
	if list == nil {
		return nil
	}
	n := len(*all)
	*all = append(*all, list...)
	return (*all)[n:len(*all):len(*all)]
}

// reader gathers usage into days, also those on which nothing was settled.
type reader struct {
	pass  *Pass
	full  chan *settledDay
	free  chan *settledDay
	count int
}

func (r *reader) read(ctx context.Context, src UsageSource, q usage.Query) error {
	day, err := r.next(ctx, nil, q.First)
	if err != nil {
		return err
	}
	err = r.pass.days(ctx, src, q, func(u usage.Day) error {
		for day.day < u.Day {
			if day, err = r.next(ctx, day, day.day+1); err != nil {
				return err
			}
		}
		r.count++
		day.add(u)
		return nil
	})
	for err == nil && day.day < q.Last {
		day, err = r.next(ctx, day, day.day+1)
	}
	if err == nil {
		_, err = r.next(ctx, day, q.Last+1)
	}
	return err
}

// next hands on a day that is complete and opens another.
func (r *reader) next(ctx context.Context, done *settledDay, day period.Day) (*settledDay, error) {
	if done != nil {
		select {
		case r.full <- done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case d := <-r.free:
		d.open(day)
		return d, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *Pass) days(ctx context.Context, src UsageSource, q usage.Query, fn func(usage.Day) error) error {
	if len(q.Keys) == 0 {
		return nil
	}
	return src.UsageByDay(ctx, q, fn)
}

// inService are the registers of edges that are in service on a day of [first, last].
func (p *Pass) inService(first, last period.Day) []string {
	var keys []string
	for _, e := range p.Network.Edges {
		from, to := e.Valid.Days()
		if e.Register != "" && from <= last && to > first {
			keys = append(keys, e.Register)
		}
	}
	return keys
}
