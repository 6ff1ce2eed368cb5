package park

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// YAML is the canonical park file of the document: keys in the order of the types,
// empty optional values left out, instants in UTC. The same document is always the
// same bytes, and reading them gives the same document. Comments and the order of
// keys in the file it came from are not kept. It is written here and not by a
// library, since hashes of versions must not change with a library.
func (d *Document) YAML() []byte {
	w := writer{}
	w.block(reflect.ValueOf(d).Elem(), 0)
	return []byte(w.String())
}

// Hash is the SHA-256 of YAML in lower-case hexadecimal: the name of a version.
func (d *Document) Hash() string {
	sum := sha256.Sum256(d.YAML())
	return hex.EncodeToString(sum[:])
}

type writer struct{ strings.Builder }

// entry is a key with its value.
type entry struct {
	key   string
	value reflect.Value
}

// entries are the keys of a struct that are written: all that are required, and
// those that are not empty.
func entries(v reflect.Value) []entry {
	list := make([]entry, 0, v.NumField())
	for i := range v.NumField() {
		key, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		f := v.Field(i)
		if options != "" && (f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0) {
			continue
		}
		if f.Kind() == reflect.Pointer {
			f = f.Elem()
		}
		list = append(list, entry{key, f})
	}
	return list
}

// block writes a struct as one key a line.
func (w *writer) block(v reflect.Value, indent int) {
	for i, e := range entries(v) {
		if i > 0 || indent == 0 {
			w.pad(indent)
		}
		w.WriteString(e.key + ":")
		w.below(e.value, indent+2)
	}
}

// below writes what stands after a key.
func (w *writer) below(v reflect.Value, indent int) {
	switch {
	case v.Kind() == reflect.Slice && v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct:
		w.WriteByte('\n')
		for i := range v.Len() {
			w.pad(indent)
			w.WriteString("- ")
			w.item(v.Index(i), indent+2)
		}
	case v.Kind() == reflect.Struct && v.Type() != instant && !onLine[v.Type()]:
		w.WriteByte('\n')
		w.pad(indent)
		w.block(v, indent)
	default:
		w.WriteByte(' ')
		w.line(v)
		w.WriteByte('\n')
	}
}

func (w *writer) item(v reflect.Value, indent int) {
	if onLine[v.Type()] {
		w.line(v)
		w.WriteByte('\n')
		return
	}
	w.block(v, indent)
}

func (w *writer) pad(indent int) { w.WriteString(strings.Repeat(" ", indent)) }

var instant = reflect.TypeFor[time.Time]()

// onLine are the small structs that read best on one line.
var onLine = map[reflect.Type]bool{
	reflect.TypeFor[Name](): true, reflect.TypeFor[Valid](): true, reflect.TypeFor[Measure](): true,
	reflect.TypeFor[Exchange](): true, reflect.TypeFor[Production](): true,
}

// line writes a value in one line.
func (w *writer) line(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == instant {
			w.WriteString(strconv.Quote(v.Interface().(time.Time).UTC().Format(time.RFC3339Nano)))
			return
		}
		w.WriteByte('{')
		for i, e := range entries(v) {
			if i > 0 {
				w.WriteString(", ")
			}
			w.WriteString(e.key + ": ")
			w.line(e.value)
		}
		w.WriteByte('}')
	case reflect.Slice:
		w.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				w.WriteString(", ")
			}
			w.line(v.Index(i))
		}
		w.WriteByte(']')
	case reflect.String:
		w.WriteString(spell(v.String()))
	case reflect.Float64:
		w.WriteString(number(v.Float()))
	case reflect.Int:
		w.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Bool:
		w.WriteString(strconv.FormatBool(v.Bool()))
	}
}

// number is the shortest decimal that reads back to the same float64, with a point
// before any exponent: to many YAML readers 1e+15 is a text.
func number(f float64) string {
	if a := max(f, -f); a == 0 || a >= 1e-6 && a < 1e15 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	if strings.Contains(s, ".") {
		return s
	}
	return strings.Replace(s, "e", ".0e", 1)
}

var (
	plainText = regexp.MustCompile(`^[\p{L}][\p{L}\p{N}_./@-]*( [\p{L}\p{N}_./@-]+)*$|^[0-9]+(m|h|s)([0-9]+(m|s))*$|^[0-9.]+/[0-9.]+$`)
	reserved  = map[string]bool{"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true, "true": true, "false": true, "null": true, "nan": true, "inf": true}
)

// spell writes a text plainly where no YAML reader, of 1.1 or 1.2, would take it for
// anything else, and in double quotes otherwise.
func spell(s string) string {
	if plainText.MatchString(s) && !reserved[strings.ToLower(s)] {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			b.WriteString(`\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
