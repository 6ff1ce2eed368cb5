package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"lingtan/access"
	"lingtan/node"
	"lingtan/period"
)

// ask measures the questions behind the console's first page in this process:
// the traced profile of the year, and the explanation of an entry.
func ask(ctx context.Context, o options, r *result) error {
	n, err := node.Open(ctx, node.Options{Dir: o.data(), Workers: runtime.NumCPU()})
	if err != nil {
		return err
	}
	x, err := n.Closed(ctx, benchPark, benchPeriod)
	if err != nil {
		return err
	}
	if x == nil {
		return errors.New("no closed inventory; run the stage settle first")
	}
	last := firstDay + period.Day(o.Days) - 1
	began := time.Now()
	if _, err := n.Profile(ctx, benchPark, firstDay, last); err != nil {
		return err
	}
	r.add("profile of the year, the first time", 1000*time.Since(began).Seconds(), "ms")
	warm, err := repeat(o.Calls, func(int) error {
		_, err := n.Profile(ctx, benchPark, firstDay, last)
		return err
	})
	if err != nil {
		return err
	}
	r.add("profile, again, p95", warm.at(0.95), "ms")
	entries := x.Inventory.Entries
	pick := func(i int) string {
		return entries[noise(o.Seed, uint64(i), 1<<50)%uint64(len(entries))].ID
	}
	explain := func(i int) error {
		_, err := n.Explain(ctx, pick(i))
		return err
	}
	began = time.Now()
	if err := explain(0); err != nil {
		return err
	}
	r.limit("explain a tonne, the first", 1000*time.Since(began).Seconds(), "ms", 200, false)
	each, err := repeat(o.Calls, func(i int) error { return explain(i + 1) })
	if err != nil {
		return err
	}
	r.limit("explain a tonne, p95 of others", each.at(0.95), "ms", 200, false)
	r.add("explain a tonne, p50 of others", each.at(0.5), "ms")
	return n.Close()
}

// times are the milliseconds of calls.
type times []float64

// at is the quantile q from 0 to 1: the smallest time that the share q of the calls
// does not exceed.
func (t times) at(q float64) float64 {
	t = slices.Clone(t)
	slices.Sort(t)
	return t[max(0, int(math.Ceil(q*float64(len(t))))-1)]
}

func repeat(n int, call func(i int) error) (times, error) {
	all := make(times, 0, n)
	for i := range n {
		began := time.Now()
		if err := call(i); err != nil {
			return nil, err
		}
		all = append(all, 1000*time.Since(began).Seconds())
	}
	return all, nil
}

func (o options) program() string { return filepath.Join(o.Dir, "lingtan") }

// build builds the program whose API is measured.
func build(o options) error {
	if out, err := exec.Command("go", "build", "-o", o.program(), "./cmd/lingtan").CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./cmd/lingtan (run bench in the project's folder): %w\n%s", err, out)
	}
	return nil
}

// serve measures the HTTP API of the program itself over the loopback.
func serve(ctx context.Context, o options, r *result) error {
	secret, err := addToken(ctx, o.data())
	if err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	server := exec.CommandContext(ctx, o.program(), "serve", "--data", o.data(), "--listen", address)
	log, err := os.Create(filepath.Join(o.Dir, "serve.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	server.Stderr = log
	if err := server.Start(); err != nil {
		return err
	}
	c := caller{base: "http://" + address, secret: secret}
	err = c.wait(ctx)
	if err == nil {
		err = c.measure(ctx, o, r)
	}
	return errors.Join(err, server.Process.Signal(os.Interrupt), ended(server.Wait()))
}

// ended passes over the exit code of a server that was interrupted.
func ended(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

func addToken(ctx context.Context, dir string) (string, error) {
	n, err := node.Open(ctx, node.Options{Dir: dir})
	if err != nil {
		return "", err
	}
	secret, err := access.NewSecret(rand.Reader, "")
	if err != nil {
		return "", errors.Join(err, n.Close())
	}
	_, err = n.Records.AddToken(ctx, act(), access.ServiceToken{Name: "bench", Hash: access.HashSecret(secret), ExpiresAt: time.Now().Add(24 * time.Hour),
		Grants: []access.Grant{{Role: access.Administrator, Organization: "/"}}})
	return secret, errors.Join(err, n.Close())
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// caller asks the server.
type caller struct{ base, secret string }

var errAbsent = errors.New("the program has no such route")

// get reads an answer to its end.
func (c caller) get(ctx context.Context, path string) (int64, error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return 0, err
	}
	ask.Header.Set("Authorization", "Bearer "+c.secret)
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotFound {
		return 0, fmt.Errorf("%w: %s", errAbsent, path)
	}
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return 0, fmt.Errorf("GET %s: %s: %s", path, answer.Status, text)
	}
	return io.Copy(io.Discard, answer.Body)
}

// wait until the server answers, for at most a minute.
func (c caller) wait(ctx context.Context) error {
	var err error
	for range 600 {
		if _, err = c.get(ctx, "/api/v1/me"); err == nil || errors.Is(err, errAbsent) {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("the server does not answer: %w", err)
}

func (c caller) measure(ctx context.Context, o options, r *result) error {
	overview := func(p, basis string) string {
		return "/api/v1/parks/" + benchPark + "/overview?" + url.Values{"period": {p}, "basis": {basis}}.Encode()
	}
	began := time.Now()
	size, err := c.get(ctx, overview(benchPeriod, "location"))
	if errors.Is(err, errAbsent) {
		r.Notes = append(r.Notes, "the overview's route is not in this program: not measured")
		return nil
	}
	if err != nil {
		return err
	}
	r.add("GET overview, the first after a start", 1000*time.Since(began).Seconds(), "ms")
	r.add("GET overview of the year, uncompressed", float64(size)/1024, "KiB")
	year, err := repeat(o.Calls, func(int) error {
		_, err := c.get(ctx, overview(benchPeriod, "location"))
		return err
	})
	if err != nil {
		return err
	}
	r.limit("GET overview of the year, p95", year.at(0.95), "ms", 50, false)
	mixed, err := repeat(o.Calls, func(i int) error {
		_, err := c.get(ctx, overview(somePeriod(o, i), [2]string{"location", "market"}[i%2]))
		return err
	})
	if err != nil {
		return err
	}
	r.add("GET overview, years, months, days, spans; p50", mixed.at(0.5), "ms")
	r.limit("GET overview, years, months, days, spans; p95", mixed.at(0.95), "ms", 50, false)
	r.add("GET overview, years, months, days, spans; p99", mixed.at(0.99), "ms")
	return nil
}

// somePeriod varies over years, months, days and spans of days that have data.
func somePeriod(o options, i int) string {
	u := noise(o.Seed, uint64(i), 1<<51)
	a := firstDay + period.Day(u%uint64(o.Days))
	b := min(firstDay+period.Day(o.Days)-1, a+period.Day(u>>32%60))
	switch i % 4 {
	case 0:
		return benchPeriod
	case 1:
		return a.String()[:7]
	case 2:
		return a.String()
	}
	return a.String() + ".." + b.String()
}
