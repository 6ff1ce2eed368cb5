package parkfile

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"lingtan/park"
)

var update = flag.Bool("update", false, "rewrite docs/formats/park.schema.json and the tables of docs/formats/park.md")

const (
	schemaPath = "../../docs/formats/park.schema.json"
	pagePath   = "../../docs/formats/park.md"
)

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate holds a park file against the schema as another program would: by a
// YAML library, through JSON.
func validate(t testing.TB, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

func TestSchemaTakesTheExample(t *testing.T) {
	s := schema(t)
	if err := validate(t, s, []byte(example(t))); err != nil {
		t.Error(err)
	}
	refuses := func(old, new string) {
		t.Helper()
		text := strings.Replace(example(t), old, new, 1)
		if text == example(t) {
			t.Fatalf("the example does not hold %q", old)
		}
		if validate(t, s, []byte(text)) == nil {
			t.Errorf("the schema takes %q", new)
		}
	}
	refuses("sector: C3411", "sektor: C3411")
	refuses("kind: pv", "kind: solar")
	refuses("  zone: Asia/Shanghai\n", "")
	refuses("id: east-lake", "id: East Lake")
	refuses("area_m2: 5200", "area_m2: large")
	refuses("area_m2: 5200", "area_m2: -1")
	refuses("ct: 400/5", "ct: 400:5")
	refuses("digits: 6", "digits: 16")
	refuses("register: hall.use", "register: hall")
	refuses(`period: "2018-01"`, `period: "2018-13"`)
	refuses("{zh: 减速机, en: Gearbox}", "{}")
	refuses("lingtan.park/v1", "lingtan.park/v9")
}

// TestSchemaTakesEveryExport: what this program writes, others can check.
func TestSchemaTakesEveryExport(t *testing.T) {
	s := schema(t)
	rapid.Check(t, func(r *rapid.T) {
		text := anyPark(r).YAML()
		if err := validate(t, s, text); err != nil {
			r.Fatalf("%v\n%s", err, text)
		}
	})
}

func TestEveryKeyIsDescribed(t *testing.T) {
	known := make(map[string]bool)
	var walk func(at reflect.Type)
	walk = func(at reflect.Type) {
		for at.Kind() == reflect.Pointer || at.Kind() == reflect.Slice {
			at = at.Elem()
		}
		if at.Kind() != reflect.Struct || at == timeType {
			return
		}
		if aboutType[at.Name()] == "" {
			t.Errorf("%s is not described", at.Name())
		}
		form := formOf(at)
		for _, key := range form.keys {
			name := at.Name() + "." + key
			known[name] = true
			if r := about[name]; r.en == "" || r.zh == "" {
				t.Errorf("%s is not described in both languages", name)
			}
			walk(at.Field(form.index[key]).Type)
		}
	}
	walk(reflect.TypeFor[park.Document]())
	for name := range about {
		if !known[name] {
			t.Errorf("%s is described and does not exist", name)
		}
	}
}

func TestPublishedSchemaIsFresh(t *testing.T) {
	fresh(t, schemaPath, func(string) string { return string(Schema()) })
}

// TestPageIsFresh keeps the tables and the example of docs/formats/park.md true.
func TestPageIsFresh(t *testing.T) {
	fresh(t, pagePath, func(page string) string {
		page = between(t, page, "fields", reference())
		return between(t, page, "example", "```yaml\n"+example(t)+"```")
	})
	page, err := os.ReadFile(pagePath)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("fault.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`LT-2\d\d\d`).FindAllString(string(source), -1)
	if len(codes) < 30 {
		t.Fatalf("only %d codes in fault.go", len(codes))
	}
	for _, code := range codes {
		if !strings.Contains(string(page), "| "+code+" |") {
			t.Errorf("%s is not explained in %s", code, pagePath)
		}
	}
}

func fresh(t *testing.T, file string, make func(have string) string) {
	t.Helper()
	have, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := make(string(have))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(have) != want {
		t.Errorf("%s is not what the program would write; run: go test ./park/parkfile -update", file)
	}
}

// between replaces what stands between the two marks of a name.
func between(t *testing.T, page, name, text string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "\n<!-- end "+name+" -->"
	head, rest, ok1 := strings.Cut(page, begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("the page has no part %q", name)
	}
	return head + begin + text + end + tail
}
