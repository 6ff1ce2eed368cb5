// Package factor is the library of emission factors and their kin: sourced, dated and versioned
// numbers with units, looked up by what they are about, where and when they hold, and what was
// known at a moment.
//
// Two clocks rule it. Valid time is the span a factor holds for (a grid factor of 2023). Known
// time is when it could be known: the day it was published, or the day a person recorded it here.
// A closed inventory asks with the moment it was closed and gets the same factor again.
//
// Nothing is guessed: a lookup that finds no factor, or more than one, says so and names what is
// near. Defaults of different guidelines are never merged. Built-in rows carry a grade: A was
// read in an official text or two independent sources, B in one secondary source and is to be
// confirmed. Values without a source are not in the library.
package factor

import (
	"errors"
	"time"

	"lingtan/quantity"
)

var (
	// ErrMissing says that no factor fits a query; the text names what is missing and what is near.
	ErrMissing = errors.New("no factor")
	// ErrAmbiguous says that several factors fit a query; the text names them.
	ErrAmbiguous = errors.New("several factors fit")
	// ErrInvalid says that a factor or a query breaks a rule; the text says which.
	ErrInvalid = errors.New("invalid factor")
	// ErrConflict says that an id and version are already taken by other content, or that a newer
	// version was recorded earlier than the one it replaces.
	ErrConflict = errors.New("factor conflicts with the library")
)

// Grade says how well a number is sourced.
type Grade string

const (
	// GradeA was read in an official text or in two independent sources.
	GradeA Grade = "A"
	// GradeB was read in one secondary source and is to be confirmed against the official text.
	GradeB Grade = "B"
	// GradeOwn was entered by the user: measured, or given by a supplier.
	GradeOwn Grade = "own"
)

// Confirmed reports whether the number needs no further check; a GradeB one is to be confirmed.
func (g Grade) Confirmed() bool { return g == GradeA || g == GradeOwn }

// Label is what a person reads beside the number.
func (g Grade) Label() Name {
	switch g {
	case GradeA:
		return Name{ZH: "已核实", EN: "confirmed"}
	case GradeOwn:
		return Name{ZH: "自有数据", EN: "own data"}
	default:
		return Name{ZH: "待核实", EN: "to be confirmed"}
	}
}

// Name is a text in Chinese and English.
type Name struct {
	ZH string `json:"zh" yaml:"zh"`
	EN string `json:"en" yaml:"en"`
}

// Factor is one sourced number. Times are instants; the zero time is an open end.
type Factor struct {
	ID      string `json:"id"`      // stable key, such as grid.prov.32.2023
	Version string `json:"version"` // edition and content hash, such as 2023-5f0c1a9e
	Name    Name   `json:"name"`

	Category  string `json:"category"`  // kind of factor, such as grid_provincial
	Item      string `json:"item"`      // what it is about, such as natural_gas
	Parameter string `json:"parameter"` // which number of it, such as ncv; decides the unit's dimension
	Guideline string `json:"guideline"` // whose rule, such as gbt32151_34

	Value    float64       `json:"value"`
	Unit     quantity.Unit `json:"unit"`
	UnitText string        `json:"unit_text"` // as the source prints it

	Region      string    `json:"region"` // CN, GLOBAL, a grid region or a province in Chinese
	ValidFrom   time.Time `json:"valid_from,omitzero"`
	ValidTo     time.Time `json:"valid_to,omitzero"` // end, exclusive
	PublishedAt time.Time `json:"published_at,omitzero"`
	RecordedAt  time.Time `json:"recorded_at,omitzero"` // when it entered this library; zero = shipped

	Source string `json:"source"`
	Seen   string `json:"seen,omitempty"` // where the number was actually read
	Grade  Grade  `json:"grade"`
	Note   string `json:"note,omitempty"`
}

// Ref is id@version, which pins the content: an entry that keeps it can be recomputed to the bit.
func (f Factor) Ref() string { return f.ID + "@" + f.Version }

// China is the civil time of the factors' dates, UTC+8 without daylight saving.
var china = time.FixedZone("UTC+8", 8*3600)

// holdsAt reports whether t lies in the valid span [ValidFrom, ValidTo).
func (f Factor) holdsAt(t time.Time) bool {
	return !t.Before(f.ValidFrom) && (f.ValidTo.IsZero() || t.Before(f.ValidTo))
}

// knownAt reports whether the factor could be known at t; every factor is known at the zero time,
// which stands for now. A factor without a publication date counts as always known.
func (f Factor) knownAt(t time.Time) bool {
	return t.IsZero() || (!f.PublishedAt.After(t) && !f.RecordedAt.After(t))
}
