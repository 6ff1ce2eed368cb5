package parkfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"lingtan/park"
)

// SchemaID is the identifier of the JSON Schema of park files.
const SchemaID = "urn:lingtan:park:v1"

// Schema is the JSON Schema (draft 2020-12) of a park file, for editors and other
// programs. It is made from the Go types and the words of this package. It says
// what a file looks like; what only Check can tell (references, units, the
// network) it does not.
func Schema() []byte {
	defs := make(map[string]any)
	object(reflect.TypeFor[park.Document](), defs)
	root := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     SchemaID,
		"title":   "Lingtan park file 园区文件 (" + park.Format + ")",
		"$ref":    "#/$defs/Document",
		"$defs":   defs,
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		panic(fmt.Sprintf("parkfile: schema: %v", err)) // maps of texts and numbers always encode
	}
	return b.Bytes()
}

// object adds the definition of a struct to defs.
func object(t reflect.Type, defs map[string]any) {
	if defs[t.Name()] != nil {
		return
	}
	properties := make(map[string]any)
	def := map[string]any{"type": "object", "additionalProperties": false, "properties": properties, "description": aboutType[t.Name()]}
	defs[t.Name()] = def
	form := formOf(t)
	for _, key := range form.keys {
		p := schemaOf(t.Field(form.index[key]).Type, defs)
		rule := about[t.Name()+"."+key]
		p["description"] = rule.en + " " + rule.zh
		for k, v := range rule.limits {
			p[k] = v
		}
		properties[key] = p
	}
	if len(form.required) > 0 {
		def["required"] = form.required
	}
	if t == nameType {
		def["anyOf"] = []any{map[string]any{"required": []string{"zh"}}, map[string]any{"required": []string{"en"}}}
	}
}

func schemaOf(t reflect.Type, defs map[string]any) map[string]any {
	switch {
	case t == timeType:
		return map[string]any{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return schemaOf(t.Elem(), defs)
	case t.Kind() == reflect.Struct:
		object(t, defs)
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case t.Kind() == reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), defs)}
	case t.Kind() == reflect.Bool:
		return map[string]any{"type": "boolean"}
	case t.Kind() == reflect.Int:
		return map[string]any{"type": "integer"}
	case t.Kind() == reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string", "maxLength": maxText}
}

// reference is the tables of docs/formats/park.md: every field of every part of a
// park file, in Markdown.
func reference() string {
	var b strings.Builder
	seen := make(map[reflect.Type]bool)
	table(&b, reflect.TypeFor[park.Document](), "the file 文件", seen)
	return strings.TrimSuffix(b.String(), "\n")
}

func table(b *strings.Builder, t reflect.Type, title string, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	form := formOf(t)
	fmt.Fprintf(b, "### %s\n\n%s\n\n| key | | kind | meaning | 含义 |\n|---|---|---|---|---|\n", title, aboutType[t.Name()])
	for _, key := range form.keys {
		rule := about[t.Name()+"."+key]
		must := ""
		if contains(form.required, key) {
			must = "required"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", key, must, kindOf(t.Field(form.index[key]).Type, rule), rule.en, rule.zh)
	}
	b.WriteString("\n")
	for _, key := range form.keys {
		f := t.Field(form.index[key]).Type
		for f.Kind() == reflect.Pointer || f.Kind() == reflect.Slice {
			f = f.Elem()
		}
		if f.Kind() == reflect.Struct && f != timeType {
			table(b, f, "`"+key+"` ("+f.Name()+")", seen)
		}
	}
}

// kindOf says in a word or two what a key holds.
func kindOf(t reflect.Type, r rule) string {
	if words, ok := r.limits["enum"].([]string); ok {
		return strings.Join(words, ", ")
	}
	switch {
	case t == timeType:
		return "instant"
	case t.Kind() == reflect.Pointer:
		return kindOf(t.Elem(), r)
	case t.Kind() == reflect.Slice:
		return "list of " + kindOf(t.Elem(), rule{})
	case t.Kind() == reflect.Struct:
		return t.Name()
	case t.Kind() == reflect.Bool:
		return "true, false"
	case t.Kind() == reflect.Int:
		return "whole number"
	case t.Kind() == reflect.Float64:
		return "number"
	}
	return "text"
}
