package ocpp

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lorenzodonini/ocpp-go/ocpp1.6/core"
	types16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/availability"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/provisioning"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/transactions"
	types201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"
	"github.com/lorenzodonini/ocpp-go/ocppj"

	"lingtan/connector"
)

func at16(after time.Duration) *types16.DateTime { return types16.NewDateTime(clock.Add(after)) }

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A whole session of OCPP 1.6, from power-on to the end.
func TestSession16(t *testing.T) {
	r := serve(t, t.TempDir(), nil, device("cp-1", "heartbeat", "1m"))
	c := plug16(t, r, "cp-1")
	boot := must[*core.BootNotificationConfirmation](t)(c.BootNotification("AC-22", "Example"))
	if boot.Status != core.RegistrationStatusAccepted || boot.Interval != 60 || !boot.CurrentTime.Equal(clock) {
		t.Errorf("boot: %+v", boot)
	}
	if beat := must[*core.HeartbeatConfirmation](t)(c.Heartbeat()); !beat.CurrentTime.Equal(clock) {
		t.Errorf("heartbeat: %v, want our clock", beat.CurrentTime)
	}
	if a := must[*core.AuthorizeConfirmation](t)(c.Authorize("CARD1")); a.IdTagInfo.Status != types16.AuthorizationStatusAccepted {
		t.Errorf("authorize: %+v", a.IdTagInfo)
	}
	must[*core.StatusNotificationConfirmation](t)(c.StatusNotification(1, core.NoError, core.ChargePointStatusPreparing,
		func(r *core.StatusNotificationRequest) { r.Timestamp = at16(-2 * time.Hour) }))
	start := must[*core.StartTransactionConfirmation](t)(c.StartTransaction(1, "CARD1", 1_000_500, at16(-time.Hour)))
	must[*core.MeterValuesConfirmation](t)(c.MeterValues(1, []types16.MeterValue{{Timestamp: at16(-30 * time.Minute), SampledValue: []types16.SampledValue{
		{Value: "1006500"}, {Value: "11.04", Measurand: "Power.Active.Import", Unit: "kW"}, {Value: "16", Measurand: "Current.Import", Phase: "L1", Unit: "A"},
		{Value: "64", Measurand: "SoC", Unit: "Percent", Location: "EV"}}}},
		func(r *core.MeterValuesRequest) { r.TransactionId = &start.TransactionId }))
	stop := must[*core.StopTransactionConfirmation](t)(c.StopTransaction(1_011_500, at16(-3*time.Second), start.TransactionId,
		func(r *core.StopTransactionRequest) { r.Reason = core.ReasonEVDisconnected; r.IdTag = "CARD1" }))
	if stop.IdTagInfo == nil || stop.IdTagInfo.Status != types16.AuthorizationStatusAccepted {
		t.Errorf("stop: %+v", stop.IdTagInfo)
	}
	r.wants(t, "cp-1 06:00:00 connector1.status=1", "cp-1 07:00:00 connector1.energy=1000.5",
		"cp-1 07:30:00 connector1.energy=1006.5", "cp-1 07:30:00 connector1.power=11.04", "cp-1 07:30:00 connector1.current.l1=16", "cp-1 07:30:00 connector1.soc=64",
		"cp-1 07:59:57 connector1.energy=1011.5", "cp-1 07:59:57 connector1.session_kwh=11 over 59m57s")
	list := r.driver.Sessions("demo", "cp-1")
	if len(list) != 1 {
		t.Fatalf("%d sessions", len(list))
	}
	s := list[0]
	if s.ID != strconv.Itoa(start.TransactionId) || s.Connector != 1 || s.Tag != "CARD1" || !s.Begin.Equal(clock.Add(-time.Hour)) || !s.End.Equal(clock.Add(-3*time.Second)) ||
		*s.EnergyBegin != 1000.5 || *s.EnergyEnd != 1011.5 || *s.Energy != 11 || s.Reason != "EVDisconnected" || !s.Authorized || s.Superseded {
		t.Errorf("session %+v", s)
	}
	must[*core.HeartbeatConfirmation](t)(c.Heartbeat())
	c.Stop()
	r.says(t, "cp-1", "the connection ended")
	if s := r.last("cp-1"); s.Lag != 3*time.Second || s.Samples < 8 {
		t.Errorf("status %+v: the charger is 3 s behind and sent 8 samples", s)
	}
}

func at201(after time.Duration) *types201.DateTime { return types201.NewDateTime(clock.Add(after)) }

// event is a TransactionEvent of a session at EVSE 2.
func event(t *testing.T, c *charger201, kind transactions.TransactionEvent, after time.Duration, seq int, wh float64, context types201.ReadingContext) error {
	t.Helper()
	info := transactions.Transaction{TransactionID: "tx-7", ChargingState: transactions.ChargingStateCharging}
	if kind == transactions.TransactionEventEnded {
		info = transactions.Transaction{TransactionID: "tx-7", StoppedReason: transactions.ReasonStoppedByEV}
	}
	a, err := c.TransactionEvent(kind, at201(after), transactions.TriggerReasonMeterValuePeriodic, seq, info, func(r *transactions.TransactionEventRequest) {
		r.MeterValue = []types201.MeterValue{{Timestamp: *at201(after), SampledValue: []types201.SampledValue{{Value: wh, Context: context}}}}
		if kind == transactions.TransactionEventStarted {
			r.Evse = &types201.EVSE{ID: 2}
			r.IDToken = &types201.IdToken{IdToken: "CARD2", Type: types201.IdTokenTypeISO14443}
		}
	})
	if err == nil && kind == transactions.TransactionEventStarted && (a.IDTokenInfo == nil || a.IDTokenInfo.Status != types201.AuthorizationStatusAccepted) {
		t.Errorf("the token is accepted: %+v", a)
	}
	return err
}

// A whole session of OCPP 2.0.1, whose steps come again and out of order.
func TestSession201(t *testing.T) {
	r := serve(t, t.TempDir(), nil, device("cs-1"))
	c := plug201(t, r, "cs-1")
	boot := must[*provisioning.BootNotificationResponse](t)(c.BootNotification(provisioning.BootReasonPowerUp, "DC-60", "Example"))
	if boot.Status != provisioning.RegistrationStatusAccepted || boot.Interval != 300 || !boot.CurrentTime.Equal(clock) {
		t.Errorf("boot: %+v", boot)
	}
	if beat := must[*availability.HeartbeatResponse](t)(c.Heartbeat()); !beat.CurrentTime.Equal(clock) {
		t.Errorf("heartbeat: %v", beat.CurrentTime)
	}
	must[*availability.StatusNotificationResponse](t)(c.StatusNotification(at201(-2*time.Hour), availability.ConnectorStatusOccupied, 2, 1))
	steps := func() {
		t.Helper()
		for _, err := range []error{
			event(t, c, transactions.TransactionEventStarted, -time.Hour, 0, 5000, types201.ReadingContextTransactionBegin),
			event(t, c, transactions.TransactionEventUpdated, -30*time.Minute, 1, 9000, ""),
			event(t, c, transactions.TransactionEventEnded, -time.Minute, 2, 12000, types201.ReadingContextTransactionEnd),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"cs-1 06:00:00 connector2.status=9", "cs-1 07:00:00 connector2.energy=5", "cs-1 07:00:00 connector2.charging_state=2",
		"cs-1 07:30:00 connector2.energy=9", "cs-1 07:30:00 connector2.charging_state=2", "cs-1 07:59:00 connector2.energy=12", "cs-1 07:59:00 connector2.session_kwh=7 over 59m0s"}
	steps()
	r.wants(t, want...)
	steps() // all of it again
	if err := event(t, c, transactions.TransactionEventUpdated, -30*time.Minute, 1, 9000, ""); err != nil {
		t.Fatal(err)
	}
	r.wants(t, want...)
	list := r.driver.Sessions("demo", "cs-1")
	if len(list) != 1 {
		t.Fatalf("sessions %+v", list)
	}
	if s := list[0]; s.ID != "tx-7" || s.Connector != 2 || s.Tag != "CARD2" || !s.Begin.Equal(clock.Add(-time.Hour)) || !s.End.Equal(clock.Add(-time.Minute)) || *s.Energy != 7 || s.Reason != "StoppedByEV" {
		t.Errorf("session %+v", s)
	}
}

// The end of a session that came before its begin, as from a queue that was sent backwards.
func TestSession201Backwards(t *testing.T) {
	r := serve(t, "", nil, device("cs-1"))
	c := plug201(t, r, "cs-1")
	for _, err := range []error{
		event(t, c, transactions.TransactionEventEnded, -time.Minute, 2, 12000, types201.ReadingContextTransactionEnd),
		event(t, c, transactions.TransactionEventStarted, -time.Hour, 0, 5000, types201.ReadingContextTransactionBegin),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.wants(t, "cs-1 07:59:00 transaction.energy=12", "cs-1 07:00:00 connector2.energy=5", "cs-1 07:00:00 connector2.charging_state=2",
		"cs-1 07:59:00 connector2.session_kwh=7 over 59m0s")
	if list := r.driver.Sessions("demo", "cs-1"); len(list) != 1 || *list[0].Energy != 7 {
		t.Errorf("sessions %+v", list)
	}
}

// What is not stored is not acknowledged; what comes again is stored once.
func TestNotStoredIsNotAcknowledged(t *testing.T) {
	r := serve(t, t.TempDir(), nil, device("cp-1"))
	c := plug16(t, r, "cp-1")
	start := func() (*core.StartTransactionConfirmation, error) {
		return c.StartTransaction(1, "CARD1", 1000, at16(-time.Hour))
	}
	stop := func(id int) error { _, err := c.StopTransaction(3000, at16(0), id); return err }
	for _, fault := range []error{connector.ErrBusy, errors.New("disk")} {
		r.refuse(fault)
		if _, err := start(); code(err) != ocppj.InternalError {
			t.Fatalf("%v: start was answered with %v", fault, err)
		}
	}
	if list := r.driver.Sessions("demo", "cp-1"); len(list) != 0 {
		t.Errorf("nothing was admitted, yet sessions %+v", list)
	}
	r.says(t, "cp-1", "StartTransaction was not stored")
	first := must[*core.StartTransactionConfirmation](t)(start())
	again := must[*core.StartTransactionConfirmation](t)(start())
	if first.TransactionId != again.TransactionId {
		t.Errorf("the same start got ids %d and %d", first.TransactionId, again.TransactionId)
	}
	r.refuse(connector.ErrBusy)
	if err := stop(first.TransactionId); code(err) != ocppj.InternalError {
		t.Fatalf("stop was answered with %v", err)
	}
	if s := r.driver.Sessions("demo", "cp-1")[0]; !s.End.IsZero() {
		t.Errorf("the end was not admitted, yet %+v", s)
	}
	r.refuse(connector.ErrBusy)
	_, err := c.MeterValues(1, []types16.MeterValue{{Timestamp: at16(0), SampledValue: []types16.SampledValue{{Value: "2000"}}}})
	if code(err) != ocppj.InternalError {
		t.Fatalf("meter values were answered with %v", err)
	}
	for range 2 {
		if err := stop(first.TransactionId); err != nil {
			t.Fatal(err)
		}
	}
	r.wants(t, "cp-1 07:00:00 connector1.energy=1", "cp-1 08:00:00 connector1.energy=3", "cp-1 08:00:00 connector1.session_kwh=2 over 1h0m0s")
	if list := r.driver.Sessions("demo", "cp-1"); len(list) != 1 || *list[0].Energy != 2 {
		t.Errorf("sessions %+v", list)
	}
}

// A crash between the admission of an end and its journal: the charger sends it again.
func TestJournalFailsAfterAdmission(t *testing.T) {
	dir := t.TempDir()
	r := serve(t, dir, nil, device("cp-1"))
	c := plug16(t, r, "cp-1")
	first := must[*core.StartTransactionConfirmation](t)(c.StartTransaction(1, "CARD1", 1000, at16(-time.Hour)))
	door, err := r.driver.running()
	if err != nil {
		t.Fatal(err)
	}
	door.journal.mu.Lock()
	door.journal.file.Close() // every write fails from here
	door.journal.mu.Unlock()
	if _, err := c.StopTransaction(3000, at16(0), first.TransactionId); code(err) != ocppj.InternalError {
		t.Fatalf("stop was answered with %v though it is not durable", err)
	}
	if _, err := c.StopTransaction(3000, at16(0), first.TransactionId); err != nil { // the journal is written anew
		t.Fatal(err)
	}
	r.wants(t, "cp-1 07:00:00 connector1.energy=1", "cp-1 08:00:00 connector1.energy=3", "cp-1 08:00:00 connector1.session_kwh=2 over 1h0m0s")
	c.Stop()
	r.stop()
	j := must[*journal](t)(openJournal(dir))
	defer j.close()
	if list := j.of(place{"demo", "cp-1"}); len(list) != 1 || list[0].Energy == nil || *list[0].Energy != 2 {
		t.Errorf("kept %+v", list)
	}
}

// A charger that loses its connection before the answer sends its message again.
func TestAnswerLost(t *testing.T) {
	const start = `[2,"1","StartTransaction",{"connectorId":1,"idTag":"CARD1","meterStart":1000,"timestamp":"2026-11-22T07:00:00Z"}]`
	r := serve(t, t.TempDir(), nil, device("cp-1"))
	gate := make(chan struct{})
	r.hold(gate)
	c := r.connect(t, "cp-1", v16)
	c.send(start)
	time.Sleep(20 * time.Millisecond)
	c.conn.Close() // while the sink is at it
	r.says(t, "cp-1", "the connection ended")
	close(gate)
	if list := r.driver.Sessions("demo", "cp-1"); len(list) != 0 {
		t.Errorf("it was not admitted, yet %+v", list)
	}
	c = r.connect(t, "cp-1", v16)
	c.send(start)
	r.counts(t, "sessions_begun", 1)
	c.conn.Close() // before the answer is read
	c = r.connect(t, "cp-1", v16)
	c.send(start)
	c.hears(`"transactionId":217497600`)
	if list := r.driver.Sessions("demo", "cp-1"); len(list) != 1 || list[0].ID != "217497600" {
		t.Errorf("sessions %+v", list)
	}
	r.wants(t, "cp-1 07:00:00 connector1.energy=1")
}

// Ids go on over a restart, sessions that were open end after it, and a half-written
// last line does no harm.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	r := serve(t, dir, nil, device("cp-1"))
	c := plug16(t, r, "cp-1")
	first := must[*core.StartTransactionConfirmation](t)(c.StartTransaction(1, "CARD1", 1000, at16(-time.Hour)))
	c.Stop()
	r.stop()
	f := must[*os.File](t)(os.OpenFile(filepath.Join(dir, journalName), os.O_APPEND|os.O_WRONLY, 0))
	if _, err := f.WriteString(`{"park":"demo","dev`); err != nil {
		t.Fatal(err)
	}
	f.Close()

	r = serve(t, dir, nil, device("cp-1"))
	c = plug16(t, r, "cp-1")
	again := must[*core.StartTransactionConfirmation](t)(c.StartTransaction(1, "CARD1", 1000, at16(-time.Hour)))
	if again.TransactionId != first.TransactionId {
		t.Errorf("the start that came again after the restart got %d, before %d", again.TransactionId, first.TransactionId)
	}
	if _, err := c.StopTransaction(3000, at16(-30*time.Minute), first.TransactionId); err != nil {
		t.Fatal(err)
	}
	next := must[*core.StartTransactionConfirmation](t)(c.StartTransaction(1, "CARD1", 3000, at16(0)))
	if next.TransactionId <= first.TransactionId {
		t.Errorf("id %d after %d", next.TransactionId, first.TransactionId)
	}
	r.wants(t, "cp-1 07:00:00 connector1.energy=1", "cp-1 07:30:00 connector1.energy=3", "cp-1 07:30:00 connector1.session_kwh=2 over 30m0s", "cp-1 08:00:00 connector1.energy=3")
	if list := r.driver.Sessions("demo", "cp-1"); len(list) != 2 || list[0].ID != strconv.Itoa(next.TransactionId) {
		t.Errorf("sessions, the newest first: %+v", list)
	}
}

func TestOddSessions(t *testing.T) {
	r := serve(t, "", nil, device("cp-1", "tags", tagFile(t, "CARD1 # the director\n\n#CARD3\n")))
	c := plug16(t, r, "cp-1")
	if _, err := c.StopTransaction(3000, at16(0), 12345); err != nil { // of a time before us
		t.Fatal(err)
	}
	for range 2 { // begun offline, by a charger that then calls every one -1
		if _, err := c.StopTransaction(4000, at16(-time.Minute), -1); err != nil {
			t.Fatal(err)
		}
		if _, err := c.StopTransaction(5000, at16(0), -1); err != nil {
			t.Fatal(err)
		}
	}
	if list := r.driver.Sessions("demo", "cp-1"); len(list) != 3 {
		t.Errorf("three sessions ended, not %+v", list)
	}
	r.wants(t, "cp-1 08:00:00 transaction.energy=3", "cp-1 07:59:00 transaction.energy=4", "cp-1 08:00:00 transaction.energy=5")
	a := must[*core.StartTransactionConfirmation](t)(c.StartTransaction(1, "CARD9", 5000, at16(0)))
	if a.IdTagInfo.Status != types16.AuthorizationStatusInvalid {
		t.Errorf("a tag that is not in the list: %+v", a.IdTagInfo)
	}
	if a := must[*core.AuthorizeConfirmation](t)(c.Authorize("card1")); a.IdTagInfo.Status != types16.AuthorizationStatusAccepted {
		t.Errorf("a tag of the list: %+v", a.IdTagInfo)
	}
	if a := must[*core.AuthorizeConfirmation](t)(c.Authorize("CARD3")); a.IdTagInfo.Status != types16.AuthorizationStatusInvalid {
		t.Errorf("a tag that is commented out: %+v", a.IdTagInfo)
	}
	b := must[*core.StartTransactionConfirmation](t)(c.StartTransaction(1, "CARD1", 6000, at16(time.Minute)))
	list := r.driver.Sessions("demo", "cp-1")
	if len(list) != 5 || !list[1].Superseded || list[1].Authorized || list[0].Superseded || !list[0].Authorized {
		t.Errorf("sessions %+v", list)
	}
	if _, err := c.StopTransaction(5500, at16(2*time.Minute), b.TransactionId); err != nil { // its meter went backwards
		t.Fatal(err)
	}
	if s := r.driver.Sessions("demo", "cp-1")[0]; s.Energy != nil || s.EnergyEnd == nil || *s.EnergyEnd != 5.5 {
		t.Errorf("energy is not known when the meter goes backwards: %+v", s)
	}
	for _, name := range r.admitted() {
		if strings.Contains(name, "session_kwh") {
			t.Errorf("%s of a session without energy", name)
		}
	}
}

func tagFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tags")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// The drift is that of the newest time stamp; a clock that was far ahead and is set back
// is seen.
func TestDrift(t *testing.T) {
	p := offline(t, v16, &park{changed: make(chan struct{})})
	drift := func(at time.Duration, want time.Duration) {
		t.Helper()
		p.stamped(clock.Add(at))
		if p.state.lag != want {
			t.Errorf("a time stamp of %s makes %s, want %s", at, p.state.lag, want)
		}
	}
	drift(-time.Minute, time.Minute)
	drift(-time.Hour, time.Minute) // from its queue
	drift(-2*time.Second, 2*time.Second)
	drift(24*time.Hour, -24*time.Hour)
	drift(-time.Second, time.Second) // set back
}

// Meter values, cards and a second plug of OCPP 2.0.1.
func TestStation201(t *testing.T) {
	r := serve(t, "", nil, device("cs-1", "tags", tagFile(t, "CARD1\n")))
	c := plug201(t, r, "cs-1")
	card := func(id string, kind types201.IdTokenType, want types201.AuthorizationStatus) {
		t.Helper()
		a, err := c.Authorize(id, kind)
		if err != nil || a.IdTokenInfo.Status != want {
			t.Errorf("%q: %+v, %v, want %s", id, a, err, want)
		}
	}
	card("card1", types201.IdTokenTypeISO14443, types201.AuthorizationStatusAccepted)
	card("CARD2", types201.IdTokenTypeISO14443, types201.AuthorizationStatusInvalid)
	card("", types201.IdTokenTypeNoAuthorization, types201.AuthorizationStatusInvalid) // a list is a list
	if _, err := c.StatusNotification(at201(0), availability.ConnectorStatusAvailable, 1, 2); err != nil {
		t.Fatal(err)
	}
	main := []types201.MeterValue{{Timestamp: *at201(0), SampledValue: []types201.SampledValue{{Value: 50, Measurand: "Power.Active.Import", UnitOfMeasure: &types201.UnitOfMeasure{Unit: "kW"}}}}}
	if _, err := c.MeterValues(0, main); err != nil {
		t.Fatal(err)
	}
	r.wants(t, "cs-1 08:00:00 connector1.plug2.status=0", "cs-1 08:00:00 power=50")
	r.refuse(connector.ErrBusy)
	if _, err := c.MeterValues(0, main); code(err) != ocppj.InternalError {
		t.Errorf("%v", err)
	}

	r.set(device("cs-1")) // without a list everybody may charge
	eventually(t, func() bool { d, _ := r.driver.running(); return (*d.roster.Load())["cs-1"].tags == nil }, "the list is still in use")
	card("", types201.IdTokenTypeNoAuthorization, types201.AuthorizationStatusAccepted)
}

// A station that uses a transaction id again has another session.
func TestIDAgain201(t *testing.T) {
	r := serve(t, "", nil, device("cs-1"))
	c := plug201(t, r, "cs-1")
	for _, step := range []struct {
		kind  transactions.TransactionEvent
		after time.Duration
		wh    float64
	}{{"Started", -4 * time.Hour, 1000}, {"Ended", -3 * time.Hour, 2000}, {"Started", -2 * time.Hour, 2000}, {"Ended", -time.Hour, 5000}} {
		if err := event(t, c, step.kind, step.after, 0, step.wh, ""); err != nil {
			t.Fatal(err)
		}
	}
	list := r.driver.Sessions("demo", "cs-1")
	if len(list) != 2 || *list[0].Energy != 3 || *list[1].Energy != 1 {
		t.Errorf("sessions %+v", list)
	}
}
