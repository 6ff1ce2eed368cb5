package main

import (
	"testing"

	"lingtan/connector"
)

// The board tells the last status of enabled devices of the list, and forgets others.
func TestStatusBoard(t *testing.T) {
	b := &statusBoard{}
	if got := b.of("p", []connector.Device{{ID: "a"}}); len(got) != 0 {
		t.Errorf("before any report: %v", got)
	}
	for _, s := range []connector.Status{{Park: "p", Device: "a"}, {Park: "p", Device: "a", OK: true, Samples: 2},
		{Park: "p", Device: "off", OK: true}, {Park: "p", Device: "gone", OK: true}, {Park: "q", Device: "a"}} {
		b.note(s)
	}
	got := b.of("p", []connector.Device{{ID: "a"}, {ID: "off", Disabled: true}, {ID: "quiet"}})
	if len(got) != 1 || !got["a"].OK || got["a"].Samples != 2 {
		t.Errorf("%+v", got)
	}
	if got := b.of("p", []connector.Device{{ID: "gone"}}); len(got) != 0 {
		t.Errorf("what left the list is remembered: %+v", got)
	}
	if got := b.of("q", []connector.Device{{ID: "a"}}); len(got) != 1 || got["a"].OK {
		t.Errorf("another park: %+v", got)
	}
}
