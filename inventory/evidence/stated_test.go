package evidence

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"lingtan/meter"
	"lingtan/period"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// day is 5 March 2018 in a zone without an offset.
const day = period.Day(17595)

// readings are 24 hourly readings of the day.
func readings() meter.Track {
	t := meter.Track{Key: "mill.kwh"}
	for i := range 24 {
		t.At = append(t.At, (int64(day)*24+int64(i)+1)*3600_000)
		t.Span = append(t.Span, 3600)
		t.Value = append(t.Value, float64(10+i))
	}
	return t
}

// stated is a signed statement of the day and of the day after at another register.
func stated(t interface{ Fatal(...any) }) *statement.Statement {
	tr := readings()
	days := []usage.Day{
		{Key: "mill.kwh", Day: day, Amount: tr.Value, Readings: 24, Digest: usage.ReadingDigest(tr)},
		{Key: "bakery.kwh", Day: day + 1, Amount: []float64{1, 2}, Readings: 2},
	}
	s, err := statement.Build(statement.Head{Park: "mill", Gateway: "mill-1", Organization: "mill", Number: 1, Zone: "UTC", Interval: "1h",
		Registers: []statement.Register{{Register: "mill.kwh", Kind: meter.Amount, Unit: "kWh"}, {Register: "bakery.kwh", Kind: meter.Amount, Unit: "kWh"}}}, days, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sign(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))); err != nil {
		t.Fatal(err)
	}
	return s
}

func disclosure(t interface{ Fatal(...any) }) *ReadingProof {
	tr := readings()
	p, err := NewDisclosure(stated(t), "mill.kwh", day, tr.At[9], tr.Value[9], usage.CanonicalReadings(nil, tr))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A disclosed reading is held against the signed root; whatever is changed is found.
func TestDisclosure(t *testing.T) {
	p := disclosure(t)
	checks, err := p.Verify()
	if err != nil || len(checks) != 4 || p.Root() != p.Statement.Head.Root {
		t.Fatalf("%v: %+v", err, checks)
	}
	text, err := json.Marshal(p)
	if err != nil || bytes.Contains(text, []byte(`"record"`)) || bytes.Contains(text, []byte(`"inRecords"`)) {
		t.Errorf("%v: %s", err, text)
	}
	forged := func(name string, change func(p *ReadingProof)) {
		t.Helper()
		back, ok, err := ReadProof(text)
		if err != nil || !ok {
			t.Fatal(err)
		}
		change(back)
		if _, err := back.Verify(); !errors.Is(err, ErrDifferent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	forged("value", func(p *ReadingProof) { p.Value++ })
	forged("time", func(p *ReadingProof) { p.At++ })
	forged("another reading", func(p *ReadingProof) { p.Readings[30] ^= 1 })
	forged("block", func(p *ReadingProof) { p.Block[20] ^= 1 })
	forged("path", func(p *ReadingProof) { p.InDays.Path[0] = p.InDays.Root })
	forged("root", func(p *ReadingProof) { p.Statement.Head.Root = p.InDays.Path[0] })
	forged("hash", func(p *ReadingProof) { p.Hash = p.InDays.Root })
	forged("signature", func(p *ReadingProof) { p.Statement.Signature[0] ^= 1 })
	forged("key", func(p *ReadingProof) { p.Statement.PublicKey[0] ^= 1 })
	forged("number", func(p *ReadingProof) { p.Statement.Head.Number++ })
	forged("register", func(p *ReadingProof) { p.Statement.Head.Registers = p.Statement.Head.Registers[:1] })
}

func TestNothingToDisclose(t *testing.T) {
	s, tr := stated(t), readings()
	refused := func(name string, want error, register string, d period.Day, at int64, value float64, tr meter.Track) {
		t.Helper()
		if _, err := NewDisclosure(s, register, d, at, value, usage.CanonicalReadings(nil, tr)); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("another day", ErrNoReading, "mill.kwh", day+1, tr.At[0], 10, tr)
	refused("another register", ErrNoReading, "oven.heat", day, tr.At[0], 10, tr)
	refused("no such reading", ErrDifferent, "mill.kwh", day, tr.At[0], 11, tr)
	refused("fewer readings", ErrDifferent, "mill.kwh", day, tr.At[0], 10, tr.Slice(0, 23))
}

// A stated block is the day's with the revisions that the park had made taken off.
func TestStatedBlock(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		after := uint16(rapid.IntRange(0, 5).Draw(r, "after"))
		revision := uint16(rapid.IntRange(0, 9).Draw(r, "revision"))
		d := usage.Day{Key: "mill.kwh", Day: day + period.Day(rapid.IntRange(-2, 2).Draw(r, "day")), Revision: revision, Amount: []float64{1}}
		since := rapid.SampledFrom([]string{"", day.String()}).Draw(r, "since")
		block, ok := StatedRegister{Register: "mill.kwh", Since: since, After: after}.StatedBlock(d)
		if want := revision >= after && (since == "" || d.Day >= day); ok != want {
			r.Fatalf("revision %d on %s, after %d since %q: stated %v", revision, d.Day, after, since, ok)
		}
		if !ok {
			return
		}
		got, _, err := usage.ParseBlock(block)
		if err != nil || got.Revision != revision-after || d.Revision != revision {
			r.Fatalf("%+v: %v", got, err)
		}
	})
	if _, ok := (StatedRegister{Register: "mill.kwh"}).StatedBlock(usage.Day{Key: "oven.heat", Amount: []float64{1}}); ok {
		t.Error("a day of another register")
	}
}
