package usage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lingtan/meter"
	"lingtan/period"
)

// ReadingSource hands on registers' readings and people's edits as known at a
// recorded time.
type ReadingSource interface {
	Readings(ctx context.Context, q meter.Query, fn func(meter.Track) error) error
	Edits(ctx context.Context, park string, keys []string, from, to, asKnownAt int64) ([]Edit, error)
}

// Book keeps settled days and findings.
type Book interface {
	Usage(ctx context.Context, q Query, fn func(Day) error) error
	PutUsage(ctx context.Context, park string, days []Day, marks ...meter.Mark) error
	PutFindings(ctx context.Context, park string, keys []string, from, to int64, found []Finding) error
}

// Settlement is one run over registers and days of a park.
type Settlement struct {
	Park      string
	Settler   Settler
	Registers []meter.Register
	First     period.Day
	Last      period.Day
	Source    ReadingSource
	Book      Book
	Workers   int                   // at least 1
	Progress  func(done, total int) // registers; may be nil
}

// Settled is what a run did.
type Settled struct {
	Registers int   `json:"registers"`
	Readings  int64 `json:"readings"`
	Days      int   `json:"days"`      // settled
	Revised   int   `json:"revised"`   // of them stored as a new first or later revision
	Unchanged int   `json:"unchanged"` // settled to what was stored already
	Findings  int   `json:"findings"`
}

// What a run holds at a time. The store reads readings and writes days in blocks of
// many registers, and pays for a whole block each time: groups are large. Days are
// stored in few transactions, since each is synced to disk.
const (
	groupReadings    = 2 << 20  // readings of a group, 20 bytes each
	pendingIntervals = 12 << 20 // settled intervals that wait to be stored, some 10 bytes each
)

// groupSize is how many registers are read and settled together: as many as
// groupReadings allows, and so few that every worker has some.
func (s Settlement) groupSize(registers int) int {
	slots := int(s.Last-s.First+1) * s.slots()
	share := (registers + 2*s.Workers - 1) / max(1, 2*s.Workers)
	return max(1, min(groupReadings/max(1, slots), share))
}

// slots are the settlement intervals of a day of 24 hours.
func (s Settlement) slots() int { return int(24 * time.Hour / s.Settler.Grid.Step) }

// Run settles the registers and stores the days that came out differently than
// what is stored, each as the day's next revision. It may be killed at any moment
// and run again: what is stored already is found unchanged.
func (s Settlement) Run(ctx context.Context) (Settled, error) {
	out := outcome{run: s}
	g, working := errgroup.WithContext(ctx) // done when Wait returns
	g.SetLimit(max(1, s.Workers))
	registers := slices.DeleteFunc(slices.Clone(s.Registers), func(r meter.Register) bool { return r.Kind == meter.State })
	for group := range slices.Chunk(registers, s.groupSize(len(registers))) {
		g.Go(func() error {
			one, err := s.group(working, group)
			if err != nil {
				return err
			}
			return out.take(working, one, len(registers))
		})
	}
	if err := g.Wait(); err != nil {
		return out.sum, err
	}
	return out.sum, out.pending.store(ctx, s)
}

// outcome gathers what the groups of a run came to.
type outcome struct {
	run     Settlement
	mu      sync.Mutex
	sum     Settled
	pending settled
}

// settled is what some registers were settled to, not yet stored.
type settled struct {
	did   Settled
	keys  []string
	days  []Day
	found []Finding
}

// take adds a group and stores what waits when it is enough. Storing goes on beside
// the settling of other groups.
func (o *outcome) take(ctx context.Context, one settled, registers int) error {
	o.mu.Lock()
	o.sum.Add(one.did)
	p := &o.pending
	p.keys, p.days, p.found = append(p.keys, one.keys...), append(p.days, one.days...), append(p.found, one.found...)
	var full settled
	if len(p.days) >= pendingIntervals/o.run.slots() {
		full, o.pending = o.pending, settled{}
	}
	if o.run.Progress != nil {
		o.run.Progress(o.sum.Registers, registers)
	}
	o.mu.Unlock()
	return full.store(ctx, o.run)
}

func (w settled) store(ctx context.Context, s Settlement) error {
	if len(w.keys) == 0 {
		return nil
	}
	zone := s.Settler.Grid.Zone
	from, to := s.First.Start(zone).UnixMilli(), (s.Last + 1).Start(zone).UnixMilli()
	if err := s.Book.PutFindings(ctx, s.Park, w.keys, from, to, w.found); err != nil {
		return err
	}
	return s.Book.PutUsage(ctx, s.Park, w.days)
}

// Add sums o into s.
func (s *Settled) Add(o Settled) {
	s.Registers += o.Registers
	s.Readings += o.Readings
	s.Days += o.Days
	s.Revised += o.Revised
	s.Unchanged += o.Unchanged
	s.Findings += o.Findings
}

// stored is what the book holds of a day: enough to tell whether it is the same.
type stored struct {
	revision uint16
	digest   [32]byte
}

// group settles some registers.
func (s Settlement) group(ctx context.Context, registers []meter.Register) (settled, error) {
	w := settled{did: Settled{Registers: len(registers)}}
	zone := s.Settler.Grid.Zone
	from, to := s.First.Start(zone).UnixMilli(), (s.Last + 1).Start(zone).UnixMilli()
	margin := s.Settler.Policy.Margin().Milliseconds()
	byKey := map[string]meter.Register{}
	for _, r := range registers {
		byKey[r.Key] = r
		w.keys = append(w.keys, r.Key)
	}
	have, err := s.known(ctx, w.keys)
	if err != nil {
		return w, err
	}
	edits, err := s.Source.Edits(ctx, s.Park, w.keys, from-margin, to+margin, 0)
	if err != nil {
		return w, err
	}
	take := func(t meter.Track) error {
		d, f, err := s.Settler.Settle(byKey[t.Key], s.First, s.Last, t, edits)
		if err != nil {
			return err
		}
		w.did.Readings += int64(t.Len())
		w.did.Days += len(d)
		fresh, late := s.differing(d, have)
		w.days, w.found = append(w.days, fresh...), append(append(w.found, f...), late...)
		delete(byKey, t.Key)
		return ctx.Err()
	}
	if err := s.Source.Readings(ctx, meter.Query{Park: s.Park, Keys: w.keys, From: from - margin, To: to + margin + 1}, take); err != nil {
		return w, fmt.Errorf("settle %s: %w", s.Park, err)
	}
	for _, k := range w.keys { // registers that never spoke
		if _, silent := byKey[k]; !silent {
			continue
		}
		if err := take(meter.Track{Key: k}); err != nil {
			return w, err
		}
	}
	w.did.Revised, w.did.Unchanged, w.did.Findings = len(w.days), w.did.Days-len(w.days), len(w.found)
	return w, nil
}

// known is what the book holds of the keys' days.
func (s Settlement) known(ctx context.Context, keys []string) (map[string]map[period.Day]stored, error) {
	have := map[string]map[period.Day]stored{}
	err := s.Book.Usage(ctx, Query{Park: s.Park, Keys: keys, First: s.First, Last: s.Last}, func(d Day) error {
		if have[d.Key] == nil {
			have[d.Key] = map[period.Day]stored{}
		}
		have[d.Key][d.Day] = stored{revision: d.Revision, digest: contentDigest(d)}
		return nil
	})
	return have, err
}

// differing are the days whose content is not what is stored, with the revision
// that they become; and a finding for every day, revised now or before, that had
// been settled when something of it changed.
func (s Settlement) differing(days []Day, have map[string]map[period.Day]stored) (fresh []Day, late []Finding) {
	if len(have) == 0 {
		return days, nil
	}
	for _, d := range days {
		old, ok := have[d.Key][d.Day]
		d.Revision = old.revision
		if !ok || old.digest != contentDigest(d) {
			if ok {
				d.Revision++
			}
			fresh = append(fresh, d)
		}
		if d.Revision > 0 {
			i := d.Day.Interval(s.Settler.Grid.Zone)
			late = append(late, Finding{Key: d.Key, Rule: "late", From: i.From.UnixMilli(), To: i.To.UnixMilli(), Count: 1, Value: float64(d.Revision),
				Treatment: "restated", Detail: "readings or edits came after the day had been settled; the value is its revision"})
		}
	}
	return fresh, late
}
