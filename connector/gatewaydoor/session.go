package gatewaydoor

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

// session is what the door knows of a gateway since it was made.
type session struct {
	taking sync.Mutex // one batch at a time: numbers rise

	mu      sync.Mutex
	spool   [16]byte
	acked   uint64 // of spool; in memory alone: after a restart the sink tells duplicates
	samples int64
	heard   time.Time
	beat    frame.Heartbeat
	beats   int64
}

// State is how a gateway does, as it told last.
type State struct {
	frame.Identity
	Heard     time.Time       `json:"heard"` // when it spoke last; zero: not since the start
	Lag       time.Duration   `json:"lag"`   // age of the oldest sample that is not here yet
	Acked     uint64          `json:"acknowledged"`
	Samples   int64           `json:"samples"`
	Heartbeat frame.Heartbeat `json:"heartbeat"`
}

// Gateways are the gateways that spoke or are listed, by park and id.
func (d *Driver) Gateways(now time.Time) []State {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []State
	for id, s := range d.sessions {
		s.mu.Lock()
		out = append(out, State{Identity: id, Heard: s.heard, Lag: s.lag(now), Acked: s.acked, Samples: s.samples, Heartbeat: s.beat})
		s.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b State) int { return cmp.Or(cmp.Compare(a.Park, b.Park), cmp.Compare(a.Gateway, b.Gateway)) })
	return out
}

// lag is the age of the oldest sample that is not here: as the heartbeat tells it, and
// since the gateway fell silent at least the time of silence. The lock must be held.
func (s *session) lag(now time.Time) time.Duration {
	if s.heard.IsZero() {
		return 0
	}
	lag := time.Duration(0)
	if s.beats > 0 && !s.beat.Oldest.IsZero() {
		lag = now.Sub(s.beat.Oldest)
	}
	if s.quiet(now) {
		lag = max(lag, now.Sub(s.heard))
	}
	return max(lag, 0)
}

func (s *session) quiet(now time.Time) bool {
	return now.Sub(s.heard) > max(quietAfter, 3*s.beat.Every)
}

// status is the gateway's line in the list of devices.
func (s *session) status(id frame.Identity, now, began time.Time) connector.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := connector.Status{Park: id.Park, Device: id.Gateway, At: now, OK: true, Latency: s.beat.RoundTrip, Lag: s.lag(now), Samples: s.samples}
	b := &s.beat
	switch {
	case s.heard.IsZero():
		out.OK, out.Error = false, fmt.Sprintf("has not connected since %s; check its power, its link, and its certificate", began.Format(time.RFC3339))
	case s.quiet(now):
		out.OK, out.Error = false, fmt.Sprintf("silent since %s, with %d samples waiting then; check its power and its link", s.heard.Format(time.RFC3339), b.Waiting)
	case b.Limit > 0 && b.Bytes >= b.Limit:
		out.OK, out.Error = false, fmt.Sprintf("its spool of %d bytes is full: devices wait; make it larger, or find out why the link is slow", b.Limit)
	case b.Corrected:
		out.Error = fmt.Sprintf("its clock is off by %s; times are corrected; set it right", b.Offset.Round(time.Millisecond))
	}
	return out
}

// note keeps that the gateway spoke.
func (s *session) note(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = now
}

// knows says whether a batch was admitted by this session before, and how many numbers
// are missing between it and the last one.
func (s *session) knows(b *frame.Batch) (known bool, missing int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.spool != b.Spool || s.acked == 0:
		return false, 0
	case b.Last <= s.acked:
		return true, 0
	case b.First > s.acked+1:
		return false, int64(b.First - s.acked - 1)
	}
	return false, 0
}

func (s *session) admitted(b *frame.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spool, s.acked = b.Spool, b.Last
	s.samples += int64(len(b.Samples))
}
