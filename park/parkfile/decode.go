package parkfile

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"lingtan/park"
)

// decoder fills a document from a syntax tree and collects every fault on the way.
type decoder struct {
	faults Faults
}

func (d *decoder) document(root ast.Node) *park.Document {
	doc := &park.Document{}
	d.value(root, reflect.ValueOf(doc).Elem(), nil)
	return doc
}

func (d *decoder) fault(n ast.Node, at *path, code, zh, en string) {
	if len(d.faults) >= maxFaults {
		return
	}
	p := position(n)
	d.faults = append(d.faults, Fault{Line: p.Line, Column: p.Column, Path: at.String(), Code: code, Message: park.Name{ZH: zh, EN: en}})
}

var timeType = reflect.TypeFor[time.Time]()

// value reads n into v. An empty value (null) reads like a key that is not there.
func (d *decoder) value(n ast.Node, v reflect.Value, at *path) {
	if _, empty := n.(*ast.NullNode); empty || n == nil {
		return
	}
	if v.Type() == timeType {
		d.instant(n, v, at)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), at)
	case reflect.Struct:
		d.mapping(n, v, at)
	case reflect.Slice:
		d.list(n, v, at)
	case reflect.String:
		d.text(n, v, at)
	case reflect.Bool:
		d.truth(n, v, at)
	default:
		d.number(n, v, at)
	}
}

// mapping reads the keys of n into the fields of v.
func (d *decoder) mapping(n ast.Node, v reflect.Value, at *path) {
	entries, ok := entriesOf(n)
	if !ok {
		d.fault(n, at, codeShape, "此处应为「键: 值」", "a mapping (key: value) belongs here")
		return
	}
	form := formOf(v.Type())
	seen := make(map[string]bool, len(entries))
	empty := make(map[string]ast.Node)
	for _, e := range entries {
		key := keyText(e)
		field, known := form.index[key]
		if !known {
			zh, en := meant(key, form.keys)
			d.fault(e.Key, at.field(clip(key)), codeKey, "未知的键「"+clip(key)+"」"+zh, "unknown key "+quote(key)+en)
			continue
		}
		if seen[key] {
			d.fault(e.Key, at.field(key), codeTwice, "键「"+key+"」写了两次；请删去一个", "key "+quote(key)+" is written twice; remove one")
			continue
		}
		if _, null := e.Value.(*ast.NullNode); null || e.Value == nil {
			empty[key] = e.Key
			continue
		}
		seen[key] = true
		d.value(e.Value, v.Field(field), at.field(key))
	}
	for _, key := range form.required {
		if here := empty[key]; here != nil && !seen[key] {
			d.fault(here, at.field(key), codeMissing, "「"+key+"」为空；请填写", quote(key)+" is empty; fill it in")
		} else if !seen[key] {
			d.fault(n, at.field(key), codeMissing, "缺少「"+key+"」", quote(key)+" is missing")
		}
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value, at *path) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fault(n, at, codeShape, "此处应为列表（每项以 - 开头）", "a list (entries that begin with -) belongs here")
		return
	}
	if len(s.Values) == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values)))
	for i, one := range s.Values {
		if _, empty := one.(*ast.NullNode); empty || one == nil {
			d.fault(n, at.item(i), codeShape, "列表项为空；请填写或删去", "the list entry is empty; fill it in or remove it")
			continue
		}
		d.value(one, v.Index(i), at.item(i))
	}
}

func (d *decoder) text(n ast.Node, v reflect.Value, at *path) {
	s, ok := scalarText(n)
	if !ok {
		d.fault(n, at, codeShape, "此处应为一段文本", "a text belongs here")
		return
	}
	v.SetString(s)
}

func (d *decoder) truth(n ast.Node, v reflect.Value, at *path) {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		d.fault(n, at, codeScalar, "应为 true 或 false", "must be true or false")
		return
	}
	v.SetBool(b.Value)
}

func (d *decoder) instant(n ast.Node, v reflect.Value, at *path) {
	s, _ := scalarText(n)
	t, err := time.Parse(time.RFC3339Nano, s)
	if y := t.UTC().Year(); err != nil || y < 1 || y > 9999 {
		d.fault(n, at, codeScalar, "应为带时区的时刻，如 2018-03-05T08:00:00+08:00", "must be an instant with its zone, such as 2018-03-05T08:00:00+08:00")
		return
	}
	v.Set(reflect.ValueOf(t.UTC()))
}

// decimal is the only spelling of a number: no hexadecimal, no underscores, no infinity.
var decimal = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)

func (d *decoder) number(n ast.Node, v reflect.Value, at *path) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode: // a string as 1.e5 reads in YAML
	default:
		d.fault(n, at, codeScalar, "应为数字", "must be a number")
		return
	}
	text := strings.TrimSpace(n.GetToken().Value)
	if strings.ContainsAny(strings.TrimSpace(n.GetToken().Origin), `"'`) || !decimal.MatchString(text) {
		d.fault(n, at, codeScalar, fmt.Sprintf("「%s」不是数字；请写十进制数，不加引号、单位和千分位", clip(text)),
			fmt.Sprintf("%s is not a number; write it in decimals without quotes, unit or thousands separator", quote(text)))
		return
	}
	x, err := strconv.ParseFloat(text, 64)
	whole := v.Kind() == reflect.Int
	switch {
	case err != nil || math.IsInf(x, 0):
		d.fault(n, at, codeScalar, "数字过大", "the number is too large")
	case whole && (x != math.Trunc(x) || math.Abs(x) > 1e9):
		d.fault(n, at, codeScalar, "应为整数", "must be a whole number")
	case whole:
		v.SetInt(int64(x))
	default:
		v.SetFloat(x)
	}
}

// scalarText is the text of a scalar as it is written: 2018, 3.10 and true are
// texts too where a text is asked for.
func scalarText(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(n.GetToken().Value), true
	}
	return "", false
}

func entriesOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch v := n.(type) {
	case *ast.MappingNode:
		return v.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{v}, true
	}
	return nil, false
}

func keyText(e *ast.MappingValueNode) string {
	if s, ok := scalarText(e.Key); ok {
		return s
	}
	return e.Key.String()
}

// locate finds where a path stands in the text, or the nearest value around it.
func locate(root ast.Node, at string) (line, column int) {
	n := root
	for _, step := range strings.FieldsFunc(at, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	p := position(n)
	return p.Line, p.Column
}

func child(n ast.Node, step string) ast.Node {
	if s, ok := n.(*ast.SequenceNode); ok {
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(s.Values) {
			return nil
		}
		return s.Values[i]
	}
	entries, _ := entriesOf(n)
	for _, e := range entries {
		if keyText(e) == step {
			if _, empty := e.Value.(*ast.NullNode); empty {
				return e.Key
			}
			return e.Value
		}
	}
	return nil
}

// clip shortens what a person wrote, for a message.
func clip(s string) string {
	r := []rune(s)
	if len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

func quote(s string) string { return strconv.Quote(clip(s)) }

// meant is the tail of a message about an unknown word: the nearest word, or all
// of them when they are few.
func meant(word string, words []string) (zh, en string) {
	if near := nearest(word, words); near != "" {
		return "；是否应为「" + near + "」？", "; did you mean " + strconv.Quote(near) + "?"
	}
	if len(words) == 0 || len(words) > 40 {
		return "", ""
	}
	list := strings.Join(words, ", ")
	return "；可用：" + list, "; one of: " + list
}
