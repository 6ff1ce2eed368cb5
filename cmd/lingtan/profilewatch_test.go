package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lingtan/connector/profile"
)

// A profile that is laid into the folder is known at once, a changed one anew, a wrong
// one leaves what was known, and a removed one is gone.
func TestProfilesWithoutRestart(t *testing.T) {
	dir, told := t.TempDir(), 0
	w := &profileWatch{library: &profile.Library{}, folder: filepath.Join(dir, "profiles"), changed: func() { told++ }, log: slog.New(slog.DiscardHandler)}
	w.look()
	shipped, err := os.ReadFile("../../connector/profile/eastron-sdm120.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.folder, 0o750); err != nil {
		t.Fatal(err)
	}
	lay := func(text string, known bool, tells int) {
		t.Helper()
		path := filepath.Join(w.folder, "our-meter.yaml")
		if text == "" {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.look()
		w.look() // without a change nothing happens
		if _, err := w.library.Find("our-meter"); (err == nil) != known || told != tells {
			t.Errorf("known: %v; drivers were told %d times, want %d", err, told, tells)
		}
	}
	ours := strings.Replace(string(shipped), "id: eastron-sdm120", "id: our-meter", 1)
	lay(ours, true, 1)
	lay(ours+"# changed\n", true, 2)
	lay("id: [", true, 2)
	lay("", false, 3)
}
