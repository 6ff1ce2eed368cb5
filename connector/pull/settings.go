package pull

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lingtan/connector"
)

// Limits of the door.
const (
	stdInterval = time.Hour
	minInterval = 10 * time.Second
	stdTimeout  = 30 * time.Second
	stdLimit    = 8 << 20  // bytes of an answer, unpacked
	maxLimit    = 64 << 20 // the most that the option limit allows
	maxRows     = 100_000  // of an answer
	maxValues   = 500_000  // of an answer
	maxNameLen  = 120      // bytes of a value's name, as the admission keeps it
	maxSpan     = 366 * 24 * time.Hour
)

// settings are a device of the list, its options read.
type settings struct {
	device   connector.Device
	address  template
	zone     *time.Location // nil: not given
	interval time.Duration
	timeout  time.Duration
	limit    int64
	hold     bool // values of the future are kept until their time comes
	private  bool // addresses that are not public may be asked
	headers  string
	secret   string
	csv      *table // the answer is CSV; nil: JSON
	rows     *path  // JSON: of the rows; nil: one row, or arrays side by side
	time     field  // empty: the time of the fetch
	start    field  // empty: not given
	values   []field
	stamp    stamp
	step     time.Duration // of every value; 0: none, or by start
	atStart  bool          // a time is the start of its interval
	nulls    []string
}

// table is how a CSV answer is written.
type table struct {
	delimiter rune
	decimal   byte
	skip      int
}

// field is where a row holds something: a path in JSON, a column in CSV.
type field struct {
	name string
	path *path
	col  string
}

func (f field) there() bool { return f.path != nil || f.col != "" }

var knownOptions = []string{"format", "rows", "time", "start", "time_layout", "zone", "label", "span", "nulls", "future", "private",
	"headers_file", "secret_file", "timeout", "limit", "delimiter", "decimal", "skip"}

const valueOption = "value."

// settings reads the options of a device; what is wrong gives connector.ErrConfig.
func (d *Driver) settings(x connector.Device) (settings, error) {
	s := settings{device: x, interval: stdInterval, timeout: stdTimeout, limit: stdLimit}
	for key := range x.Options {
		if !slices.Contains(knownOptions, key) && !strings.HasPrefix(key, valueOption) {
			return s, s.fault("there is no option %.60q", key)
		}
	}
	if x.Interval > 0 {
		s.interval = max(x.Interval, minInterval)
	}
	for _, read := range []func() error{s.readForm, s.readFields, s.readTime, s.readLimits, s.readAddress} {
		if err := read(); err != nil {
			return s, err
		}
	}
	var err error
	if s.headers, err = s.secretPath("headers_file", d.secrets); err != nil {
		return s, err
	}
	s.secret, err = s.secretPath("secret_file", d.secrets)
	if err == nil && s.address.secret != (s.secret != "") {
		err = s.fault("{secret} in the address and the option secret_file go together")
	}
	return s, err
}

func (s *settings) fault(format string, args ...any) error {
	return fmt.Errorf("pull: device %s: %w: %s", s.device.ID, connector.ErrConfig, fmt.Sprintf(format, args...))
}

func (s *settings) option(name string) string { return s.device.Options[name] }

// choice is the option, or the first of the words where it is left out.
func (s *settings) choice(name string, words ...string) (string, error) {
	v := s.option(name)
	if v == "" {
		return words[0], nil
	}
	if !slices.Contains(words, v) {
		return "", s.fault("option %s is %.60q; say %s", name, v, strings.Join(words, " or "))
	}
	return v, nil
}

func (s *settings) readForm() error {
	form, err := s.choice("format", "json", "csv")
	if err != nil || form == "json" {
		return err
	}
	s.csv = &table{delimiter: ',', decimal: '.'}
	if v := s.option("delimiter"); v != "" {
		if v == "tab" {
			v = "\t"
		}
		if v != "," && v != ";" && v != "|" && v != "\t" {
			return s.fault("option delimiter: say , ; | or tab")
		}
		s.csv.delimiter = rune(v[0])
	}
	decimal, err := s.choice("decimal", ".", ",")
	if err != nil {
		return err
	}
	s.csv.decimal = decimal[0]
	if v := s.option("skip"); v != "" {
		if s.csv.skip, err = strconv.Atoi(v); err != nil || s.csv.skip < 0 || s.csv.skip > 1000 {
			return s.fault("option skip: say 0 to 1000")
		}
	}
	if s.option("rows") != "" {
		return s.fault("option rows is a path of JSON; every line of CSV is a row")
	}
	return nil
}

// readFields reads where rows, times and values stand.
func (s *settings) readFields() (err error) {
	if v := s.option("rows"); v != "" {
		if s.rows, err = parsePath(v); err != nil {
			return s.fault("option rows: %v", err)
		}
	}
	if s.time, err = s.field("time", "time"); err != nil {
		return err
	}
	if s.start, err = s.field("start", "start"); err != nil {
		return err
	}
	for key := range s.device.Options {
		name, is := strings.CutPrefix(key, valueOption)
		if !is {
			continue
		}
		if !isName(name) {
			return s.fault("option %.140q: a value's name has 1 to %d bytes of text", key, maxNameLen)
		}
		f, err := s.field(key, name)
		if err != nil {
			return err
		}
		if !f.there() {
			return s.fault("option %s is empty: say where the value stands", key)
		}
		s.values = append(s.values, f)
	}
	slices.SortFunc(s.values, func(a, b field) int { return strings.Compare(a.name, b.name) })
	if len(s.values) == 0 {
		return s.fault("no values: give an option value.NAME with the path or column of each")
	}
	return nil
}

func (s *settings) field(option, name string) (field, error) {
	v := s.option(option)
	if v == "" {
		return field{name: name}, nil
	}
	if s.csv != nil {
		return field{name: name, col: v}, nil
	}
	p, err := parsePath(v)
	if err != nil {
		return field{}, s.fault("option %s: %v", option, err)
	}
	return field{name: name, path: p}, nil
}

// readTime reads what a time means.
func (s *settings) readTime() (err error) {
	if v := s.option("zone"); v != "" {
		if s.zone, err = openZone(v); err != nil {
			return s.fault("option zone: %v", err)
		}
	}
	if s.stamp, err = newStamp(s.option("time_layout"), s.zone); err != nil {
		return s.fault("option time_layout: %v", err)
	}
	label, err := s.choice("label", "end", "start")
	if err != nil {
		return err
	}
	s.atStart = label == "start"
	if v := s.option("span"); v != "" {
		s.step, err = time.ParseDuration(v)
		if err != nil || s.step < time.Second || s.step > maxSpan || s.step%time.Second != 0 {
			return s.fault("option span: say whole seconds of 1s to 8784h")
		}
	}
	switch {
	case s.start.there() && (s.step != 0 || s.atStart || !s.time.there()):
		return s.fault("option start gives the interval together with time, its end: leave out span and label")
	case s.atStart && s.step == 0:
		return s.fault("label: start needs the option span")
	case !s.time.there() && s.rows != nil:
		return s.fault("option time is missing: rows differ by their times")
	case !s.time.there() && s.csv != nil:
		return s.fault("option time is missing: name its column")
	}
	for v := range strings.SplitSeq(s.option("nulls"), ",") {
		if v = strings.TrimSpace(v); v != "" {
			s.nulls = append(s.nulls, v)
		}
	}
	return nil
}

func (s *settings) readLimits() error {
	if v := s.option("timeout"); v != "" {
		var err error
		if s.timeout, err = time.ParseDuration(v); err != nil || s.timeout < 100*time.Millisecond || s.timeout > 5*time.Minute {
			return s.fault("option timeout: say 100ms to 5m")
		}
	}
	if v := s.option("limit"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 1 || n > maxLimit {
			return s.fault("option limit: say 1 to %d bytes", maxLimit)
		}
		s.limit = n
	}
	future, err := s.choice("future", "skip", "hold")
	if err != nil {
		return err
	}
	private, err := s.choice("private", "refuse", "allow")
	s.hold, s.private = future == "hold", private == "allow"
	return err
}

func (s *settings) readAddress() (err error) {
	if s.address, err = parseTemplate(s.device.Address); err != nil {
		return s.fault("address: %v", err)
	}
	return nil
}

// secretPath is the file that an option names. It lies in the folder that the operator of
// the machine gave for it: who may change lists cannot have other files sent elsewhere.
func (s *settings) secretPath(option, folder string) (string, error) {
	name := s.option(option)
	switch {
	case name == "":
		return "", nil
	case folder == "":
		return "", s.fault("option %s: this door was given no folder of secrets", option)
	case !filepath.IsLocal(name) || name != filepath.Base(name) || name == ".":
		return "", s.fault("option %s: give the bare name of a file in the folder of secrets", option)
	}
	return filepath.Join(folder, name), nil
}

// digest identifies what is fetched and how it is read; interval and the like do not count.
func (s *settings) digest() string {
	of := map[string]string{"address": s.device.Address}
	for k, v := range s.device.Options {
		if k != "timeout" && k != "limit" && k != "private" {
			of["option "+k] = v
		}
	}
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // texts
	}
	return digestOf(string(text))
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// isName says whether the admission keeps values of such a name.
func isName(s string) bool {
	return s != "" && len(s) <= maxNameLen && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}
