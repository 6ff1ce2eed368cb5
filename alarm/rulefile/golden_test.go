package rulefile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lingtan/alarm"
)

func golden(t *testing.T, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "test", "golden"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestLabelledLoad holds what rules raise against labels.
func TestLabelledLoad(t *testing.T) {
	set, err := Parse(golden(t, "alarm-load", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	samples, err := ParseSamples(golden(t, "anomaly-load", "input.csv"), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	e, err := alarm.New(set, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range samples {
		if s.Signal != "value" {
			continue
		}
		e.Observe(s.At, "reading:load.power", s.At, s.Value)
		for _, x := range e.Tick(s.At).Transitions {
			got = append(got, fmt.Sprintf("%s %s %s", x.Rule, x.Event, x.At.Format(time.RFC3339)))
		}
	}
	var list []struct{ Rule, Event, At string }
	if err := json.Unmarshal(golden(t, "alarm-load", "expected.json"), &list); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, x := range list {
		want = append(want, x.Rule+" "+x.Event+" "+x.At)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
