package reconcile

import (
	"math"
	"slices"
)

// bounded reconciles with no flow below 0, beginning from the solution without bounds.
//
// The active set of a convex quadratic program: the flow furthest below 0 is held at 0;
// one that would come back above 0 when let go is let go. Letting go is tried outright:
// a held flow rises on release exactly when its multiplier has the wrong sign, since
// the objective along it is a parabola (Nocedal and Wright 2006, 16.5).
func (m *model) bounded(s *solution) (*solution, error) {
	for range 4*len(m.Flows) + 20 {
		if i := s.lowest(); i >= 0 {
			held := s.free
			held.zero = append(slices.Clone(held.zero), i)
			next, err := m.solve(held)
			if err != nil {
				return nil, fault("flow %q comes out below 0 and cannot be 0: %v", m.Flows[i].ID, err)
			}
			s = next
			continue
		}
		next, err := m.release(s)
		if err != nil {
			return nil, err
		}
		if next == nil {
			return s, nil
		}
		s = next
	}
	return nil, fault("no set of flows held at 0 was found for flow %q and those beside it; leave nonNegative out and look at flows far below 0", m.Flows[s.free.zero[len(s.free.zero)-1]].ID)
}

// lowest is the flow furthest below 0 in units of its deviation, −1 where none is. A
// flow that is not metered counts by the median deviation of all.
func (s *solution) lowest() int {
	usual := s.m.usualDeviation()
	at, least, tiny := -1, -1e-9, 1e-12*s.m.largest()
	for i, x := range s.x {
		sd := s.m.sd[i]
		if sd == 0 {
			sd = usual
		}
		if x < -tiny && x/sd < least && !slices.Contains(s.free.zero, i) { // false for NaN
			at, least = i, x/sd
		}
	}
	return at
}

// usualDeviation is the median standard deviation of the meters; 1 where there is none.
func (m *model) usualDeviation() float64 {
	all := slices.DeleteFunc(slices.Clone(m.sd), func(x float64) bool { return x == 0 })
	if len(all) == 0 {
		return 1
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// largest is the largest amount metered or given.
func (m *model) largest() float64 {
	var most float64
	for _, x := range m.value {
		most = math.Max(most, math.Abs(x))
	}
	for _, e := range m.equations {
		most = math.Max(most, math.Abs(e.constant))
	}
	return most
}

// release lets the flow go that rises most; nil when none does.
func (m *model) release(s *solution) (*solution, error) {
	var best *solution
	most := 0.0
	for k, i := range s.free.zero {
		let := s.free
		let.zero = slices.Delete(slices.Clone(let.zero), k, k+1)
		next, err := m.solve(let)
		if err != nil {
			return nil, err
		}
		if gain := s.objective - next.objective; next.x[i] > 0 && gain > 1e-9*math.Max(1, s.objective) && gain > most {
			best, most = next, gain
		}
	}
	return best, nil
}
