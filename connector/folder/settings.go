package folder

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lingtan/connector"
	"lingtan/ingest/readingfile"
)

// How a file shows that it is complete.
const (
	whenAtRest  = "rest"   // size and time of change stay as they are for a while
	whenRenamed = "rename" // it gets its name only when it is whole
	whenTwin    = "done"   // a file of its name with .done behind it stands beside it
)

// Limits of the door.
const (
	stdInterval = 10 * time.Second
	minInterval = time.Second
	stdRest     = 10 * time.Second
	maxRest     = time.Hour
	stdBytes    = 256 << 20
	maxBytes    = 4 << 30
	stdRows     = 10_000_000
	maxRows     = 100_000_000
	maxUnpacked = 4 << 30 // of a file, unpacked
	maxMapping  = 1 << 20
	maxEntries  = 100_000 // files of a folder that one look takes in
	maxFileName = 180     // bytes, so that a receipt's name has room
	maxNameLen  = 120     // bytes of a value's name, as the admission keeps it
	stdMatch    = "*.csv,*.tsv,*.txt,*.gz,*.xlsx,*.parquet"
)

// settings are a device of the list, its options read.
type settings struct {
	device   connector.Device
	dir      string // absolute
	own      bool   // it lies in the inbox: it is made where it is missing
	mapping  string // path of the mapping file; empty = inline
	inline   string
	complete string
	rest     time.Duration
	match    []string // patterns in lower case
	bytes    int64
	rows     int64
	instants map[string]bool // names whose values belong to the label itself
	interval time.Duration
}

var knownOptions = map[string]bool{"mapping": true, "complete": true, "rest": true, "match": true, "max_bytes": true, "max_rows": true, "instants": true}

// settings reads the options of a device; what is wrong gives connector.ErrConfig.
func (d *Driver) settings(x connector.Device) (settings, error) {
	s := settings{device: x, complete: whenAtRest, rest: stdRest, bytes: stdBytes, rows: stdRows, interval: stdInterval, instants: map[string]bool{}}
	for key := range x.Options {
		if !knownOptions[key] {
			return s, s.fault("there is no option %.60q", key)
		}
	}
	if x.Interval > 0 {
		s.interval = max(x.Interval, minInterval)
	}
	var err error
	if s.dir, s.own, err = s.place("address", x.Address, d.o.Inbox); err != nil {
		return s, err
	}
	if err := s.readMapping(x.Options["mapping"], d.o.Mappings); err != nil {
		return s, err
	}
	if err := s.readComplete(x.Options); err != nil {
		return s, err
	}
	match := x.Options["match"]
	if match == "" {
		match = stdMatch
	}
	for m := range strings.SplitSeq(match, ",") {
		m = strings.ToLower(strings.TrimSpace(m))
		if _, err := path.Match(m, ""); err != nil || m == "" || strings.ContainsAny(m, `/\`) {
			return s, s.fault("option match: %.60q is no pattern of a file's name, such as *.csv", m)
		}
		s.match = append(s.match, m)
	}
	if s.bytes, err = s.number("max_bytes", stdBytes, maxBytes); err != nil {
		return s, err
	}
	if s.rows, err = s.number("max_rows", stdRows, maxRows); err != nil {
		return s, err
	}
	for name := range strings.SplitSeq(x.Options["instants"], ",") {
		if name = strings.TrimSpace(name); name != "" {
			s.instants[name] = true
		}
	}
	return s, nil
}

func (s settings) number(option string, usual, most int64) (int64, error) {
	text := s.device.Options[option]
	if text == "" {
		return usual, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > most {
		return 0, s.fault("option %s: say 1 to %d", option, most)
	}
	return n, nil
}

// place is the absolute path of something; a relative one lies in home and does not
// lead out of it.
func (s settings) place(what, name, home string) (abs string, own bool, err error) {
	switch {
	case name == "" || strings.ContainsRune(name, 0):
		return "", false, s.fault("%s: give a path", what)
	case filepath.IsAbs(name):
		return filepath.Clean(name), false, nil
	case home == "":
		return "", false, s.fault("%s: give an absolute path instead of %.200q", what, name)
	case !filepath.IsLocal(name) || filepath.Clean(name) == ".":
		return "", false, s.fault("%s: %.200q leads out of its folder", what, name)
	}
	abs, err = filepath.Abs(filepath.Join(home, name))
	return abs, true, err
}

func (s *settings) readMapping(text, home string) (err error) {
	switch {
	case text == "":
		return s.fault("no mapping: give the option mapping, a file or the text itself (docs/formats/mapping.md)")
	case strings.Contains(text, "\n"):
		s.inline = text
		_, err = s.parse("options.mapping", []byte(text))
		return err
	}
	s.mapping, _, err = s.place("option mapping", text, home)
	return err
}

func (s *settings) readComplete(o map[string]string) (err error) {
	if w := o["complete"]; w != "" {
		s.complete = w
	}
	switch s.complete {
	case whenAtRest, whenRenamed, whenTwin:
	default:
		return s.fault("option complete: say rest, rename or done instead of %.60q", s.complete)
	}
	if v := o["rest"]; v != "" {
		if s.rest, err = time.ParseDuration(v); err != nil || s.rest < 0 || s.rest > maxRest {
			return s.fault("option rest: say 0s to 1h")
		}
	}
	return nil
}

// plan is the mapping as it is now, within the limits of the door.
func (s settings) plan() (readingfile.Mapping, error) {
	if s.inline != "" {
		return s.parse("options.mapping", []byte(s.inline))
	}
	f, err := os.Open(s.mapping)
	if err != nil {
		return readingfile.Mapping{}, s.fault("the mapping cannot be read: %v", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxMapping+1))
	if err != nil {
		return readingfile.Mapping{}, s.fault("the mapping cannot be read: %v", err)
	}
	return s.parse(s.mapping, text)
}

func (s settings) parse(name string, text []byte) (readingfile.Mapping, error) {
	m, err := readingfile.ParseMapping(name, text)
	if err != nil {
		return m, fmt.Errorf("folder: device %s: %w: %w", s.device.ID, connector.ErrConfig, err)
	}
	for _, v := range m.Values {
		if !isName(v.Register) {
			return m, s.fault("%s: %.60q is no name of a value: 1 to %d bytes of text", name, v.Register, maxNameLen)
		}
	}
	m.Limits.Rows = min(m.Limits.Rows, s.rows)
	m.Limits.Bytes = min(m.Limits.Bytes, maxUnpacked)
	m.Limits.Rejects = min(m.Limits.Rejects, listedRejects)
	return m, nil
}

// matches says whether a file's name is one of those to be read. Names that begin with
// a dot, and those that programs give to files under way, never are.
func (s settings) matches(name string) bool {
	low := strings.ToLower(name)
	if strings.HasPrefix(low, ".") || strings.HasSuffix(low, "~") {
		return false
	}
	for _, end := range []string{".tmp", ".part", ".partial", ".filepart", ".crdownload", ".done"} {
		if strings.HasSuffix(low, end) {
			return false
		}
	}
	for _, m := range s.match {
		if ok, _ := path.Match(m, low); ok {
			return true
		}
	}
	return false
}

// isName says whether the admission keeps values of such a name.
func isName(s string) bool {
	return s != "" && len(s) <= maxNameLen && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}
