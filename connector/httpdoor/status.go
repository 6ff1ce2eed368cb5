package httpdoor

import (
	"sync"
	"sync/atomic"
	"time"

	"lingtan/connector"
)

// Count says what came in one form since the start.
type Count struct {
	Requests     int64 `json:"requests"`     // with a valid credential
	Unauthorized int64 `json:"unauthorized"` // with none or a wrong one
	Busy         int64 `json:"busy"`         // sent away to come again
	Rejected     int64 `json:"rejected"`     // not readable, too large or too slow, wholly or in part
	Admitted     int64 `json:"admitted"`     // samples that the sink took, duplicates and refused ones with them
	Refused      int64 `json:"refused"`      // samples that the sink refused or whose name is too long
	Faulty       int64 `json:"faulty"`       // lines, rows or series that are not of the form
	Ignored      int64 `json:"ignored"`      // values that are no number, kinds that are not taken
}

type tally struct {
	requests, unauthorized, busy, rejected, admitted, refused, faulty, ignored atomic.Int64
}

// Forms are the counts of each form: influx, thingsboard, remotewrite, otlp, json, csv.
func (d *Door) Forms() map[string]Count {
	out := map[string]Count{}
	for form, t := range d.forms {
		out[form] = Count{
			Requests: t.requests.Load(), Unauthorized: t.unauthorized.Load(), Busy: t.busy.Load(), Rejected: t.rejected.Load(),
			Admitted: t.admitted.Load(), Refused: t.refused.Load(), Faulty: t.faulty.Load(), Ignored: t.ignored.Load(),
		}
	}
	return out
}

var _ connector.Counter = (*Door)(nil)

// Counts are the same for metrics: the form and what is counted, such as
// influx_admitted. They are sums since the door was made.
func (d *Door) Counts() map[string]int64 {
	out := map[string]int64{}
	for form, n := range d.Forms() {
		out[form+"_requests"], out[form+"_unauthorized"], out[form+"_busy"], out[form+"_rejected"] = n.Requests, n.Unauthorized, n.Busy, n.Rejected
		out[form+"_admitted"], out[form+"_refused"], out[form+"_faulty"], out[form+"_ignored"] = n.Admitted, n.Refused, n.Faulty, n.Ignored
	}
	return out
}

// state is what came from a client so far.
type state struct {
	sync.Mutex
	newest  time.Time // of its samples
	samples int64     // that the sink took
}

func (s *state) saw(newest time.Time, samples int) {
	s.Lock()
	defer s.Unlock()
	s.samples += int64(samples)
	if newest.After(s.newest) {
		s.newest = newest
	}
}

// report tells how the client did: when it was in contact, how far its newest sample is
// behind, and what was refused, if anything.
func (d *Door) report(c *client, took time.Duration, trouble string, err error) {
	s := connector.Status{Park: c.park, Device: c.device, At: d.Now(), OK: err == nil && trouble == "", Error: trouble, Latency: took}
	if err != nil {
		s.Error = err.Error()
	}
	c.state.Lock()
	s.Samples = c.state.samples
	if !c.state.newest.IsZero() {
		s.Lag = max(0, s.At.Sub(c.state.newest))
	}
	c.state.Unlock()
	d.Report(s)
}
