package ocpp

import (
	"context"
	"time"

	smart16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/smartcharging"
	types16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	smart201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/smartcharging"
	types201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"
)

// duration is how long a schedule lasts in seconds, nil = until it is replaced.
func (s Schedule) duration() *int {
	if s.End.IsZero() {
		return nil
	}
	n := int(s.End.Sub(s.Start) / time.Second)
	return &n
}

func phases(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// setProfile16 sends a schedule as a charging profile of OCPP 1.6 (5.16): that of the
// whole charger as ChargePointMaxProfile, that of a connector as TxDefaultProfile.
func (p *peer) setProfile16(ctx context.Context, s Schedule) error {
	schedule := types16.ChargingSchedule{Duration: s.duration(), StartSchedule: types16.NewDateTime(s.Start), ChargingRateUnit: types16.ChargingRateUnitType(s.Unit.rate())}
	for _, part := range s.Periods {
		schedule.ChargingSchedulePeriod = append(schedule.ChargingSchedulePeriod, types16.ChargingSchedulePeriod{
			StartPeriod: int(part.After / time.Second), Limit: s.Unit.wire(part.Limit), NumberPhases: phases(part.Phases)})
	}
	purpose := types16.ChargingProfilePurposeTxDefaultProfile
	if s.Connector == 0 {
		purpose = types16.ChargingProfilePurposeChargePointMaxProfile
	}
	profile := types16.NewChargingProfile(profileID+s.Connector, 0, purpose, types16.ChargingProfileKindAbsolute, &schedule)
	var reply verdict
	if err := p.ask(ctx, smart16.SetChargingProfileFeatureName, smart16.NewSetChargingProfileRequest(s.Connector, profile), &reply); err != nil {
		return err
	}
	return reply.accepted(p, smart16.SetChargingProfileFeatureName)
}

// setProfile201 sends a schedule as a charging profile of OCPP 2.0.1 (part 2, K01).
func (p *peer) setProfile201(ctx context.Context, s Schedule) error {
	schedule := types201.ChargingSchedule{ID: profileID + s.Connector, Duration: s.duration(), StartSchedule: types201.NewDateTime(s.Start), ChargingRateUnit: types201.ChargingRateUnitType(s.Unit.rate())}
	for _, part := range s.Periods {
		schedule.ChargingSchedulePeriod = append(schedule.ChargingSchedulePeriod, types201.ChargingSchedulePeriod{
			StartPeriod: int(part.After / time.Second), Limit: s.Unit.wire(part.Limit), NumberPhases: phases(part.Phases)})
	}
	purpose := types201.ChargingProfilePurposeTxDefaultProfile
	if s.Connector == 0 {
		purpose = types201.ChargingProfilePurposeChargingStationMaxProfile
	}
	profile := types201.NewChargingProfile(profileID+s.Connector, 0, purpose, types201.ChargingProfileKindAbsolute, []types201.ChargingSchedule{schedule})
	var reply verdict
	if err := p.ask(ctx, smart201.SetChargingProfileFeatureName, smart201.NewSetChargingProfileRequest(s.Connector, profile), &reply); err != nil {
		return err
	}
	return reply.accepted(p, smart201.SetChargingProfileFeatureName)
}

// composite16 asks for the limits that are in force at a connector and their unit.
func (p *peer) composite16(ctx context.Context, number int, unit Unit) (rate string, limits []float64, err error) {
	ask := smart16.NewGetCompositeScheduleRequest(number, compositeFor)
	ask.ChargingRateUnit = types16.ChargingRateUnitType(unit.rate())
	var reply struct {
		verdict
		Schedule plan `json:"chargingSchedule"`
	}
	if err := p.ask(ctx, smart16.GetCompositeScheduleFeatureName, ask, &reply); err != nil {
		return "", nil, err
	}
	return reply.Schedule.Unit, reply.Schedule.limits(), reply.accepted(p, smart16.GetCompositeScheduleFeatureName)
}

// composite201 is composite16 for OCPP 2.0.1. The standard (part 2, CompositeScheduleType) has the periods in
// the schedule itself; some libraries write them one step deeper, as OCPP 2.0 had it.
func (p *peer) composite201(ctx context.Context, number int, unit Unit) (rate string, limits []float64, err error) {
	ask := smart201.NewGetCompositeScheduleRequest(compositeFor, number)
	ask.ChargingRateUnit = types201.ChargingRateUnitType(unit.rate())
	var reply struct {
		verdict
		Schedule struct {
			plan
			Deeper plan `json:"chargingSchedule"`
		} `json:"schedule"`
	}
	if err := p.ask(ctx, smart201.GetCompositeScheduleFeatureName, ask, &reply); err != nil {
		return "", nil, err
	}
	found := reply.Schedule.plan
	if len(found.Periods) == 0 {
		found = reply.Schedule.Deeper
	}
	return found.Unit, found.limits(), reply.accepted(p, smart201.GetCompositeScheduleFeatureName)
}

// plan is a schedule as a charger tells it.
type plan struct {
	Unit    string `json:"chargingRateUnit"`
	Periods []struct {
		Limit float64 `json:"limit"`
	} `json:"chargingSchedulePeriod"`
}

func (p plan) limits() []float64 {
	list := make([]float64, len(p.Periods))
	for i := range p.Periods {
		list[i] = p.Periods[i].Limit
	}
	return list
}
