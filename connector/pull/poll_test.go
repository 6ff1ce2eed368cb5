package pull

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

// The whole door: a change of the list, a device that is wrong, one that nobody answers.
func TestRun(t *testing.T) {
	s := newSite(t, says(one))
	wrong, dead := feed(s.URL), feed("http://127.0.0.1:1/", single...)
	wrong.ID, dead.ID = "wrong", "dead"
	p := newPark(wrong, dead)
	d := New(Options{})
	stop := run(t, d, p, t.TempDir())
	told := func(device, part string) func() bool {
		return func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, s := range p.statuses {
				if s.Device == device && strings.Contains(s.Error, part) && !s.OK {
					return true
				}
			}
			return false
		}
	}
	eventually(t, "the wrong one says why", told("wrong", "no values"))
	eventually(t, "the dead one says so", told("dead", "does not answer"))
	p.set(feed(s.URL, single...))
	eventually(t, "the new one is fetched", func() bool { return len(p.stored()) == 1 })
	eventually(t, "its status", func() bool {
		s := p.last()
		return s.OK && s.Device == "spot" && s.Samples == 1 && s.Lag > time.Hour && s.Error == ""
	})
	stop()
	if c := d.Counts(); c["answers"] != 1 || c["samples"] != 1 || c["failures"] != 1 {
		t.Error(c)
	}
}

// A server is asked with what it called its last answer, also after a restart, and not
// before the interval is over.
func TestConditional(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") == "Sun, 01 Mar 2026 00:00:00 GMT" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 00:00:00 GMT")
		says(one)(w, r)
	})
	c, p, dir := at("2026-03-01T12:00:00Z"), newPark(), t.TempDir()
	x := feed(s.URL, single...)
	q := pollOf(t, p, c, x, dir)
	if wait := q.turn(t.Context()); wait != time.Minute || len(p.stored()) != 1 {
		t.Errorf("%v, %v", wait, p.stored())
	}
	c.add(59 * time.Minute)
	q = pollOf(t, p, c, x, dir)
	q.turn(t.Context())
	if n := len(s.requests()); n != 1 {
		t.Errorf("asked %d times within the interval", n)
	}
	c.add(time.Minute)
	q.turn(t.Context())
	if n := q.d.Counts(); n["unchanged"] != 1 || n["answers"] != 0 || len(s.requests()) != 2 || !p.last().OK {
		t.Errorf("%v, %+v", n, p.last())
	}
	// Another mapping reads the answer anew.
	x.Options["value.w"] = "$.v"
	q = pollOf(t, p, c, x, dir)
	q.turn(t.Context())
	if n := q.d.Counts(); n["answers"] != 1 || len(p.stored()) != 2 {
		t.Errorf("%v", n)
	}
	// The tags are of a URL: that of the next day is asked without.
	x.Address = s.URL + "/{today}"
	q = pollOf(t, p, c, x, dir)
	q.turn(t.Context())
	c.add(24 * time.Hour)
	q.turn(t.Context())
	if last := s.requests()[len(s.requests())-1]; last.Header.Get("If-None-Match") != "" || last.URL.Path != "/2026-03-02" {
		t.Errorf("%v %v", last.URL, last.Header)
	}
}

// A server that fails is asked less and less often, and not before the time it gave, even
// after a restart.
func TestBackoff(t *testing.T) {
	s := newSite(t, nil)
	c, p, dir := at("2026-03-01T12:00:00Z"), newPark(), t.TempDir()
	x := feed(s.URL, single...)
	q := pollOf(t, p, c, x, dir)
	pause := func(least, most time.Duration) {
		t.Helper()
		q.turn(t.Context())
		if got := q.next.Sub(c.Now()); got < least || got > most {
			t.Errorf("pause %v, want %v to %v", got, least, most)
		}
		if p.last().OK {
			t.Errorf("%+v", p.last())
		}
		c.add(q.next.Sub(c.Now()))
	}
	s.set(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	pause(time.Minute, 75*time.Second)
	pause(2*time.Minute, 150*time.Second)
	for range 10 {
		q.turn(t.Context())
		c.add(q.next.Sub(c.Now()))
	}
	pause(time.Hour, 75*time.Minute)
	s.set(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "36000")
		w.WriteHeader(429)
	})
	q.turn(t.Context())
	if got := q.next.Sub(c.Now()); got != 10*time.Hour {
		t.Errorf("%v instead of the 10 hours that the server asked for", got)
	}
	asked := len(s.requests())
	c.add(9 * time.Hour)
	q = pollOf(t, p, c, x, dir)
	q.turn(t.Context())
	if len(s.requests()) != asked {
		t.Error("asked before the time, after a restart")
	}
	s.set(says(one))
	c.add(time.Hour)
	q.turn(t.Context())
	if len(p.stored()) != 1 || q.failures != 0 || !p.last().OK || q.next.Sub(c.Now()) != time.Hour {
		t.Errorf("%v, %v", p.last(), q.next.Sub(c.Now()))
	}
	if n := q.d.Counts(); n["throttled"] != 0 || n["answers"] != 1 {
		t.Error(n)
	}
}

// Values of the future are held over restarts; their latest version is admitted when
// their time comes.
func TestHold(t *testing.T) {
	s := newSite(t, says(`[{"t":"2026-03-01T11:00Z","v":1},{"t":"2026-03-01T13:30Z","v":2},{"t":"2026-03-01T14:00Z","v":3}]`))
	c, p, dir := at("2026-03-01T12:00:00Z"), newPark(), t.TempDir()
	x := feed(s.URL, append(single, "future", "hold")...)
	q := pollOf(t, p, c, x, dir)
	q.turn(t.Context())
	first := "spot v 2026-03-01T11:00:00Z 0s = 1"
	is(t, p, first)
	s.set(says(`[{"t":"2026-03-01T14:00Z","v":4}]`))
	c.add(time.Hour)
	q = pollOf(t, p, c, x, dir)
	q.turn(t.Context())
	is(t, p, first)
	s.set(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	c.add(30*time.Minute - time.Millisecond)
	q = pollOf(t, p, c, x, dir)
	if wait := q.turn(t.Context()); wait != 10*time.Millisecond {
		t.Errorf("it would sleep %v over the time of the next value", wait)
	}
	is(t, p, first)
	c.add(time.Millisecond)
	q.turn(t.Context())
	is(t, p, first, "spot v 2026-03-01T13:30:00Z 0s = 2")
	c.add(30 * time.Minute)
	q.turn(t.Context()) // the server fails by now
	is(t, p, first, "spot v 2026-03-01T13:30:00Z 0s = 2", "spot v 2026-03-01T14:00:00Z 0s = 4")
	if x, err := loadState(q.file, q.settings); err != nil || len(x.Held) != 0 {
		t.Errorf("%v, %v", x.Held, err)
	}
}

// Without hold, values that the admission would refuse come again later, even from a
// server that would say that nothing has changed.
func TestSkip(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"same"`)
		says(`[{"t":"2026-03-01T12:10Z","v":1},{"t":"2026-03-01T12:30Z","v":2}]`)(w, r)
	})
	c, p := at("2026-03-01T12:00:00Z"), newPark()
	q := pollOf(t, p, c, feed(s.URL, single...), t.TempDir())
	q.turn(t.Context())
	is(t, p, "spot v 2026-03-01T12:10:00Z 0s = 1")
	if q.d.Counts()["future_skipped"] != 1 {
		t.Error(q.d.Counts())
	}
	c.add(time.Hour)
	q.turn(t.Context())
	is(t, p, "spot v 2026-03-01T12:10:00Z 0s = 1", "spot v 2026-03-01T12:30:00Z 0s = 2")
	c.add(time.Hour)
	q.turn(t.Context())
	if q.d.Counts()["unchanged"] != 1 {
		t.Error(q.d.Counts())
	}
}

// What is held is bounded: the nearest values stay.
func TestHoldIsBounded(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	many := func(name string, n int, from time.Time) (list []connector.Sample) {
		for i := range n {
			list = append(list, connector.Sample{Name: name, At: from.Add(time.Duration(i) * time.Minute), Value: float64(i)})
		}
		return list
	}
	list, left := merge(nil, nil, many("a", maxHeld, start.Add(time.Hour)))
	if len(list) != maxHeld || left != 0 {
		t.Fatal(len(list), left)
	}
	list, left = merge(list, many("a", 1, start.Add(time.Hour)), many("b", 10, start))
	if len(list) != maxHeld || left != 9 || list[0].Name != "b" || list[10].At != start.Add(61*time.Minute).UnixMilli() {
		t.Errorf("%d, %d, %+v", len(list), left, list[10])
	}
}

// An answer without a value where the options say is told, and no failure.
func TestNothingThere(t *testing.T) {
	s := newSite(t, says(`[]`))
	p := newPark()
	q := pollOf(t, p, at("2026-03-01T12:00:00Z"), feed(s.URL, single...), "")
	q.turn(t.Context())
	if x := p.last(); !x.OK || !strings.Contains(x.Error, "holds no value") {
		t.Errorf("%+v", x)
	}
}

// A value without a time has that of the fetch.
func TestNow(t *testing.T) {
	s := newSite(t, says(`{"v":7}`))
	p := newPark()
	q := pollOf(t, p, at("2026-03-01T12:00:00Z"), feed(s.URL, "value.v", "$.v"), "")
	q.turn(t.Context())
	is(t, p, "spot v 2026-03-01T12:00:00Z 0s = 7")
}

func TestBusySink(t *testing.T) {
	s := newSite(t, says(one))
	p := newPark()
	p.fail = func(call int) (bool, error) {
		if call < 3 {
			return false, connector.ErrBusy
		}
		return true, nil
	}
	q := pollOf(t, p, at("2026-03-01T12:00:00Z"), feed(s.URL, single...), "")
	q.turn(t.Context())
	if q.d.Counts()["busy"] != 2 || len(p.stored()) != 1 {
		t.Error(q.d.Counts())
	}
}

// A state file that cannot be understood, or is of another list, is as good as none.
func TestForeignState(t *testing.T) {
	s := newSite(t, says(one))
	dir := t.TempDir()
	q := pollOf(t, newPark(), at("2026-03-01T12:00:00Z"), feed(s.URL, single...), dir)
	q.turn(t.Context())
	if q.state.Fetched.IsZero() || q.file != filepath.Join(dir, "pull", "p~spot.json") {
		t.Fatalf("%+v, %s", q.state, q.file)
	}
	for _, text := range []string{"", "{", `{"config":"x","held":[{"name":"v","at":1}]}`} {
		if err := os.WriteFile(q.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if x, err := loadState(q.file, q.settings); err != nil || !x.Fetched.IsZero() || len(x.Held) != 0 || x.Config == "x" {
			t.Errorf("%q: %+v, %v", text, x, err)
		}
	}
}

// publisher is a server that publishes every 2 hours what lies ahead, as a new version:
// a value each half hour from start, n of them.
func publisher(t *testing.T, c *clock, start time.Time, n int) *site {
	type row struct {
		T string  `json:"t"`
		V float64 `json:"v"`
	}
	return newSite(t, func(w http.ResponseWriter, q *http.Request) {
		version := int(c.Now().Sub(start) / (2 * time.Hour))
		tag := fmt.Sprintf(`"%d"`, version)
		if q.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		rows := []row{}
		for i := range n {
			at := start.Add(time.Duration(i+1) * 30 * time.Minute)
			if at.After(start.Add(time.Duration(version) * 2 * time.Hour)) {
				rows = append(rows, row{at.Format(time.RFC3339), float64(version*1000 + i)})
			}
		}
		w.Header().Set("ETag", tag)
		_ = json.NewEncoder(w).Encode(rows)
	})
}

// Wherever the process is killed, every value that the server had is in the store exactly
// once in the end, in the last version that was published before its time.
func TestKills(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp("", "pull-test-")
		if err != nil {
			r.Fatal(err)
		}
		defer os.RemoveAll(dir)
		c, p := at("2026-03-01T00:00:00Z"), newPark()
		start, n := c.Now(), rapid.IntRange(1, 30).Draw(r, "values")
		s := publisher(t, c, start, n)
		defer s.Close()
		want := map[string]float64{}
		for i := range n {
			last := (i+1+3)/4 - 1 // the last version that still has it
			want[keyOf(connector.Sample{Device: "spot", Name: "v", At: start.Add(time.Duration(i+1) * 30 * time.Minute)})] = float64(last*1000 + i)
		}
		kills := 0
		p.fail = func(int) (bool, error) {
			if kills < 8 && rapid.IntRange(0, 2).Draw(r, "kill") == 0 {
				kills++
				return rapid.Bool().Draw(r, "taken"), errors.New("killed")
			}
			return true, nil
		}
		x := feed(s.URL, append(single, "future", "hold")...)
		q := pollOf(t, p, c, x, dir)
		for range (n+8)*30/5 + 200 {
			before := kills
			q.turn(context.Background())
			if kills > before || rapid.IntRange(0, 20).Draw(r, "restart") == 0 {
				q = pollOf(t, p, c, x, dir)
			}
			c.add(5 * time.Minute)
		}
		if got := p.stored(); !maps.Equal(got, want) {
			r.Fatalf("stored %v\nwant %v", got, want)
		}
	})
}
