package lingtan

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every code that the program can print is explained in docs/errors.md.
func TestErrorCodesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`"(LT-[0-9]{4})"`)
	found := 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			found++
			if !strings.Contains(string(doc), m[1]) {
				t.Errorf("%s: %s is not in docs/errors.md", path, m[1])
			}
		}
		return nil
	})
	if err != nil || found < 50 {
		t.Fatalf("%d codes found: %v", found, err)
	}
}

// Every direct Go module is named with its reason in the record of dependencies.
func TestDependenciesAreRecorded(t *testing.T) {
	doc, err := os.ReadFile("docs/decisions/0011-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	direct := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)
	found := 0
	for _, m := range direct.FindAllStringSubmatch(string(mod), -1) {
		found++
		name := m[1]
		if i := strings.Index(name, "/dialect/"); i > 0 { // told of with their parent
			name = name[i+len("/dialect/"):]
		}
		if !strings.Contains(string(doc), name) {
			t.Errorf("%s is not in docs/decisions/0011-dependencies.md", m[1])
		}
	}
	if found < 20 {
		t.Fatalf("%d modules found", found)
	}
}
