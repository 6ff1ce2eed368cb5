package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/park"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/proof"
	"lingtan/usage"
)

// Explain is the tree of an entry down to its registers by month, and to the signed
// statements of those that enterprises settle at their own sites.
func (n *Node) Explain(ctx context.Context, entry string) (inventory.Explanation, error) {
	x, err := n.EntryOwner(ctx, entry)
	if err != nil {
		return inventory.Explanation{}, err
	}
	tree, err := inventory.Explain(ctx, x.Inventory, strings.TrimSpace(entry), n.Series)
	if err != nil {
		return tree, err
	}
	return tree, n.explainStated(ctx, x.Inventory, &tree)
}

// ExplainDay goes one step further: a register's day with every settlement interval
// and the readings that it was settled from; or, where the readings stay with the
// enterprise, the statement that the day came with.
func (n *Node) ExplainDay(ctx context.Context, parkID, key string, day period.Day, asKnownAt int64) (inventory.Explanation, error) {
	l, err := n.Layout(ctx, parkID)
	if err != nil {
		return inventory.Explanation{}, err
	}
	reg, ok := l.Register(key)
	if !ok {
		return inventory.Explanation{}, fmt.Errorf("%w: register %q of park %s", meter.ErrRegister, key, parkID)
	}
	x := inventory.Explanation{Kind: "day", Ref: key + "/" + day.String(), Unit: reg.SettleUnit, Label: park.Name{ZH: day.String(), EN: day.String()}}
	err = n.Series.Usage(ctx, usage.Query{Park: parkID, Keys: []string{key}, First: day, Last: day, AsKnownAt: asKnownAt}, func(d usage.Day) error {
		t := d.Totals()
		x.Value, x.Quality = t.Total(), &t
		x.Detail = fmt.Sprintf("revision %d, %d readings, digest %x", d.Revision, d.Readings, d.Digest)
		for i, a := range d.Amount {
			at := day.Start(l.Zone).Add(time.Duration(i) * l.Grid.Step).In(l.Zone)
			x.Children = append(x.Children, inventory.Explanation{Kind: "interval", Value: a, Unit: reg.SettleUnit, Detail: d.At(i).String(),
				Label: park.Name{ZH: at.Format("15:04"), EN: at.Format("15:04")}})
		}
		return nil
	})
	if err != nil {
		return x, err
	}
	stated, err := n.statementNodes(ctx, usage.Query{Park: parkID, Keys: []string{key}, First: day, Last: day, AsKnownAt: asKnownAt}, reg.SettleUnit)
	if err != nil || len(stated) > 0 {
		x.Children = append(x.Children, stated...)
		return x, err
	}
	list, err := n.explainReadings(ctx, l, reg, day, asKnownAt)
	x.Children = append(x.Children, list)
	return x, err
}

// explainReadings lists the readings of a register's day.
func (n *Node) explainReadings(ctx context.Context, l *layout.Layout, reg meter.Register, day period.Day, asKnownAt int64) (inventory.Explanation, error) {
	t, err := n.dayReadings(ctx, l.Document.Park.ID, reg.Key, day, l.Zone, asKnownAt)
	list := inventory.Explanation{Kind: "readings", Value: float64(t.Len()), Unit: "readings", Label: park.Name{ZH: "读数", EN: "readings"}}
	for i := range t.Len() {
		at := time.UnixMilli(t.At[i]).In(l.Zone).Format("2006-01-02 15:04:05 Z07:00")
		rev := ""
		if t.Revision != nil && t.Revision[i] > 0 {
			rev = fmt.Sprintf("revision %d", t.Revision[i])
		}
		list.Children = append(list.Children, inventory.Explanation{Kind: "reading", Value: t.Value[i], Unit: reg.Unit, Detail: rev, Label: park.Name{ZH: at, EN: at}})
	}
	return list, err
}

// dayReadings are a register's readings with start of day < At ≤ end of day, those
// that the day's digest is over.
func (n *Node) dayReadings(ctx context.Context, parkID, key string, day period.Day, zone *time.Location, asKnownAt int64) (meter.Track, error) {
	i := day.Interval(zone)
	var t meter.Track
	q := meter.Query{Park: parkID, Keys: []string{key}, From: i.From.UnixMilli() + 1, To: i.To.UnixMilli() + 1, AsKnownAt: asKnownAt}
	err := n.Series.Readings(ctx, q, func(got meter.Track) error {
		t = meter.Track{Key: got.Key, At: slices.Clone(got.At), Span: slices.Clone(got.Span), Value: slices.Clone(got.Value), Revision: slices.Clone(got.Revision)}
		return nil
	})
	return t, err
}

// Prove proves that the reading of a register at an instant is part of a stored
// inventory.
func (n *Node) Prove(ctx context.Context, inventoryID, key string, at time.Time) (*evidence.ReadingProof, error) {
	x, err := n.Inventory(ctx, inventoryID)
	if err != nil {
		return nil, err
	}
	v := x.Inventory
	zone, err := time.LoadLocation(v.Structure.Park.Zone)
	if err != nil {
		return nil, err
	}
	day := period.DayOf(at.Add(-time.Millisecond), zone) // a reading at midnight closes the day before
	t, err := n.dayReadings(ctx, v.Structure.Park.ID, key, day, zone, v.AsKnownAt)
	if err != nil {
		return nil, err
	}
	i, ok := slices.BinarySearch(t.At, at.UnixMilli())
	if stated, err := n.statedOf(ctx, v.Structure.Park.ID, key); err != nil || len(stated) > 0 && !ok {
		return nil, errors.Join(err, fmt.Errorf("%w: %s at %s: the enterprise keeps its readings; ask it for lingtan statement disclose", evidence.ErrNoReading, key, at.Format(time.RFC3339)))
	}
	if !ok {
		return nil, fmt.Errorf("%w: %s at %s", evidence.ErrNoReading, key, at.Format(time.RFC3339))
	}
	p := &evidence.ReadingProof{Format: evidence.ProofFormat, Inventory: v.ID, Hash: x.Hash, At: t.At[i], Value: t.Value[i], Readings: usage.CanonicalReadings(nil, t)}
	return p, n.proveBlock(ctx, p, v, key, day)
}

// proveBlock adds the day's block and both audit paths.
func (n *Node) proveBlock(ctx context.Context, p *evidence.ReadingProof, v *inventory.Inventory, key string, day period.Day) error {
	first, err := period.ParseDay(v.Period.First)
	if err != nil {
		return err
	}
	last, err := period.ParseDay(v.Period.Last)
	if err != nil {
		return err
	}
	var tree proof.Tree
	leaf := -1
	err = n.Series.UsageByDay(ctx, usage.Query{Park: v.Structure.Park.ID, Keys: []string{key}, First: first, Last: last, AsKnownAt: v.AsKnownAt}, func(d usage.Day) error {
		block := usage.Block(nil, d)
		if d.Day == day {
			leaf, p.Block = tree.Len(), block
		}
		tree.Add(block)
		return nil
	})
	if err != nil {
		return err
	}
	if leaf < 0 {
		return fmt.Errorf("%w: %s has no settled usage on %s in %s", evidence.ErrNoReading, key, day, v.ID)
	}
	if p.InDays, err = tree.Prove(leaf); err != nil {
		return err
	}
	p.Record, p.InRecords, err = evidence.ProveRegister(v, key)
	if err == nil && hex.EncodeToString(tree.Root()) != p.Record.Root {
		return fmt.Errorf("%w: the usage of %s is not what %s was made of", evidence.ErrDifferent, key, v.ID)
	}
	return err
}
