package profile

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lingtan/park/parkfile"
)

// Every register of a shipped profile can be looked up where the profile says.
func TestShippedProfilesNameTheirSources(t *testing.T) {
	all := All()
	if len(all) < 41 {
		t.Errorf("%d profiles; there were at least 41", len(all))
	}
	for _, p := range all {
		for _, s := range p.Source {
			if !strings.Contains(s.Where, "https://") && !strings.Contains(s.Where, "GB/T") && !strings.Contains(s.Where, "DL/T") && !strings.Contains(s.Where, "CJ/T") {
				t.Errorf("%s: source %q is neither a public address nor a standard", p.ID, s.Where)
			}
		}
		if p.Name.ZH == "" || p.Name.EN == "" {
			t.Errorf("%s: needs its name in Chinese and English", p.ID)
		}
	}
}

// The quantities are those of a park file, no more and no less.
func TestQuantitiesAreThoseOfTheParkFile(t *testing.T) {
	var schema any
	if err := json.Unmarshal(parkfile.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	words := enumWith(schema, "active_energy_export")
	for _, w := range words {
		if quantities[w] == nil {
			t.Errorf("quantity %s of the park file is not known here", w)
		}
	}
	if len(words) != len(quantities) {
		t.Errorf("%d quantities here, %d in the park file", len(quantities), len(words))
	}
}

// enumWith finds the enum of a schema that has a word.
func enumWith(v any, word string) []string {
	var list []string
	switch v := v.(type) {
	case map[string]any:
		if enum, ok := v["enum"].([]any); ok && slices.Contains(enum, any(word)) {
			for _, w := range enum {
				list = append(list, w.(string))
			}
			return list
		}
		for _, below := range v {
			if list = enumWith(below, word); list != nil {
				return list
			}
		}
	case []any:
		for _, below := range v {
			if list = enumWith(below, word); list != nil {
				return list
			}
		}
	}
	return nil
}

func TestUserProfilesStandOverShippedOnes(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("eastron-sdm630.yaml", small("eastron-sdm630"))
	put("own.yaml", small("own"))
	l := &Library{}
	if err := l.Load(dir); err != nil {
		t.Fatal(err)
	}
	if p, err := l.Find("eastron-sdm630"); err != nil || p.Maker != "m" {
		t.Errorf("found %+v, %v; want the user's", p, err)
	}
	if len(l.All()) != len(All())+1 {
		t.Errorf("%d profiles, want one more than the %d shipped", len(l.All()), len(All()))
	}
	if _, err := l.Find("no-such"); !errors.Is(err, ErrUnknown) {
		t.Errorf("error %v", err)
	}
	put("wrong.yaml", small("another"))
	put("broken.yaml", "format: [")
	err := l.Load(dir)
	if err == nil || !strings.Contains(err.Error(), "wrong.yaml: holds id another") || !strings.Contains(err.Error(), "broken.yaml") {
		t.Errorf("error %v; want one that names both files", err)
	}
	if _, err := l.Find("own"); err != nil {
		t.Errorf("after a failed load: %v; want what was there before", err)
	}
	if err := l.Load(filepath.Join(dir, "nothing")); err != nil || len(l.All()) != len(All()) {
		t.Errorf("a folder that is not there: %v, %d profiles", err, len(l.All()))
	}
}
