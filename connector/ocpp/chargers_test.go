package ocpp

import (
	"sync"
	"testing"
	"time"

	ocpp16 "github.com/lorenzodonini/ocpp-go/ocpp1.6"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/core"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/remotetrigger"
	smart16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/smartcharging"
	types16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	ocpp201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1"
	smart201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/smartcharging"
	types201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"
	"github.com/lorenzodonini/ocpp-go/ws"
)

// charger16 is a charge point of the library: it keeps the profile that it is given and
// tells it as its composite schedule.
type charger16 struct {
	ocpp16.ChargePoint
	core.ChargePointHandler

	mu       sync.Mutex
	profiles map[int]*types16.ChargingProfile // by connector
	refuses  bool
	watts    bool // tells its schedule in W, whatever is asked
}

func plug16(t *testing.T, r *running, id string) *charger16 {
	t.Helper()
	client := ws.NewClient()
	client.SetBasicAuth(id, password)
	return plug16With(t, r.url, id, client)
}

func plug16With(t *testing.T, url, id string, client ws.WsClient) *charger16 {
	t.Helper()
	c := &charger16{ChargePoint: ocpp16.NewChargePoint(id, nil, client), profiles: map[int]*types16.ChargingProfile{}}
	c.SetCoreHandler(c)
	c.SetSmartChargingHandler(c)
	c.SetRemoteTriggerHandler(c)
	if err := c.Start(url); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Heartbeat(); err != nil { // it is heard
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.IsConnected() {
			c.Stop()
		}
	})
	return c
}

func (c *charger16) OnSetChargingProfile(r *smart16.SetChargingProfileRequest) (*smart16.SetChargingProfileConfirmation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuses {
		return smart16.NewSetChargingProfileConfirmation(smart16.ChargingProfileStatusNotSupported), nil
	}
	c.profiles[r.ConnectorId] = r.ChargingProfile
	return smart16.NewSetChargingProfileConfirmation(smart16.ChargingProfileStatusAccepted), nil
}

func (c *charger16) OnClearChargingProfile(r *smart16.ClearChargingProfileRequest) (*smart16.ClearChargingProfileConfirmation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, p := range c.profiles {
		if r.Id != nil && p.ChargingProfileId == *r.Id {
			delete(c.profiles, n)
			return smart16.NewClearChargingProfileConfirmation(smart16.ClearChargingProfileStatusAccepted), nil
		}
	}
	return smart16.NewClearChargingProfileConfirmation(smart16.ClearChargingProfileStatusUnknown), nil
}

func (c *charger16) OnGetCompositeSchedule(r *smart16.GetCompositeScheduleRequest) (*smart16.GetCompositeScheduleConfirmation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.profiles[r.ConnectorId]
	if p == nil {
		return smart16.NewGetCompositeScheduleConfirmation(smart16.GetCompositeScheduleStatusRejected), nil
	}
	a := smart16.NewGetCompositeScheduleConfirmation(smart16.GetCompositeScheduleStatusAccepted)
	schedule := *p.ChargingSchedule
	if c.watts {
		schedule.ChargingRateUnit = types16.ChargingRateUnitWatts
	}
	a.ConnectorId, a.ScheduleStart, a.ChargingSchedule = &r.ConnectorId, types16.NewDateTime(clock), &schedule
	return a, nil
}

func (c *charger16) OnTriggerMessage(r *remotetrigger.TriggerMessageRequest) (*remotetrigger.TriggerMessageConfirmation, error) {
	c.mu.Lock()
	refuses := c.refuses
	c.mu.Unlock()
	if refuses {
		return remotetrigger.NewTriggerMessageConfirmation(remotetrigger.TriggerMessageStatusNotImplemented), nil
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		if r.RequestedMessage == "MeterValues" {
			_, _ = c.MeterValues(1, []types16.MeterValue{{Timestamp: types16.NewDateTime(clock), SampledValue: []types16.SampledValue{{Value: "7.2", Measurand: "Power.Active.Import", Unit: "kW"}}}})
			return
		}
		_, _ = c.StatusNotification(1, core.NoError, core.ChargePointStatusCharging)
	}()
	return remotetrigger.NewTriggerMessageConfirmation(remotetrigger.TriggerMessageStatusAccepted), nil
}

func (c *charger16) profile(n int) types16.ChargingProfile {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.profiles[n] == nil {
		return types16.ChargingProfile{}
	}
	return *c.profiles[n]
}

// charger201 is a charging station of the library.
type charger201 struct {
	ocpp201.ChargingStation
	smart201.ChargingStationHandler

	mu       sync.Mutex
	profiles map[int]*types201.ChargingProfile
	refuses  bool
}

func plug201(t *testing.T, r *running, id string) *charger201 {
	t.Helper()
	client := ws.NewClient()
	client.SetBasicAuth(id, password)
	c := &charger201{ChargingStation: ocpp201.NewChargingStation(id, nil, client), profiles: map[int]*types201.ChargingProfile{}}
	c.SetSmartChargingHandler(c)
	if err := c.Start(r.url); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Heartbeat(); err != nil { // it is heard
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.IsConnected() {
			c.Stop()
		}
	})
	return c
}

func (c *charger201) OnSetChargingProfile(r *smart201.SetChargingProfileRequest) (*smart201.SetChargingProfileResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuses {
		a := smart201.NewSetChargingProfileResponse(smart201.ChargingProfileStatusRejected)
		a.StatusInfo = types201.NewStatusInfo("TxNotFound", "no limit below 6 A")
		return a, nil
	}
	c.profiles[r.EvseID] = r.ChargingProfile
	return smart201.NewSetChargingProfileResponse(smart201.ChargingProfileStatusAccepted), nil
}

func (c *charger201) OnClearChargingProfile(r *smart201.ClearChargingProfileRequest) (*smart201.ClearChargingProfileResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, p := range c.profiles {
		if r.ChargingProfileID != nil && p.ID == *r.ChargingProfileID {
			delete(c.profiles, n)
			return smart201.NewClearChargingProfileResponse(smart201.ClearChargingProfileStatusAccepted), nil
		}
	}
	return smart201.NewClearChargingProfileResponse(smart201.ClearChargingProfileStatusUnknown), nil
}

func (c *charger201) OnGetCompositeSchedule(r *smart201.GetCompositeScheduleRequest) (*smart201.GetCompositeScheduleResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.profiles[r.EvseID]
	if p == nil {
		return smart201.NewGetCompositeScheduleResponse(smart201.GetCompositeScheduleStatusRejected, r.EvseID), nil
	}
	a := smart201.NewGetCompositeScheduleResponse(smart201.GetCompositeScheduleStatusAccepted, r.EvseID)
	a.Schedule = &smart201.CompositeSchedule{StartDateTime: types201.NewDateTime(clock), ChargingSchedule: &p.ChargingSchedule[0]}
	return a, nil
}

func (c *charger201) profile(n int) types201.ChargingProfile {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.profiles[n] == nil {
		return types201.ChargingProfile{}
	}
	return *c.profiles[n]
}
