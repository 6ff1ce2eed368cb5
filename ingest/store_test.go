//go:build !race

package ingest

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/meter"
	"lingtan/store/series"
)

// The test binary plays a second process when this variable names its part.
const partVariable = "LINGTAN_INGEST_PART"

func TestMain(m *testing.M) {
	if os.Getenv(partVariable) == "send" {
		sendForEver(os.Args[1], os.Args[2])
	}
	os.Exit(m.Run())
}

func openStore(t testing.TB, dir string) *series.Store {
	t.Helper()
	s, err := series.Open(dir, series.Options{Memory: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// said is what a park holds, "key second=value …", with the revision after a prime.
func said(t *testing.T, s *series.Store, park string) string {
	t.Helper()
	var out []string
	err := s.Readings(ctx, meter.Query{Park: park, From: 0, To: math.MaxInt64}, func(tr meter.Track) error {
		line := tr.Key
		for i := range tr.At {
			line += fmt.Sprintf(" %d=%g", (tr.At[i]-noon.UnixMilli())/1000, tr.Value[i])
			if tr.Revision != nil && tr.Revision[i] > 0 {
				line += fmt.Sprintf("'%d", tr.Revision[i])
			}
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

// Whatever the order and however often samples come, the store reads them in the
// order of event time, each once.
func TestOrderAndRepeats(t *testing.T) {
	s := openStore(t, t.TempDir())
	a := New(s, registry(), Options{Now: clock})
	admit(t, a, connector.Receipt{Stored: 3}, sample("d", "v", 30, 3), sample("d", "v", -10, 1), sample("d", "v", 20, 2))
	admit(t, a, connector.Receipt{Stored: 1, Duplicates: 2}, sample("d", "v", 25, 2.5), sample("d", "v", 30, 3), sample("d", "v", -10, 1))
	admit(t, a, connector.Receipt{Corrected: 1, Duplicates: 1}, sample("d", "v", 20, 2.2), sample("d", "v", 20, 2.2))
	expect(t, said(t, s, "p"), "a.x -10=1 20=2.2'1 25=2.5 30=3")
}

// What is unmapped is listed after a restart as it was, and becomes readings when it
// is mapped, also after a restart in between, once, without touching what is known.
func TestUnmappedOverRestarts(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	a := New(s, registry(), Options{Now: clock, Kept: 3})
	admit(t, a, connector.Receipt{Unmapped: 2}, sample("gw/1", "k", 20, 2), sample("gw/1", "k", 10, 1))
	admit(t, a, connector.Receipt{Unmapped: 3, Stored: 1}, sample("gw/1", "k", 30, 3), sample("gw/1", "k", 40, 4), sample("gw/1", "k", 50, 5), sample("b", "x", 20, 7))
	check := func(want ...Unmapped) {
		t.Helper()
		if got, err := a.Unmapped(ctx, "p"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	second := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
	check(Unmapped{"gw/1", "k", second(10), second(50), 5, 5, 3})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir)
	r := registry()
	a = New(s, r, Options{Now: clock, Kept: 3})
	check(Unmapped{"gw/1", "k", second(10), second(30), 3, 3, 3})
	r.Set("p", List{Mappings: []Mapping{{"gw/1", "k", "b.x"}}}, []string{"a.x", "b.x"})
	adopt := func(want Adopted) {
		t.Helper()
		if got, err := a.Adopt(ctx, "p"); err != nil || got != want {
			t.Errorf("Adopt = %+v, %v; want %+v", got, err, want)
		}
	}
	admit(t, a, connector.Receipt{Stored: 1}, sample("gw/1", "k", 60, 6))
	adopt(Adopted{Names: 1, Samples: 2, Known: 1})
	adopt(Adopted{})
	expect(t, said(t, s, "p"), "b.x 10=1 20=7 30=3 60=6")
	check()
	// A park without anything kept, and one whose kept samples are all known.
	r.Set("q", List{}, nil)
	if got, err := a.Adopt(ctx, "q"); err != nil || got != (Adopted{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

const senders = 4

// killSample is sample n of a sender: two registers, times going up and down within
// tens, so that batches come out of order.
func killSample(sender, n int) connector.Sample {
	at := noon.Add(time.Duration(n^3) * time.Second)
	return connector.Sample{Device: fmt.Sprintf("s%d", sender), Name: fmt.Sprintf("r%d", n%2), At: at, Value: float64(n)}
}

func killRegistry() *Registry {
	r := NewRegistry()
	var list List
	var keys []string
	for s := range senders {
		keys = append(keys, fmt.Sprintf("s%d.r0", s)) // r1 stays unmapped
		list.Devices = append(list.Devices, connector.Device{ID: fmt.Sprintf("s%d", s), Protocol: "http"})
	}
	r.Set("p", list, keys)
	return r
}

// sendForEver sends from four goroutines and prints "sender last" once a call is
// acknowledged. Each call repeats the last of the one before. from is "a,b,c,d": the
// first sample of each sender.
func sendForEver(dir, from string) {
	s, err := series.Open(dir, series.Options{Memory: 256 << 20})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	a := New(s, killRegistry(), Options{Ahead: 1e6 * time.Hour, Kept: 1e9})
	var all sync.WaitGroup
	var out sync.Mutex
	for i, text := range strings.Split(from, ",") {
		next := 0
		fmt.Sscan(text, &next)
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), uint64(next)))
			for {
				var samples []connector.Sample
				end := next + 1 + random.IntN(600)
				for n := max(0, next-8); n < end; n++ {
					samples = append(samples, killSample(i, n))
				}
				if _, err := a.Admit(ctx, "p", samples); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println(i, end-1)
				out.Unlock()
				next = end
			}
		})
	}
	all.Wait()
}

// TestKill kills a process that admits from four senders at random moments, and finds
// every acknowledged sample exactly once and in order, mapped or not: 40 times, or as
// often as LINGTAN_INGEST_KILLS says.
func TestKill(t *testing.T) {
	kills := 40
	if text := os.Getenv("LINGTAN_INGEST_KILLS"); text != "" {
		fmt.Sscan(text, &kills)
	}
	dir, random, early := t.TempDir(), rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano()))), 0
	acked := [senders]int{-1, -1, -1, -1}
	for range kills {
		from := make([]string, senders)
		for i, n := range acked {
			from[i] = fmt.Sprint(n + 1)
		}
		c := exec.Command(os.Args[0], dir, strings.Join(from, ","))
		c.Env = append(os.Environ(), partVariable+"=send")
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		before := acked
		killSoon(c, out, random, &acked)
		if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the sender ended by itself: %v", err)
		}
		if acked == before {
			early++
		}
		checkKilled(t, dir, acked)
	}
	total := senders
	for _, n := range acked {
		total += n
	}
	if total < 10_000 {
		t.Errorf("only %d samples acknowledged; the test says little", total)
	}
	t.Logf("%d samples acknowledged over %d kills, %d of them before the first acknowledgement", total, kills, early)
}

// killSoon kills the process some time after its first acknowledgement, or one time in
// six some time after its start, and notes the last sample acknowledged to each sender.
func killSoon(c *exec.Cmd, out io.Reader, random *rand.Rand, acked *[senders]int) {
	kill := func() {
		time.AfterFunc(time.Duration(random.IntN(120))*time.Millisecond, func() { c.Process.Kill() })
	}
	early := random.IntN(6) == 0
	if early {
		kill()
	}
	lines := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil {
			return // a line that was cut short does not count
		}
		var sender, last int
		if _, err := fmt.Sscan(line, &sender, &last); err == nil {
			acked[sender] = max(acked[sender], last)
		}
		if n == 0 && !early {
			kill()
		}
	}
}

// checkKilled opens the store and holds it against what was acknowledged: every sample
// there, in order, with its value, and no row twice.
func checkKilled(t *testing.T, dir string, acked [senders]int) {
	t.Helper()
	s := openStore(t, dir)
	defer s.Close()
	rows := int64(0)
	var there [senders]map[int]bool
	for i := range there {
		there[i] = map[int]bool{}
	}
	for _, park := range []string{"p", "p~unmapped"} {
		err := s.Readings(ctx, meter.Query{Park: park, From: 0, To: math.MaxInt64}, func(tr meter.Track) error {
			rows += int64(tr.Len())
			var sender int
			fmt.Sscanf(tr.Key, "s%d", &sender)
			for i, at := range tr.At {
				n := int(tr.Value[i])
				want := killSample(sender, n)
				if at != want.At.UnixMilli() || i > 0 && tr.At[i-1] >= at || !strings.HasSuffix(tr.Key, want.Name) || tr.Revision != nil && tr.Revision[i] > 0 {
					t.Errorf("%s %s: sample %d at %d", park, tr.Key, n, at)
				}
				there[sender][n] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, last := range acked {
		for n := range last + 1 {
			if !there[i][n] {
				t.Fatalf("sender %d: sample %d was acknowledged and is lost", i, n)
			}
		}
	}
	stats, err := s.Stats(ctx)
	if err != nil || stats.Readings != rows {
		t.Fatalf("%d rows are stored for %d readings (%v)", stats.Readings, rows, err)
	}
}
