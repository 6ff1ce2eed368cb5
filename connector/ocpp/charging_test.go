package ocpp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

func TestLimit16(t *testing.T) {
	d := device("cp-1")
	r := serve(t, "", nil, d)
	c := plug16(t, r, "cp-1")
	set := func(name string, value float64) {
		t.Helper()
		if got, err := r.driver.Write(t.Context(), d, name, value); err != nil || got != value {
			t.Errorf("%s = %v reads back %v, %v", name, value, got, err)
		}
	}
	set("limit.a", 32)
	if p := c.profile(0); p.ChargingProfilePurpose != "ChargePointMaxProfile" || p.ChargingSchedule.ChargingRateUnit != "A" || p.ChargingSchedule.ChargingSchedulePeriod[0].Limit != 32 ||
		!p.ChargingSchedule.StartSchedule.Equal(clock) || p.ChargingSchedule.Duration != nil || p.ChargingProfileKind != "Absolute" {
		t.Errorf("profile %+v", p)
	}
	set("connector2.limit.kw", 7.2)
	if p := c.profile(2); p.ChargingProfilePurpose != "TxDefaultProfile" || p.ChargingSchedule.ChargingRateUnit != "W" || p.ChargingSchedule.ChargingSchedulePeriod[0].Limit != 7200 {
		t.Errorf("profile %+v", p)
	}
	set("connector2.limit.a", 0)
	if a, b := c.profile(0).ChargingProfileId, c.profile(2).ChargingProfileId; a == b {
		t.Errorf("both profiles have id %d", a)
	}
	if err := r.driver.ClearSchedule(t.Context(), d, 2); err != nil || c.profile(2).ChargingSchedule != nil {
		t.Errorf("cleared: %v, %+v", err, c.profile(2))
	}
	if err := r.driver.ClearSchedule(t.Context(), d, 2); err != nil {
		t.Errorf("there is none: %v", err)
	}
}

// refused says whether a write fails with a sentinel and says why.
func refused(t *testing.T, r *running, d connector.Device, name string, value float64, sentinel error, why string) {
	t.Helper()
	_, err := r.driver.Write(t.Context(), d, name, value)
	if !errors.Is(err, sentinel) || !strings.Contains(fmt.Sprint(err), why) {
		t.Errorf("%s = %v: %v; want %v with %q", name, value, err, sentinel, why)
	}
}

func TestLimitRefused16(t *testing.T) {
	d := device("cp-1")
	r := serve(t, "", func(d *Driver) { d.limits.call = 200 * time.Millisecond }, d)
	refused(t, r, d, "limit.a", 32, connector.ErrUnreachable, "not connected")
	refused(t, r, device("stranger"), "limit.a", 32, connector.ErrConfig, "not served")
	c := plug16(t, r, "cp-1")
	refused(t, r, d, "limit", 32, connector.ErrRefused, "cannot be set")
	refused(t, r, d, "connector0.limit.a", 32, connector.ErrRefused, "cannot be set")
	refused(t, r, d, "limit.a", -1, connector.ErrRefused, "limit -1")
	refused(t, r, d, "limit.a", math.NaN(), connector.ErrRefused, "limit NaN")
	c.mu.Lock()
	c.watts = true
	c.mu.Unlock()
	refused(t, r, d, "limit.a", 32, connector.ErrProtocol, `tells its schedule in "W"`)
	c.mu.Lock()
	c.refuses = true
	c.mu.Unlock()
	refused(t, r, d, "limit.a", 32, connector.ErrRefused, "NotSupported")
	c.Stop()
	mute := r.connect(t, "cp-1", v16)
	refused(t, r, d, "limit.a", 32, connector.ErrUnreachable, "does not answer SetChargingProfile")
	mute.hears(`"SetChargingProfile"`)
	if _, err := New(Options{}).Write(t.Context(), d, "limit.a", 32); !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("a door that does not run: %v", err)
	}
}

func TestLimit201(t *testing.T) {
	d := device("cs-1")
	r := serve(t, "", nil, d)
	c := plug201(t, r, "cs-1")
	for name, value := range map[string]float64{"limit.kw": 60, "connector2.limit.a": 125.5} {
		if got, err := r.driver.Write(t.Context(), d, name, value); err != nil || got != value {
			t.Errorf("%s = %v reads back %v, %v", name, value, got, err)
		}
	}
	if p := c.profile(0); p.ChargingProfilePurpose != "ChargingStationMaxProfile" || p.ChargingSchedule[0].ChargingSchedulePeriod[0].Limit != 60_000 {
		t.Errorf("profile %+v", p)
	}
	if p := c.profile(2); p.ChargingProfilePurpose != "TxDefaultProfile" || p.ChargingSchedule[0].ChargingRateUnit != "A" {
		t.Errorf("profile %+v", p)
	}
	if err := r.driver.ClearSchedule(t.Context(), d, 0); err != nil || c.profile(0).ChargingSchedule != nil {
		t.Errorf("cleared: %v", err)
	}
	c.mu.Lock()
	c.refuses = true
	c.mu.Unlock()
	refused(t, r, d, "limit.a", 3, connector.ErrRefused, "Rejected TxNotFound no limit below 6 A")
}

// answers answers requests of ours as a raw charger, one after the other.
func (c *raw) answers(texts ...string) {
	for i, text := range texts {
		_, got, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		id := strings.SplitN(string(got), `"`, 3)[1]
		if err := c.conn.WriteMessage(1, []byte(strings.Replace(text, "ID", id, 1))); err != nil || i == len(texts)-1 {
			return
		}
	}
}

// The composite schedule as the standard of 2.0.1 has it, and answers that make no sense.
func TestReadBackForms(t *testing.T) {
	d, trusting := device("cs-1"), device("cs-2", "read_back", "accepted")
	r := serve(t, "", nil, d, trusting)
	const set = `[3,"ID",{"status":"Accepted"}]`
	write := func(v version, answers ...string) (float64, error) {
		c := r.connect(t, "cs-1", v)
		go c.answers(append([]string{set}, answers...)...)
		return r.driver.Write(t.Context(), d, "limit.a", 16)
	}
	good := func(v version, answer string) {
		t.Helper()
		if got, err := write(v, answer); err != nil || got != 16 {
			t.Errorf("%s: %v, %v", answer, got, err)
		}
	}
	bad := func(v version, answer string, sentinel error) {
		t.Helper()
		if got, err := write(v, answer); !errors.Is(err, sentinel) || !math.IsNaN(got) {
			t.Errorf("%s: %v, %v", answer, got, err)
		}
	}
	good(v201, `[3,"ID",{"status":"Accepted","schedule":{"evseId":0,"duration":3600,"scheduleStart":"2026-11-22T08:00:00Z","chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16}]}}]`)
	good(v201, `[3,"ID",{"status":"Accepted","schedule":{"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16}]}}}]`)
	good(v16, `[3,"ID",{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.0},{"startPeriod":60,"limit":8}]}}]`)
	bad(v16, `[3,"ID",{"status":"Accepted"}]`, connector.ErrProtocol)
	bad(v16, `[3,"ID",{"status":"Rejected"}]`, connector.ErrRefused)
	bad(v16, `[3,"ID",{}]`, connector.ErrProtocol)
	bad(v16, `[3,"ID",[]]`, connector.ErrProtocol)
	bad(v16, `[4,"ID","NotImplemented","",{}]`, connector.ErrRefused)
	c := r.connect(t, "cs-2", v16)
	go c.answers(set)
	if got, err := r.driver.Write(t.Context(), trusting, "limit.a", 16); err != nil || got != 16 {
		t.Errorf("the charger's word is taken: %v, %v", got, err)
	}
}

func TestSchedule(t *testing.T) {
	d := device("cp-1")
	r := serve(t, "", nil, d)
	c := plug16(t, r, "cp-1")
	s := Schedule{Connector: 1, Unit: Kilowatt, Start: clock, End: clock.Add(2 * time.Hour), Periods: []Period{{Limit: 11}, {After: time.Hour, Limit: 3.68, Phases: 1}}}
	if got, err := r.driver.SetSchedule(t.Context(), d, s); err != nil || got != 11 {
		t.Fatalf("%v, %v", got, err)
	}
	p := c.profile(1).ChargingSchedule
	if *p.Duration != 7200 || len(p.ChargingSchedulePeriod) != 2 || p.ChargingSchedulePeriod[1].StartPeriod != 3600 || p.ChargingSchedulePeriod[1].Limit != 3680 || *p.ChargingSchedulePeriod[1].NumberPhases != 1 {
		t.Errorf("schedule %+v", p)
	}
	s.Start, s.End = clock.Add(time.Hour), time.Time{}
	if got, err := r.driver.SetSchedule(t.Context(), d, s); err != nil || !math.IsNaN(got) {
		t.Errorf("it is not in force yet: %v, %v", got, err)
	}
	bad := func(why string, change func(*Schedule)) {
		t.Helper()
		s := s
		s.Periods = slices.Clone(s.Periods)
		change(&s)
		if _, err := r.driver.SetSchedule(t.Context(), d, s); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %q", err, why)
		}
	}
	bad("connector", func(s *Schedule) { s.Connector = 1000 })
	bad("unit", func(s *Schedule) { s.Unit = "hp" })
	bad("start", func(s *Schedule) { s.Start = time.Time{} })
	bad("ends before", func(s *Schedule) { s.End = s.Start })
	bad("0 periods", func(s *Schedule) { s.Periods = nil })
	bad("1025 periods", func(s *Schedule) { s.Periods = make([]Period, 1025) })
	bad("limit", func(s *Schedule) { s.Periods[1].Limit = math.Inf(1) })
	bad("phases", func(s *Schedule) { s.Periods[1].Phases = 4 })
	bad("period 1", func(s *Schedule) { s.Periods[0].After = time.Second })
	bad("period 2", func(s *Schedule) { s.Periods[1].After = 0 })
	bad("period 2", func(s *Schedule) { s.Periods[1].After = time.Second / 2 })
	if err := r.driver.ClearSchedule(t.Context(), d, -1); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("%v", err)
	}
}

func TestRead(t *testing.T) {
	d := device("cp-1")
	r := serve(t, "", nil, d)
	if _, err := r.driver.Read(t.Context(), d); !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("not connected: %v", err)
	}
	c := plug16(t, r, "cp-1")
	list, err := r.driver.Read(t.Context(), d)
	var names []string
	for _, s := range list {
		names = append(names, fmt.Sprintf("%s %s=%g", s.Device, s.Name, s.Value))
	}
	slices.Sort(names)
	if want := []string{"cp-1 connector1.power=7.2", "cp-1 connector1.status=2"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("read %q, %v", names, err)
	}
	if len(r.admitted()) != 2 {
		t.Errorf("what came is admitted too: %q", r.admitted())
	}
	c.mu.Lock()
	c.refuses = true
	c.mu.Unlock()
	if _, err := r.driver.Read(t.Context(), d); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "NotImplemented") {
		t.Errorf("refused: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c.Stop()
	mute := r.connect(t, "cp-1", v16)
	if _, err := r.driver.Read(short, d); !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("a mute charger: %v", err)
	}
	mute.hears("TriggerMessage")
}

// Several may ask a charger at once; it gets one request at a time.
func TestOneRequestAtATime(t *testing.T) {
	d := device("cp-1")
	r := serve(t, "", nil, d)
	plug16(t, r, "cp-1")
	results := make(chan error, 10)
	for i := range 10 {
		go func() {
			name := fmt.Sprintf("connector%d.limit.a", i+1)
			got, err := r.driver.Write(t.Context(), d, name, float64(i))
			if err == nil && got != float64(i) {
				err = fmt.Errorf("%s reads back %v", name, got)
			}
			results <- err
		}()
	}
	for range 10 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
