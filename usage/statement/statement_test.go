package statement

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"lingtan/accounting"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/period"
	"lingtan/proof"
	"lingtan/usage"
)

// key is a test's key: never one of an installation.
func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func public(seed byte) ed25519.PublicKey { return key(seed).Public().(ed25519.PublicKey) }

var registers = []Register{
	{Register: "bakery.kwh", Kind: meter.Amount, Carrier: "electricity", Unit: "kWh"},
	{Register: "mill.kwh", Kind: meter.Counter, Carrier: "electricity", Unit: "kWh"},
	{Register: "oven.heat", Kind: meter.Amount, Carrier: "natural_gas", Unit: "GJ"},
}

func headOf(number int, previous string) Head {
	return Head{Park: "mill", Gateway: "mill-1", Organization: "mill", Number: number, Previous: previous,
		IssuedAt: 1_700_000_000_000, Zone: "Asia/Shanghai", Interval: "15m", Registers: registers}
}

// drawDays are settled days with every quality, none twice.
func drawDays(r *rapid.T) []usage.Day {
	var days []usage.Day
	for i, n := 0, rapid.IntRange(1, 6).Draw(r, "days"); i < n; i++ {
		d := usage.Day{Key: registers[rapid.IntRange(0, 2).Draw(r, "register")].Register, Day: period.Day(17000 + i), Revision: uint16(rapid.IntRange(0, 3).Draw(r, "revision")),
			Readings: uint32(rapid.IntRange(0, 200).Draw(r, "readings")), Digest: sha256.Sum256([]byte{byte(i)})}
		slots := rapid.SampledFrom([]int{1, 4, 24}).Draw(r, "slots")
		d.Quality = make([]meter.Quality, slots)
		for k := range slots {
			d.Quality[k] = rapid.SampledFrom([]meter.Quality{meter.Missing, meter.Measured, meter.Estimated, meter.Edited, meter.Measured | meter.Suspect}).Draw(r, "quality")
			amount := rapid.Float64Range(-1e6, 1e6).Draw(r, "amount")
			if d.Quality[k].Base() == meter.Missing {
				amount = 0
			}
			d.Amount = append(d.Amount, amount)
		}
		days = append(days, d)
	}
	return days
}

func entry(t *testing.T) accounting.Entry {
	t.Helper()
	e := accounting.Entry{ID: "e1", Scope: 2, Formula: method.ActivityFactor, Data: 100, DataUnit: "kWh", Unit: "tCO2", Activity: accounting.Activity{Organization: "mill", Registers: []string{"mill.kwh"}},
		Factors: []accounting.Applied{{Role: "emission", Factor: "grid@1", Value: 0.5, Unit: "kgCO2/kWh"}}}
	if err := e.Evaluate(); err != nil {
		t.Fatal(err)
	}
	return e
}

func signed(t interface{ Fatal(...any) }, h Head, days []usage.Day) *Statement {
	s, err := Build(h, days, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sign(key(1)); err != nil {
		t.Fatal(err)
	}
	return s
}

func document(t interface{ Fatal(...any) }, s *Statement) []byte {
	doc, err := s.Document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// What was stated is read back as it was, verifies, and its sums are the sums of its
// intervals; its root is that of the house's tree.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		days := drawDays(r)
		s := signed(r, headOf(1, ""), days)
		back, err := Parse(document(r, s))
		if err != nil {
			r.Fatal(err)
		}
		if !reflect.DeepEqual(back, s) {
			r.Fatalf("read back %+v, was %+v", back, s)
		}
		if err := back.Verify(public(1), nil); err != nil {
			r.Fatal(err)
		}
		got, err := back.Days()
		if err != nil {
			r.Fatal(err)
		}
		var tree proof.Tree
		sums := map[string]usage.Totals{}
		for _, d := range got {
			tree.Add(usage.Block(nil, d))
			t := sums[d.Key]
			for i, a := range d.Amount { // by hand, not by Totals
				switch d.At(i).Base() {
				case meter.Measured:
					t.Measured += a
				case meter.Estimated:
					t.Estimated += a
				case meter.Edited:
					t.Edited += a
				}
			}
			sums[d.Key] = t
		}
		for _, x := range back.Head.Registers {
			for _, pair := range [][2]float64{{x.Totals.Measured, sums[x.Register].Measured}, {x.Totals.Estimated, sums[x.Register].Estimated}, {x.Totals.Edited, sums[x.Register].Edited}} {
				if math.Abs(pair[0]-pair[1]) > 1e-6 {
					r.Fatalf("%s: the head says %+v, the intervals give %+v", x.Register, x.Totals, sums[x.Register])
				}
			}
		}
		if want := fmt.Sprintf("%x", tree.Root()); want != back.Head.Root {
			r.Fatalf("root %s, the tree gives %s", back.Head.Root, want)
		}
	})
}

// Whatever bit of a document is flipped, reading or verifying finds it.
func TestEveryBitCounts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		doc := document(r, signed(r, headOf(1, ""), drawDays(r)))
		i := rapid.IntRange(0, len(doc)*8-1).Draw(r, "bit")
		doc[i/8] ^= 1 << (i % 8)
		s, err := Parse(doc)
		if err == nil {
			err = s.Verify(public(1), nil)
		}
		if err == nil {
			r.Fatalf("bit %d of %s flipped and not found", i, doc)
		}
		if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrDifferent) && !errors.Is(err, ErrChain) && !errors.Is(err, ErrLimit) {
			r.Fatalf("an error of another kind: %v", err)
		}
	})
}

// A signer who signs what its days do not give is found out as well.
func TestHeadMustBeTrue(t *testing.T) {
	days := []usage.Day{{Key: "mill.kwh", Day: 17532, Amount: []float64{1, 2}}}
	lie := func(name string, change func(*Statement)) {
		t.Helper()
		s := signed(t, headOf(1, ""), days)
		change(s)
		if err := s.Sign(key(1)); err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(public(1), nil); !errors.Is(err, ErrDifferent) && !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	lie("total", func(s *Statement) { s.Head.Registers[0].Totals.Measured = 4 })
	lie("days", func(s *Statement) { s.Head.Days = 2 })
	lie("root", func(s *Statement) { s.Head.Root = Root(nil) })
	lie("last", func(s *Statement) { s.Head.Last = "2019-01-01" })
	lie("register", func(s *Statement) { s.Head.Registers[0].Register = "oven.heat" })
	lie("another register", func(s *Statement) { s.Head.Registers = append(s.Head.Registers, registers[2]) })
	lie("kind", func(s *Statement) { s.Head.Registers[0].Kind = "state" })
	lie("block", func(s *Statement) { s.Blocks[30] ^= 1 })
	lie("twice", func(s *Statement) { s.Blocks = append(s.Blocks, s.Blocks...) })
	lie("entries", func(s *Statement) { s.Entries = append(s.Entries, entry(t)) })
	missing := usage.Day{Key: "mill.kwh", Day: 17532, Amount: []float64{1}, Quality: []meter.Quality{meter.Missing}}
	if _, err := Build(headOf(1, ""), []usage.Day{missing}, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("an amount where it is missing: %v", err)
	}
	over := usage.Day{Key: "mill.kwh", Day: 17532, Amount: []float64{1}, Coverage: []uint8{101}}
	if _, err := Build(headOf(1, ""), []usage.Day{over}, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("coverage over 100 %%: %v", err)
	}
}

func TestBuildRefuses(t *testing.T) {
	one := usage.Day{Key: "mill.kwh", Day: 17532, Amount: []float64{1}}
	refused := func(name string, want error, h Head, days ...usage.Day) {
		t.Helper()
		if _, err := Build(h, days, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("no day", ErrFormat, headOf(1, ""))
	refused("a day twice", ErrFormat, headOf(1, ""), one, one)
	refused("an unknown register", ErrFormat, headOf(1, ""), usage.Day{Key: "x", Day: 1, Amount: []float64{1}})
	refused("number 0", ErrFormat, headOf(0, ""), one)
	refused("number 2 of nothing", ErrFormat, headOf(2, ""), one)
	refused("number 1 after another", ErrFormat, headOf(1, Root(nil)), one)
	refused("too many", ErrLimit, headOf(1, ""), make([]usage.Day, MaxDays+1)...)
}

func TestChain(t *testing.T) {
	day := func(d period.Day) []usage.Day {
		return []usage.Day{{Key: "mill.kwh", Day: d, Amount: []float64{1, 2, 3}}}
	}
	first := signed(t, headOf(1, ""), day(17532))
	hash, err := first.Head.Hash()
	if err != nil {
		t.Fatal(err)
	}
	second := signed(t, headOf(2, hash), day(17533))
	hash2, err := second.Head.Hash()
	if err != nil {
		t.Fatal(err)
	}
	third := signed(t, headOf(3, hash2), day(17534))
	follows := func(s *Statement, previous *Head, want error) {
		t.Helper()
		if err := s.Verify(public(1), previous); !errors.Is(err, want) {
			t.Errorf("%d after %+v: %v, want %v", s.Head.Number, previous, err, want)
		}
	}
	follows(first, nil, nil)
	follows(second, &first.Head, nil)
	follows(third, &second.Head, nil)
	follows(third, &first.Head, ErrChain)
	follows(second, nil, ErrChain)
	follows(first, &second.Head, ErrChain)
	follows(signed(t, headOf(2, hash2), day(17533)), &first.Head, ErrChain)
	other := headOf(2, hash)
	other.Gateway = "mill-2"
	follows(signed(t, other, day(17533)), &first.Head, ErrChain)
	if err := first.Verify(public(2), nil); !errors.Is(err, ErrDifferent) {
		t.Errorf("by another key: %v", err)
	}
}

// A day is proved under the root without showing the others.
func TestProve(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		days := drawDays(r)
		s := signed(r, headOf(1, ""), days)
		d := rapid.SampledFrom(days).Draw(r, "day")
		block, in, err := s.Prove(d.Key, d.Day)
		if err != nil {
			r.Fatal(err)
		}
		if err := in.Verify(block); err != nil || in.Root != s.Head.Root {
			r.Fatalf("%v, root %s of %s", err, in.Root, s.Head.Root)
		}
		if _, _, err := s.Prove(d.Key, d.Day+100); !errors.Is(err, ErrFormat) {
			r.Fatalf("a day that is not there: %v", err)
		}
	})
}

// Entries come with the statement and are bound to its head.
func TestEntries(t *testing.T) {
	s, err := Build(headOf(1, ""), []usage.Day{{Key: "mill.kwh", Day: 17532, Amount: []float64{1}}}, []accounting.Entry{entry(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sign(key(1)); err != nil {
		t.Fatal(err)
	}
	back, err := Parse(document(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Verify(public(1), nil); err != nil || len(back.Entries) != 1 {
		t.Fatalf("%v, %d entries", err, len(back.Entries))
	}
	back.Entries[0].Emissions *= 2
	if err := back.Verify(public(1), nil); !errors.Is(err, ErrDifferent) {
		t.Errorf("another emission: %v", err)
	}
}

// example is the statement of docs/formats/statement.md.
func example(t *testing.T) *Statement {
	return signed(t, headOf(1, ""), []usage.Day{{Key: "mill.kwh", Day: 17595, Amount: []float64{10, 0, 12.5, 7}, Readings: 3,
		Quality: []meter.Quality{meter.Measured, meter.Missing, meter.Estimated, meter.Measured}, Coverage: []uint8{100, 0, 50, 100}, Digest: sha256.Sum256([]byte("readings"))}})
}

// The written form does not change: a statement of one release is read by the next.
// UPDATE=1 writes it anew.
func TestGolden(t *testing.T) {
	const name = "testdata/statement.json"
	got := document(t, example(t))
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
	s, err := Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(public(1), nil); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	if _, err := Parse(make([]byte, MaxBytes+1)); !errors.Is(err, ErrLimit) {
		t.Errorf("a large document: %v", err)
	}
	for _, text := range []string{"", "{}", "[]", "null", `{"head":{}}`, `{"unknown":1}`, "{} {}"} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whatever bytes come, reading and verifying end without a panic, and what is read
// is written again as it was.
func FuzzParse(f *testing.F) {
	golden, err := os.ReadFile("testdata/statement.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(golden[:len(golden)/2])
	f.Add([]byte(`{"blocks":"TFRVMQ==","entries":[],"head":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			return
		}
		if again, err := s.Document(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("written again: %s (%v)", again, err)
		}
		if s.Verify(public(1), nil) == nil && !bytes.Equal(data, golden) {
			t.Fatalf("verified though the key did not sign it: %s", data)
		}
	})
}
