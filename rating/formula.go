package rating

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// The limits of a formula.
const (
	maxFormula = 400 // characters
	maxNesting = 20
)

// formula is a parsed formula: quantities and numbers under + − × ÷ and parentheses.
// It has no functions, conditions or assignments.
type formula struct {
	op          byte // 'q' quantity, 'n' number, '+', '-', '*', '/'
	name        string
	number      float64
	left, right *formula
}

// parser reads a formula from left to right.
type parser struct {
	text  []rune
	at    int
	depth int
}

// parseFormula reads expression = term {(+|-) term}, term = part {(*|/) part}, part =
// quantity | number | "(" expression ")". × ÷ − are read as * / -. Errors wrap ErrCase.
func parseFormula(text string) (*formula, error) {
	if len(text) > maxFormula {
		return nil, fmt.Errorf("%w: a formula of %d characters; at most %d", ErrCase, len(text), maxFormula)
	}
	p := &parser{text: []rune(strings.NewReplacer("×", "*", "÷", "/", "−", "-").Replace(text))}
	f, err := p.sum()
	if err == nil && p.peek() != 0 {
		err = p.fault("the end or an operator")
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (p *parser) fault(want string) error {
	return fmt.Errorf("%w: formula %q: %s is wanted at character %d", ErrCase, string(p.text), want, p.at+1)
}

// peek is the next character that is no space, 0 at the end.
func (p *parser) peek() rune {
	for p.at < len(p.text) && unicode.IsSpace(p.text[p.at]) {
		p.at++
	}
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) sum() (*formula, error) { return p.chain("+-", p.product) }

func (p *parser) product() (*formula, error) { return p.chain("*/", p.part) }

// chain reads operands joined by operators of one rank, from the left.
func (p *parser) chain(operators string, operand func() (*formula, error)) (*formula, error) {
	left, err := operand()
	for err == nil && p.peek() != 0 && strings.ContainsRune(operators, p.peek()) {
		op := byte(p.peek())
		p.at++
		var right *formula
		if right, err = operand(); err == nil {
			left = &formula{op: op, left: left, right: right}
		}
	}
	return left, err
}

func (p *parser) part() (*formula, error) {
	c := p.peek()
	switch {
	case c == '(':
		return p.inner()
	case c >= '0' && c <= '9':
		return p.numeral()
	case c >= 'a' && c <= 'z':
		start := p.at
		for p.at < len(p.text) && nameRune(p.text[p.at]) {
			p.at++
		}
		return &formula{op: 'q', name: string(p.text[start:p.at])}, nil
	}
	return nil, p.fault("a quantity, a number or (")
}

func (p *parser) inner() (*formula, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, fmt.Errorf("%w: a formula with more than %d parentheses in each other", ErrCase, maxNesting)
	}
	p.at++
	f, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, p.fault(")")
	}
	p.at++
	p.depth--
	return f, nil
}

func (p *parser) numeral() (*formula, error) {
	start := p.at
	for p.at < len(p.text) && (p.text[p.at] >= '0' && p.text[p.at] <= '9' || p.text[p.at] == '.') {
		p.at++
	}
	v, err := strconv.ParseFloat(string(p.text[start:p.at]), 64)
	if err != nil || v > maxAmount {
		return nil, fmt.Errorf("%w: formula %q: %q is no number up to %g", ErrCase, string(p.text), string(p.text[start:p.at]), maxAmount)
	}
	return &formula{op: 'n', number: v}, nil
}

// nameRune says whether r may stand in the name of a quantity.
func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '.'
}

// names are the quantities of the formula, each once, in the order of reading.
func (f *formula) names() []string {
	var list []string
	seen := map[string]bool{}
	var walk func(*formula)
	walk = func(f *formula) {
		switch {
		case f == nil:
		case f.op == 'q' && !seen[f.name]:
			seen[f.name] = true
			list = append(list, f.name)
		default:
			walk(f.left)
			walk(f.right)
		}
	}
	walk(f)
	return list
}

// eval computes the formula over amounts that hold all its names. zero names the
// denominator where one is zero; then there is no value.
func (f *formula) eval(a amounts) (v float64, zero string) {
	switch f.op {
	case 'q':
		return a[f.name].Value, ""
	case 'n':
		return f.number, ""
	}
	x, zero := f.left.eval(a)
	if zero != "" {
		return 0, zero
	}
	y, zero := f.right.eval(a)
	if zero != "" {
		return 0, zero
	}
	switch f.op {
	case '+':
		v = x + y
	case '-':
		v = x - y
	case '*':
		v = x * y
	default:
		if y == 0 {
			return 0, strings.Join(f.right.names(), " + ")
		}
		v = x / y
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, strings.Join(f.names(), ", ")
	}
	return v, ""
}

// write spells the formula with the amounts in the place of the names.
func (f *formula) write(a amounts) string {
	switch f.op {
	case 'q':
		if q, ok := a[f.name]; ok {
			return figure(q.Value) + " " + q.Unit
		}
		return "?" + f.name
	case 'n':
		return figure(f.number)
	}
	side := func(g *formula, right bool) string {
		s := g.write(a)
		low := g.op == '+' || g.op == '-'
		if low && (f.op == '*' || f.op == '/') || right && (f.op == '/' || f.op == '-') && g.left != nil {
			return "(" + s + ")"
		}
		return s
	}
	sign := map[byte]string{'+': " + ", '-': " − ", '*': " × ", '/': " ÷ "}[f.op]
	return side(f.left, false) + sign + side(f.right, true)
}

// figure spells a number for reading.
func figure(v float64) string { return strconv.FormatFloat(v, 'g', 8, 64) }
