package inventory

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"lingtan/proof"
)

// Canonical is the RFC 8785 form of the inventory, the bytes that its hash is of: what
// proof.Canonical gives, in a fraction of the time for a document of some megabytes.
func (v *Inventory) Canonical() ([]byte, error) { return canonical(v) }

func canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", proof.ErrCanonical, err)
	}
	c := &canon{in: raw, out: make([]byte, 0, len(raw))}
	if err := c.value(); err != nil {
		return nil, fmt.Errorf("%w: %w", proof.ErrCanonical, err)
	}
	return c.out, nil
}

// canon brings the compact JSON of encoding/json, which is sound, into canonical form:
// properties in the order of their names' UTF-16 units (RFC 8785 section 3.2.3), strings with
// the fewest escapes (3.2.2.2), numbers as ECMAScript writes them (3.2.2.3).
type canon struct {
	in, out, spare []byte
	at             int
}

func (c *canon) value() error {
	switch c.in[c.at] {
	case '{':
		return c.object()
	case '[':
		return c.array()
	case '"':
		_, err := c.text()
		return err
	}
	from := c.at
	for c.at < len(c.in) && !strings.ContainsRune(",]}", rune(c.in[c.at])) {
		c.at++
	}
	return c.literal(string(c.in[from:c.at]))
}

func (c *canon) array() error {
	for {
		c.out = append(c.out, c.in[c.at]) // [ or ,
		c.at++
		if c.in[c.at] != ']' {
			if err := c.value(); err != nil {
				return err
			}
		}
		if c.in[c.at] == ']' {
			c.out = append(c.out, ']')
			c.at++
			return nil
		}
	}
}

// property is a name and where it stands in the output with its value.
type property struct {
	name     string
	from, to int
}

func (c *canon) object() error {
	c.out = append(c.out, '{')
	begin := len(c.out)
	var room [20]property
	list := room[:0]
	for c.at++; c.in[c.at] != '}'; {
		if c.in[c.at] == ',' {
			c.at++
		}
		p := property{from: len(c.out)}
		name, err := c.text()
		if err != nil {
			return err
		}
		c.out = append(c.out, ':')
		c.at++
		if err := c.value(); err != nil {
			return err
		}
		p.name, p.to = name, len(c.out)
		list = append(list, p)
	}
	c.at++
	c.order(begin, list)
	c.out = append(c.out, '}')
	return nil
}

// order sorts the properties written from begin on, and sets the commas between them.
func (c *canon) order(begin int, list []property) {
	slices.SortFunc(list, func(a, b property) int { return compareNames(a.name, b.name) })
	c.spare = c.spare[:0]
	for i, p := range list {
		if i > 0 {
			c.spare = append(c.spare, ',')
		}
		c.spare = append(c.spare, c.out[p.from:p.to]...)
	}
	c.out = append(c.out[:begin], c.spare...)
}

// compareNames orders names by their UTF-16 units, which is byte order but beyond U+FFFF.
func compareNames(a, b string) int {
	if strings.IndexFunc(a+b, func(r rune) bool { return r > 0x7f }) < 0 {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// text writes a string and tells it.
func (c *canon) text() (string, error) {
	from, escaped := c.at, false
	for c.at++; c.in[c.at] != '"'; c.at++ {
		if c.in[c.at] == '\\' {
			escaped = true
			c.at++
		}
	}
	c.at++
	raw := c.in[from:c.at]
	if !escaped {
		c.out = append(c.out, raw...)
		return string(raw[1 : len(raw)-1]), nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", err
	}
	c.out = append(c.out, '"')
	for _, r := range s {
		c.out = appendEscaped(c.out, r)
	}
	c.out = append(c.out, '"')
	return s, nil
}

func appendEscaped(out []byte, r rune) []byte {
	if i := strings.IndexRune("\b\t\n\f\r\"\\", r); i >= 0 {
		return append(out, '\\', `btnfr"\`[i])
	}
	if r < 0x20 {
		return fmt.Appendf(out, `\u%04x`, r)
	}
	return utf8.AppendRune(out, r)
}

// literal writes true, false, null or a number. Integers of up to 15 digits are as they stand.
func (c *canon) literal(s string) error {
	digits := strings.TrimPrefix(s, "-")
	if digits[0] < '0' || digits[0] > '9' || len(digits) <= 15 && s != "-0" && !strings.ContainsAny(s, ".eE") {
		c.out = append(c.out, s...)
		return nil
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(x, 0) {
		return fmt.Errorf("number %s: %w", s, err)
	}
	if x == 0 { // also −0
		c.out = append(c.out, '0')
		return nil
	}
	number, err := json.Marshal(x)
	c.out = append(c.out, number...)
	return err
}
