// Package tariff holds time-of-use electricity prices: the day patterns of Chinese provinces
// (sharp, peak, flat, valley, deep valley), their floating ratios, published price points, and the
// calendar of public holidays and make-up working days that special days follow.
//
// Every shipped number is grade B: read in one secondary source that quotes the notice, and to be
// confirmed before it is used for billing. Nothing is guessed: a region, category or day without a
// pattern or ratio is an error that names what there is.
package tariff

import (
	"errors"
	"slices"
	"strings"
	"time"

	"lingtan/period"
)

var (
	// ErrMissing says that there is no pattern, ratio or price for a query.
	ErrMissing = errors.New("no tariff")
	// ErrAmbiguous says that several rows fit a query equally well.
	ErrAmbiguous = errors.New("several tariffs fit")
	// ErrCalendar says that the public holidays of a year are not known.
	ErrCalendar = errors.New("public holidays not known")
	// ErrTable says that a row of a tariff table breaks a rule.
	ErrTable = errors.New("invalid tariff table")
)

// Class is the price class of an instant, as one letter.
type Class byte

// The price classes from dearest to cheapest.
const (
	Sharp  Class = 'S' // 尖
	Peak   Class = 'P' // 峰
	Flat   Class = 'F' // 平
	Valley Class = 'V' // 谷
	Deep   Class = 'D' // 深谷
)

// Classes lists the price classes from dearest to cheapest.
func Classes() []Class { return []Class{Sharp, Peak, Flat, Valley, Deep} }

// Name is a text in Chinese and English.
type Name struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Name is what a person reads.
func (c Class) Name() Name {
	switch c {
	case Sharp:
		return Name{"尖峰", "sharp peak"}
	case Peak:
		return Name{"高峰", "peak"}
	case Flat:
		return Name{"平段", "flat"}
	case Valley:
		return Name{"低谷", "valley"}
	case Deep:
		return Name{"深谷", "deep valley"}
	}
	return Name{"未知", "unknown"}
}

// String is the English name; the class marshals to it.
func (c Class) String() string { return c.Name().EN }

// MarshalText writes the class as its letter.
func (c Class) MarshalText() ([]byte, error) { return []byte{byte(c)}, nil }

// beijing is the time of all patterns, also in Xinjiang and Tibet: UTC+8 without daylight saving.
var beijing = time.FixedZone("UTC+8", 8*3600)

const (
	slots    = 48 // half-hours of a day
	halfHour = 30 // minutes
)

// Query says who asks and for which day.
type Query struct {
	// Region is a province, or a part with its own notices: 江苏, 深圳, 蒙西, 河北(南网).
	Region string
	// Categories says what the customer is, in the words of the notices: 两部制 or 单一制,
	// 大工业用电, 容量315千伏安及以上. Rows for everyone apply in any case.
	Categories []string
	// Day is the civil day in Beijing.
	Day period.Day
	// Declared says that the condition of a conditional special day (such as a maximum of 35 degC)
	// was met on the day.
	Declared bool
	// AnyYear also takes the earliest notice for days before it came into force, for studies of the
	// past; the result says so.
	AnyYear bool
}

// On returns the query for the day of an instant.
func (q Query) On(t time.Time) Query {
	q.Day = period.DayOf(t, beijing)
	return q
}

// Pattern is the day pattern of one day.
type Pattern struct {
	Region  string       `json:"region"`
	Day     period.Day   `json:"day"`
	Classes [slots]Class `json:"classes"` // half-hours from 00:00 Beijing time
	Rows    []string     `json:"rows"`    // ids of the rows it is made of, the overlays last
	Source  string       `json:"source"`  // the notices
	Grade   string       `json:"grade"`   // B: to be confirmed
	InForce bool         `json:"in_force"`
}

// At returns the class of an instant. The instant must lie in the pattern's day.
func (p Pattern) At(t time.Time) Class {
	t = t.In(beijing)
	return p.Classes[(t.Hour()*60+t.Minute())/halfHour]
}

// String is the 48 letters.
func (p Pattern) String() string {
	var b strings.Builder
	for _, c := range p.Classes {
		b.WriteByte(byte(c))
	}
	return b.String()
}

// Ratio says how the price of a class floats.
type Ratio struct {
	Region     string  `json:"region"`
	Class      Class   `json:"class"`
	Multiplier float64 `json:"multiplier"` // of the floating base; flat is 1
	Base       string  `json:"base"`       // what floats, in Chinese
	Row        string  `json:"row"`
	Source     string  `json:"source"`
	Grade      string  `json:"grade"`
	InForce    bool    `json:"in_force"`
}

// Price returns the price in CNY/kWh: fixed + base × multiplier, where base is the part that floats
// and fixed the rest (line loss, transmission, system operation, funds, as the notice says), both in
// CNY/kWh.
func (r Ratio) Price(base, fixed float64) float64 { return fixed + base*r.Multiplier }

// PricePoint is a published price of one month in CNY/kWh, without demand or capacity charge.
type PricePoint struct {
	ID        string  `json:"id"`
	Region    string  `json:"region"`
	Category  string  `json:"category"`
	Class     Class   `json:"class"`
	Month     string  `json:"month"` // YYYY-MM
	CNYPerKWh float64 `json:"cny_per_kwh"`
	Source    string  `json:"source"`
	Grade     string  `json:"grade"`
}

// serves reports whether a row for a region and category applies to the query.
func (q Query) serves(region string, category []string) bool {
	if region != q.Region && !strings.HasSuffix(region, "("+q.Region+")") {
		return false
	}
	for _, c := range category {
		if !slices.Contains(q.Categories, c) {
			return false
		}
	}
	return true
}
