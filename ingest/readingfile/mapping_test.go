package readingfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

func TestMappingFaults(t *testing.T) {
	fault := func(text string, says ...string) {
		t.Helper()
		_, err := ParseMapping("m.yaml", []byte(text))
		if !errors.Is(err, ErrMapping) {
			t.Errorf("%q: %v", text, err)
			return
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%q says %v, without %q", text, err, s)
			}
		}
	}
	head := "format: lingtan.mapping/v1\n"
	value := "values: [{column: a, register: b}]\n"
	when := "time: {column: t, layout: iso8601}\n"
	fault("", "m.yaml:1:1")
	fault("a: [", "m.yaml")
	fault("- 1\n", "m.yaml:1:1")
	fault("format: lingtan.mapping/v2\nlayout: wide\n"+when+value, `m.yaml:1:9: format is "lingtan.mapping/v2"`)
	fault(head+"layot: wide\n", `m.yaml:2:1: unknown field "layot"; did you mean "layout"?`)
	fault(head+"layout: wyde\n"+when+value, `m.yaml:2:9`, `did you mean "wide"`)
	fault(head+"layout: wide\nlayout: long\n", "m.yaml:3:1", "twice")
	fault(head+"layout: wide\n"+when, "m.yaml:2:9: layout: wide needs the block values")
	fault(head+"layout: long\n"+when+value, "m.yaml:4:9: values belongs to layout: wide", "needs the block long")
	fault(head+"layout: wide\n"+when+"values: []\n", "m.yaml:4:9")
	fault(head+"layout: wide\n"+when+"values: [{column: a}]\n", "m.yaml:4:10: values[0].register is missing")
	fault(head+"layout: wide\n"+when+"values: [{column: a, register: b}, {column: c, register: b}]\n", "m.yaml:4:58", "two columns")
	fault(head+"layout: wide\n"+when+"values: [{column: a, register: b, decimal: ';'}]\n", "m.yaml:4:44")
	fault(head+"layout: wide\nskip: two\n"+when+value, "m.yaml:3:7", "whole number")
	fault(head+"layout: wide\nskip: 5000\n"+when+value, "m.yaml:3:7", "0 to 1000")
	fault(head+"layout: wide\ntime: &t {column: t, layout: iso8601}\n"+value, "m.yaml:3:7", "anchors")
	fault(head+"layout: wide\ntime: {column: t, layout: dd/mm/yyyy}\n"+value, "m.yaml:3:7: time.zone is missing")
	fault(head+"layout: wide\ntime: {column: t, layout: iso8601, zone: Europe/Bonn}\n"+value, "m.yaml:3:42", "Europe/Bonn")
	fault(head+"layout: wide\ntime: {column: t, layout: iso8601, zone: Local}\n"+value, "m.yaml:3:42")
	fault(head+"layout: wide\ntime: {column: t, layout: dd/mm hh:mm, zone: UTC}\n"+value, "m.yaml:3:27", "yyyy")
	fault(head+"layout: wide\ntime: {column: t, layout: iso8601, step: 15}\n"+value, "m.yaml:3:42", "15m")
	fault(head+"layout: wide\ntime: {column: t, layout: iso8601, step: 1ms}\n"+value, "m.yaml:3:42", "whole seconds")
	fault(head+"layout: wide\ntime: {column: t, layout: iso8601, from: soon}\n"+value, "m.yaml:3:42", "soon")
	fault(head+"layout: wide\ntime: {column: t, layout: iso8601, zone: UTC, from: 2018-02-01, to: 2018-01-01}\n"+value, "not before")
	fault(head+"layout: wide\ntime: {layout: iso8601}\n"+value, "m.yaml:3:7: time needs one of")
	fault(head+"layout: wide\ntime: {column: t, columns: {date: d, clock: c}, layout: iso8601}\n"+value, "time needs one of")
	fault(head+"layout: wide\ntime: {columns: {year: y}, zone: UTC}\n"+value, "time.columns.month is missing")
	fault(head+"layout: wide\ntime: {column: t, layout: unix, midnight: day-ends}\n"+value, "unix")
	fault(head+"layout: long\n"+when+"long: {value_column: v}\n", "m.yaml:4:7", "registers", "template")
	fault(head+"layout: long\n"+when+"long: {value_column: v, template: 'a{'}\n", "m.yaml:4:35")
	fault(head+"layout: session\n"+when+"session: {start_column: a, end_column: b, energy_column: c, register: d}\n", "m.yaml:3:7", "leave out time.column")
	if _, err := ParseMapping("m.yaml", bytes.Repeat([]byte("#"), maxMappingBytes+1)); !errors.Is(err, ErrLimit) {
		t.Errorf("a mapping of more than 1 MiB: %v", err)
	}
}

func TestMappingIdentity(t *testing.T) {
	digest := func(text string) string {
		m, err := ParseMapping("m.yaml", []byte("format: lingtan.mapping/v1\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		d, err := m.digest()
		if err != nil {
			t.Fatal(err)
		}
		return string(d)
	}
	same := "# a comment\n" + strings.Replace(wideMapping, "zone: Asia/Shanghai", "zone: 'Asia/Shanghai', label: end", 1)
	if digest(wideMapping) != digest(same) {
		t.Error("the same mapping written otherwise is another mapping")
	}
	if digest(wideMapping) == digest(strings.Replace(wideMapping, "15m", "30m", 1)) {
		t.Error("another step is the same mapping")
	}
}

func FuzzMapping(f *testing.F) {
	for _, m := range []string{wideMapping, longMapping, "layout: session\n", "time: {columns: {year: y}}\n", "values: [{column: [}]", "limits: {rows: 1e3}", "a: &a [*a]\n", "time: null\nlong: ~\n"} {
		f.Add("format: lingtan.mapping/v1\n" + m)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMapping("m.yaml", []byte(text))
		if err != nil {
			if !errors.Is(err, ErrMapping) && !errors.Is(err, ErrLimit) {
				t.Fatalf("%v is no mapping fault", err)
			}
			return
		}
		if _, err := m.digest(); err != nil {
			t.Fatal(err)
		}
	})
}

const docs = "../../docs/formats/"

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(docs + "mapping.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The examples of the document must be mappings, and valid by the schema.
func TestDocumentedExamples(t *testing.T) {
	text, err := os.ReadFile(docs + "mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	s := schema(t)
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	if len(examples) < 3 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		if _, err := ParseMapping("mapping.md", e[1]); err != nil {
			t.Errorf("%s\n%v", e[1], err)
		}
		var raw any
		if err := yaml.Unmarshal(e[1], &raw); err != nil {
			t.Fatal(err)
		}
		plain, err := json.Marshal(raw)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(value); err != nil {
			t.Errorf("%s\n%v", e[1], err)
		}
	}
}

// The schema and the document must name exactly the fields that are read.
func TestSchemaNamesEveryField(t *testing.T) {
	raw, err := os.ReadFile(docs + "mapping.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(docs + "mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(raw, &root); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, typ reflect.Type, node map[string]any)
	walk = func(path string, typ reflect.Type, node map[string]any) {
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct {
			typ, node = typ.Elem(), node["items"].(map[string]any)
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		if node["additionalProperties"] != false {
			t.Errorf("schema %s takes other fields", path)
		}
		properties := node["properties"].(map[string]any)
		var names []string
		for i := range typ.NumField() {
			name := typ.Field(i).Tag.Get("yaml")
			names = append(names, name)
			below, ok := properties[name].(map[string]any)
			if !ok {
				t.Errorf("schema %s lacks %s", path, name)
				continue
			}
			if !bytes.Contains(text, []byte("`"+name+"`")) {
				t.Errorf("the document does not name %s.%s", path, name)
			}
			walk(path+"."+name, typ.Field(i).Type, below)
		}
		for name := range properties {
			if !slices.Contains(names, name) {
				t.Errorf("schema %s has %s, which is not read", path, name)
			}
		}
	}
	walk("mapping", reflect.TypeFor[Mapping](), root)
}

// Every code of a reject must be explained in the document.
func TestDocumentedCodes(t *testing.T) {
	text, err := os.ReadFile(docs + "mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rulings[1:] {
		if !bytes.Contains(text, []byte(r.name)) {
			t.Errorf("the document does not explain %s", r.name)
		}
	}
}
