package consolidation

import "slices"

// Seen is what the keeper of a place is shown of a result. At an enterprise: its own
// totals and the transfers that it has a part in, with its own entries alone. At a park: its
// members and the transfers among them, with their entries. Above a park: totals of the
// places one level down and of sectors, and what these places handed to one another,
// without enterprises and entries. Errors: ErrCase where there is no such place.
func (r *Result) Seen(path string) (*Result, error) {
	v, err := r.At(path)
	if err != nil {
		return nil, err
	}
	out := &Result{Format: r.Format, Title: r.Title, Period: r.Period, Views: []View{*v}, Countings: []Counting{}}
	s := seer{top: v, below: map[string]View{}}
	for _, x := range r.Views {
		if slices.ContainsFunc(v.Below, func(b Slice) bool { return b.Key == x.Path }) {
			s.below[x.Path] = x
		}
	}
	for _, c := range r.Countings {
		if c, show := s.counting(c); show {
			out.Countings = append(out.Countings, c)
		}
	}
	if v.Level == "enterprise" {
		return out, nil
	}
	for _, b := range v.Below {
		x := s.below[b.Key]
		if !s.within() { // its parts are its own business
			x.Below, x.Sectors = []Slice{}, []Slice{}
		}
		out.Views = append(out.Views, x)
	}
	return out, nil
}

// seer is one who looks from a place.
type seer struct {
	top   *View
	below map[string]View
}

// within says whether the place looks into enterprises: a park or an enterprise does.
func (s *seer) within() bool { return s.top.Level == "park" || s.top.Level == "enterprise" }

// counting is a counting as the place is shown it.
func (s *seer) counting(c Counting) (Counting, bool) {
	supplier, buyer := under(c.Supplier, s.top.Path), under(c.Buyer, s.top.Path)
	switch {
	case s.top.Level == "enterprise":
		if !supplier {
			c.Given.Entries = []string{}
		}
		if !buyer {
			c.Taken.Entries = []string{}
		}
		return c, supplier || buyer
	case !supplier || !buyer:
		return c, false
	case s.within():
		return c, true
	}
	c.Supplier, c.Buyer = s.part(c.Supplier), s.part(c.Buyer)
	c.Given.Entries, c.Taken.Entries = []string{}, []string{}
	return c, c.Supplier != c.Buyer
}

// part is the place one level down that holds a path; the top itself where none does.
func (s *seer) part(path string) string {
	for p := range s.below {
		if under(path, p) {
			return p
		}
	}
	return s.top.Path
}

// under says whether a path is top's or below it.
func under(path, top string) bool {
	return path == top || len(path) > len(top) && path[:len(top)] == top && path[len(top)] == '/'
}
