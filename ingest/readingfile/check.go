package readingfile

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"lingtan/period"
)

const maxMappingBytes = 1 << 20

// ParseMapping reads a mapping file, strictly: name is for the messages. Every
// fault is named with its line and column; the error wraps ErrMapping or, beyond
// 1 MiB, ErrLimit.
func ParseMapping(name string, data []byte) (Mapping, error) {
	if len(data) > maxMappingBytes {
		return Mapping{}, fmt.Errorf("%w: mapping %s has %d bytes; at most %d", ErrLimit, name, len(data), maxMappingBytes)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return Mapping{}, fmt.Errorf("%w:\n  %s: %v", ErrMapping, name, err)
	}
	if len(root.Content) == 0 {
		return Mapping{}, fmt.Errorf("%w:\n  %s:1:1: it is empty; it begins with format: %s", ErrMapping, name, MappingFormat)
	}
	m := Mapping{HeaderRows: 1}
	s := &strict{file: name, places: map[string]place{}}
	s.decode(root.Content[0], "", reflect.ValueOf(&m).Elem())
	if len(s.faults) == 0 {
		m.setDefaults()
		m.check(s)
	}
	if err := s.err(); err != nil {
		return Mapping{}, err
	}
	return m, nil
}

// at is where a path, or the nearest block that holds it, stands.
func (s *strict) at(path string) place {
	for path != "" {
		if at, ok := s.places[path]; ok {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return cmp.Or(s.places[""], place{1, 1})
}

// need demands a text at path.
func (s *strict) need(path, value string) {
	if strings.TrimSpace(value) == "" {
		s.fault(s.at(path), "%s is missing", path)
	}
}

// oneOf demands one of the words at path.
func (s *strict) oneOf(path, value string, words ...string) {
	if !slices.Contains(words, value) {
		s.fault(s.at(path), "%s is %q%s; write %s", path, value, didYouMean(value, words), strings.Join(words, ", "))
	}
}

// within demands a number at path.
func (s *strict) within(path string, value, low, high int64) {
	if value < low || value > high {
		s.fault(s.at(path), "%s is %d; write %d to %d", path, value, low, high)
	}
}

func (m *Mapping) check(s *strict) {
	s.oneOf("format", m.Format, MappingFormat)
	s.oneOf("layout", m.Layout, layoutWide, layoutLong, layoutSession)
	s.oneOf("encoding", strings.ToLower(m.Encoding), "utf-8", "gbk", "gb18030", "utf-16")
	s.oneOf("delimiter", m.Delimiter, ",", ";", "|", delimiterTab)
	s.within("skip", int64(m.Skip), 0, 1000)
	s.within("header_rows", int64(m.HeaderRows), 0, 100)
	s.within("limits.row_bytes", int64(m.Limits.RowBytes), 1<<10, 64<<20)
	s.within("limits.columns", int64(m.Limits.Columns), 1, 16384)
	s.within("limits.rows", m.Limits.Rows, 1, 1<<50)
	s.within("limits.bytes", m.Limits.Bytes, 1, 1<<50)
	s.within("limits.rejects", int64(m.Limits.Rejects), 1, 1_000_000)
	if len(m.Nulls) > 100 {
		s.fault(s.at("nulls"), "nulls lists %d texts; at most 100", len(m.Nulls))
	}
	m.checkBlocks(s)
	m.Time.check(s, m.Layout == layoutSession)
}

// checkBlocks sees that exactly the block of the layout is there.
func (m *Mapping) checkBlocks(s *strict) {
	for _, b := range []struct {
		path, layout string
		there        bool
	}{{"values", layoutWide, m.Values != nil}, {"long", layoutLong, m.Long != nil}, {"session", layoutSession, m.Session != nil}} {
		if b.there && m.Layout != b.layout {
			s.fault(s.at(b.path), "%s belongs to layout: %s, but the layout is %q", b.path, b.layout, m.Layout)
		}
		if !b.there && m.Layout == b.layout {
			s.fault(s.at("layout"), "layout: %s needs the block %s", m.Layout, b.path)
		}
	}
	m.checkValues(s)
	if m.Long != nil {
		m.Long.check(s)
	}
	if m.Session != nil {
		v := m.Session
		s.need("session.start_column", v.StartColumn)
		s.need("session.end_column", v.EndColumn)
		s.need("session.energy_column", v.EnergyColumn)
		s.template("session.register", v.Register)
		s.sign("session", v.Decimal, v.Empty)
	}
}

func (m *Mapping) checkValues(s *strict) {
	if len(m.Values) > 16384 {
		s.fault(s.at("values"), "values lists %d columns; at most 16384", len(m.Values))
		return
	}
	used := map[string]bool{}
	for i, v := range m.Values {
		path := fmt.Sprintf("values[%d]", i)
		s.need(path+".column", v.Column)
		s.need(path+".register", v.Register)
		s.sign(path, v.Decimal, v.Empty)
		if used[v.Register] {
			s.fault(s.at(path+".register"), "register %q is filled by two columns", v.Register)
		}
		used[v.Register] = true
	}
	if m.Layout == layoutWide && m.Values != nil && len(m.Values) == 0 {
		s.fault(s.at("values"), "values is empty; name at least one column and its register")
	}
}

func (l *Long) check(s *strict) {
	s.need("long.value_column", l.ValueColumn)
	s.sign("long", l.Decimal, l.Empty)
	switch {
	case (len(l.Registers) == 0) == (l.Template == ""):
		s.fault(s.at("long"), "long needs either registers (a table name: register) or template (%q), not both", "ev-{stationId}.kwh")
	case l.Template != "":
		s.template("long.template", l.Template)
		if l.RegisterColumn != "" {
			s.fault(s.at("long.register_column"), "register_column goes with the table registers; a template names its columns itself")
		}
	default:
		s.need("long.register_column", l.RegisterColumn)
	}
	if len(l.Registers) > 100_000 {
		s.fault(s.at("long.registers"), "registers lists %d names; at most 100000", len(l.Registers))
	}
	for name, key := range l.Registers {
		s.need("long.registers["+name+"]", key)
	}
}

// sign checks the decimal sign and what an empty cell means.
func (s *strict) sign(path, decimal, empty string) {
	s.oneOf(path+".decimal", decimal, ".", ",")
	s.oneOf(path+".empty", empty, emptyGap, emptyReject)
}

func (s *strict) template(path, t string) {
	s.need(path, t)
	if _, err := splitTemplate(t); err != nil {
		s.fault(s.at(path), "%s: %v", path, err)
	}
}

func (t *Time) check(s *strict, session bool) {
	t.checkColumns(s, session)
	s.oneOf("time.label", t.Label, labelStart, labelEnd)
	s.within("time.year_add", int64(t.YearAdd), -3000, 3000)
	s.within("time.shift.days", int64(t.Shift.Days), -36600, 36600)
	s.within("time.shift.hours", int64(t.Shift.Hours), -8784, 8784)
	if t.Step != 0 && (t.Step < time.Second || t.Step > 366*24*time.Hour || t.Step%time.Second != 0) {
		s.fault(s.at("time.step"), "time.step is %v; write whole seconds from 1s to 8784h", t.Step)
	}
	if t.Midnight != "" {
		s.oneOf("time.midnight", t.Midnight, dayEnds)
	}
	zone, err := openZone(t.Zone)
	if err != nil {
		s.fault(s.at("time.zone"), "time.zone: %v", err)
	}
	if _, err := t.clip(zone); err != nil {
		s.fault(s.at("time.from"), "%v", err)
	}
	if t.Columns.Year != "" {
		s.zoned(t.Zone == "", "time.columns hold no offset")
		return
	}
	s.need("time.layout", t.Layout)
	if t.Layout == "" {
		return
	}
	stamp, err := newStamp(t.Layout, t.YearAdd)
	if err != nil {
		s.fault(s.at("time.layout"), "time.layout: %v", err)
		return
	}
	s.zoned(t.Zone == "" && !stamp.mayOffset(), fmt.Sprintf("layout %q bears no offset", t.Layout))
	if stamp.instants() && (t.Midnight != "" || t.YearAdd != 0) {
		s.fault(s.at("time.layout"), "layout %s counts seconds: midnight and year_add do not apply", t.Layout)
	}
}

// zoned demands a zone where the data bear none.
func (s *strict) zoned(missing bool, why string) {
	if missing {
		s.fault(s.at("time.zone"), "time.zone is missing: %s; write an IANA name such as Asia/Shanghai or an offset such as +08:00", why)
	}
}

func (t *Time) checkColumns(s *strict, session bool) {
	c := t.Columns
	parts := c.Year != "" || c.Month != "" || c.Day != "" || c.Hour != "" || c.Minute != "" || c.Second != ""
	clock := c.Date != "" || c.Clock != ""
	ways := 0
	for _, way := range []bool{t.Column != "", parts, clock} {
		if way {
			ways++
		}
	}
	switch {
	case session && (ways > 0 || t.Midnight != ""):
		s.fault(s.at("time"), "in layout: session the times stand in session.start_column and end_column; leave out time.column, columns and midnight")
	case session:
	case ways != 1:
		s.fault(s.at("time"), "time needs one of: column; columns with date and clock; columns with year, month, day (hour, minute, second)")
	case clock:
		s.need("time.columns.date", c.Date)
		s.need("time.columns.clock", c.Clock)
	case parts:
		s.need("time.columns.year", c.Year)
		s.need("time.columns.month", c.Month)
		s.need("time.columns.day", c.Day)
	}
}

// span is a closed range of instants in Unix milliseconds.
type span struct{ from, to int64 }

// clip reads from and to: an instant (2018-01-01T00:00:00Z) or a date, whose
// first instant in the zone is meant.
func (t *Time) clip(zone *time.Location) (span, error) {
	out := span{-1 << 62, 1 << 62}
	for _, e := range []struct {
		name, text string
		at         *int64
	}{{"from", t.From, &out.from}, {"to", t.To, &out.to}} {
		if e.text == "" {
			continue
		}
		if at, err := time.Parse(time.RFC3339, e.text); err == nil {
			*e.at = at.UnixMilli()
			continue
		}
		day, err := period.ParseDay(e.text)
		if err != nil || zone == nil {
			return out, fmt.Errorf("time.%s is %q; write an instant such as 2018-01-01T00:00:00Z or, with time.zone set, a date such as 2018-01-01", e.name, e.text)
		}
		*e.at = day.Start(zone).UnixMilli()
	}
	if out.from >= out.to {
		return out, fmt.Errorf("time.from %s is not before time.to %s", t.From, t.To)
	}
	return out, nil
}
