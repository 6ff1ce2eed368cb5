package parkfile

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"lingtan/park"
)

// Fault is one thing that is wrong in a park file: where it stands, its stable
// code, and what is wrong and what would be right.
type Fault struct {
	Line    int       `json:"line,omitempty"`   // from 1; 0 when the document has no text
	Column  int       `json:"column,omitempty"` // from 1, in characters
	Path    string    `json:"path"`             // points[3].registers[0].unit; empty for the whole file
	Code    string    `json:"code"`             // LT-2xxx, see docs/formats/park.md
	Message park.Name `json:"message"`
}

// String is the fault on one line, in English.
func (f Fault) String() string {
	where := f.Path
	if f.Line > 0 {
		where = strings.TrimSpace(fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Path))
	}
	if where == "" {
		return f.Code + ": " + f.Message.EN
	}
	return where + ": " + f.Code + ": " + f.Message.EN
}

// Faults are all faults of a park file, sorted by position.
type Faults []Fault

// Error lists the faults one a line; it names at most 20 of them.
func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "park file: %d faults", len(f))
	for i, one := range f {
		if i == 20 {
			fmt.Fprintf(&b, "\n… and %d more", len(f)-i)
			break
		}
		b.WriteString("\n" + one.String())
	}
	return b.String()
}

// Err is f as an error, and nil when there are no faults.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f Faults) sort() {
	sort.SliceStable(f, func(i, j int) bool {
		if f[i].Line != f[j].Line {
			return f[i].Line < f[j].Line
		}
		return f[i].Column < f[j].Column
	})
}

// The codes of faults. They are stable: a code is never given another meaning.
const (
	codeSyntax    = "LT-2001" // not YAML
	codeSize      = "LT-2002" // file too large
	codeDepth     = "LT-2003" // nested too deep
	codeText      = "LT-2004" // not UTF-8, or a control character
	codeFeature   = "LT-2005" // a YAML feature that park files do not use
	codeDocuments = "LT-2006" // no document, or more than one
	codeKey       = "LT-2010" // unknown key
	codeTwice     = "LT-2011" // key written twice
	codeShape     = "LT-2012" // a list where a mapping belongs, and the like
	codeScalar    = "LT-2013" // not a number, not true or false, not a time
	codeMissing   = "LT-2014" // required and not there
	codeLong      = "LT-2015" // text too long
	codeMany      = "LT-2016" // too many elements
	codeFormat    = "LT-2020" // not a format that this version reads
	codeID        = "LT-2021" // not an identifier
	codeDuplicate = "LT-2022" // identifier used twice
	codeReference = "LT-2023" // reference to what is not there
	codeWord      = "LT-2024" // not one of the words allowed
	codeZone      = "LT-2025" // time zone unknown
	codeInterval  = "LT-2026" // interval or step does not fit
	codeUnit      = "LT-2027" // unit unknown
	codeDimension = "LT-2028" // unit does not measure this
	codeRatio     = "LT-2029" // transformer ratio or multiplier
	codeDigits    = "LT-2030" // digits of a counter
	codeRange     = "LT-2031" // min above max
	codeValid     = "LT-2032" // date or span of days
	codeExchange  = "LT-2033" // meter exchange
	codeCarrier   = "LT-2034" // carrier missing or out of place
	codeNumber    = "LT-2035" // number out of range
	codePeriod    = "LT-2036" // period
	codeOperator  = "LT-2037" // exactly one operator
	codeAncestry  = "LT-2038" // an element is its own ancestor
	codeEdgeEnds  = "LT-2040" // edge between two carriers, or from a node to itself
	codeEdgeWay   = "LT-2041" // edge into a source, out of a use
	codeMetered   = "LT-2042" // edge neither metered nor closing, or both
	codeClosing   = "LT-2043" // closing edge out of place or one too many
	codeIslanded  = "LT-2044" // node that no source feeds
	codeCycle     = "LT-2045" // energy runs in a circle with an edge that is not metered
	codeStorage   = "LT-2046" // storage that is not both charged and discharged
	codeShared    = "LT-2047" // register that meters two edges
	codeMeter     = "LT-2048" // register that cannot meter this edge

	codeConversion = "LT-2050" // conversion without what makes it one, or what it gives out does not fit its kind
	codeAllocation = "LT-2051" // several outputs and no way, or not all that it needs, to divide carbon among them
	codeYield      = "LT-2052" // rated yield that cannot be
	codeAccuracy   = "LT-2053" // accuracy that is neither a class nor a percentage
)

// path is the place of a value in a document; it is only written out for a fault.
type path struct {
	up    *path
	key   string
	index int
}

func (p *path) field(key string) *path { return &path{up: p, key: key} }

func (p *path) item(i int) *path { return &path{up: p, index: i} }

func (p *path) String() string {
	if p == nil {
		return ""
	}
	up := p.up.String()
	switch {
	case p.key == "":
		return up + "[" + strconv.Itoa(p.index) + "]"
	case up == "":
		return p.key
	}
	return up + "." + p.key
}

// nearest is the candidate with the fewest edits from word, when that is near
// enough to be meant: at most a third of its letters, and always one.
func nearest(word string, candidates []string) string {
	best, found := max(1, len([]rune(word))/3)+1, ""
	for _, c := range candidates {
		if d := edits(word, c, best); d < best {
			best, found = d, c
		}
	}
	return found
}

// edits is the Levenshtein distance of a and b without regard to case, or limit
// when it is not below limit.
func edits(a, b string, limit int) int {
	if len(a) > 200 || len(b) > 200 {
		return limit
	}
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	if len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := diagonal
			if r != s {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return min(row[len(y)], limit)
}
