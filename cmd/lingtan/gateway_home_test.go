package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/node"
	"lingtan/period"
	"lingtan/usage"
)

// TestGatewayHome takes the way of an enterprise that keeps its raw readings: they are
// settled at the site, the park gets signed statements over the link, and has the same
// usage without one reading.
func TestGatewayHome(t *testing.T) {
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS(filepath.Join("..", "..", "test", "script", "mill"))); err != nil {
		t.Fatal(err)
	}
	park, site := lingtan{work, filepath.Join(work, "data")}, lingtan{work, filepath.Join(work, "home")}
	park.must(t, "park", "import", "mill.yaml")
	site.must(t, "park", "import", "mill.yaml")
	var rows strings.Builder
	rows.WriteString("time,value\n")
	for i := range 3 * 96 {
		fmt.Fprintf(&rows, "%s,%d\n", time.Date(2018, 3, 4, 16, 15, 0, 0, time.UTC).Add(time.Duration(i)*15*time.Minute).Format(time.RFC3339), 10+i%7)
	}
	write(t, filepath.Join(work, "mill.csv"), rows.String())
	site.must(t, "import", "readings", "mill.csv", "--park", "mill", "--mapping", "mill.map.yaml")
	key := regexp.MustCompile(`public key (\S+)`).FindStringSubmatch(string(site.must(t, "statement", "key")))
	if len(key) != 2 {
		t.Fatal("no key")
	}
	park.must(t, "gateway", "enrol", "gw-mill", "--park", "mill", "-o", "gw.pem")
	park.must(t, "statement", "trust", "--park", "mill", "--installation", "gw-mill", "--organization", "mill", "--public-key", key[1])
	door := freeAddress(t)
	write(t, filepath.Join(work, "gateway.yaml"), "format: lingtan.gateway/v1\nserver: "+door+"\nbundle: gw.pem\nstate: site\nlink: {heartbeat: 1s}\nhome: {data: home, organization: mill}\n")
	serving := park.started(t, "serve", "--listen", "127.0.0.1:0", "--gateway", door)
	running := site.started(t, "gateway", "--config", "gateway.yaml")
	first := filepath.Join(park.data, "statements", "mill", "gw-mill", "1.json")
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if _, err := os.Stat(first); err == nil {
			break
		}
	}
	time.Sleep(1500 * time.Millisecond) // one more heartbeat: nothing is sent twice
	running()
	serving()
	if got, want := settledDays(t, park.data), settledDays(t, site.data); got != want || !strings.Contains(want, "2018-03-06") {
		t.Errorf("the park has\n%s\nthe enterprise\n%s", got, want)
	}
	if out := string(site.must(t, "statement", "list", "--park", "mill", "-o", "json")); strings.Count(out, `"acknowledged": true`) != 1 || strings.Contains(out, `"acknowledged": false`) {
		t.Error(out)
	}
}

// settledDays are the mill's days as a data directory has them. It may hold readings
// where they were read, and must not where they were stated.
func settledDays(t *testing.T, dir string) string {
	t.Helper()
	n, err := node.Open(context.Background(), node.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	day := func(s string) period.Day {
		d, err := period.ParseDay(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	var text strings.Builder
	err = n.Series.UsageByDay(context.Background(), usage.Query{Park: "mill", Keys: []string{"mill.kwh"}, First: day("2018-03-01"), Last: day("2018-03-31")}, func(d usage.Day) error {
		fmt.Fprintln(&text, d.Key, d.Day, d.Amount, d.Quality, d.Digest)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	readings := 0
	err = n.Series.Readings(context.Background(), meter.Query{Park: "mill", Keys: []string{"mill.kwh"}, From: 0, To: 1 << 50}, func(tr meter.Track) error {
		readings += tr.Len()
		return nil
	})
	if err != nil || strings.HasSuffix(dir, "data") && readings > 0 {
		t.Errorf("%s holds %d readings, %v", dir, readings, err)
	}
	return text.String()
}
