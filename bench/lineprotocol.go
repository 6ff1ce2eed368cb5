package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// fastest is the rate in samples/s up to which requests are made beforehand: a server
// that is faster still ends its measurement early.
const fastest = 2_400_000

// lineFleet is what is written by line protocol in a run of this size.
func (o options) lineFleet() lineFleet {
	f := lineFleet{seed: o.Seed, meters: 250, step: time.Minute}
	f.requests = o.Sustain*fastest/int(sent(fleetGateways)) + 1
	return f
}

// lineProtocol measures writing by line protocol over HTTP: our server and its peers,
// each as a process of its own on a fresh folder, by the same client with the same
// requests; then what each has lost after kill -9.
func lineProtocol(_ context.Context, o options, r *result) error {
	f := o.lineFleet()
	dir := filepath.Join(o.Dir, "lineprotocol")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	plain, packed, err := f.payloads(dir)
	if err != nil {
		return err
	}
	defer forget(append(plain, packed...))
	r.add("making the requests beforehand", time.Since(began).Seconds(), "s")
	r.add("bytes of line protocol a sample", float64(plain[0].ends[f.requests-1])/float64(f.samples()/fleetGateways), "bytes")
	for i, c := range append([]contender{ours(o, f)}, peers(r)...) {
		for j, loads := range [][]*stream{plain, packed} {
			m := match{contender: c, loads: loads, dir: filepath.Join(dir, fmt.Sprintf("%d-%d", i, j)), sustain: time.Duration(o.Sustain) * time.Second}
			if err := m.run(r, i == 0); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	return nil
}

func forget(loads []*stream) {
	for _, l := range loads {
		_ = l.file.Close() // only read, and removed with its folder
	}
}

// match is one contender measured with one set of requests.
type match struct {
	contender
	loads   []*stream
	dir     string
	sustain time.Duration
}

// run writes for some time, asks until all of it is found, and, with plain requests,
// sees what a kill leaves.
func (m match) run(r *result, held bool) error {
	if err := os.MkdirAll(m.dir, 0o750); err != nil {
		return err
	}
	defer os.RemoveAll(m.dir)
	s, err := m.start(m.dir)
	if err != nil {
		return err
	}
	if m.create != "" {
		if _, err := s.post(m.create); err != nil {
			return errors.Join(err, s.kill())
		}
	}
	what := m.name + ", plain: "
	if m.loads[0].packed {
		what = m.name + ", gzip: "
	}
	w := writers{base: s.base + m.write, loads: m.loads, next: make([]int, len(m.loads))}
	if err := m.sustained(s, &w, r, what, held); err != nil {
		return errors.Join(err, s.kill())
	}
	if m.loads[0].packed {
		return s.kill()
	}
	return m.killed(s, &w, r, what)
}

// sustained writes until the time is over and waits until all is found.
func (m match) sustained(s *server, w *writers, r *result, what string, held bool) error {
	began, client, used := time.Now(), cpu(), s.cpu()
	if err := w.write(began.Add(m.sustain)); err != nil {
		return err
	}
	written := time.Since(began)
	clientUsed, serverUsed := cpu()-client, s.cpu()-used
	for {
		found, err := s.count(s)
		if err != nil {
			return err
		}
		if found == sent(w.acknowledged()) {
			break
		}
		if time.Since(began) > 2*m.sustain+time.Minute {
			return fmt.Errorf("a query finds %.0f of %.0f samples", found, sent(w.acknowledged()))
		}
		time.Sleep(20 * time.Millisecond)
	}
	took := time.Since(began)
	samples := sent(w.acknowledged())
	rate := samples / took.Seconds()
	if held {
		r.limit(what+"acknowledged and found by a query", rate, "samples/s", 5e5, true)
	} else {
		r.add(what+"acknowledged and found by a query", rate, "samples/s")
	}
	r.add(what+"acknowledged", samples/written.Seconds(), "samples/s")
	r.add(what+"time of writing", written.Seconds(), "s")
	r.add(what+"processor time of the server while writing", serverUsed.Seconds(), "s")
	r.add(what+"processor time of the client while writing", clientUsed.Seconds(), "s")
	r.add(what+"acknowledged in a second of the server's processor time", samples/serverUsed.Seconds(), "samples/s")
	r.add(what+"request of 10,000 samples, p50", w.took.at(0.5), "ms")
	r.add(what+"request of 10,000 samples, p99", w.took.at(0.99), "ms")
	r.add(what+"largest resident memory of the server", s.peak(), "MiB")
	return nil
}

// killed writes on for two seconds, kills the server right after the last
// acknowledgement, starts it again, counts, and measures what is at rest on disk.
func (m match) killed(s *server, w *writers, r *result, what string) error {
	err := w.write(time.Now().Add(2 * time.Second))
	if err = errors.Join(err, s.kill()); err != nil {
		return err
	}
	began := time.Now()
	if s, err = m.start(m.dir); err != nil {
		return err
	}
	r.add(what+"until it answers again after kill -9", time.Since(began).Seconds(), "s")
	if m.recount != nil {
		err = s.stop()
	}
	if err != nil {
		return err
	}
	left, err := m.left(s)
	if err != nil {
		return err
	}
	r.add(what+"acknowledged samples lost by kill -9", sent(w.acknowledged())-left, "samples")
	size, err := m.rest(s)
	if err != nil {
		return err
	}
	if m.recount != nil {
		r.limit(what+"on disk at rest", size/left, "bytes/sample", 4, false)
		return nil
	}
	r.add(what+"on disk at rest", size/left, "bytes/sample")
	return nil
}

// left is how many samples are found after the restart.
func (m match) left(s *server) (float64, error) {
	if m.recount != nil {
		return m.recount(m.dir)
	}
	var last float64
	for same := 0; same < 3; { // what is read back from a log shows bit by bit
		found, err := s.count(s)
		if err != nil {
			return 0, errors.Join(err, s.kill())
		}
		if same++; found != last {
			same = 0
		}
		last = found
		time.Sleep(time.Second)
	}
	return last, nil
}

// rest is the bytes on disk when the data has its form at rest.
func (m match) rest(s *server) (float64, error) {
	err := m.tidy(s)
	if m.recount == nil {
		err = errors.Join(err, s.stop())
	}
	if err != nil {
		return 0, err
	}
	return sizeOf(filepath.Join(m.dir, m.data))
}

// writers are the gateways, each with a connection of its own, sending one request
// after the other.
type writers struct {
	base  string
	loads []*stream
	next  []int // gateway → its next request
	most  int   // the request of each to stop before; 0 = none
	took  times
	mu    sync.Mutex
}

// acknowledged is how many requests were.
func (w *writers) acknowledged() int {
	n := 0
	for _, i := range w.next {
		n += i
	}
	return n
}

// write sends until the time is over or everything is sent.
func (w *writers) write(until time.Time) error {
	failed := make([]error, len(w.loads))
	transport := &http.Transport{MaxIdleConnsPerHost: len(w.loads), DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	var all sync.WaitGroup
	for g, l := range w.loads {
		all.Go(func() { failed[g] = w.gateway(client, l, g, until) })
	}
	all.Wait()
	return errors.Join(failed...)
}

func (w *writers) gateway(client *http.Client, l *stream, g int, until time.Time) error {
	var buf []byte
	var took times
	end := len(l.ends)
	if w.most > 0 {
		end = w.most
	}
	for w.next[g] < end && time.Now().Before(until) {
		var err error
		if buf, err = l.payload(w.next[g], buf); err != nil {
			return err
		}
		began := time.Now()
		again, err := send(client, w.base, l, buf)
		if err != nil {
			return err
		}
		if again {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		took = append(took, 1000*time.Since(began).Seconds())
		w.next[g]++
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took = append(w.took, took...)
	return nil
}

// send posts a request; it is to be sent again when the server is busy.
func send(client *http.Client, url string, l *stream, body []byte) (again bool, err error) {
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	r.Header.Set("Authorization", "Token "+gatewaySecret(l.gateway))
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	if l.packed {
		r.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := client.Do(r)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 2000))
	if answer.StatusCode == http.StatusServiceUnavailable {
		return true, nil
	}
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s", answer.Status, text)
	}
	return false, err
}
