package ocpp

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/lorenzodonini/ocpp-go/ocpp1.6/core"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	"github.com/lorenzodonini/ocpp-go/ocppj"

	"lingtan/connector"
)

const maxConnector = 999 // highest connector of a charger

// handler handles a request of a charger and gives the answer.
type handler func(ctx context.Context, p *peer, payload json.RawMessage) (any, error)

// on is a handler of requests of a type of the library. What is unknown in them is left
// aside: a charger that adds fields or words of its own is served.
func on[R any](f func(ctx context.Context, p *peer, r *R) (any, error)) handler {
	return func(ctx context.Context, p *peer, payload json.RawMessage) (any, error) {
		var r R
		if err := decode(p.version, payload, &r); err != nil {
			return nil, err
		}
		return f(ctx, p, &r)
	}
}

// noted answers what is of no use here, so that the charger does not send it for ever.
func noted(context.Context, *peer, json.RawMessage) (any, error) { return struct{}{}, nil }

// declines answers with a status that says no.
func declines(status string) handler {
	return func(context.Context, *peer, json.RawMessage) (any, error) {
		return map[string]string{"status": status}, nil
	}
}

// actions16 are the requests of OCPP 1.6, its security extension included.
var actions16 = map[string]handler{
	"BootNotification":                 on(boot16),
	"Heartbeat":                        on(heartbeat16),
	"Authorize":                        on(authorize16),
	"StatusNotification":               on(status16),
	"MeterValues":                      on(meter16),
	"StartTransaction":                 on(start16),
	"StopTransaction":                  on(stop16),
	"DataTransfer":                     declines(string(core.DataTransferStatusUnknownVendorId)),
	"SignCertificate":                  declines("Rejected"),
	"DiagnosticsStatusNotification":    noted,
	"FirmwareStatusNotification":       noted,
	"LogStatusNotification":            noted,
	"SecurityEventNotification":        noted,
	"SignedFirmwareStatusNotification": noted,
}

func (p *peer) now16() *types.DateTime { return types.NewDateTime(p.door.env.Now()) }

func boot16(_ context.Context, p *peer, r *core.BootNotificationRequest) (any, error) {
	if r.ChargePointVendor == "" && r.ChargePointModel == "" {
		return nil, missing("chargePointVendor")
	}
	p.booted(r.ChargePointVendor, r.ChargePointModel, r.FirmwareVersion)
	return core.NewBootNotificationConfirmation(p.now16(), int(p.charger.Load().heartbeat/time.Second), core.RegistrationStatusAccepted), nil
}

func (p *peer) booted(vendor, model, firmware string) {
	p.door.env.Log.Info("ocpp: a charger is here", "park", p.charger.Load().place.park, "device", p.charger.Load().place.device,
		"vendor", clip(vendor), "model", clip(model), "firmware", clip(firmware), "version", string(p.version))
	p.report("", true)
}

func heartbeat16(_ context.Context, p *peer, _ *core.HeartbeatRequest) (any, error) {
	p.report("", false)
	return core.NewHeartbeatConfirmation(p.now16()), nil
}

// tag16 says whether a tag may charge.
func (p *peer) tag16(tag string) *types.IdTagInfo {
	if p.accepts(tag) {
		return types.NewIdTagInfo(types.AuthorizationStatusAccepted)
	}
	return types.NewIdTagInfo(types.AuthorizationStatusInvalid)
}

func (p *peer) accepts(tag string) bool {
	ok := p.charger.Load().accepts(tag)
	if !ok {
		p.count("refused_tags")
	}
	return ok
}

func authorize16(_ context.Context, p *peer, r *core.AuthorizeRequest) (any, error) {
	if r.IdTag == "" {
		return nil, missing("idTag")
	}
	return core.NewAuthorizationConfirmation(p.tag16(r.IdTag)), nil
}

func status16(ctx context.Context, p *peer, r *core.StatusNotificationRequest) (any, error) {
	if err := connectorInRange(r.ConnectorId, 0); err != nil {
		return nil, err
	}
	at := p.door.env.Now()
	if r.Timestamp != nil && !r.Timestamp.IsZero() {
		at = r.Timestamp.Time
		p.stamped(at)
	}
	if err := p.status(ctx, prefix(r.ConnectorId)+"status", string(r.Status), at); err != nil {
		return nil, err
	}
	return core.NewStatusNotificationConfirmation(), nil
}

// status admits the state of a connector as its number.
func (p *peer) status(ctx context.Context, name, word string, at time.Time) error {
	code, known := statusCodes[word]
	if !known {
		return refuse(ocppj.PropertyConstraintViolation, "status %.40q is not known", word)
	}
	return p.admit(ctx, []connector.Sample{{Name: name, At: at, Value: code}})
}

func connectorInRange(n, lowest int) error {
	if n < lowest || n > maxConnector {
		return refuse(ocppj.PropertyConstraintViolation, "connector %d must be %d to %d", n, lowest, maxConnector)
	}
	return nil
}

func meter16(ctx context.Context, p *peer, r *core.MeterValuesRequest) (any, error) {
	if err := connectorInRange(r.ConnectorId, 0); err != nil {
		return nil, err
	}
	values, err := read16(r.MeterValue, p.count)
	if err != nil {
		return nil, err
	}
	if err := p.admit(ctx, p.samples(prefix(r.ConnectorId), values)); err != nil {
		return nil, err
	}
	return core.NewMeterValuesConfirmation(), nil
}

// samples are those of the values that are understood; the others are counted.
func (p *peer) samples(prefix string, values []sampled) []connector.Sample {
	list := make([]connector.Sample, 0, len(values)+2)
	for _, v := range values {
		p.stamped(v.at)
		s, fault := v.sample(prefix, p.charger.Load().device.Interval)
		if fault != "" {
			p.count(fault)
			continue
		}
		list = append(list, s)
	}
	return list
}

// start16 begins a session. The same request again gets the same transaction id.
func start16(ctx context.Context, p *peer, r *core.StartTransactionRequest) (any, error) {
	if r.Timestamp == nil || r.Timestamp.IsZero() {
		return nil, missing("timestamp")
	}
	if err := connectorInRange(r.ConnectorId, 1); err != nil {
		return nil, err
	}
	p.stamped(r.Timestamp.Time)
	at := p.charger.Load().place
	kwh := float64(r.MeterStart) / 1000
	s := Session{Park: at.park, Device: at.device, Connector: r.ConnectorId, Tag: clip(r.IdTag), Begin: r.Timestamp.UTC(), EnergyBegin: &kwh}
	info := p.tag16(r.IdTag)
	s.Authorized = info.Status == types.AuthorizationStatusAccepted
	err := p.admit(ctx, []connector.Sample{{Name: prefix(r.ConnectorId) + "energy", At: s.Begin, Value: kwh}})
	if err != nil {
		return nil, err
	}
	id, known := 0, false
	p.door.journal.find(at, func(old Session) bool {
		var err error
		id, err = strconv.Atoi(old.ID)
		known = err == nil && old.Connector == s.Connector && old.Begin.Equal(s.Begin) && old.Tag == s.Tag && old.EnergyBegin != nil && *old.EnergyBegin == kwh
		return known
	})
	if known {
		p.count("repeated")
		return core.NewStartTransactionConfirmation(info, id), nil
	}
	id = p.door.journal.nextID(p.door.env.Now())
	s.ID = strconv.Itoa(id)
	if err := p.door.journal.put(append(p.superseded(s), s)...); err != nil {
		return nil, err
	}
	p.count("sessions_begun")
	return core.NewStartTransactionConfirmation(info, id), nil
}

// superseded are the sessions at a connector that go on though another begins.
func (p *peer) superseded(by Session) []Session {
	old, ok := p.door.journal.find(by.place(), func(s Session) bool {
		return s.Connector == by.Connector && s.ID != by.ID && s.End.IsZero() && !s.Superseded && s.Begin.Before(by.Begin)
	})
	if !ok {
		return nil
	}
	old.Superseded = true
	p.count("sessions_superseded")
	return []Session{old}
}

// stop16 ends a session. One that is not known is kept without its begin.
func stop16(ctx context.Context, p *peer, r *core.StopTransactionRequest) (any, error) {
	if r.Timestamp == nil || r.Timestamp.IsZero() {
		return nil, missing("timestamp")
	}
	values, err := read16(r.TransactionData, p.count)
	if err != nil {
		return nil, err
	}
	p.stamped(r.Timestamp.Time)
	at := p.charger.Load().place
	id := strconv.Itoa(r.TransactionId)
	s, known := p.door.journal.find(at, func(s Session) bool {
		return s.ID == id && (!s.Begin.IsZero() || s.End.Equal(r.Timestamp.Time)) // some end every session that began offline as -1
	})
	if !known {
		p.count("unknown_transactions")
		s = Session{Park: at.park, Device: at.device, ID: id, Tag: clip(r.IdTag)}
	}
	kwh := float64(r.MeterStop) / 1000
	list := append(p.samples(s.prefix(), values), connector.Sample{Name: s.prefix() + "energy", At: r.Timestamp.UTC(), Value: kwh})
	before := s
	if s.End.IsZero() {
		s.End, s.EnergyEnd, s.Reason = r.Timestamp.UTC(), &kwh, clip(string(r.Reason))
		if s.Reason == "" {
			s.Reason = string(core.ReasonLocal) // OCPP 1.6, 4.10: left out means Local
		}
	}
	if err := p.settle(ctx, before, s, list); err != nil {
		return nil, err
	}
	c := core.NewStopTransactionConfirmation()
	if r.IdTag != "" {
		c.IdTagInfo = p.tag16(r.IdTag)
	}
	return c, nil
}
