package httpdoor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	longestName    = 120       // bytes of a sample's name: longer ones cannot be mapped to a register
	longestRaw     = 2048      // bytes of a series as written, to be known
	fieldsOfSeries = 64        // that are known by heart; further ones are named each time
	cacheBytes     = 32 << 20  // of one cache; when it is full it starts anew
	allCacheBytes  = 256 << 20 // of the caches of all clients between their requests
	cachesOfClient = 4         // kept for its next requests
)

// label is a tag, a Prometheus label or an OpenTelemetry attribute.
type label struct{ key, value string }

// picking says which labels become part of a name: all, or those that are listed.
type picking struct {
	some   bool
	keys   []string
	device string // key of the label that names the device of a series; "" = none does
}

// newPicking reads the options name_tags and device_tag of a device. Of name_tags,
// absent or "*" is all, "none" is none, otherwise a list divided by commas.
func newPicking(option, device string) picking {
	switch option {
	case "", "*":
		return picking{device: device}
	case "none":
		return picking{some: true, device: device}
	}
	p := picking{some: true, device: device}
	for key := range strings.SplitSeq(option, ",") {
		p.keys = append(p.keys, strings.TrimSpace(key))
	}
	return p
}

func (p picking) takes(key string) bool { return !p.some || slices.Contains(p.keys, key) }

// headEscaper keeps what comes before a field apart from its separators, and
// fieldEscaper a field's key: the last dot without a backslash divides the two.
var (
	headEscaper  = strings.NewReplacer(`\`, `\\`, ",", `\,`, "=", `\=`)
	fieldEscaper = strings.NewReplacer(`\`, `\\`, ".", `\.`)
)

// seriesName is the canonical name of a series: name,key=value,key=value with the
// labels sorted by key, and the device that one of them names, which is then no part of
// the name; "" where none does. Different series of a device have different names. The
// labels are sorted in place; one key twice is an error.
func seriesName(name string, labels []label, pick picking) (head, device string, err error) {
	slices.SortFunc(labels, func(a, b label) int { return strings.Compare(a.key, b.key) })
	var out strings.Builder
	_, _ = headEscaper.WriteString(&out, name) // a Builder does not fail
	for i, l := range labels {
		if i > 0 && labels[i-1].key == l.key {
			return "", "", fmt.Errorf("tag %q is there twice", short([]byte(l.key)))
		}
		if l.key == pick.device && l.key != "" {
			device = l.value
			continue
		}
		if !pick.takes(l.key) {
			continue
		}
		out.WriteByte(',')
		_, _ = headEscaper.WriteString(&out, l.key)
		out.WriteByte('=')
		_, _ = headEscaper.WriteString(&out, l.value)
	}
	return out.String(), device, nil
}

// fieldName is the name of a field of a series, "" when it would be too long.
func fieldName(head, key string) string {
	name := head + "." + fieldEscaper.Replace(key)
	if len(name) > longestName {
		return ""
	}
	return name
}

// readHead checks measurement and tags of a line and gives their canonical name and
// the device that they name, or where the fault is.
func readHead(raw []byte, pick picking) (head, device string, at int, err error) {
	measurement, labels, at, err := readLabels(raw)
	if err != nil {
		return "", "", at, err
	}
	head, device, err = seriesName(measurement, labels, pick)
	return head, device, 0, err
}

// readLabels divides measurement and tags of a line.
func readLabels(raw []byte) (string, []label, int, error) {
	n, err := token(raw, &endsMeasurement, ", ")
	switch {
	case err != nil:
		return "", nil, 0, err
	case n == 0:
		return "", nil, 0, errors.New("the measurement is missing")
	case raw[0] == '#':
		return "", nil, 0, errors.New("a comment with an unprintable character")
	}
	measurement := unescape(raw[:n], ", ")
	var labels []label
	for n < len(raw) {
		if raw[n] != ',' {
			return "", nil, n, fmt.Errorf("unexpected character %q", raw[n])
		}
		n++
		key, err := token(raw[n:], &endsKey, ",= ")
		if err != nil {
			return "", nil, n, err
		}
		if key == 0 || n+key >= len(raw) || raw[n+key] != '=' {
			return "", nil, n, errors.New("a tag needs key=value")
		}
		begin := n + key + 1
		value, err := token(raw[begin:], &endsKey, ",= ")
		if err != nil {
			return "", nil, begin, err
		}
		if value == 0 {
			return "", nil, begin, fmt.Errorf("tag %q has no value", short(raw[n:n+key]))
		}
		labels = append(labels, label{unescape(raw[n:n+key], ",= "), unescape(raw[begin:begin+value], ",= ")})
		n = begin + value
	}
	return measurement, labels, 0, nil
}

// series is a known series and the names of its fields, in the order of their coming.
type series struct {
	raw    string // as written
	head   string
	device string // that the series names; "" = the sender itself
	fields []knownField
	next   *series // that came after it the last time
}

type knownField struct {
	raw  []byte // the key as written, with "="
	name string
}

func (s *series) at(i int) *knownField {
	if i < len(s.fields) {
		return &s.fields[i]
	}
	return nil
}

// nameCache knows the names of series by the bytes as they were written. One request
// uses it at a time.
type nameCache struct {
	pick  picking
	known map[string]*series
	last  *series // found or added last
	size  int     // bytes, roughly
}

func newNameCache(pick picking) *nameCache {
	return &nameCache{pick: pick, known: map[string]*series{}}
}

// find is the series written so, nil when it is not known. A sender mostly sends its
// series in the same order again: the one that came next the last time is tried first.
func (c *nameCache) find(raw []byte) *series {
	before := c.last
	if before != nil && before.next != nil && before.next.raw == string(raw) {
		c.last = before.next
		return c.last
	}
	s := c.known[string(raw)]
	if s == nil {
		return nil
	}
	if before != nil {
		before.next = s
	}
	c.last = s
	return s
}

func (c *nameCache) add(raw []byte, head, device string) *series {
	s := &series{head: head, device: device}
	if len(raw) > longestRaw {
		return s
	}
	if c.size >= cacheBytes {
		clear(c.known)
		c.size, c.last = 0, nil
	}
	s.raw = string(raw)
	c.known[s.raw] = s
	if c.last != nil {
		c.last.next = s
	}
	c.last = s
	c.size += len(raw) + len(head) + len(device) + 160
	return s
}

// field is the name of the field whose key is written so, "=" with it.
func (c *nameCache) field(s *series, raw []byte) string {
	for i := range s.fields {
		if string(s.fields[i].raw) == string(raw) {
			return s.fields[i].name
		}
	}
	name := fieldName(s.head, unescape(raw[:len(raw)-1], ",= "))
	if len(s.fields) < fieldsOfSeries && len(raw) <= longestRaw {
		s.fields = append(s.fields, knownField{slices.Clone(raw), name})
		c.size += len(raw) + len(name) + 64
	}
	return name
}
