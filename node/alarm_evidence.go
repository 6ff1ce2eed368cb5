package node

import (
	"context"
	"strings"
	"time"

	"lingtan/alarm/picture"
	"lingtan/balance"
	"lingtan/inventory"
	"lingtan/meter"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// evidenceMost is how many values of a signal are shown.
const evidenceMost = 2000

func addEvidence(s *picture.Series, at int64, value *float64) {
	if len(s.At) < evidenceMost {
		s.At, s.Values = append(s.At, time.UnixMilli(at).UTC()), append(s.Values, value)
	}
}

func (w *Alarms) readingEvidence(ctx context.Context, p *watched, key string, from, to time.Time, s *picture.Series) error {
	reg, _ := p.layout.Register(key)
	s.Unit, s.Name = reg.Unit, nameOf(p, key)
	return w.node.Series.Readings(ctx, meter.Query{Park: p.id, Keys: []string{key}, From: from.UnixMilli(), To: to.UnixMilli() + 1}, func(t meter.Track) error {
		for i, at := range t.At {
			x := t.Value[i]
			if reg.Step > 0 && i > 0 && at-t.At[i-1] > 2*reg.Step.Milliseconds() {
				addEvidence(s, t.At[i-1]+reg.Step.Milliseconds(), nil) // a gap is a gap
			}
			addEvidence(s, at, &x)
		}
		return nil
	})
}

func nameOf(p *watched, key string) park.Name {
	if point, ok := p.layout.PointOf(key); ok {
		return point.Name
	}
	return park.Name{}
}

func (w *Alarms) usageEvidence(ctx context.Context, p *watched, key string, from, to time.Time, s *picture.Series) error {
	reg, _ := p.layout.Register(key)
	s.Unit, s.Name = reg.SettleUnit, nameOf(p, key)
	first, last := period.DayOf(from, p.layout.Zone), period.DayOf(to, p.layout.Zone)
	step := p.layout.Grid.Step.Milliseconds()
	return w.node.Series.Usage(ctx, usage.Query{Park: p.id, Keys: []string{key}, First: first, Last: last}, func(d usage.Day) error {
		end := d.Day.Start(p.layout.Zone).UnixMilli()
		for i, x := range d.Amount {
			end += step
			if end < from.UnixMilli() || end > to.UnixMilli() {
				continue
			}
			if d.At(i).Base() == meter.Missing {
				addEvidence(s, end, nil)
				continue
			}
			addEvidence(s, end, &x)
		}
		return nil
	})
}

func (w *Alarms) balanceEvidence(ctx context.Context, p *watched, key string, from, to time.Time, s *picture.Series) error {
	node, part, _ := strings.Cut(key, "/")
	i, ok := p.layout.Node(node)
	if !ok {
		return nil
	}
	s.Name = p.layout.Network.Nodes[i].Name
	if c, ok := p.layout.Carrier(p.layout.Network.Nodes[i].Carrier); ok {
		s.Unit = c.Unit
	}
	pass, err := inventory.NewPass(p.layout.Document)
	if err != nil {
		return err
	}
	at := -1
	for n := range pass.Network.Nodes {
		if pass.Network.Nodes[n].ID == node {
			at = n
		}
	}
	if at < 0 {
		return nil
	}
	first, last := period.DayOf(from, p.layout.Zone), period.DayOf(to, p.layout.Zone)
	_, err = pass.Run(ctx, w.node.Series, first, last, 0, func(d *balance.Day, _ map[string]usage.Day) error {
		end := d.Day.Start(p.layout.Zone).UnixMilli()
		for t := range d.Slots {
			end += p.layout.Grid.Step.Milliseconds()
			if end < from.UnixMilli() || end > to.UnixMilli() || d.Residual[at] == nil {
				continue
			}
			in, _, sure := through(pass.Network, d, at, t)
			x := d.Residual[at][t]
			if part == "in" {
				x = in
			}
			if !sure {
				addEvidence(s, end, nil)
				continue
			}
			addEvidence(s, end, &x)
		}
		return nil
	})
	return err
}
