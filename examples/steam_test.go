package examples

import (
	"os"
	"testing"

	"lingtan/balance"
	"lingtan/park/layout"
	"lingtan/park/parkfile"
)

func TestSteamParkIsSound(t *testing.T) {
	data, err := os.ReadFile("steam-park/park.yaml")
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
	if p, stated := l.Accuracy("feeder.kwh"); !stated || p != 0.5 {
		t.Errorf("the feeder is known to %v %%, %v", p, stated)
	}
	w, err := balance.NewNetwork(doc.Network, doc.Carriers...)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Conversions) != 4 {
		t.Errorf("%d conversions, want 4", len(w.Conversions))
	}
}
