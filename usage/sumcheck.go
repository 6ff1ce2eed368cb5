package usage

import (
	"math"
	"sort"
	"time"

	"lingtan/period"
)

// The limits of the sum check: a day differs when parent and children part by more
// than SumShare of the parent and by more than SumLeast in its settle unit.
const (
	SumShare = 0.05
	SumLeast = 1.0
)

// SumCheck holds a parent meter against the sum of its children, day by day.
type SumCheck struct {
	Parent string
	Zone   *time.Location

	parent, children map[period.Day]float64
}

// Take adds a day's totals of the parent or of a child. A day that is not wholly
// known at any of them is not judged: a missing child is not a difference.
func (s *SumCheck) Take(key string, day period.Day, t Totals) error {
	if s.parent == nil {
		s.parent, s.children = map[period.Day]float64{}, map[period.Day]float64{}
	}
	sum := s.children
	if key == s.Parent {
		sum = s.parent
	}
	if t.Missing > 0 {
		sum[day] = math.NaN()
		return nil
	}
	sum[day] += t.Total()
	return nil
}

// Findings are the days that differ, in their order.
func (s *SumCheck) Findings() []Finding {
	var found []Finding
	for day, parent := range s.parent {
		children, ok := s.children[day]
		off := math.Abs(parent - children)
		if !ok || !(off > SumLeast && off > SumShare*math.Abs(parent)) { // false for NaN: not judged
			continue
		}
		i := day.Interval(s.Zone)
		found = append(found, Finding{Key: s.Parent, Rule: "sum", From: i.From.UnixMilli(), To: i.To.UnixMilli(), Count: 1, Value: parent - children,
			Limit: max(SumLeast, SumShare*math.Abs(parent)), Treatment: "flagged", Detail: "the parent meter and the sum of its children differ"})
	}
	sort.Slice(found, func(i, j int) bool { return found[i].From < found[j].From })
	return found
}
