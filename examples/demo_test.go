package examples

import (
	"testing"

	"lingtan/park/layout"
	"lingtan/park/parkfile"
)

func TestDemoParkIsSound(t *testing.T) {
	data, err := Demo.ReadFile("demo/park.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, faults := parkfile.Parse(data)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	l, err := layout.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(l.Registers()); got != 118 {
		t.Errorf("%d registers, want 118: 5 of the steel works, 105 chargers, 8 others", got)
	}
}
