package factor

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
)

const (
	maxFile = 16 << 20 // bytes of one factor file
	maxRows = 100_000  // factors of one file
	maxText = 4000     // bytes of one field
	maxID   = 120      // bytes of an id
)

// row is a factor as written in a file; docs/formats/factors.md describes the fields.
type row struct {
	ID          string `yaml:"id"`
	Name        Name   `yaml:"name"`
	Category    string `yaml:"category"`
	Item        string `yaml:"item"`
	Parameter   string `yaml:"parameter"`
	Guideline   string `yaml:"guideline"`
	Value       string `yaml:"value"`
	Unit        string `yaml:"unit"`
	Region      string `yaml:"region"`
	ValidFrom   string `yaml:"valid_from"`
	ValidTo     string `yaml:"valid_to"`
	PublishedAt string `yaml:"published_at"`
	RecordedAt  string `yaml:"recorded_at"`
	Source      string `yaml:"source"`
	Seen        string `yaml:"seen"`
	Grade       string `yaml:"grade"`
	Note        string `yaml:"note"`
}

// field returns the place of a column in the row; nil for a column that is not known.
func (r *row) field(column string) *string {
	switch column {
	case "id":
		return &r.ID
	case "name_zh":
		return &r.Name.ZH
	case "name_en":
		return &r.Name.EN
	case "category":
		return &r.Category
	case "item":
		return &r.Item
	case "parameter":
		return &r.Parameter
	case "guideline":
		return &r.Guideline
	case "value":
		return &r.Value
	case "unit":
		return &r.Unit
	case "region":
		return &r.Region
	case "valid_from":
		return &r.ValidFrom
	case "valid_to":
		return &r.ValidTo
	case "published_at":
		return &r.PublishedAt
	case "recorded_at":
		return &r.RecordedAt
	case "source":
		return &r.Source
	case "seen":
		return &r.Seen
	case "grade":
		return &r.Grade
	case "note":
		return &r.Note
	}
	return nil
}

// ReadCSV reads factors from a CSV file with a header row (UTF-8, commas, RFC 4180 quotes; at most
// 16 MB and 100 000 rows). A row without a grade is GradeOwn. All faulty rows are reported together,
// each with its line; then no factor is returned. Errors wrap ErrInvalid.
func ReadCSV(r io.Reader) ([]Factor, error) {
	data, err := readLimited(r)
	if err != nil {
		return nil, err
	}
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: header row: %v", ErrInvalid, err)
	}
	var probe row
	for i, name := range head {
		if probe.field(name) == nil || slices.Index(head, name) != i {
			return nil, fmt.Errorf("%w: column %q is unknown or twice; see the column list in docs/formats/factors.md", ErrInvalid, name)
		}
	}
	var list []Factor
	var faults []error
	for {
		cells, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrInvalid, err)
		}
		line, _ := c.FieldPos(0)
		if len(list)+len(faults) >= maxRows {
			return nil, fmt.Errorf("%w: more than %d rows; split the file", ErrInvalid, maxRows)
		}
		var w row
		for i, cell := range cells {
			*w.field(head[i]) = strings.TrimSpace(cell)
		}
		f, err := w.factor()
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		list = append(list, f)
	}
	return list, joined(faults, &list)
}

// ReadYAML reads factors from a YAML file: a list under the key factors, with the same fields as
// the CSV columns and name: {zh, en}. The same limits and checks hold.
func ReadYAML(r io.Reader) ([]Factor, error) {
	data, err := readLimited(r)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Factors []row `yaml:"factors"`
	}
	if err := yaml.UnmarshalWithOptions(data, &doc, yaml.DisallowUnknownField()); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrInvalid, yaml.FormatError(err, false, false))
	}
	if len(doc.Factors) > maxRows {
		return nil, fmt.Errorf("%w: more than %d factors; split the file", ErrInvalid, maxRows)
	}
	var list []Factor
	var faults []error
	for i, w := range doc.Factors {
		f, err := w.factor()
		if err != nil {
			faults = append(faults, fmt.Errorf("factor %d: %w", i+1, err))
			continue
		}
		list = append(list, f)
	}
	return list, joined(faults, &list)
}

// joined reports the first twenty faults as one error and drops the list when there is any.
func joined(faults []error, list *[]Factor) error {
	if len(faults) == 0 {
		return nil
	}
	*list = nil
	if n := len(faults); n > 20 {
		faults = append(faults[:20], fmt.Errorf("%w: and %d more", ErrInvalid, n-20))
	}
	return errors.Join(faults...)
}

func readLimited(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read factors: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%w: the file is larger than %d bytes; split it", ErrInvalid, maxFile)
	}
	return data, nil
}

// factor checks a row and makes the factor of it.
func (w row) factor() (Factor, error) {
	fail := func(format string, args ...any) (Factor, error) {
		return Factor{}, fmt.Errorf("factor %q: %w", w.ID, fmt.Errorf(format, args...))
	}
	if err := w.checkTexts(); err != nil {
		return fail("%w", err)
	}
	value, err := strconv.ParseFloat(w.Value, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) || strings.ContainsAny(w.Value, "xX_pP") {
		return fail("%w: value %q is not a decimal number", ErrInvalid, w.Value)
	}
	unit, err := unitOf(w.Parameter, w.Item, w.Unit)
	if err != nil {
		return fail("%w", err)
	}
	f := Factor{
		ID: w.ID, Name: w.Name, Category: w.Category, Item: w.Item, Parameter: w.Parameter,
		Guideline: w.Guideline, Value: value, Unit: unit, UnitText: w.Unit, Region: w.Region,
		Source: w.Source, Seen: w.Seen, Grade: Grade(w.Grade), Note: w.Note,
	}
	if f.Grade == "" {
		f.Grade = GradeOwn
	}
	if f.Grade != GradeA && f.Grade != GradeB && f.Grade != GradeOwn {
		return fail("%w: grade %q is not A, B or own; a number without a source cannot be a factor", ErrInvalid, w.Grade)
	}
	for _, d := range []struct {
		text string
		to   *time.Time
		end  bool
	}{
		{w.ValidFrom, &f.ValidFrom, false}, {w.ValidTo, &f.ValidTo, true},
		{w.PublishedAt, &f.PublishedAt, false}, {w.RecordedAt, &f.RecordedAt, false},
	} {
		if *d.to, err = parseDate(d.text, d.end); err != nil {
			return fail("%w", err)
		}
	}
	if !f.ValidTo.IsZero() && !f.ValidFrom.Before(f.ValidTo) {
		return fail("%w: valid_to %s is before valid_from %s", ErrInvalid, w.ValidTo, w.ValidFrom)
	}
	f.Version = f.version()
	return f, nil
}

func (w row) checkTexts() error {
	for _, must := range [][2]string{
		{"id", w.ID}, {"category", w.Category}, {"item", w.Item}, {"parameter", w.Parameter},
		{"guideline", w.Guideline}, {"region", w.Region}, {"source", w.Source}, {"unit", w.Unit},
	} {
		if must[1] == "" {
			return fmt.Errorf("%w: %s is empty", ErrInvalid, must[0])
		}
	}
	if w.Name.ZH == "" && w.Name.EN == "" {
		return fmt.Errorf("%w: it has no name in Chinese or English", ErrInvalid)
	}
	if len(w.ID) > maxID || strings.ContainsFunc(w.ID, func(r rune) bool { return r == '@' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return fmt.Errorf("%w: an id has at most %d bytes and neither spaces nor @", ErrInvalid, maxID)
	}
	for _, s := range []string{w.Name.ZH, w.Name.EN, w.Category, w.Item, w.Parameter, w.Guideline, w.Unit, w.Region, w.Source, w.Seen, w.Note} {
		if len(s) > maxText || !utf8Valid(s) {
			return fmt.Errorf("%w: a field is longer than %d bytes or not UTF-8", ErrInvalid, maxText)
		}
	}
	return nil
}

func utf8Valid(s string) bool { return strings.ToValidUTF8(s, "") == s }

// parseDate reads YYYY, YYYY-MM or YYYY-MM-DD as its first instant in China, or, for an end, as
// the first instant after it; an RFC 3339 instant is taken as it is. Empty is the zero time.
func parseDate(s string, end bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, l := range []struct {
		layout              string
		years, months, days int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {"2006-01-02", 0, 0, 1}} {
		t, err := time.ParseInLocation(l.layout, s, china)
		if err != nil {
			continue
		}
		if end {
			t = t.AddDate(l.years, l.months, l.days)
		}
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1 {
		return time.Time{}, fmt.Errorf("%w: %q is not a date such as 2023, 2023-07, 2023-07-01 or 2023-07-01T00:00:00+08:00", ErrInvalid, s)
	}
	return t, nil
}

// version names the content: the first year it holds for (or the guideline, when undated) and the
// first 8 hex digits of the SHA-256 of all that decides a result. Names, sources and notes may be
// improved without a new version.
func (f Factor) version() string {
	h := sha256.New()
	for _, s := range []string{
		f.ID, f.Category, f.Item, f.Parameter, f.Guideline, f.Region,
		strconv.FormatFloat(f.Value, 'g', -1, 64), f.Unit.String(),
		stamp(f.ValidFrom), stamp(f.ValidTo), stamp(f.PublishedAt),
	} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	edition := f.Guideline
	if !f.ValidFrom.IsZero() {
		edition = f.ValidFrom.In(china).Format("2006")
	}
	return edition + "-" + hex.EncodeToString(h.Sum(nil))[:8]
}

// Authentic reports whether the factor's content makes its version: that it is what
// it was when it was read, and not a changed value under the same name.
func (f Factor) Authentic() bool { return f.Version == f.version() }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
