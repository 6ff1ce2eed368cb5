package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/ingest"
	"lingtan/meter"
)

func ingesting(t *testing.T, n *Node, o IngestOptions) *Ingest {
	t.Helper()
	g, err := n.OpenIngest(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// quarter is quarter hour i of a value of device gw.
func quarter(name string, i int, value float64) connector.Sample {
	return connector.Sample{Device: "gw", Name: name, At: start.Add(time.Duration(i+1) * 15 * time.Minute), Span: 15 * time.Minute, Value: value}
}

func send(t *testing.T, g *Ingest, want connector.Receipt, samples ...connector.Sample) {
	t.Helper()
	got, err := g.Admission.Admit(context.Background(), "test", samples)
	if err != nil || got != want {
		t.Fatalf("Admit = %+v, %v; want %+v", got, err, want)
	}
}

func day(name string, value float64) []connector.Sample {
	var out []connector.Sample
	for i := range 96 {
		out = append(out, quarter(name, i, value))
	}
	return out
}

const devices = `format: lingtan.devices/v1
devices:
  - id: gw
    protocol: mqtt
    map: {e1: mill.kwh, e3: bakery.kwh}
`

// From a device list over samples and a later mapping to settled usage, over restarts.
func TestIngest(t *testing.T) {
	ctx := context.Background()
	n, c, dir := opened(t)
	g := ingesting(t, n, IngestOptions{})
	v, err := g.ImportDevices(ctx, act(c), "test", []byte(devices))
	if err != nil || v.Number != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	if again, err := g.ImportDevices(ctx, act(c), "test", []byte(devices)); err != nil || again.Number != 1 {
		t.Errorf("the same list again: %+v, %v", again, err)
	}
	send(t, g, connector.Receipt{Stored: 96}, day("e1", 5)...)
	send(t, g, connector.Receipt{Stored: 96}, day("e3", 2)...)
	send(t, g, connector.Receipt{Unmapped: 96}, day("e2", 3)...)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = reopened(t, dir, c)
	g = ingesting(t, n, IngestOptions{})
	list, err := g.Unmapped(ctx, "test")
	if err != nil || len(list) != 1 || list[0].Name != "e2" || list[0].Value != 3 || list[0].Count != 96 {
		t.Fatalf("%+v, %v", list, err)
	}
	// What came before the restart is settled although nothing more comes.
	if err := g.SettleNow(ctx); err != nil {
		t.Fatal(err)
	}
	if s := settled(t, n, SettleOptions{}); s.Revised != 0 {
		t.Errorf("left to settle: %+v", s)
	}
	v, err = g.MapPoint(ctx, act(c), "test", "gw", "e2", "pv.kwh")
	if err != nil || v.Number != 2 || v.Author != "system" {
		t.Fatalf("%+v, %v", v, err)
	}
	send(t, g, connector.Receipt{Duplicates: 96}, day("e2", 3)...)
	if list, err := g.Unmapped(ctx, "test"); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if err := g.SettleNow(ctx); err != nil {
		t.Fatal(err)
	}
	l, _ := n.Layout(ctx, "test")
	got, err := n.Series.Last(ctx, "test")
	if err != nil || len(got) != 3 || got[2].Key != "pv.kwh" || got[2].Value != 3 || len(l.Registers()) != 3 {
		t.Errorf("last %+v, %v", got, err)
	}
	text, err := g.ExportDevices(ctx, "test")
	if err != nil || !strings.Contains(string(text), "e1: mill.kwh") || !strings.Contains(string(text), "e2: pv.kwh") {
		t.Errorf("%s, %v", text, err)
	}
}

// A process that was killed after the mapping was recorded goes on when it is opened.
func TestMapPointInterrupted(t *testing.T) {
	ctx := context.Background()
	n, c, dir := opened(t)
	g := ingesting(t, n, IngestOptions{})
	send(t, g, connector.Receipt{Unmapped: 96}, day("e2", 3)...)
	list := "format: lingtan.devices/v1\ndevices: []\nmappings: [{device: gw, name: e2, register: pv.kwh}]\n"
	if _, err := n.Records.SaveDevices(ctx, act(c), "test", []byte(list), 0, "/"); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = reopened(t, dir, c)
	g = ingesting(t, n, IngestOptions{})
	got, err := n.Series.Last(ctx, "test")
	if err != nil || len(got) != 1 || got[0].Key != "pv.kwh" || got[0].Value != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if v, err := g.MapPoint(ctx, act(c), "test", "gw", "e2", "pv.kwh"); err != nil || v.Number > 2 {
		t.Errorf("mapping it again: %+v, %v", v, err)
	}
	if _, err := g.MapPoint(ctx, act(c), "test", "other 1", "功率", "mill.kwh"); err != nil {
		t.Error(err)
	}
	if register, ok := g.Registry.Route("test", "other 1", "功率"); !ok || register != "mill.kwh" {
		t.Error(register, ok)
	}
}

func TestIngestRefusals(t *testing.T) {
	ctx := context.Background()
	n, c, _ := opened(t)
	g := ingesting(t, n, IngestOptions{})
	is := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	_, err := g.ImportDevices(ctx, act(c), "test", []byte(strings.Replace(devices, "mill.kwh", "mill.gas", 1)))
	var faults ingest.Faults
	if !errors.As(err, &faults) || faults[0].Line != 5 {
		t.Errorf("a register that is not there: %v", err)
	}
	_, err = g.ImportDevices(ctx, act(c), "nowhere", []byte(devices))
	is(err, ErrNoPark)
	_, err = g.ExportDevices(ctx, "nowhere")
	is(err, ErrNoPark)
	_, err = g.Unmapped(ctx, "nowhere")
	is(err, ErrNoPark)
	_, err = g.MapPoint(ctx, act(c), "test", "gw", "x", "mill.gas")
	is(err, meter.ErrRegister)
	_, err = g.MapPoint(ctx, act(c), "test", "", "x", "mill.kwh")
	is(err, connector.ErrConfig)
	_, err = g.MapPoint(ctx, act(c), "nowhere", "gw", "x", "mill.kwh")
	is(err, ErrNoPark)
	_, err = g.Admission.Admit(ctx, "nowhere", day("x", 1))
	is(err, connector.ErrRefused)
	if v, err := n.Records.Devices(ctx, "test"); err != nil || v.Number != 0 {
		t.Errorf("refused lists were recorded: %+v, %v", v, err)
	}
	if text, err := g.ExportDevices(ctx, "test"); err != nil || string(text) != "format: lingtan.devices/v1\ndevices: []\n" {
		t.Errorf("a park without a list: %s, %v", text, err)
	}
}

// Run settles in the background and hands out the newest value of each register.
func TestRunIngest(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	n, c, _ := opened(t)
	var mu sync.Mutex
	live := map[string]float64{}
	g := ingesting(t, n, IngestOptions{Settle: 10 * time.Millisecond, Live: 5 * time.Millisecond, OnAdmitted: func(park string, latest []LatestSample) {
		mu.Lock()
		defer mu.Unlock()
		for _, x := range latest {
			live[fmt.Sprint(park, " ", x.Register, " ", x.At.Sub(start))] = x.Value
		}
	}})
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	if _, err := g.ImportDevices(ctx, act(c), "test", []byte(devices)); err != nil {
		t.Fatal(err)
	}
	mill := day("e1", 5)
	mill[95].Value = 7
	slices.Reverse(mill)
	send(t, g, connector.Receipt{Stored: 96}, mill...)
	last, deadline := int64(0), time.Now().Add(20*time.Second)
	for last == 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
		if mark, err := n.settledUpTo(ctx, "test"); err == nil && mark.First == mark.Last {
			last = int64(mark.Last)
		}
	}
	mu.Lock()
	if last == 0 || len(live) != 1 || live["test mill.kwh 24h0m0s"] != 7 {
		t.Errorf("settled day %d, live %v", last, live)
	}
	mu.Unlock()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What came of months that ended is moved into month files without anyone asking.
func TestMonthsAreCompacted(t *testing.T) {
	n, _, _ := opened(t)
	g, err := n.OpenIngest(t.Context(), IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b meter.Batch
	b.Keys = []string{"mill.kwh"}
	for i := range 96 {
		b.Append(0, start.Add(time.Duration(i+1)*15*time.Minute).UnixMilli(), 900, float64(i))
	}
	if _, err := n.Series.Append(t.Context(), "test", &b); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		s, err := n.Series.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Hot == 0 && s.Months > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("not compacted: %+v", s)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
