package readingfile

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// place is where something stands in the mapping file, both from 1.
type place struct{ line, column int }

// strict reads YAML into a struct and collects every fault with its place: an
// unknown field, a field written twice, a value of another kind. Anchors are
// refused since they can unfold without bound.
type strict struct {
	file   string
	places map[string]place // path ("values[1].column") → where it stands
	faults []fault
}

type fault struct {
	place
	text string
}

func (s *strict) fault(at place, format string, args ...any) {
	s.faults = append(s.faults, fault{at, fmt.Sprintf(format, args...)})
}

// err is the faults in the order of the file, one line each, or nil.
func (s *strict) err() error {
	if len(s.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(s.faults, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var b strings.Builder
	for i, f := range s.faults {
		if i == 20 {
			fmt.Fprintf(&b, "\n  and %d more", len(s.faults)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s:%d:%d: %s", s.file, f.line, f.column, f.text)
	}
	return fmt.Errorf("%w:%s", ErrMapping, b.String())
}

func (s *strict) decode(n *yaml.Node, path string, v reflect.Value) {
	at := place{n.Line, n.Column}
	s.places[path] = at
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		s.fault(at, "anchors and aliases are not read; write the value out")
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		s.decode(n, path, v.Elem())
	case v.Kind() == reflect.Struct:
		s.decodeStruct(n, path, v)
	case v.Kind() == reflect.Map:
		s.decodeMap(n, path, v)
	case v.Kind() == reflect.Slice:
		s.decodeSlice(n, path, v)
	case n.Kind != yaml.ScalarNode:
		s.fault(at, "%s is one value, not a list or a block", path)
	default:
		s.decodeScalar(n, path, v)
	}
}

func (s *strict) decodeStruct(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		s.fault(place{n.Line, n.Column}, "%s is a block of fields", cmp.Or(path, "a mapping"))
		return
	}
	fields := map[string]int{}
	var names []string
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		fields[name] = i
		names = append(names, name)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := place{key.Line, key.Column}
		index, known := fields[key.Value]
		switch {
		case !known:
			s.fault(at, "unknown field %q%s; the fields here are %s", key.Value, didYouMean(key.Value, names), strings.Join(names, ", "))
		case seen[key.Value]:
			s.fault(at, "field %q stands here twice", key.Value)
		default:
			seen[key.Value] = true
			s.decode(value, join(path, key.Value), v.Field(index))
		}
	}
}

func (s *strict) decodeMap(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		s.fault(place{n.Line, n.Column}, "%s is a table, name: register", path)
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Content)/2))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := reflect.ValueOf(key.Value)
		if v.MapIndex(name).IsValid() {
			s.fault(place{key.Line, key.Column}, "%q stands in %s twice", key.Value, path)
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		s.decode(value, path+"["+key.Value+"]", item)
		v.SetMapIndex(name, item)
	}
}

func (s *strict) decodeSlice(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		s.fault(place{n.Line, n.Column}, "%s is a list", path)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		s.decode(item, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
	}
}

func (s *strict) decodeScalar(n *yaml.Node, path string, v reflect.Value) {
	at := place{n.Line, n.Column}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(n.Value)
		if err != nil {
			s.fault(at, "%s is %q; write a length of time such as 15m, 1h or 24h", path, n.Value)
			return
		}
		v.SetInt(int64(d))
		return
	}
	if v.Kind() == reflect.String {
		v.SetString(n.Value)
		return
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		s.fault(at, "%s is %q; write a whole number", path, n.Value)
		return
	}
	v.SetInt(i)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
