package httpdoor

import (
	"net/http"
	"time"
)

// precisions are the units of a timestamp that a writer may ask for.
var precisions = map[string]time.Duration{
	"": time.Nanosecond, "ns": time.Nanosecond, "n": time.Nanosecond,
	"us": time.Microsecond, "u": time.Microsecond, "µs": time.Microsecond,
	"ms": time.Millisecond, "s": time.Second,
}

// nanoseconds since 1970 of a timestamp, false when they do not fit 64 bits.
func nanoseconds(stamp int64, unit time.Duration) (int64, bool) {
	ns := stamp * int64(unit)
	return ns, ns/int64(unit) == stamp
}

// influx takes line protocol as InfluxDB 2 does: 204 when all lines were taken; 400
// with the faulty lines when the others were; 422 when the sink refused samples. The
// parameters org and bucket say nothing here: the credential tells the park.
func (c *call) influx() error {
	unit, ok := precisions[c.r.URL.Query().Get("precision")]
	if !ok {
		return refuse(http.StatusBadRequest, "precision is one of ns, us, ms, s")
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	var faults partial
	if err := c.lines(body, unit, &faults); err != nil {
		return err
	}
	c.tally.faulty.Add(int64(faults.total))
	if err := faults.outcome(c); err != nil {
		return err
	}
	return c.answerNothing(http.StatusNoContent)
}

// lines admits the lines of a body and notes those that are faulty.
func (c *call) lines(body []byte, unit time.Duration, faults *partial) error {
	var p lineParser
	p.reset(body, c.names)
	now := c.now.UTC().Truncate(unit)
	for {
		e, fault := p.next()
		if e == nil {
			return c.flush()
		}
		if fault != nil {
			faults.note(fault)
			continue
		}
		at := now
		if e.timed {
			ns, ok := nanoseconds(e.stamp, unit)
			if !ok {
				faults.note(&lineFault{p.line, 1, "the timestamp does not fit its precision"})
				continue
			}
			at = time.Unix(0, ns).UTC()
		}
		if err := c.fields(e, at); err != nil {
			return err
		}
	}
}

// fields hands the fields of a line on. Booleans are the states 0 and 1; strings are
// no measurements and counted. An integer above 2⁵³ is rounded to a float64.
func (c *call) fields(e *entry, at time.Time) error {
	for i := range e.fields {
		f := &e.fields[i]
		if f.kind == kindString {
			c.ignored++
			continue
		}
		if err := c.add(e.device, f.name, at, 0, f.value); err != nil {
			return err
		}
	}
	return nil
}
