package gateway

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

const head = "format: lingtan.gateway/v1\nserver: h:8883\nbundle: b.pem\nstate: /s\n"

func TestConfig(t *testing.T) {
	c, err := ParseConfig([]byte(head+"spool: {limit: 2GiB, full: thin}\nmemory: 67108864\nlink: {every: 5s}\nfilter:\n  - {match: \"*\", percent: 2, silence: 5m}\n"), "/etc/gw")
	if err != nil {
		t.Fatal(err)
	}
	if c.Bundle != "/etc/gw/b.pem" || c.State != "/s" || c.Spool.Limit != 2<<30 || c.Spool.Full != FullThin || c.Memory != 64<<20 || c.Link.Every != 5*time.Second ||
		c.Link.Batch != 10_000 || c.Spool.Linger != 200*time.Millisecond || len(c.Filter) != 1 || c.Filter[0].Silence != 5*time.Minute {
		t.Errorf("%+v", c)
	}
}

// Every fault is told with its line.
func TestConfigFaults(t *testing.T) {
	fault := func(text, want string) {
		t.Helper()
		_, err := ParseConfig([]byte(text), "")
		if !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	fault("", "line 1")
	fault("format: x\n", "line 1: format: write format: lingtan.gateway/v1")
	fault("format: x\n", "line 1: server")
	fault(head+"sever: a\n", "line 5")
	fault(head+"spool:\n  limit: 1MiB\n", "line 6: spool.limit: 8MiB to 16TiB")
	fault(head+"spool:\n  limit: much\n", "line 6")
	fault(head+"spool: {full: drop}\n", "line 5: spool.full: wait or thin")
	fault(head+"link:\n  every: 5\n", "line 6")
	fault(head+"link:\n  every: soon\n", "line 6")
	fault(head+"filter:\n  - {match: a, dead_band: 1, silence: 1m}\n  - {match: \"[\", dead_band: 1, silence: 1m}\n", "line 7: filter[1].match")
	fault(head+"filter:\n  - {match: a, dead_band: 1}\n", "line 6: filter[0].silence")
	fault(head+"filter:\n  - {match: a, dead_band: 1, on_change: true, silence: 1m}\n", "line 6: filter[0]: one of")
	fault(head+"filter:\n  - match: a\n    every: 1500ms\n    aggregates: [mean]\n", "line 7: filter[0].every: whole seconds")
	fault(head+"filter:\n  - match: a\n    every: 15s\n    aggregates: [mean, mean, median]\n", "line 8: filter[0].aggregates[2]: \"median\"")
	fault(head+"filter: [\n", "line ")
	fault(head+"---\na: 1\n", "one YAML document")
	fault(strings.Repeat("#", maxConfig+1), "256 KiB")
	fault("a: \xff", "UTF-8")
}

// The examples of the pages are sound.
func TestConfigExamples(t *testing.T) {
	found := 0
	for _, page := range []string{"README.md", filepath.Join("..", "docs", "formats", "gateway.md")} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
			found++
			if _, err := ParseConfig(m[1], ""); err != nil {
				t.Errorf("%s: %v\n%s", page, err, m[1])
			}
		}
	}
	if found != 4 {
		t.Errorf("%d examples found", found)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(head))
	f.Add([]byte(head + "filter:\n  - {match: \"*/a\", every: 1m, aggregates: [mean, last]}\n"))
	f.Add([]byte("a: [&x *x]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ParseConfig(data, "/"); err != nil && (c != nil || !errors.Is(err, connector.ErrConfig)) {
			t.Fatal(err)
		}
	})
}
