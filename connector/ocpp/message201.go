package ocpp

import (
	"context"
	"time"

	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/authorization"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/availability"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/data"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/meter"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/provisioning"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/transactions"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"
	"github.com/lorenzodonini/ocpp-go/ocppj"

	"lingtan/connector"
)

const maxTransactionID = 36 // characters, OCPP 2.0.1 part 2, TransactionType

// actions201 are the requests of OCPP 2.0.1.
var actions201 = map[string]handler{
	"BootNotification":                  on(boot201),
	"Heartbeat":                         on(heartbeat201),
	"Authorize":                         on(authorize201),
	"StatusNotification":                on(status201),
	"MeterValues":                       on(meter201),
	"TransactionEvent":                  on(event201),
	"DataTransfer":                      declines(string(data.DataTransferStatusUnknownVendorId)),
	"SignCertificate":                   declines("Rejected"),
	"NotifyEVChargingNeeds":             declines("Rejected"),
	"NotifyEVChargingSchedule":          declines("Rejected"),
	"GetCertificateStatus":              declines("Failed"),
	"ClearedChargingLimit":              noted,
	"FirmwareStatusNotification":        noted,
	"LogStatusNotification":             noted,
	"NotifyChargingLimit":               noted,
	"NotifyCustomerInformation":         noted,
	"NotifyDisplayMessages":             noted,
	"NotifyEvent":                       noted,
	"NotifyMonitoringReport":            noted,
	"NotifyReport":                      noted,
	"PublishFirmwareStatusNotification": noted,
	"ReportChargingProfiles":            noted,
	"ReservationStatusUpdate":           noted,
	"SecurityEventNotification":         noted,
}

func (p *peer) now201() *types.DateTime { return types.NewDateTime(p.door.env.Now()) }

func boot201(_ context.Context, p *peer, r *provisioning.BootNotificationRequest) (any, error) {
	s := r.ChargingStation
	if s.VendorName == "" && s.Model == "" {
		return nil, missing("chargingStation.vendorName")
	}
	p.booted(s.VendorName, s.Model, s.FirmwareVersion)
	return provisioning.NewBootNotificationResponse(p.now201(), int(p.charger.Load().heartbeat/time.Second), provisioning.RegistrationStatusAccepted), nil
}

func heartbeat201(_ context.Context, p *peer, _ *availability.HeartbeatRequest) (any, error) {
	p.report("", false)
	return availability.NewHeartbeatResponse(*p.now201()), nil
}

// token201 says whether a token may charge. NoAuthorization is what a station sends that
// asks nobody, such as one that is started by a button.
func (p *peer) token201(t types.IdToken) types.IdTokenInfo {
	free := t.Type == types.IdTokenTypeNoAuthorization && p.charger.Load().tags == nil
	if free || p.accepts(t.IdToken) {
		return *types.NewIdTokenInfo(types.AuthorizationStatusAccepted)
	}
	return *types.NewIdTokenInfo(types.AuthorizationStatusInvalid)
}

func authorize201(_ context.Context, p *peer, r *authorization.AuthorizeRequest) (any, error) {
	if r.IdToken.IdToken == "" && r.IdToken.Type != types.IdTokenTypeNoAuthorization {
		return nil, missing("idToken")
	}
	return authorization.NewAuthorizationResponse(p.token201(r.IdToken)), nil
}

func status201(ctx context.Context, p *peer, r *availability.StatusNotificationRequest) (any, error) {
	if r.Timestamp == nil || r.Timestamp.IsZero() {
		return nil, missing("timestamp")
	}
	if err := connectorInRange(r.EvseID, 0); err != nil {
		return nil, err
	}
	if err := connectorInRange(r.ConnectorID, 0); err != nil {
		return nil, err
	}
	p.stamped(r.Timestamp.Time)
	name := prefix(r.EvseID)
	if r.ConnectorID > 1 { // an EVSE with several plugs
		name += "plug" + prefix(r.ConnectorID)[len("connector"):]
	}
	if err := p.status(ctx, name+"status", string(r.ConnectorStatus), r.Timestamp.Time); err != nil {
		return nil, err
	}
	return availability.NewStatusNotificationResponse(), nil
}

func meter201(ctx context.Context, p *peer, r *meter.MeterValuesRequest) (any, error) {
	if err := connectorInRange(r.EvseID, 0); err != nil {
		return nil, err
	}
	values, err := read201(r.MeterValue, p.count)
	if err != nil {
		return nil, err
	}
	if err := p.admit(ctx, p.samples(prefix(r.EvseID), values)); err != nil {
		return nil, err
	}
	return meter.NewMeterValuesResponse(), nil
}

// event201 takes a step of a session. Steps may come in any order and again.
func event201(ctx context.Context, p *peer, r *transactions.TransactionEventRequest) (any, error) {
	if err := checkEvent(r); err != nil {
		return nil, err
	}
	values, err := read201(r.MeterValue, p.count)
	if err != nil {
		return nil, err
	}
	p.stamped(r.Timestamp.Time)
	at := p.charger.Load().place
	before, known := p.door.journal.find(at, func(s Session) bool { return s.ID == r.TransactionInfo.TransactionID })
	another := r.EventType == transactions.TransactionEventStarted && !before.Begin.IsZero() && !before.Begin.Equal(r.Timestamp.Time) && !before.End.IsZero()
	if !known || another {
		before = Session{Park: at.park, Device: at.device, ID: r.TransactionInfo.TransactionID}
	}
	reply := transactions.NewTransactionEventResponse()
	after := before
	if r.IDToken != nil {
		info := p.token201(*r.IDToken)
		reply.IDTokenInfo = &info
		if after.Tag == "" {
			after.Tag, after.Authorized = clip(r.IDToken.IdToken), info.Status == types.AuthorizationStatusAccepted
		}
	}
	after.step(r, values)
	list := p.samples(after.prefix(), values)
	if code, known := chargingStates[string(r.TransactionInfo.ChargingState)]; known {
		list = append(list, connector.Sample{Name: after.prefix() + "charging_state", At: r.Timestamp.Time, Value: code})
	}
	if err := p.settle(ctx, before, after, list); err != nil {
		return nil, err
	}
	return reply, nil
}

func checkEvent(r *transactions.TransactionEventRequest) error {
	if r.Timestamp == nil || r.Timestamp.IsZero() {
		return missing("timestamp")
	}
	if id := r.TransactionInfo.TransactionID; id == "" || len(id) > maxTransactionID || clip(id) != id {
		return refuse(ocppj.PropertyConstraintViolation, "transactionId must be text of 1 to %d characters", maxTransactionID)
	}
	switch r.EventType {
	case transactions.TransactionEventStarted, transactions.TransactionEventUpdated, transactions.TransactionEventEnded:
	default:
		return refuse(ocppj.PropertyConstraintViolation, "eventType %.40q is not known", string(r.EventType))
	}
	if r.Evse != nil {
		return connectorInRange(r.Evse.ID, 0)
	}
	return nil
}

// step takes what an event tells of a session. What was told first stays: a repeat
// changes nothing.
func (s *Session) step(r *transactions.TransactionEventRequest, values []sampled) {
	if r.Evse != nil && s.Connector == 0 {
		s.Connector = r.Evse.ID
	}
	at := r.Timestamp.UTC()
	begin, end := time.Time{}, time.Time{} // at which a register without a context is that of the begin or end
	if r.EventType == transactions.TransactionEventStarted {
		begin = at
		if s.Begin.IsZero() {
			s.Begin = at
		}
	}
	if r.EventType == transactions.TransactionEventEnded {
		end = at
		if s.End.IsZero() {
			s.End, s.Reason = at, clip(string(r.TransactionInfo.StoppedReason))
			if s.Reason == "" {
				s.Reason = string(transactions.ReasonLocal) // left out means Local
			}
		}
	}
	if s.EnergyBegin == nil {
		s.EnergyBegin = register(values, string(types.ReadingContextTransactionBegin), begin)
	}
	if s.EnergyEnd == nil {
		s.EnergyEnd = register(values, string(types.ReadingContextTransactionEnd), end)
	}
}
