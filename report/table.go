package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// page is a text for a terminal, built from the top.
type page struct {
	strings.Builder
}

func (p *page) line(s string) { p.WriteString(plain(s) + "\n") }

// heading is a line with an empty one before it.
func (p *page) heading(s string) { p.WriteString("\n" + plain(s) + "\n") }

// pairs are a label and what it says, one below another.
func (p *page) pairs(rows ...[2]string) {
	t := table{}
	for _, r := range rows {
		if r[1] != "" {
			t.add(r[0], r[1])
		}
	}
	t.write(p)
}

// table is set in columns as wide as their widest cell; the columns named in right
// are numbers.
type table struct {
	right []int
	rows  [][]string
}

// columns is a table with a head; head texts that begin with > are of columns set right.
func columns(head ...string) *table {
	t := &table{}
	row := make([]string, len(head))
	for i, h := range head {
		name, right := strings.CutPrefix(h, ">")
		if right {
			t.right = append(t.right, i)
		}
		row[i] = name
	}
	t.rows = append(t.rows, row)
	return t
}

func (t *table) add(cells ...string) {
	for i, c := range cells {
		cells[i] = plain(c)
	}
	t.rows = append(t.rows, cells)
}

func (t *table) write(p *page) {
	var wide []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], span(c))
		}
	}
	right := make([]bool, len(wide))
	for _, i := range t.right {
		right[i] = true
	}
	for _, row := range t.rows {
		var b strings.Builder
		for i, c := range row {
			gap := strings.Repeat(" ", wide[i]-span(c))
			if right[i] {
				c, gap = gap+c, ""
			}
			b.WriteString("  " + c + gap)
		}
		p.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
}

// span is how many columns of a terminal s takes: two for an East Asian wide or
// full-width character (Unicode Standard Annex 11), none for a combining mark.
func span(s string) int {
	n := 0
	for _, r := range s {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// plain is s without control characters: a name must not move a terminal's cursor
// nor break a row.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// grouped is v with a comma between thousands and the digits after the point.
func grouped(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return s
	}
	body, negative := strings.CutPrefix(s, "-")
	if strings.Trim(body, "0.") == "" {
		negative = false // -0.000 says nothing
	}
	whole, rest, _ := strings.Cut(body, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if digits > 0 {
		whole += "." + rest
	}
	if negative {
		return "-" + whole
	}
	return whole
}

// percent is a share from 0 to 1.
func percent(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }
