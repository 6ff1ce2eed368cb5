package balance

import (
	"errors"
	"testing"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/usage"
)

func net(t testing.TB, closing bool) *Network {
	t.Helper()
	w, err := NewNetwork(park.Network{
		Nodes: []park.Node{{ID: "grid", Kind: Source}, {ID: "bus", Kind: Bus}, {ID: "use", Kind: Use}, {ID: "out", Kind: Export}},
		Edges: []park.Edge{{ID: "in", From: "grid", To: "bus", Closing: closing, Register: map[bool]string{false: "main"}[closing]},
			{ID: "u", From: "bus", To: "use", Register: "u"}, {ID: "x", From: "bus", To: "out", Closing: true, Valid: park.Valid{To: "2018-01-02"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func closed(t testing.TB, w *Network, day string, settled map[string]usage.Day) *Day {
	t.Helper()
	from, _ := park.Valid{From: day}.Days()
	b, err := w.Close(from, 2, settled)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(w, 1e-12); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestImportClosesTheBus(t *testing.T) {
	b := closed(t, net(t, true), "2018-01-01", map[string]usage.Day{"u": {Key: "u", Amount: []float64{3, 4}, Quality: []meter.Quality{meter.Measured, meter.Estimated}}})
	if b.Edge[0][0] != 3 || b.Edge[0][1] != 4 || b.Residual[1][0] != 0 || b.At(0, 0) != meter.Measured || b.At(0, 1) != meter.Estimated {
		t.Errorf("%+v", b)
	}
}

func TestMeteredImportLeavesARest(t *testing.T) {
	b := closed(t, net(t, false), "2018-01-03", map[string]usage.Day{"main": {Key: "main", Amount: []float64{5, 4}}, "u": {Key: "u", Amount: []float64{3, 6}}})
	if b.Residual[1][0] != 2 || b.Residual[1][1] != -2 {
		t.Errorf("rest %v", b.Residual[1])
	}
}

func TestSilentMeterIsMissing(t *testing.T) {
	b := closed(t, net(t, true), "2018-01-01", nil)
	if b.At(1, 0) != meter.Missing || b.At(0, 0) != meter.Estimated {
		t.Errorf("use %v, import %v", b.At(1, 0), b.At(0, 0))
	}
}

func TestOutOfServiceTakesNoPart(t *testing.T) {
	b := closed(t, net(t, false), "2018-01-03", map[string]usage.Day{"main": {Key: "main", Amount: []float64{5, 5}}, "u": {Key: "u", Amount: []float64{3, 3}}})
	if b.Edge[2] != nil {
		t.Errorf("the export ended on 2 January and took %v", b.Edge[2])
	}
}

func TestWrongNumberOfIntervalsIsRefused(t *testing.T) {
	if _, err := net(t, true).Close(17532, 2, map[string]usage.Day{"u": {Key: "u", Amount: []float64{1}}}); !errors.Is(err, ErrNetwork) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownNodeIsRefused(t *testing.T) {
	if _, err := NewNetwork(park.Network{Nodes: []park.Node{{ID: "a"}}, Edges: []park.Edge{{ID: "e", From: "a", To: "b"}}}); !errors.Is(err, ErrNetwork) {
		t.Errorf("got %v", err)
	}
}
