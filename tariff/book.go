package tariff

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"lingtan/period"
)

//go:embed data/*.csv
var files embed.FS

// Book holds patterns, ratios and price points. It is read-only after it was made, except through
// its Read methods, which are not safe beside lookups.
type Book struct {
	patterns []patternRow
	ratios   []ratioRow
	prices   []PricePoint
}

// shipped reads the embedded tables once.
var shipped = sync.OnceValues(func() (Book, error) {
	var b Book
	for _, t := range []struct {
		name string
		read func(io.Reader) error
	}{{"patterns", b.ReadPatterns}, {"ratios", b.ReadRatios}, {"prices", b.ReadPrices}} {
		data, err := files.ReadFile("data/" + t.name + ".csv")
		if err != nil {
			return Book{}, fmt.Errorf("shipped tariffs: %w", err)
		}
		if err := t.read(bytes.NewReader(data)); err != nil {
			return Book{}, fmt.Errorf("shipped tariffs, %s.csv: %w", t.name, err)
		}
	}
	return b, nil
})

// Builtin returns a book of the shipped tables, to which the caller may add.
func Builtin() (*Book, error) {
	b, err := shipped()
	if err != nil {
		return nil, err
	}
	return &Book{slices.Clone(b.patterns), slices.Clone(b.ratios), slices.Clone(b.prices)}, nil
}

// Regions lists the regions that have a day pattern, sorted.
func (b *Book) Regions() []string {
	var list []string
	for _, r := range b.patterns {
		list = append(list, r.region)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Pattern returns the day pattern of a region's customers on a day: the newest notice in force, the
// row of the month, and the overlays of special days. Errors wrap ErrMissing, ErrAmbiguous or, when
// an overlay follows the holidays of a year not yet published, ErrCalendar.
func (b *Book) Pattern(q Query) (Pattern, error) {
	month := int(q.Day.Civil().Month())
	fits := func(r patternRow) bool { return q.serves(r.region, r.category) && r.holdsIn(month) }
	normal, inForce, err := newest(q, b.patterns, func(r patternRow) bool { return fits(r) && !r.overlay() })
	if err != nil {
		return Pattern{}, fmt.Errorf("day pattern of %s: %w; %s", q, err, b.patternsNear(q))
	}
	p := Pattern{Region: normal.region, Day: q.Day, Classes: normal.classes, Rows: []string{normal.id},
		Source: normal.source, Grade: normal.grade, InForce: inForce}
	for _, r := range b.patterns {
		if !fits(r) || !r.overlay() || !r.inForce(normal.day(q)) || r.region != normal.region {
			continue
		}
		special, err := r.special(q)
		if err != nil {
			return Pattern{}, fmt.Errorf("day pattern of %s, special days of row %s: %w", q, r.id, err)
		}
		if !special {
			continue
		}
		for i, c := range r.classes {
			if c != keep {
				p.Classes[i] = c
			}
		}
		p.Rows = append(p.Rows, r.id)
	}
	return p, nil
}

// ClassAt returns the price class of an instant; see Pattern. Query.Day is taken from the instant.
func (b *Book) ClassAt(q Query, t time.Time) (Class, error) {
	p, err := b.Pattern(q.On(t))
	if err != nil {
		return 0, err
	}
	return p.At(t), nil
}

// Ratio returns how the price of a class floats for a region's customers on a day. Flat is 1
// wherever any ratio is known. Errors wrap ErrMissing or ErrAmbiguous.
func (b *Book) Ratio(q Query, class Class) (Ratio, error) {
	month := int(q.Day.Civil().Month())
	row, inForce, err := newest(q, b.ratios, func(r ratioRow) bool {
		return q.serves(r.region, r.category) && r.holdsIn(month) && r.has(class)
	})
	if err != nil {
		return Ratio{}, fmt.Errorf("%s ratio of %s: %w; %s", class, q, err, b.ratiosNear(q))
	}
	return Ratio{Region: row.region, Class: class, Multiplier: row.multiplier(class), Base: row.baseText,
		Row: row.id, Source: row.source, Grade: row.grade, InForce: inForce}, nil
}

// Prices returns the published price points of a region in the month of a day, all categories. Most
// months have none: an empty list.
func (b *Book) Prices(region string, day period.Day) []PricePoint {
	month := day.Civil().Format("2006-01")
	var list []PricePoint
	for _, p := range b.prices {
		if p.Region == region && p.Month == month {
			list = append(list, p)
		}
	}
	return list
}

// PriceAt returns the class of an instant and its price in CNY/kWh from the floating base and the
// fixed part (see Ratio.Price), both CNY/kWh of the instant's month.
func (b *Book) PriceAt(q Query, t time.Time, base, fixed float64) (Class, float64, error) {
	class, err := b.ClassAt(q, t)
	if err != nil {
		return 0, 0, err
	}
	r, err := b.Ratio(q.On(t), class)
	if err != nil {
		return 0, 0, err
	}
	return class, r.Price(base, fixed), nil
}

// String names the query for messages.
func (q Query) String() string {
	s := q.Region
	if len(q.Categories) > 0 {
		s += " (" + strings.Join(q.Categories, ", ") + ")"
	}
	return s + " on " + q.Day.String()
}

// dated is what newest needs of a row.
type dated interface {
	base() header
}

// newest picks the row of the newest notice in force on the day; with Query.AnyYear and none in
// force, that of the earliest notice. Of several the one for the narrowest category wins; two for
// equally narrow ones are ambiguous.
func newest[R dated](q Query, rows []R, fits func(R) bool) (row R, inForce bool, err error) {
	var list, later []R
	for _, r := range rows {
		switch {
		case !fits(r):
		case r.base().inForce(q.Day):
			list = append(list, r)
		case r.base().from > q.Day:
			later = append(later, r)
		}
	}
	inForce = len(list) > 0
	// order puts the better row last.
	order := func(a, b R) int {
		return cmp.Or(cmp.Compare(a.base().from, b.base().from), cmp.Compare(len(a.base().category), len(b.base().category)))
	}
	if !inForce && q.AnyYear {
		list = later
		order = func(a, b R) int {
			return cmp.Or(-cmp.Compare(a.base().from, b.base().from), cmp.Compare(len(a.base().category), len(b.base().category)))
		}
	}
	if len(list) == 0 {
		var none R
		return none, false, ErrMissing
	}
	row = slices.MaxFunc(list, order)
	for _, r := range list {
		if r.base().id != row.base().id && order(r, row) == 0 {
			var none R
			return none, false, fmt.Errorf("%w: %s and %s", ErrAmbiguous, row.base().id, r.base().id)
		}
	}
	return row, inForce, nil
}

func (b *Book) patternsNear(q Query) string { return near(q, b.patterns, b.Regions()) }

func (b *Book) ratiosNear(q Query) string {
	var regions []string
	for _, r := range b.ratios {
		regions = append(regions, r.region)
	}
	slices.Sort(regions)
	return near(q, b.ratios, slices.Compact(regions))
}

// near says which categories and dates the region has, or which regions there are.
func near[R dated](q Query, rows []R, regions []string) string {
	var have []string
	for _, r := range rows {
		h := r.base()
		if !(Query{Region: q.Region, Categories: h.category}).serves(h.region, h.category) {
			continue
		}
		who := "everyone"
		if len(h.category) > 0 {
			who = strings.Join(h.category, " and ")
		}
		have = append(have, fmt.Sprintf("%s from %s", who, h.from))
	}
	slices.Sort(have)
	have = slices.Compact(have)
	if len(have) > 0 {
		return "the region has rows for " + strings.Join(have, ", ")
	}
	return "regions with rows: " + strings.Join(regions, ", ")
}
