package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/period"
	"lingtan/usage/statement"
)

// TestKillStatements kills the enterprise's process while it states its usage and the
// park's while it accepts, at random moments. The chain has no gap and no fork, and the
// park's inventory is the enterprise's to the last bit.
func TestKillStatements(t *testing.T) {
	work := t.TempDir()
	write(t, filepath.Join(work, "park.yaml"), killPark())
	write(t, filepath.Join(work, "map.yaml"), killMapping())
	writeKillReadings(t, filepath.Join(work, "readings.csv"), 0, 40)
	home, site := lingtan{work, filepath.Join(work, "home")}, lingtan{work, filepath.Join(work, "site")}
	for _, l := range []lingtan{home, site} {
		l.must(t, "park", "import", "park.yaml")
	}
	home.must(t, "import", "readings", "readings.csv", "--park", "mills", "--mapping", "map.yaml")
	key := regexp.MustCompile(`public key (.*)`).FindSubmatch(home.must(t, "statement", "key"))
	site.must(t, "statement", "trust", "--park", "mills", "--installation", "site-1", "--organization", "operator", "--public-key", string(key[1]))

	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	var took time.Duration
	kills := 0
	disturbed := func(l lingtan, args ...string) {
		for range 3 {
			if took > 0 && l.killed(t, time.Duration(random.Float64()*float64(took)), args...) {
				kills++
			}
		}
		began := time.Now()
		l.must(t, args...)
		took = time.Since(began)
	}
	folder := filepath.Join(home.data, "statements-issued", "mills", "site-1")
	for i := range 5 {
		to := period.Date(2018, 1, 1) + period.Day(8*(i+1)-1)
		disturbed(home, "statement", "build", "--park", "mills", "--installation", "site-1", "--organization", "operator", "--to", to.String())
		disturbed(site, append([]string{"statement", "accept", "--park", "mills"}, issuedFiles(t, folder)...)...)
	}
	if kills < 10 {
		t.Errorf("killed %d times only", kills)
	}
	t.Logf("killed %d times; %d statements", kills, len(issuedFiles(t, folder)))
	chained(t, issuedFiles(t, folder), string(key[1]))
	for _, l := range []lingtan{home, site} {
		l.must(t, "inventory", "close", "--park", "mills", "--period", "2018")
	}
	a, b := home.inventory(t), site.inventory(t)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the inventories differ: roots %v and %v", a["root"], b["root"])
	}
}

// chained verifies statements one after another.
func chained(t *testing.T, files []string, key string) {
	t.Helper()
	public, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	var previous *statement.Head
	for _, path := range files {
		doc, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := statement.Parse(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(public, previous); err != nil {
			t.Error(err)
		}
		previous = &s.Head
	}
}

// issuedFiles are the statements in a folder, number 1 first.
func issuedFiles(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(files, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) })
	return files
}
