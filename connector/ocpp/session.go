package ocpp

import (
	"context"
	"reflect"
	"time"

	"lingtan/connector"
)

// longestSpan is the longest interval that a sample may have.
const longestSpan = 366 * 24 * time.Hour

// prefix is how the values of a session begin. Those of a session whose connector is not
// known must not pass for those of the whole charger.
func (s Session) prefix() string {
	if s.Connector == 0 {
		return "transaction."
	}
	return prefix(s.Connector)
}

// sample is the energy of a session that ended, over its time.
func (s Session) sample() (connector.Sample, bool) {
	span := s.End.Sub(s.Begin).Round(time.Second)
	if s.Energy == nil || s.Begin.IsZero() || span < time.Second || span > longestSpan {
		return connector.Sample{}, false
	}
	return connector.Sample{Name: s.prefix() + "session_kwh", At: s.End, Span: span, Value: *s.Energy}, true
}

// settle admits the samples of a message about a session and then keeps its new state.
// In this order: after a crash between, the charger sends the message again, and the
// samples are repeats. What the journal calls ended was admitted.
func (p *peer) settle(ctx context.Context, before, after Session, list []connector.Sample) error {
	after.finish()
	if s, ended := after.sample(); ended && before.Energy == nil {
		list = append(list, s)
	}
	if err := p.admit(ctx, list); err != nil {
		return err
	}
	if reflect.DeepEqual(before, after) {
		p.count("repeated")
		return nil
	}
	states := []Session{after}
	if before.Begin.IsZero() && !after.Begin.IsZero() {
		states = append(p.superseded(after), after)
		p.count("sessions_begun")
	}
	if err := p.door.journal.put(states...); err != nil {
		return err
	}
	if before.End.IsZero() && !after.End.IsZero() {
		p.count("sessions_ended")
	}
	return nil
}
