package node

import (
	"context"
	"fmt"

	"lingtan/inventory"
	"lingtan/method"
	"lingtan/period"
	"lingtan/store/series"
	"lingtan/usage"
)

// View is the traced and accounted energy of a park over a period, as known now.
func (n *Node) View(ctx context.Context, park, text string) (*inventory.View, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	span, err := period.Parse(text, l.Zone)
	if err != nil {
		return nil, err
	}
	first, last := l.Grid.Days(span)
	p, err := n.Profile(ctx, park, first, last)
	if err != nil {
		return nil, err
	}
	pack, err := method.Find(l.Document.Park.Method)
	if err != nil {
		return nil, fmt.Errorf("park %s: %w", park, err)
	}
	now := n.Now()
	declared, err := n.declared(ctx, park, text, now)
	if err != nil {
		return nil, err
	}
	return p.View(pack, n.Factors, first, last, now, declared...)
}

// Findings are what validation found in a park and period.
func (n *Node) Findings(ctx context.Context, park, text string, keys, rules []string, limit int) ([]usage.Finding, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	filter := series.FindingFilter{Keys: keys, Rules: rules, Limit: limit}
	if text != "" {
		span, err := period.Parse(text, l.Zone)
		if err != nil {
			return nil, err
		}
		filter.From, filter.To = span.From.UnixMilli(), span.To.UnixMilli()
	}
	return n.Series.Findings(ctx, park, filter)
}

// FindingCounts counts the findings of a park and period by rule and treatment; no
// keys are all registers.
func (n *Node) FindingCounts(ctx context.Context, park, text string, keys []string) ([]usage.FindingCount, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	span, err := period.Parse(text, l.Zone)
	if err != nil {
		return nil, err
	}
	return n.Series.FindingCounts(ctx, park, series.FindingFilter{Keys: keys, From: span.From.UnixMilli(), To: span.To.UnixMilli()})
}

// Days hands on a register's settled days of a period.
func (n *Node) Days(ctx context.Context, park, register, text string, fn func(usage.Day) error) error {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return err
	}
	span, err := period.Parse(text, l.Zone)
	if err != nil {
		return err
	}
	first, last := l.Grid.Days(span)
	return n.Series.Usage(ctx, usage.Query{Park: park, Keys: []string{register}, First: first, Last: last}, fn)
}

// Extent is the first and last day that a park was settled for, here or by enterprises
// that stated it; ok is false when it never was.
func (n *Node) Extent(ctx context.Context, park string) (first, last period.Day, ok bool, err error) {
	mark, err := n.settledUpTo(ctx, park)
	if err != nil {
		return 0, 0, false, err
	}
	return n.statedExtent(ctx, park, mark.First, mark.Last, mark.Version != "")
}
