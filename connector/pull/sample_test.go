package pull

import (
	"os"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"lingtan/connector"
)

// sampleList is the list of the README.
func sampleList(t *testing.T) map[string]connector.Device {
	t.Helper()
	text, err := os.ReadFile("devices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []connector.Device
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	out := map[string]connector.Device{}
	for _, x := range list {
		if x.Protocol != New(Options{}).Protocol() {
			t.Errorf("%s: %s", x.ID, x.Protocol)
		}
		out[x.ID] = x
	}
	return out
}

// The mappings of the sample list on recorded answers; testdata/README.md has the sources.
func TestSampleMappings(t *testing.T) {
	list := sampleList(t)
	reads := func(id, file, want string) {
		t.Helper()
		body, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		d := New(Options{})
		s, err := d.settings(list[id])
		if err != nil {
			t.Fatal(err)
		}
		got, left, err := d.read(s, body, time.Now())
		if err != nil || left.first != nil || lines(got) != want {
			t.Errorf("%s: %v, %v\n%s", id, err, left.first, lines(got))
		}
	}
	// 1733785200 is 2024-12-09T23:00:00Z, the beginning of 10 December in Berlin.
	reads("spot", "energy-charts-price.json", `spot price 2024-12-10T00:00:00Z 1h0m0s = 92.85
spot price 2024-12-10T01:00:00Z 1h0m0s = 89.33
spot price 2024-12-10T02:00:00Z 1h0m0s = 86.5
spot price 2024-12-10T03:00:00Z 1h0m0s = 83.7
`)
	reads("weather", "open-meteo-hourly.json", `weather humidity 2026-03-01T23:00:00Z 0s = 89
weather temperature 2026-03-01T23:00:00Z 0s = 3.2
weather humidity 2026-03-02T00:00:00Z 0s = 93
weather temperature 2026-03-02T00:00:00Z 0s = 2.3
weather humidity 2026-03-02T01:00:00Z 0s = 93
weather temperature 2026-03-02T01:00:00Z 0s = 1.9
weather humidity 2026-03-02T02:00:00Z 0s = 96
weather temperature 2026-03-02T02:00:00Z 0s = 1
`)
	reads("grid", "carbonintensity-fw24h.json", `grid forecast 2020-05-21T21:00:00Z 30m0s = 190
grid forecast 2020-05-21T21:30:00Z 30m0s = 177
grid forecast 2020-05-21T22:00:00Z 30m0s = 161
`)
}

// What the sample list asks for, at a time of which the day differs by zone.
func TestSampleAddresses(t *testing.T) {
	list := sampleList(t)
	now := time.Date(2026, 3, 1, 23, 30, 0, 0, time.UTC)
	asks := func(id, want string) {
		t.Helper()
		s, err := New(Options{}).settings(list[id])
		if err != nil {
			t.Fatal(err)
		}
		if u, err := s.url(now); err != nil || u.String() != want {
			t.Errorf("%v, %v", u, err)
		}
	}
	asks("spot", "https://api.energy-charts.info/price?bzn=DE-LU&start=2026-03-01&end=2026-03-03")
	asks("grid", "https://api.carbonintensity.org.uk/intensity/2026-03-01T23:30Z/fw24h")
}
