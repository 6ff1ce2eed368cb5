// Package doorkill kills the real server by SIGKILL at random moments while every door is
// in use, and holds what it stored against what it acknowledged: each acknowledged sample
// must be there once, with its value and time.
//
// LINGTAN_DOOR_KILLS says how often, LINGTAN_DOOR_SEED makes the moments of an earlier run
// again, LINGTAN_PROGRAM names a program that is built already.
package doorkill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/test/parktest"
)

const fewKills = 8

// number is a setting of the environment.
func number(t *testing.T, name string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// everyone are all who bring samples.
type everyone struct {
	senders []*sender
	other   *foreign
	drop    *dropper
	station *substation
	site    *site
	asked   []*counter
	page    *page
}

// ledgers are those of all whose samples are acknowledged.
func (e *everyone) ledgers() (list []*ledger) {
	for _, s := range e.senders {
		list = append(list, s.ledger)
	}
	return append(list, e.other.ledger, e.drop.ledger, e.station.ledger, e.site.ledger)
}

func gather(t *testing.T, h *household, s *server) *everyone {
	t.Helper()
	e := &everyone{senders: slices.Concat(httpSenders(h, s), mqttSenders(h, s), chargerSenders(h, s), []*sender{monitorSender(h, s)})}
	e.other, e.drop, e.station, e.site = newForeign(t, h), newDropper(h, s), newSubstation(t, h), newSite(h, s)
	e.asked = []*counter{newModbusMeter(t, h), newElectricityMeter(t, h), newWaterMeter(t, h), newPlant(t, h)}
	e.page = newPage(t, h)
	return e
}

// progress is how far each has come, by register.
func (e *everyone) progress() map[string]int64 {
	m := map[string]int64{e.page.key: e.page.progress()}
	for _, l := range e.ledgers() {
		m[l.key] = l.progress()
	}
	for _, c := range e.asked {
		m[c.key] = c.progress()
	}
	return m
}

func TestKill(t *testing.T) {
	kills, seed := number(t, "LINGTAN_DOOR_KILLS", fewKills), number(t, "LINGTAN_DOOR_SEED", uint64(time.Now().UnixNano()))
	t.Logf("seed %d", seed)
	began := time.Now().Add(-time.Second)
	s := newServer(t, t.TempDir())
	h := &household{park: parktest.New()}
	e := gather(t, h, s)
	h.register(t, s)
	sending, stop := context.WithCancel(context.Background())
	defer stop()
	e.site.open(t, s, sending)
	var work, link sync.WaitGroup
	linking, unlink := context.WithCancel(context.Background())
	defer func() { stop(); unlink(); work.Wait(); link.Wait() }()
	link.Go(func() {
		if err := e.site.running.Run(linking); err != nil {
			t.Error(err)
		}
	})
	s.start(t)
	defer func() { _ = s.cmd.Process.Kill() }() // it may be dead
	s.alive(t)
	torment(t, s, int(kills), rand.New(rand.NewPCG(seed, 0)), time.Since(s.begun), func() {
		for _, x := range e.senders {
			work.Go(func() { x.run(sending) })
		}
		work.Go(func() { e.drop.run(sending) })
		work.Go(func() { e.other.run(sending) })
	})
	before := e.calm(t, s)
	stop()
	work.Wait()
	limited, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := errors.Join(e.other.drain(limited), e.site.drain(limited)); err != nil {
		t.Error(err)
	}
	s.kill(t)
	e.judge(t, s, before, began)
}

// torment lets the senders begin, and kills and starts the server again and again: one
// time in three while it starts, else while all doors are in use. It ends with a server
// that has been started and may not answer yet.
func torment(t *testing.T, s *server, kills int, random *rand.Rand, boot time.Duration, begin func()) {
	t.Helper()
	begin()
	longest := boot
	for i := range kills {
		if random.IntN(3) == 0 && i > 0 {
			time.Sleep(time.Duration(random.Float64() * 1.2 * float64(boot)))
		} else {
			s.alive(t)
			if i > 0 {
				boot = time.Since(s.begun)
				longest = max(longest, boot)
			}
			time.Sleep(time.Duration(random.Float64() * float64(2*time.Second)))
		}
		s.kill(t)
		s.start(t)
	}
	t.Logf("a start took %v at most", longest.Round(time.Millisecond))
}

// calm waits until everybody got on after the last kill, and gives how far each was then.
func (e *everyone) calm(t *testing.T, s *server) map[string]int64 {
	t.Helper()
	s.alive(t)
	before := e.progress()
	var late []string
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		s.runs(t)
		late = late[:0]
		for key, n := range e.progress() {
			if n < before[key]+2 {
				late = append(late, key)
			}
		}
		if len(late) == 0 {
			break
		}
	}
	time.Sleep(time.Second) // what was served last is stored meanwhile
	for _, l := range e.ledgers() {
		if slices.Contains(late, l.key) {
			t.Errorf("%s, %s: nothing was acknowledged after the last kill; last error: %v", l.door, l.client, l.trouble())
		}
	}
	if len(late) > 0 {
		t.Errorf("no progress after the last kill: %v\n%s", late, s.words())
	}
	return before
}

// judge holds the store against the ledgers, and prints the table.
func (e *everyone) judge(t *testing.T, s *server, before map[string]int64, began time.Time) {
	t.Helper()
	tracks, stats := s.contents(t)
	stored := 0
	for _, k := range tracks {
		stored += len(k.at)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%d kills\n%-8s %-26s %9s %9s %9s %9s %5s %7s\n", s.kills, "door", "client", "samples", "tried", "acked", "stored", "lost", "doubled")
	for _, o := range e.outcomes(tracks, before, began) {
		fmt.Fprintf(&table, "%-8s %-26s %9d %9d %9d %9d %5d %7d\n", o.door, o.client, o.made, o.sent, o.acked, o.stored, o.lost, o.extra)
		for _, f := range o.faults {
			t.Errorf("%s, %s: %s", o.door, o.client, f)
		}
	}
	t.Log(table.String())
	if int64(stored) != stats.Readings {
		t.Errorf("the store has %d rows of %d readings: rows are doubled, or of no register", stats.Readings, stored)
	}
	if t.Failed() {
		t.Log(s.words())
	}
}

// outcomes are what became of the samples of everybody. It takes the tracks out of the
// map; those that are left are of values that came along with others.
func (e *everyone) outcomes(tracks map[string]track, before map[string]int64, began time.Time) (list []outcome) {
	take := func(key string) track {
		k := tracks[key]
		delete(tracks, key)
		return k
	}
	for _, l := range e.ledgers() {
		list = append(list, l.judge(take(l.key)))
	}
	for _, c := range e.asked {
		list = append(list, c.judge(take(c.key), before[c.key], began))
	}
	fetched := take(e.page.key)
	o := e.page.ledger.judge(fetched)
	if len(fetched.value) == 0 || slices.Max(fetched.value) <= float64(before[e.page.key]) {
		o.fault("nothing was fetched after the last kill")
	}
	list = append(list, o)
	for key, k := range tracks {
		o := outcome{door: "besides", client: key}
		o.rising(k)
		list = append(list, o)
	}
	return list
}
