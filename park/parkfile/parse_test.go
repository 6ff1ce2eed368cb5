package parkfile

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func example(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/park-minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestExamplesAreSoundAndCanonical(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/park*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../testdata/park-minimal.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		canonical(t, file, data)
	}
}

// canonical wants import → export → import to change nothing.
func canonical(t *testing.T, file string, data []byte) {
	t.Helper()
	doc, faults := Parse(data)
	if faults != nil {
		t.Errorf("%s: %v", file, faults)
		return
	}
	first := doc.YAML()
	again, faults := Parse(first)
	if faults != nil {
		t.Errorf("%s: %v\n%s", file, faults, first)
		return
	}
	if !reflect.DeepEqual(doc, again) {
		t.Errorf("%s: import of export differs:\n%s", file, first)
	}
	if !bytes.Equal(first, again.YAML()) {
		t.Errorf("%s: export of import of export differs in its bytes", file)
	}
}

// faultAt changes the example by one replacement and wants one fault of the code,
// at the line and column of the text of want in the changed file.
func faultAt(t *testing.T, old, new, want, code string) {
	t.Helper()
	text := example(t)
	if !strings.Contains(text, old) {
		t.Fatalf("the example does not hold %q", old)
	}
	text = strings.Replace(text, old, new, 1)
	at := strings.Index(text, want)
	if at < 0 {
		t.Fatalf("the changed example does not hold %q", want)
	}
	line := 1 + strings.Count(text[:at], "\n")
	column := 1 + len([]rune(text[strings.LastIndex(text[:at], "\n")+1:at]))
	doc, faults := Parse([]byte(text))
	if doc != nil {
		t.Errorf("%s: a document came back in spite of %q", code, new)
	}
	for _, f := range faults {
		if f.Code == code && f.Line == line && f.Column == column && f.Message.ZH != "" && f.Message.EN != "" {
			return
		}
	}
	t.Errorf("want %s at %d:%d for %q, have\n%v", code, line, column, new, faults)
}
