package profile

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the list of shipped profiles into the pages")

// The pages name every shipped profile and count them rightly.
func TestPagesListTheShippedProfiles(t *testing.T) {
	for name, want := range map[string]string{
		"../../docs/formats/profile.md": table(All()),
		"../modbus/README.md":           count(All()),
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		const begin, end = "<!-- shipped profiles: go test ./connector/profile -update -->\n", "<!-- end -->"
		before, rest, ok := strings.Cut(string(text), begin)
		have, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s: the marks around the list are gone", name)
		}
		if have == want {
			continue
		}
		if !*update {
			t.Errorf("%s: the list of shipped profiles is stale; run go test ./connector/profile -update\nwant:\n%s", name, want)
			continue
		}
		if err := os.WriteFile(name, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// table lists the profiles by kind, and what can be set of each.
func table(all []*Profile) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d profiles · 共 %d 份\n\n| kind | id | device · 设备 | values · 量 | can be set · 可设 |\n|---|---|---|---:|---|\n", len(all), len(all))
	for _, kind := range Kinds {
		for _, p := range all {
			if p.Kind != kind {
				continue
			}
			var writes []string
			for _, w := range p.Writes {
				writes = append(writes, "`"+w.Name+"`")
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s · %s | %d | %s |\n", kind, p.ID, p.Name.EN, p.Name.ZH, len(p.Values), strings.Join(writes, ", "))
		}
	}
	return b.String()
}

// count says how many profiles of which kind are shipped.
func count(all []*Profile) string {
	var kinds []string
	for _, kind := range Kinds {
		n := len(slices.DeleteFunc(slices.Clone(all), func(p *Profile) bool { return p.Kind != kind }))
		if n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, kind))
		}
	}
	return fmt.Sprintf("%d profiles are shipped · 随附 %d 份档案：%s.\n", len(all), len(all), strings.Join(kinds, ", "))
}
