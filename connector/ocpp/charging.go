package ocpp

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"

	"lingtan/connector"
)

const (
	maxPeriods   = 1024  // of a schedule (OCPP 2.0.1 part 2, ChargingScheduleType)
	profileID    = 72000 // of our profile of the whole charger; of connector n, n more
	compositeFor = 3600  // seconds of the schedule that is read back
)

// Unit is what a limit is in.
type Unit string

// The units of a limit. OCPP 1.6 counts amperes for each phase and kilowatts for all
// phases together.
const (
	Ampere   Unit = "A"
	Kilowatt Unit = "kW"
)

// Period is a part of a schedule: from After its start until the next period.
type Period struct {
	After  time.Duration `json:"after"`            // from the start of the schedule; whole seconds, rising, the first 0
	Limit  float64       `json:"limit"`            // 0 or more, in the schedule's unit; OCPP keeps one decimal of A and W
	Phases int           `json:"phases,omitempty"` // 1 to 3; 0 = the charger's
}

// Schedule limits what a charger, or one of its connectors, may draw.
type Schedule struct {
	Connector int       `json:"connector"` // 1 to 999; 0 = the whole charger. The EVSE with OCPP 2.0.1
	Unit      Unit      `json:"unit"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end,omitzero"` // zero = until it is replaced; after it the charger is as if it had no schedule
	Periods   []Period  `json:"periods"`      // 1 to 1,024; chargers take fewer and then refuse
}

// check says what is wrong with a schedule.
func (s Schedule) check() error {
	bad := func(format string, a ...any) error {
		return fmt.Errorf("ocpp: schedule: "+format+": %w", append(a, connector.ErrRefused)...)
	}
	switch {
	case s.Connector < 0 || s.Connector > maxConnector:
		return bad("connector %d must be 0 to %d", s.Connector, maxConnector)
	case s.Unit != Ampere && s.Unit != Kilowatt:
		return bad("unit %.20q must be A or kW", string(s.Unit))
	case s.Start.IsZero():
		return bad("it needs a start")
	case !s.End.IsZero() && s.End.Sub(s.Start) < time.Second:
		return bad("it ends before it starts")
	case len(s.Periods) == 0 || len(s.Periods) > maxPeriods:
		return bad("%d periods; 1 to %d are allowed", len(s.Periods), maxPeriods)
	}
	for i, p := range s.Periods {
		switch {
		case !(p.Limit >= 0 && p.Limit < 1e6): // false for not-a-number too
			return bad("limit %v of period %d must be 0 to 1,000,000 %s", p.Limit, i+1, s.Unit)
		case p.Phases < 0 || p.Phases > 3:
			return bad("%d phases of period %d; 1 to 3 are allowed", p.Phases, i+1)
		case p.After%time.Second != 0 || i == 0 && p.After != 0 || i > 0 && p.After <= s.Periods[i-1].After:
			return bad("period %d begins after %s; periods begin at whole seconds, one after the other, the first at 0", i+1, p.After)
		}
	}
	return nil
}

// at is the limit that the schedule sets at a time, false outside it.
func (s Schedule) at(t time.Time) (limit float64, ok bool) {
	if t.Before(s.Start) || !s.End.IsZero() && !t.Before(s.End) {
		return 0, false
	}
	for _, p := range s.Periods {
		if s.Start.Add(p.After).After(t) {
			break
		}
		limit = p.Limit
	}
	return limit, true
}

// wire is a limit as OCPP writes it: in A or W with one decimal.
func (u Unit) wire(limit float64) float64 {
	if u == Kilowatt {
		limit *= 1000
	}
	return math.Round(limit*10) / 10
}

// limit is a limit of OCPP in our unit.
func (u Unit) limit(wire float64) float64 {
	if u == Kilowatt {
		return wire / 1000
	}
	return wire
}

// rate is the unit as OCPP spells it.
func (u Unit) rate() string {
	if u == Kilowatt {
		return "W"
	}
	return "A"
}

// writable are the values that can be set.
var writable = regexp.MustCompile(`^(?:connector([1-9][0-9]{0,2})\.)?limit\.(a|kw)$`)

// Write sets a limit from now on until it is replaced, and reads back what is in force
// then. Names are limit.a and limit.kw for the whole charger, connector1.limit.a and
// connector1.limit.kw for a connector. Errors wrap connector.ErrRefused when the charger
// does not take it, connector.ErrUnreachable when it is not connected or does not answer.
func (d *Driver) Write(ctx context.Context, device connector.Device, name string, value float64) (readBack float64, err error) {
	m := writable.FindStringSubmatch(name)
	if m == nil {
		return 0, fmt.Errorf("ocpp: %.60q cannot be set; limit.a, limit.kw, connector1.limit.a and the like can: %w", name, connector.ErrRefused)
	}
	number, _ := strconv.Atoi(m[1])
	unit := Ampere
	if m[2] == "kw" {
		unit = Kilowatt
	}
	door, err := d.running()
	if err != nil {
		return 0, err
	}
	start := door.env.Now().Truncate(time.Second)
	return d.SetSchedule(ctx, device, Schedule{Connector: number, Unit: unit, Start: start, Periods: []Period{{Limit: value}}})
}

// SetSchedule gives a charger a schedule in place of the one that it had of us for the
// same connector, and reads back the limit in force now, in the schedule's unit. That is
// of all schedules that the charger knows, and may be lower than ours. Nothing is read
// back of a schedule that is not in force yet: readBack is NaN then. Errors are those of
// Write; a schedule that OCPP cannot carry is connector.ErrRefused and not sent.
func (d *Driver) SetSchedule(ctx context.Context, device connector.Device, s Schedule) (readBack float64, err error) {
	if err := s.check(); err != nil {
		return math.NaN(), err
	}
	p, err := d.peer(device)
	if err != nil {
		return math.NaN(), err
	}
	set := p.setProfile16
	if p.version == v201 {
		set = p.setProfile201
	}
	if err := set(ctx, s); err != nil {
		return math.NaN(), err
	}
	p.count("schedules_set")
	ours, inForce := s.at(p.door.env.Now())
	switch {
	case !inForce:
		return math.NaN(), nil
	case p.charger.Load().trusting:
		return ours, nil
	}
	return p.inForce(ctx, s.Connector, s.Unit)
}

// ClearSchedule takes the schedule of a connector back that SetSchedule or Write gave; 0
// is that of the whole charger. That there was none is no error.
func (d *Driver) ClearSchedule(ctx context.Context, device connector.Device, number int) error {
	if number < 0 || number > maxConnector {
		return fmt.Errorf("ocpp: connector %d must be 0 to %d: %w", number, maxConnector, connector.ErrRefused)
	}
	p, err := d.peer(device)
	if err != nil {
		return err
	}
	key := "id"
	if p.version == v201 {
		key = "chargingProfileId"
	}
	var reply verdict
	if err := p.ask(ctx, "ClearChargingProfile", map[string]int{key: profileID + number}, &reply); err != nil {
		return err
	}
	if reply.Status == "Unknown" {
		return nil
	}
	return reply.accepted(p, "ClearChargingProfile")
}

func (d *Driver) peer(device connector.Device) (*peer, error) {
	door, err := d.running()
	if err != nil {
		return nil, err
	}
	return door.connected(device)
}

// inForce is the limit that a charger says is in force at a connector.
func (p *peer) inForce(ctx context.Context, number int, unit Unit) (float64, error) {
	ask := p.composite16
	if p.version == v201 {
		ask = p.composite201
	}
	rate, limits, err := ask(ctx, number, unit)
	switch {
	case err != nil:
		return math.NaN(), fmt.Errorf("the limit was accepted but cannot be read back (option read_back: accepted takes the charger's word): %w", err)
	case len(limits) == 0:
		return math.NaN(), fmt.Errorf("ocpp: charger %s accepted the limit and tells no schedule: %w", p.charger.Load().device.ID, connector.ErrProtocol)
	case rate != "" && rate != unit.rate():
		return math.NaN(), fmt.Errorf("ocpp: charger %s accepted the limit in %s and tells its schedule in %.10q; set the limit in that unit: %w", p.charger.Load().device.ID, unit.rate(), rate, connector.ErrProtocol)
	}
	return unit.limit(limits[0]), nil // a composite schedule begins at the question
}

// verdict is a status of an answer with its reason, which OCPP 2.0.1 adds.
type verdict struct {
	Status string `json:"status"`
	Info   struct {
		Reason string `json:"reasonCode"`
		More   string `json:"additionalInfo"`
	} `json:"statusInfo"`
}

func (v verdict) accepted(p *peer, action string) error {
	id := p.charger.Load().device.ID
	switch v.Status {
	case "Accepted":
		return nil
	case "":
		return fmt.Errorf("ocpp: charger %s answers %s without a status: %w", id, action, connector.ErrProtocol)
	}
	return fmt.Errorf("ocpp: charger %s does not accept %s: %s %s %s: %w", id, action, clip(v.Status), clip(v.Info.Reason), clip(v.Info.More), connector.ErrRefused)
}
