package dlt645

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
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil || len(list) < 2 {
		t.Fatalf("%d devices, %v", len(list), err)
	}
	for _, d := range list {
		if _, err := newMeter(d); err != nil || d.Protocol != New().Protocol() {
			t.Errorf("%s: %v", d.ID, err)
		}
	}
}
