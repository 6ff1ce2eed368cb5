package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxFaults = 50
	maxDepth  = 12
)

// fault is one thing that is wrong, and where.
type fault struct {
	line, column int
	path         string
	text         string
}

type faults []fault

// String lists the faults one a line.
func (f faults) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d faults", len(f))
	for _, x := range f {
		fmt.Fprintf(&b, "\n  %d:%d %s: %s", x.line, x.column, x.path, x.text)
	}
	return b.String()
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// positions say where in the text the value of a path begins.
type positions struct {
	data []byte
	at   map[string]int64
}

// fault tells of the value at a path, or of the nearest above it that is there.
func (p positions) fault(path, text string) fault {
	offset, here := int64(0), path
	for here != "" {
		o, ok := p.at[here]
		if ok {
			offset = o
			break
		}
		here = here[:max(0, strings.LastIndexAny(here, ".["))]
	}
	return p.place(offset, path, text)
}

func (p positions) place(offset int64, path, text string) fault {
	before := p.data[:min(max(0, offset), int64(len(p.data)))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fault{line, column, path, text}
}

// read decodes data into c. Keys that c does not know, and keys that stand twice, are
// faults: encoding/json would let them pass.
func read(data []byte, c *Case) (positions, faults) {
	p := positions{data: data, at: map[string]int64{}}
	if len(data) > MaxSize {
		return p, faults{{1, 1, "", fmt.Sprintf("%d bytes; at most %d", len(data), MaxSize)}}
	}
	if !utf8.Valid(data) {
		return p, faults{{1, 1, "", "not UTF-8 text"}}
	}
	w := &walker{positions: p, d: json.NewDecoder(bytes.NewReader(data))}
	w.d.UseNumber()
	err := w.value("", reflect.TypeFor[Case](), 0)
	if err == nil {
		if _, more := w.d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows after the document")
		}
	}
	if err != nil {
		offset := w.d.InputOffset()
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			offset = syntax.Offset - 1
		}
		w.faults = append(w.faults, p.place(offset, w.path, err.Error()))
	}
	if len(w.faults) > 0 {
		return p, w.faults
	}
	if err := json.Unmarshal(data, c); err != nil {
		return p, faults{p.place(0, "", err.Error())}
	}
	return p, nil
}

// walker reads the tokens of a document against the type that it is read into.
type walker struct {
	positions
	d      *json.Decoder
	faults faults
	path   string // of the value at work
}

// next is the next token and where it begins.
func (w *walker) next() (json.Token, int64, error) {
	from := w.d.InputOffset()
	t, err := w.d.Token()
	for from < int64(len(w.data)) && strings.IndexByte(" \t\r\n,:", w.data[from]) >= 0 {
		from++
	}
	return t, from, err
}

func (w *walker) wrong(at int64, path, format string, args ...any) {
	if len(w.faults) < maxFaults {
		w.faults = append(w.faults, w.place(at, path, fmt.Sprintf(format, args...)))
	}
}

// value reads one value that should be of type t; a nil t takes anything.
func (w *walker) value(path string, t reflect.Type, depth int) error {
	token, from, err := w.next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the document ends too early")
		}
		return err
	}
	w.path, w.at[path] = path, from
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return w.object(path, from, t, depth)
		}
		return w.array(path, from, t, depth)
	case string:
		w.want(path, from, t, reflect.String, "a text")
	case json.Number:
		if _, err := v.Float64(); err != nil {
			w.wrong(from, path, "the number %s is too large", clip(v.String()))
		}
		w.want(path, from, t, reflect.Float64, "a number")
	case nil:
		w.wrong(from, path, "null; leave the key out")
	default:
		w.wrong(from, path, "true and false belong nowhere in a case")
	}
	return nil
}

var words = map[reflect.Kind]string{reflect.String: "a text", reflect.Float64: "a number", reflect.Struct: "an object", reflect.Map: "an object", reflect.Slice: "a list"}

func (w *walker) want(path string, at int64, t reflect.Type, kind reflect.Kind, is string) bool {
	if t == nil || t.Kind() == kind {
		return true
	}
	w.wrong(at, path, "%s where %s belongs", is, words[t.Kind()])
	return false
}

func (w *walker) array(path string, from int64, t reflect.Type, depth int) error {
	var element reflect.Type
	if w.want(path, from, t, reflect.Slice, "a list") && t != nil {
		element = t.Elem()
	}
	for i := 0; w.d.More(); i++ {
		if i > maxActivities {
			return fmt.Errorf("a list of more than %d", maxActivities)
		}
		if err := w.value(path+"["+strconv.Itoa(i)+"]", element, depth+1); err != nil {
			return err
		}
	}
	_, err := w.d.Token()
	return err
}

func (w *walker) object(path string, from int64, t reflect.Type, depth int) error {
	if t != nil && t.Kind() != reflect.Map && !w.want(path, from, t, reflect.Struct, "an object") {
		t = nil
	}
	seen := map[string]bool{}
	for w.d.More() {
		token, at, err := w.next()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		here := strings.TrimPrefix(path+"."+key, ".")
		kind, known := member(t, key)
		if !known {
			w.wrong(at, clip(here), "unknown key %q; known are %s", clip(key), keys(t))
		}
		if seen[key] {
			w.wrong(at, here, "the key stands twice")
		}
		seen[key] = true
		if err := w.value(here, kind, depth+1); err != nil {
			return err
		}
	}
	_, err := w.d.Token()
	return err
}

// member is the type of what a key of an object holds. Keys are exact: encoding/json
// would take them in any letter case.
func member(t reflect.Type, key string) (reflect.Type, bool) {
	switch {
	case t == nil:
		return nil, true
	case t.Kind() == reflect.Map:
		return t.Elem(), true
	}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name == key && name != "" {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

// keys are the keys of an object of type t.
func keys(t reflect.Type) string {
	var list []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}
