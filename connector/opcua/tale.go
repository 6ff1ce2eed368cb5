package opcua

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

// sample makes a sample of a value, or says why it is none.
func (dev *device) sample(it *item, v *ua.DataValue, by string) (connector.Sample, bool) {
	none := connector.Sample{}
	code := ua.StatusGood
	if v.Has(ua.DataValueStatusCode) {
		code = v.Status
	}
	if overflowed(code) {
		dev.driver.count("values_overflowed", 1)
		dev.note(func(t *tale) { t.overflows++ })
	}
	switch g := severity(code); {
	case g == bad:
		dev.driver.count("values_bad", 1)
		dev.blame(it.name, named(code))
		return none, false
	case g == uncertain:
		dev.driver.count("values_uncertain", 1)
		dev.note(func(t *tale) { t.doubtful++ })
		if dev.settings.strict {
			dev.blame(it.name, named(code))
			return none, false
		}
	}
	x, err := number(v.Value, it.index)
	if err != nil {
		dev.driver.count("values_not_numeric", 1)
		dev.blame(it.name, err.Error())
		return none, false
	}
	at, clear := moment(v, by, dev.env.Now())
	if !clear {
		dev.driver.count("time_unclear", 1)
	}
	dev.blame(it.name, "")
	return connector.Sample{Device: dev.settings.device.ID, Name: it.name, At: at, Value: x * it.scale}, true
}

// hear takes note of a sequence number. One that was skipped is asked for again when
// it does not come by another publish request. A message that only says that the
// server lives carries the number of the next one. (OPC UA Part 4, 7.26)
func (dev *device) hear(n uint32, empty bool) {
	dev.mu.Lock()
	defer dev.mu.Unlock()
	s := &dev.sub
	s.heard = time.Now()
	if !empty {
		delete(s.missing, n)
	}
	if n < s.next || s.number == 0 {
		return
	}
	if n-s.next > mostMissing {
		dev.driver.count("notifications_lost", int64(n-s.next))
		dev.tale.lost += int64(n - s.next)
		s.next = n
	}
	for ; s.next < n; s.next++ {
		s.missing[s.next] = time.Now()
	}
	if !empty {
		s.next = n + 1
	}
}

// heardOf says whether a notification came.
func (dev *device) heardOf(n uint32) bool {
	dev.mu.Lock()
	defer dev.mu.Unlock()
	_, missing := dev.sub.missing[n]
	return n < dev.sub.next && !missing
}

// overdue are the notifications that should have come.
func (dev *device) overdue() (list []uint32) {
	dev.mu.Lock()
	defer dev.mu.Unlock()
	for n, since := range dev.sub.missing {
		if time.Since(since) > missingAfter {
			list = append(list, n)
			delete(dev.sub.missing, n)
		}
	}
	slices.Sort(list)
	return list
}

func (dev *device) alive() {
	dev.mu.Lock()
	defer dev.mu.Unlock()
	dev.sub.heard = time.Now()
}

func (dev *device) silence() time.Duration {
	dev.mu.Lock()
	defer dev.mu.Unlock()
	return time.Since(dev.sub.heard)
}

// lose counts notifications that the server has not got any more.
func (dev *device) lose(n int64) {
	dev.driver.count("notifications_lost", n)
	dev.note(func(t *tale) { t.lost += n; t.dirty = true })
}

func (dev *device) note(change func(*tale)) {
	dev.mu.Lock()
	defer dev.mu.Unlock()
	change(&dev.tale)
}

// blame says why a value is no sample now; empty = it is one.
func (dev *device) blame(name, why string) {
	dev.note(func(t *tale) {
		if t.bad == nil {
			t.bad = make(map[string]string)
		}
		if t.bad[name] != why {
			t.dirty = true
		}
		if t.bad[name] = why; why == "" {
			delete(t.bad, name)
		}
	})
}

// fail reports that the device is not served.
func (dev *device) fail(err error) {
	dev.mu.Lock()
	s := dev.status(0)
	dev.mu.Unlock()
	s.OK, s.Error = false, err.Error()
	dev.env.Report(s)
}

// tell reports the device when there is something new.
func (dev *device) tell(latency time.Duration) {
	dev.mu.Lock()
	t := &dev.tale
	since := time.Since(t.told)
	if dev.items == nil || since < tellEvery || !t.dirty && since < tellAnyway {
		dev.mu.Unlock()
		return
	}
	t.dirty, t.told = false, time.Now()
	s := dev.status(latency)
	dev.mu.Unlock()
	dev.env.Report(s)
}

// status is made with the lock held.
func (dev *device) status(latency time.Duration) connector.Status {
	t := &dev.tale
	now := dev.env.Now()
	s := connector.Status{Park: dev.settings.device.Park, Device: dev.settings.device.ID, At: now, OK: len(t.bad) == 0, Latency: latency, Samples: t.samples}
	if !t.newest.IsZero() {
		s.Lag = max(0, now.Sub(t.newest))
	}
	words := slices.Clone(t.notes)
	if n := len(t.bad); n > 0 {
		var some []string
		for _, name := range slices.Sorted(maps.Keys(t.bad))[:min(n, 3)] {
			some = append(some, name+" ("+t.bad[name]+")")
		}
		words = append(words, fmt.Sprintf("%d of %d values are no samples: %s", n, len(dev.items), strings.Join(some, ", ")))
	}
	if t.overflows > 0 {
		words = append(words, fmt.Sprintf("the server dropped values %d times, its queue was full: raise option queue", t.overflows))
	}
	if t.lost > 0 {
		words = append(words, fmt.Sprintf("%d notifications were lost", t.lost))
	}
	if t.doubtful > 0 {
		words = append(words, fmt.Sprintf("%d values were uncertain", t.doubtful))
	}
	s.Error = strings.Join(words, "; ")
	return s
}
