package ocpp

import (
	"os"
	"testing"

	"github.com/goccy/go-yaml"

	"lingtan/connector"
)

// The sample list of the README is one that the driver takes.
func TestSampleList(t *testing.T) {
	text, err := os.ReadFile("devices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []connector.Device
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil || len(list) < 3 {
		t.Fatalf("%d devices, %v", len(list), err)
	}
	anyFile := func(string) (map[string]bool, error) { return map[string]bool{}, nil }
	for _, d := range list {
		if _, err := newCharger(d, anyFile); err != nil || d.Protocol != New(Options{}).Protocol() {
			t.Errorf("%s: %v", d.ID, err)
		}
		for _, w := range d.Write {
			if !writable.MatchString(w.Name) {
				t.Errorf("%s: %s cannot be set", d.ID, w.Name)
			}
		}
	}
}
