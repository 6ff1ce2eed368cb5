package frame

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func same(t testing.TB, want, got []connector.Sample) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d samples became %d", len(want), len(got))
	}
	for i := range want {
		w, g := want[i], got[i]
		if math.Float64bits(w.Value) != math.Float64bits(g.Value) {
			t.Fatalf("sample %d: value %v became %v", i, w.Value, g.Value)
		}
		w.Value, g.Value = 0, 0
		w.At = w.At.UTC().Truncate(time.Millisecond)
		if !reflect.DeepEqual(w, g) {
			t.Fatalf("sample %d: %+v became %+v", i, w, g)
		}
	}
}

func drawSample(t *rapid.T) connector.Sample {
	name := rapid.StringMatching(`[a-c]{1,2}`)
	s := connector.Sample{Device: name.Draw(t, "device"), Name: name.Draw(t, "name"),
		At:   time.UnixMilli(rapid.Int64Range(0, lastTime-1).Draw(t, "at")),
		Span: time.Duration(rapid.IntRange(0, math.MaxInt32).Draw(t, "span")) * time.Second,
	}
	if rapid.Bool().Draw(t, "behind") {
		s.Via = name.Draw(t, "via")
	}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		s.Value = float64(rapid.Int64Range(-1e9, 1e9).Draw(t, "cents")) / 100
	case 1:
		s.Value = float64(rapid.Float32().Draw(t, "float"))
	case 2:
		s.Value = math.Copysign(0, -1)
	case 3:
		s.Value = math.NaN()
	default:
		s.Value = rapid.Float64().Draw(t, "double")
	}
	return s
}

// Every sample comes back as it was, to the last bit.
func TestBatchIsGivenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := &Batch{Spool: [16]byte{1, 2, 3}, First: 7, Samples: rapid.SliceOfN(rapid.Custom(drawSample), 1, 60).Draw(t, "samples")}
		want.Last = want.First + uint64(len(want.Samples)) - 1
		data, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseBatch(data)
		if err != nil {
			t.Fatal(err)
		}
		if got.Spool != want.Spool || got.First != want.First || got.Last != want.Last {
			t.Fatalf("%+v", got)
		}
		for i := range want.Samples {
			w, g := want.Samples[i], got.Samples[i]
			if math.Float64bits(w.Value) != math.Float64bits(g.Value) || !w.At.Equal(g.At) || w.Span != g.Span || w.Via != g.Via || w.Device != g.Device || w.Name != g.Name {
				t.Fatalf("%+v became %+v", w, g)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	refuse := func(data []byte, want error) {
		t.Helper()
		if b, err := ParseBatch(data); !errors.Is(err, want) {
			t.Errorf("%.40x: %+v, %v", data, b, err)
		}
	}
	good, err := (&Batch{First: 1, Last: 2, Samples: site(1)[:2]}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	refuse(nil, ErrFormat)
	refuse([]byte("GET / HTTP/1.1\r\n\r\n and more than a head of it"), ErrFormat)
	refuse(good[:len(good)-1], ErrFormat)
	refuse(make([]byte, MaxBatch+1), ErrLimit)
	wrong, err := (&Batch{First: 2, Last: 1, Samples: site(1)[:1]}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	refuse(wrong, ErrFormat)
	// A block that unpacks to more than the limit.
	bomb, err := Pack(good[:headSize:headSize], make([]byte, MaxBlock+1))
	if err != nil {
		t.Fatal(err)
	}
	refuse(bomb, ErrFormat)
	for _, s := range []connector.Sample{{Name: "a", At: noon}, {Device: "a", Name: "a", At: noon, Span: time.Millisecond}, {Device: "a", Name: "b"},
		{Device: string(make([]byte, MaxName+1)), Name: "a", At: noon}} {
		if _, err := AppendBlock(nil, []connector.Sample{s}); !errors.Is(err, ErrLimit) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if _, err := AppendBlock(nil, make([]connector.Sample, MaxSamples+1)); !errors.Is(err, ErrLimit) {
		t.Error(err)
	}
}

func TestIdentity(t *testing.T) {
	id := Identity{"park-1", "gw_2.a"}
	got, err := IdentityOf([]*url.URL{id.URI()})
	if err != nil || got != id {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"lingtan://gateway/park", "lingtan://gateway/park/", "lingtan://gateway/a/b/c", "https://gateway/a/b", "lingtan://other/a/b", "lingtan://gateway/a/b%20c"} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := IdentityOf([]*url.URL{u}); !errors.Is(err, ErrIdentity) {
			t.Errorf("%s: %+v", text, got)
		}
	}
	if _, err := IdentityOf(nil); !errors.Is(err, ErrIdentity) {
		t.Error(err)
	}
}

// site is seconds of a site of 2,000 values: 200 meters of ten, of which half have
// decimals and half are floats of 32 bits. The times stray by up to 20 ms.
func site(seconds int) []connector.Sample {
	random := rand.New(rand.NewPCG(1, 2))
	var out []connector.Sample
	for i := range seconds {
		for m := range 200 {
			at := noon.Add(time.Duration(i)*time.Second + time.Duration(random.IntN(20))*time.Millisecond)
			for v := range 10 {
				x := 200 + random.Float64()*20
				x = []float64{math.Round(x*10) / 10, float64(float32(x))}[v%2]
				out = append(out, connector.Sample{Device: fmt.Sprintf("meter-%03d", m), Name: fmt.Sprintf("value_%d", v), At: at, Value: x})
			}
		}
	}
	return out
}

func BenchmarkEncode(b *testing.B) {
	for _, seconds := range []int{1, 10, 30} {
		b.Run(fmt.Sprintf("%ds", seconds), func(b *testing.B) {
			samples, size := site(seconds), 0
			for b.Loop() {
				data, err := (&Batch{First: 1, Last: uint64(len(samples)), Samples: samples}).Encode()
				if err != nil {
					b.Fatal(err)
				}
				size = len(data)
			}
			b.ReportMetric(float64(size)/float64(len(samples)), "B/sample")
			b.ReportMetric(float64(len(samples))*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}

func FuzzParseBatch(f *testing.F) {
	good, err := (&Batch{First: 1, Last: 20, Samples: site(1)[:20]}).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("LGB1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBatch(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrLimit) {
				t.Fatal(err)
			}
			return
		}
		again, err := b.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseBatch(again)
		if err != nil {
			t.Fatal(err)
		}
		same(t, b.Samples, got.Samples)
	})
}

// FuzzParseBlock looks below the compression, which hides most of what is tried.
func FuzzParseBlock(f *testing.F) {
	good, err := AppendBlock(nil, site(1)[:20])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{1, 255, 255, 3, 0, 0})
	f.Add([]byte{1, 1, 1, 1, 'a', 1, 0, 0, 1, 'b', 255, 0, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, data []byte) {
		samples, err := ParseBlock(data)
		if err != nil {
			return
		}
		again, err := AppendBlock(nil, samples)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseBlock(again)
		if err != nil {
			t.Fatal(err)
		}
		same(t, samples, got)
	})
}
