package readingfile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// plan is a mapping laid over the columns of one file.
type plan struct {
	width   int
	time    []int // one column; date and clock; or year, month, day, hour, minute, second (−1: not there)
	end     int   // session: column of the end
	columns []column
	names   []int             // columns that name the register, in template order
	parts   []string          // template text around them: parts[0] names[0] parts[1] …
	table   map[string]string // name → register key, instead of a template
}

// column is a value column.
type column struct {
	index       int
	name        string
	decimal     byte
	rejectEmpty bool
	key         string // wide: the register
}

// header is the row of column names of a file.
type header struct {
	file  string
	line  int64
	names []string // trimmed; "#1", "#2", … without a header row
	delim string
}

// readHeader takes the rows before the data off the source.
func readHeader(src source, file string, m *Mapping) (header, error) {
	for range m.Skip {
		if _, err := src.next(); err != nil && !errors.Is(err, errQuote) {
			return header{}, noHeader(file, err)
		}
	}
	h := header{file: file, delim: m.Delimiter}
	for i := range max(1, m.HeaderRows) {
		cells, err := src.next()
		if err != nil {
			return header{}, noHeader(file, err)
		}
		if i > 0 {
			continue
		}
		h.line = src.line()
		for k, name := range cells {
			if m.HeaderRows == 0 {
				name = "#" + strconv.Itoa(k+1)
			}
			h.names = append(h.names, strings.Clone(strings.TrimSpace(name)))
		}
	}
	return h, nil
}

func noHeader(file string, err error) error {
	switch {
	case errors.Is(err, errQuote):
		return fmt.Errorf("%w: %s: quotes do not match in the header; set skip if the header comes later", ErrFormat, file)
	case errors.Is(err, errEnd):
		return fmt.Errorf("%w: %s ends before its header row; it holds no data, or skip is too large", ErrFormat, file)
	}
	return fmt.Errorf("%s: %w", file, err)
}

// find is the index of a column by its name, or by its place as "#3".
func (h header) find(name string) (int, error) {
	found := -1
	for i, n := range h.names {
		if n != strings.TrimSpace(name) {
			continue
		}
		if found >= 0 {
			return 0, fmt.Errorf("%w: %s line %d: column %q stands there twice, as #%d and #%d; name the one you mean by its place", ErrColumn, h.file, h.line, name, found+1, i+1)
		}
		found = i
	}
	if found >= 0 {
		return found, nil
	}
	if n, ok := strings.CutPrefix(name, "#"); ok {
		if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(h.names) {
			return i - 1, nil
		}
	}
	return 0, fmt.Errorf("%w: %s line %d: no column %q%s%s", ErrColumn, h.file, h.line, name, didYouMean(name, h.names), h.hint())
}

// hint guesses why nothing is found in this header.
func (h header) hint() string {
	if strings.ContainsRune(strings.Join(h.names, ""), '\ufffd') || !validUTF8(h.names) {
		return "; the header is not UTF-8: set encoding: gbk or gb18030"
	}
	if len(h.names) == 1 {
		for _, d := range []struct{ sign, word string }{{";", `";"`}, {"\t", "tab"}, {",", `","`}, {"|", `"|"`}} {
			if strings.Contains(h.names[0], d.sign) {
				return "; the header is one cell with " + d.word + " in it: set delimiter: " + d.word
			}
		}
	}
	quoted := make([]string, 0, 20)
	for _, n := range h.names[:min(len(h.names), 20)] {
		quoted = append(quoted, strconv.Quote(n))
	}
	more := ""
	if len(h.names) > 20 {
		more = fmt.Sprintf(" and %d more", len(h.names)-20)
	}
	return "; the columns are " + strings.Join(quoted, ", ") + more
}

// newPlan finds every column that the mapping names; the first that is not there
// refuses the file.
func newPlan(m *Mapping, h header) (*plan, error) {
	p := &plan{width: len(h.names), end: -1}
	var missing error
	find := func(name string) int {
		i, err := h.find(name)
		if missing == nil {
			missing = err
		}
		return i
	}
	p.planTime(m, find)
	add := func(name, decimal, empty, key string) {
		p.columns = append(p.columns, column{find(name), name, decimal[0], empty == emptyReject, key})
	}
	for _, v := range m.Values {
		add(v.Column, v.Decimal, v.Empty, v.Register)
	}
	template := ""
	if l := m.Long; l != nil {
		add(l.ValueColumn, l.Decimal, l.Empty, "")
		if p.table = l.Registers; len(p.table) > 0 {
			p.names = []int{find(l.RegisterColumn)}
		}
		template = l.Template
	}
	if s := m.Session; s != nil {
		add(s.EnergyColumn, s.Decimal, s.Empty, "")
		template = s.Register
	}
	if template != "" {
		pieces, err := splitTemplate(template)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrMapping, err)
		}
		for i, piece := range pieces {
			if i%2 == 0 {
				p.parts = append(p.parts, piece)
				continue
			}
			p.names = append(p.names, find(piece))
		}
	}
	return p, missing
}

func (p *plan) planTime(m *Mapping, find func(string) int) {
	c := m.Time.Columns
	switch {
	case m.Session != nil:
		p.time, p.end = []int{find(m.Session.StartColumn)}, find(m.Session.EndColumn)
	case m.Time.Column != "":
		p.time = []int{find(m.Time.Column)}
	case c.Date != "":
		p.time = []int{find(c.Date), find(c.Clock)}
	default:
		for _, name := range []string{c.Year, c.Month, c.Day, c.Hour, c.Minute, c.Second} {
			if name == "" {
				p.time = append(p.time, -1)
				continue
			}
			p.time = append(p.time, find(name))
		}
	}
}

// splitTemplate parts "ev-{stationId}.kwh" into text, column, text, …, text.
func splitTemplate(t string) ([]string, error) {
	var pieces []string
	for rest := t; ; {
		before, after, open := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return nil, fmt.Errorf("%q has a } without its {", t)
		}
		pieces = append(pieces, before)
		if !open {
			return pieces, nil
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return nil, fmt.Errorf("%q: write a column's name between { and }", t)
		}
		pieces, rest = append(pieces, name), tail
	}
}
