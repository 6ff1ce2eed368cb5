package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"lingtan/connector/httpdoor"
	"lingtan/meter"
	"lingtan/node"
)

// weekRounds are the values of a week, one every five minutes.
const weekRounds = 7 * 24 * 12

// queryUnderLoad measures questions about one point while line protocol is written at
// full rate: a week of its readings at the node, and the nearest that the HTTP API has.
func queryUnderLoad(ctx context.Context, o options, r *result) error {
	f := lineFleet{seed: o.Seed, meters: 50, step: 5 * time.Minute}
	week := weekRounds/f.rounds() + 1 // requests of a gateway
	f.requests = week + o.Sustain*fastest*2/3/int(sent(fleetGateways))
	dir := filepath.Join(o.Dir, "underload")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	plain, packed, err := f.payloads(dir)
	if err != nil {
		return err
	}
	defer forget(append(plain, packed...))
	q := questions{lineFleet: f, options: o, week: week, loads: plain, dir: dir, r: r}
	if err := q.atNode(ctx); err != nil {
		return err
	}
	return q.overHTTP(ctx)
}

// questions are asked of a node that is written to.
type questions struct {
	lineFleet
	options options
	week    int // requests of a gateway that hold the first week
	loads   []*stream
	dir     string
	r       *result
}

// preload writes the first week.
func (q *questions) preload(base string) (*writers, error) {
	w := &writers{base: base + "/api/v2/write?precision=s", loads: q.loads, next: make([]int, len(q.loads)), most: q.week}
	err := w.write(time.Now().Add(10 * time.Minute))
	w.most = 0
	return w, err
}

// during asks one question after the other while the gateways write for half of the
// time of a measurement.
func (q *questions) during(w *writers, what string, ask func(i int) error) error {
	before := w.acknowledged()
	began := time.Now()
	until := began.Add(time.Duration(q.options.Sustain) * time.Second / 2)
	var writing error
	done := make(chan struct{})
	go func() {
		defer close(done)
		writing = w.write(until)
	}()
	var took times
	var asking error
	for i := 0; asking == nil && time.Now().Before(until); i++ {
		begun := time.Now()
		asking = ask(i)
		took = append(took, 1000*time.Since(begun).Seconds())
	}
	<-done
	if err := errors.Join(asking, writing); err != nil {
		return err
	}
	q.r.add(what+": written meanwhile", sent(w.acknowledged()-before)/time.Since(began).Seconds(), "samples/s")
	q.r.add(what+": questions", float64(len(took)), "")
	q.r.limit(what+", p50", took.at(0.5), "ms", 20, false)
	q.r.add(what+", p95", took.at(0.95), "ms")
	q.r.add(what+", p99", took.at(0.99), "ms")
	return nil
}

// pick is a meter drawn at random.
func (q *questions) pick(i int) string {
	u := noise(q.seed, uint64(i), 1<<52)
	return meterName(int(u%fleetGateways), int(u>>32%uint64(q.meters)))
}

// atNode runs node and door in this process and asks the node for a week of readings,
// first out of the table of what came lately, then out of month files.
func (q *questions) atNode(ctx context.Context) error {
	n, err := node.Open(ctx, node.Options{Dir: filepath.Join(q.dir, "node"), Workers: runtime.NumCPU()})
	if err != nil {
		return err
	}
	in, err := q.admit(ctx, n)
	if err != nil {
		return errors.Join(err, n.Close())
	}
	door, err := httpdoor.New(httpdoor.Options{Sink: in.Admission, Devices: in.Registry})
	if err != nil {
		return errors.Join(err, n.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, n.Close())
	}
	server := &http.Server{Handler: door.Handler(http.NotFoundHandler()), ReadHeaderTimeout: time.Minute}
	go server.Serve(listener) //nolint:errcheck // it ends by Close below
	err = q.weeks(ctx, n, "http://"+listener.Addr().String())
	return errors.Join(err, server.Close(), n.Close())
}

func (q *questions) weeks(ctx context.Context, n *node.Node, base string) error {
	w, err := q.preload(base)
	if err != nil {
		return err
	}
	week := func(i int) error { return q.readWeek(ctx, n, i) }
	if err := q.during(w, "a week of one point, 2,016 values, at the node, from the hot table", week); err != nil {
		return err
	}
	if err := n.Series.CompactAll(ctx, nil); err != nil {
		return err
	}
	return q.during(w, "a week of one point, 2,016 values, at the node, from a month file", week)
}

// readWeek reads the first week of a register and sees that it is whole.
func (q *questions) readWeek(ctx context.Context, n *node.Node, i int) error {
	from := fleetStart.UnixMilli() + 1
	key := q.pick(i) + "." + fleetFields[i%len(fleetFields)].ID
	values := 0
	err := n.Series.Readings(ctx, meter.Query{Park: fleetPark, Keys: []string{key}, From: from, To: from + 7*86400_000}, func(t meter.Track) error {
		values += t.Len()
		return nil
	})
	if err == nil && values != weekRounds {
		err = fmt.Errorf("a week of %s has %d values, not %d", key, values, weekRounds)
	}
	return err
}

// overHTTP asks the program itself: a week of settled intervals, and a day's readings.
func (q *questions) overHTTP(ctx context.Context) error {
	dir := filepath.Join(q.dir, "server")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	c, secret := ours(q.options, q.lineFleet), ""
	s, err := c.start(dir)
	if err != nil {
		return err
	}
	if _, err = q.preload(s.base); err == nil {
		err = s.stop()
	}
	if err != nil {
		return err
	}
	err = onStore(dir, func(n *node.Node) error {
		_, err := n.Settle(ctx, fleetPark, node.SettleOptions{All: true})
		return err
	})
	if err == nil {
		secret, err = addToken(ctx, filepath.Join(dir, "data"))
	}
	if err != nil {
		return err
	}
	if s, err = c.start(dir); err != nil {
		return err
	}
	return errors.Join(q.routes(ctx, s, secret), s.kill())
}

func (q *questions) routes(ctx context.Context, s *server, secret string) error {
	w := &writers{base: s.base + s.write, loads: q.loads, next: make([]int, len(q.loads))}
	for g := range w.next {
		w.next[g] = q.week
	}
	api := caller{base: s.base, secret: secret}
	place := "/api/v1/parks/" + fleetPark + "/usage/"
	err := q.during(w, "GET usage of a week by interval, 672 settled values", func(i int) error {
		_, err := api.get(ctx, place+q.pick(i)+".kwh?step=interval&period=2018-03-05..2018-03-11")
		return err
	})
	if err != nil {
		return err
	}
	return q.during(w, "GET a day's intervals with its 288 readings", func(i int) error {
		_, err := api.get(ctx, place+q.pick(i)+".kwh/days/2018-03-07")
		return err
	})
}
