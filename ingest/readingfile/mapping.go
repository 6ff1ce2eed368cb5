package readingfile

import (
	"crypto/sha256"
	"encoding/json"
	"time"
)

// MappingFormat is the value of a mapping file's first field.
const MappingFormat = "lingtan.mapping/v1"

// Mapping says how the columns of a file become readings of registers. It is
// written as YAML; docs/formats/mapping.md explains every field.
type Mapping struct {
	Format     string   `yaml:"format" json:"format"`
	Layout     string   `yaml:"layout" json:"layout"`           // wide, long or session
	Encoding   string   `yaml:"encoding" json:"encoding"`       // utf-8 (default), gbk, gb18030, utf-16
	Delimiter  string   `yaml:"delimiter" json:"delimiter"`     // "," (default), ";", "|" or tab
	Sheet      string   `yaml:"sheet" json:"sheet"`             // of a workbook; empty = the first
	Skip       int      `yaml:"skip" json:"skip"`               // rows before the header, 0 to 1,000
	HeaderRows int      `yaml:"header_rows" json:"header_rows"` // 1 (default); 0 = no header, columns are #1, #2, …
	Nulls      []string `yaml:"nulls" json:"nulls"`             // texts that mean "no value", beside the empty cell
	Time       Time     `yaml:"time" json:"time"`
	Values     []Value  `yaml:"values" json:"values"`   // layout wide
	Long       *Long    `yaml:"long" json:"long"`       // layout long
	Session    *Session `yaml:"session" json:"session"` // layout session
	Limits     Limits   `yaml:"limits" json:"limits"`
}

// Time says how a row's label becomes an instant.
type Time struct {
	Column   string        `yaml:"column" json:"column"`
	Columns  TimeColumns   `yaml:"columns" json:"columns"`
	Layout   string        `yaml:"layout" json:"layout"`     // iso8601, unix, unix_ms, excel, a pattern (dd/mm/yyyy hh:mm) or a Go layout
	Zone     string        `yaml:"zone" json:"zone"`         // IANA name or ±hh:mm; empty = the offset is in the data
	Label    string        `yaml:"label" json:"label"`       // start or end of the interval (default end)
	Step     time.Duration `yaml:"step" json:"step"`         // length of the interval, 1 s to 366 days; 0 = the register's step
	Midnight string        `yaml:"midnight" json:"midnight"` // day-ends: 00:00 carries the date of the day that ends
	Shift    Shift         `yaml:"shift" json:"shift"`
	YearAdd  int           `yaml:"year_add" json:"year_add"` // added to the year as written, −3000 to 3000
	From     string        `yaml:"from" json:"from"`         // keep readings that begin at or after it
	To       string        `yaml:"to" json:"to"`             // keep readings that end at or before it
}

// TimeColumns names the columns of a label that is spread over several.
type TimeColumns struct {
	Date   string `yaml:"date" json:"date"` // date and clock are joined by a blank and read by the layout
	Clock  string `yaml:"clock" json:"clock"`
	Year   string `yaml:"year" json:"year"` // whole numbers; month and day from 1
	Month  string `yaml:"month" json:"month"`
	Day    string `yaml:"day" json:"day"`
	Hour   string `yaml:"hour" json:"hour"` // 0 to 24
	Minute string `yaml:"minute" json:"minute"`
	Second string `yaml:"second" json:"second"`
}

// Shift moves every instant by 24-hour days and hours: to lay a published year
// over another one, say.
type Shift struct {
	Days  int `yaml:"days" json:"days"`   // −36,600 to 36,600
	Hours int `yaml:"hours" json:"hours"` // −8,784 to 8,784
}

// Value is one value column of a wide file.
type Value struct {
	Column   string `yaml:"column" json:"column"`
	Register string `yaml:"register" json:"register"`
	Decimal  string `yaml:"decimal" json:"decimal"` // "." (default) or ","
	Empty    string `yaml:"empty" json:"empty"`     // gap (default) or reject
}

// Long says where a long file holds the register's name and the value.
type Long struct {
	RegisterColumn string            `yaml:"register_column" json:"register_column"`
	ValueColumn    string            `yaml:"value_column" json:"value_column"`
	Registers      map[string]string `yaml:"registers" json:"registers"` // name in the file → register key
	Template       string            `yaml:"template" json:"template"`   // register key with {column} placeholders
	Decimal        string            `yaml:"decimal" json:"decimal"`
	Empty          string            `yaml:"empty" json:"empty"`
}

// Session says where a file of sessions (charging, batches) holds them: a session
// becomes one reading with At = end, Span = end − start and Value = energy.
type Session struct {
	StartColumn  string `yaml:"start_column" json:"start_column"`
	EndColumn    string `yaml:"end_column" json:"end_column"`
	EnergyColumn string `yaml:"energy_column" json:"energy_column"`
	Register     string `yaml:"register" json:"register"` // register key with {column} placeholders
	Decimal      string `yaml:"decimal" json:"decimal"`
	Empty        string `yaml:"empty" json:"empty"`
}

// Limits bound what a file may ask of the machine.
type Limits struct {
	RowBytes int   `yaml:"row_bytes" json:"row_bytes"` // longest row, 1 KiB to 64 MiB; default 1 MiB
	Columns  int   `yaml:"columns" json:"columns"`     // widest row, 1 to 16,384; default 16,384
	Rows     int64 `yaml:"rows" json:"rows"`           // most data rows; default 10⁹
	Bytes    int64 `yaml:"bytes" json:"bytes"`         // most bytes unpacked; default 256 GiB
	Rejects  int   `yaml:"rejects" json:"rejects"`     // most rejects listed, 1 to 1,000,000; default 10,000
}

// The words of a mapping.
const (
	layoutWide    = "wide"
	layoutLong    = "long"
	layoutSession = "session"
	labelStart    = "start"
	labelEnd      = "end"
	dayEnds       = "day-ends"
	emptyGap      = "gap"
	emptyReject   = "reject"
	delimiterTab  = "tab"
)

// digest identifies what the mapping means, however it is written.
func (m Mapping) digest() ([]byte, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}

// setDefaults fills what the mapping left out.
func (m *Mapping) setDefaults() {
	word(&m.Encoding, "utf-8")
	word(&m.Delimiter, ",")
	word(&m.Time.Label, labelEnd)
	for i := range m.Values {
		word(&m.Values[i].Decimal, ".")
		word(&m.Values[i].Empty, emptyGap)
	}
	if m.Long != nil {
		word(&m.Long.Decimal, ".")
		word(&m.Long.Empty, emptyGap)
	}
	if m.Session != nil {
		word(&m.Session.Decimal, ".")
		word(&m.Session.Empty, emptyGap)
	}
	number(&m.Limits.RowBytes, 1<<20)
	number(&m.Limits.Columns, 16384)
	number(&m.Limits.Rows, 1_000_000_000)
	number(&m.Limits.Bytes, 256<<30)
	number(&m.Limits.Rejects, 10_000)
}

func word(s *string, or string) {
	if *s == "" {
		*s = or
	}
}

func number[T int | int64](n *T, or T) {
	if *n == 0 {
		*n = or
	}
}
