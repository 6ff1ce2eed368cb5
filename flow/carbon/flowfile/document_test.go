package flowfile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const formats = "../../../docs/formats/"

// example is the flow file that the format's page shows.
func example(t *testing.T) []byte {
	t.Helper()
	page, err := os.ReadFile(formats + "flow.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(page), "<!-- example -->\n```json\n")
	if !ok {
		t.Fatal("the page has no example")
	}
	text, _, _ = strings.Cut(text, "```")
	return []byte(text)
}

// The example is sound and traces without findings of broken data.
func TestExampleOfThePage(t *testing.T) {
	c, err := Parse(example(t))
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Trace(1)
	if err != nil {
		t.Fatal(err)
	}
	if a.Broken() > 0 {
		t.Error(a.Findings)
	}
}

// The JSON Schema takes what Parse takes, and refuses keys and forms that it refuses.
func TestSchema(t *testing.T) {
	text, err := os.ReadFile(formats + "flow.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("flow.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("flow.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(data []byte, sound bool) {
		t.Helper()
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != sound {
			t.Errorf("schema: %v", err)
		}
		if _, err := Parse(data); (err == nil) != sound {
			t.Errorf("Parse: %v", err)
		}
	}
	check(example(t), true)
	check(small(), true)
	for _, name := range []string{"c08-ieee14", "c08-bialek4", "flow-multicarrier"} {
		data, err := os.ReadFile(filepath.Join(golden, name, "input.json"))
		if err != nil {
			t.Fatal(err)
		}
		check(data, true)
	}
	check(small(`"sent": [4, null]`, `"send": 4`), false)
	check(small(`"sent": [4, null]`, `"sent": "much"`), false)
	check(small(`"exergy"`, `"luck"`), false)
	check(small(`{"co2": 0.5}`, `0.5`), false)
	check(small(`"intervals": 2`, `"intervals": 0`), false)
	check(small(`"carrier": "heat"`, `"carrier": ""`), false)
}
