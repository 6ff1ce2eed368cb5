package web

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// TestConsoleHoldsIndexOrSaysNo holds for both states of the tree: built, and not
// built yet, when dist holds nothing but .keep.
func TestConsoleHoldsIndexOrSaysNo(t *testing.T) {
	files, built := Console()
	if !built {
		names, err := fs.ReadDir(dist, "dist")
		if err != nil {
			t.Fatal(err)
		}
		if len(names) != 1 || names[0].Name() != ".keep" {
			t.Fatalf("Console says not built, yet dist holds %v", names)
		}
		return
	}
	page, err := fs.ReadFile(files, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, string(page))
}

// checkPage holds the entry page against the content security policy: nothing from
// another server, no script or style inside the page.
func checkPage(t *testing.T, page string) {
	t.Helper()
	if regexp.MustCompile(`(?i)(src|href)="(https?:)?//`).MatchString(page) {
		t.Error("index.html asks another server for a file")
	}
	if regexp.MustCompile(`(?i)<script[^>]*>\s*[^<\s]`).MatchString(page) {
		t.Error("index.html holds an inline script")
	}
	if strings.Contains(page, "<style") || strings.Contains(page, " style=") {
		t.Error("index.html holds an inline style")
	}
}
