package tariff

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lingtan/period"
)

const (
	maxFile = 4 << 20 // bytes of one table
	maxRows = 20_000
	keep    = Class('.') // in an overlay: the normal pattern stays
	forever = period.Day(math.MaxInt32)
)

// header is what all rows have: who, when, and where it is from.
type header struct {
	id, region    string
	category      []string // what a customer must be, all of it
	months        []int    // empty: all
	from, to      period.Day
	source, grade string
}

func (h header) base() header { return h }

func (h header) inForce(d period.Day) bool { return h.from <= d && d < h.to }

func (h header) holdsIn(month int) bool {
	return len(h.months) == 0 || slices.Contains(h.months, month)
}

// day is the day of the query, or the first day of the notice when that came later (AnyYear).
func (h header) day(q Query) period.Day { return max(q.Day, h.from) }

type patternRow struct {
	header
	classes    [slots]Class
	holidays   []string // names, or * for every public holiday
	minDays    int      // of days off in a row, for *
	restMonths []int
	condition  string
}

// overlay reports whether the row is for special days only.
func (r patternRow) overlay() bool {
	return len(r.holidays) > 0 || len(r.restMonths) > 0 || r.condition != ""
}

// special reports whether the day is one that an overlay is for.
func (r patternRow) special(q Query) (bool, error) {
	if r.condition != "" {
		return q.Declared, nil
	}
	c, err := Calendar(q.Day)
	if err != nil {
		return false, err
	}
	if slices.Contains(r.restMonths, int(q.Day.Civil().Month())) && !c.Working() {
		return true, nil
	}
	if c.Kind != PublicHoliday {
		return false, nil
	}
	if slices.Contains(r.holidays, "*") {
		n, err := restRun(q.Day)
		return n >= r.minDays, err
	}
	return slices.ContainsFunc(c.Names, func(name string) bool { return slices.Contains(r.holidays, name) }), nil
}

type ratioRow struct {
	header
	percent      map[Class]float64 // of the base, above or below flat
	sharpOfPeak  float64           // 0: not by this rule
	deepOfValley float64
	baseText     string
}

func (r ratioRow) has(c Class) bool {
	if c == Flat {
		return len(r.percent) > 0
	}
	_, ok := r.percent[c]
	return ok || c == Sharp && r.sharpOfPeak > 0 || c == Deep && r.deepOfValley > 0
}

// multiplier of the floating base: 1 + percent/100, or by the peak's or valley's.
func (r ratioRow) multiplier(c Class) float64 {
	p, ok := r.percent[c]
	switch {
	case !ok && c == Sharp:
		return (100 + r.percent[Peak]) / 100 * r.sharpOfPeak
	case !ok && c == Deep:
		return (100 + r.percent[Valley]) / 100 * r.deepOfValley
	}
	return (100 + p) / 100
}

// ReadPatterns adds the day patterns of a CSV table (columns as in data/patterns.csv, described
// in data/README.md; at most 4 MB and 20 000 rows). A later notice goes before an earlier. Errors wrap
// ErrTable and name the line; then nothing is added.
func (b *Book) ReadPatterns(r io.Reader) error {
	var list []patternRow
	err := readTable(r, "pattern", func(cell func(string) string) error {
		h, err := readHeader(cell)
		if err != nil {
			return err
		}
		row := patternRow{header: h, holidays: strings.Fields(cell("holidays")), condition: cell("condition")}
		if row.restMonths, err = readMonths(cell("rest_months")); err != nil {
			return err
		}
		if s := cell("min_days"); s != "" {
			if row.minDays, err = strconv.Atoi(s); err != nil || row.minDays < 1 || row.minDays > 10 {
				return fmt.Errorf("%w: min_days %q is not 1 to 10", ErrTable, s)
			}
		}
		row.classes, err = readClasses(cell("pattern"), row.overlay())
		list = append(list, row)
		return err
	})
	if err == nil {
		b.patterns = append(b.patterns, list...)
	}
	return err
}

// readClasses reads 48 letters; only an overlay may keep half-hours.
func readClasses(s string, overlay bool) (classes [slots]Class, err error) {
	if len(s) != slots {
		return classes, fmt.Errorf("%w: a pattern has %d letters, not %d", ErrTable, slots, len(s))
	}
	for i := range classes {
		c := Class(s[i])
		if !slices.Contains(Classes(), c) && !(overlay && c == keep) {
			return classes, fmt.Errorf("%w: %q at half-hour %d is not one of S, P, F, V, D", ErrTable, s[i], i)
		}
		classes[i] = c
	}
	return classes, nil
}

// ReadRatios adds the floating ratios of a CSV table with the columns of data/ratios.csv.
func (b *Book) ReadRatios(r io.Reader) error {
	var list []ratioRow
	err := readTable(r, "base", func(cell func(string) string) error {
		h, err := readHeader(cell)
		if err != nil {
			return err
		}
		row := ratioRow{header: h, percent: make(map[Class]float64), baseText: cell("base")}
		for column, class := range map[string]Class{"sharp": Sharp, "peak": Peak, "valley": Valley, "deep": Deep} {
			if cell(column) == "" {
				continue
			}
			if row.percent[class], err = readNumber(column, cell(column), -100, 500); err != nil {
				return err
			}
		}
		for column, to := range map[string]*float64{"sharp_of_peak": &row.sharpOfPeak, "deep_of_valley": &row.deepOfValley} {
			if cell(column) == "" {
				continue
			}
			if *to, err = readNumber(column, cell(column), 0.01, 10); err != nil {
				return err
			}
		}
		_, peak := row.percent[Peak]
		_, valley := row.percent[Valley]
		if len(row.percent) == 0 || row.sharpOfPeak > 0 && !peak || row.deepOfValley > 0 && !valley {
			return fmt.Errorf("%w: a row needs a ratio, and the peak or valley that another class multiplies", ErrTable)
		}
		list = append(list, row)
		return nil
	})
	if err == nil {
		b.ratios = append(b.ratios, list...)
	}
	return err
}

// ReadPrices adds the monthly price points of a CSV table with the columns of data/prices.csv.
func (b *Book) ReadPrices(r io.Reader) error {
	letters := map[string]Class{"sharp": Sharp, "peak": Peak, "flat": Flat, "valley": Valley, "deep": Deep}
	var list []PricePoint
	err := readTable(r, "price", func(cell func(string) string) error {
		p := PricePoint{ID: cell("id"), Region: cell("region"), Category: cell("category"), Month: cell("month"),
			Class: letters[cell("period")], Source: cell("source"), Grade: cell("grade")}
		if _, err := time.Parse("2006-01", p.Month); err != nil || p.Class == 0 || p.Region == "" || p.ID == "" {
			return fmt.Errorf("%w: a price needs id, region, period (sharp, peak, flat, valley, deep) and month YYYY-MM", ErrTable)
		}
		var err error
		p.CNYPerKWh, err = readNumber("price", cell("price"), -10, 100)
		list = append(list, p)
		return err
	})
	if err == nil {
		b.prices = append(b.prices, list...)
	}
	return err
}

func readHeader(cell func(string) string) (header, error) {
	h := header{id: cell("id"), region: cell("region"), category: strings.Fields(cell("category")), source: cell("source"), grade: cell("grade")}
	if h.id == "" || h.region == "" || h.source == "" {
		return h, fmt.Errorf("%w: id, region and source are needed", ErrTable)
	}
	var err error
	if h.months, err = readMonths(cell("months")); err != nil {
		return h, err
	}
	if h.from, err = readDay(cell("valid_from"), false); err != nil {
		return h, err
	}
	h.to = forever
	if s := cell("valid_to"); s != "" {
		if h.to, err = readDay(s, true); err != nil {
			return h, err
		}
	}
	if h.to <= h.from {
		return h, fmt.Errorf("%w: valid_to is before valid_from", ErrTable)
	}
	return h, nil
}

// readDay reads YYYY, YYYY-MM or YYYY-MM-DD as its first day, or, for an end, the day after it.
func readDay(s string, end bool) (period.Day, error) {
	for _, l := range []struct {
		layout              string
		years, months, days int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {"2006-01-02", 0, 0, 1}} {
		t, err := time.Parse(l.layout, s)
		if err != nil {
			continue
		}
		if end {
			t = t.AddDate(l.years, l.months, l.days)
		}
		return period.DayOf(t, time.UTC), nil
	}
	return 0, fmt.Errorf("%w: %q is not a date such as 2025, 2025-06 or 2025-06-01", ErrTable, s)
}

func readMonths(s string) ([]int, error) {
	var list []int
	for _, f := range strings.Fields(s) {
		m, err := strconv.Atoi(f)
		if err != nil || m < 1 || m > 12 || slices.Contains(list, m) {
			return nil, fmt.Errorf("%w: months %q are not different numbers 1 to 12", ErrTable, s)
		}
		list = append(list, m)
	}
	return list, nil
}

func readNumber(column, s string, low, high float64) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= low && v <= high) {
		return 0, fmt.Errorf("%w: %s %q is not a number from %g to %g", ErrTable, column, s, low, high)
	}
	return v, nil
}

// readTable hands each row of a CSV table to add; must is a column the table cannot lack.
func readTable(r io.Reader, must string, add func(cell func(string) string) error) error {
	limited := &io.LimitedReader{R: r, N: maxFile + 1}
	c := csv.NewReader(limited)
	head, err := c.Read()
	if err != nil || !slices.Contains(head, must) {
		return fmt.Errorf("%w: the header row lacks the column %s: %v", ErrTable, must, err)
	}
	for n := 1; ; n++ {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %v", ErrTable, err)
		}
		if n > maxRows || limited.N <= 0 {
			return fmt.Errorf("%w: more than %d rows or %d bytes", ErrTable, maxRows, maxFile)
		}
		err = add(func(column string) string {
			if i := slices.Index(head, column); i >= 0 {
				return strings.TrimSpace(cells[i])
			}
			return ""
		})
		if err != nil {
			line, _ := c.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
	return nil
}
