package api

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/usage"
)

type usageIn struct {
	Park     string `path:"park" maxLength:"40"`
	Register string `path:"register" maxLength:"129" doc:"point.register"`
	Period   string `query:"period" maxLength:"30" required:"true"`
	Step     string `query:"step" enum:"interval,hour,day" default:"day"`
}

// usageView is a register's settled amounts.
type usageView struct {
	Register    string     `json:"register"`
	Unit        string     `json:"unit"`
	From        time.Time  `json:"from"`
	StepSeconds int        `json:"stepSeconds" doc:"86400: each value is a civil day"`
	Values      []*float64 `json:"values" nullable:"false" doc:"null where nothing is known"`
	Quality     []string   `json:"quality" nullable:"false" doc:"The worst in the step: measured, estimated, edited, missing"`
	Suspect     []bool     `json:"suspect" nullable:"false" doc:"A validation rule fired"`
}

type usageOutput struct{ Body usageView }

type findingsIn struct {
	Park         string   `path:"park" maxLength:"40"`
	Organization string   `query:"organization" maxLength:"64"`
	Period       string   `query:"period" maxLength:"30"`
	Register     []string `query:"register" maxItems:"100"`
	Rule         []string `query:"rule" maxItems:"20"`
	Limit        int      `query:"limit" minimum:"1" maximum:"10000" default:"1000"`
}

type findingsOutput struct {
	Body struct {
		Findings []usage.Finding `json:"findings" nullable:"false"`
	}
}

// admitted is a reading sent to the API.
type admitted struct {
	Register string    `json:"register" maxLength:"129"`
	At       time.Time `json:"at" doc:"End of the interval, or instant of the value"`
	Span     int32     `json:"span,omitempty" minimum:"0" maximum:"31622400" doc:"Seconds of the interval that ends at At; 0 for counters and instants"`
	Value    float64   `json:"value"`
}

type admitIn struct {
	Park string `path:"park" maxLength:"40"`
	Body struct {
		Readings []admitted `json:"readings" minItems:"1" maxItems:"100000"`
	}
}

type admitOutput struct{ Body meter.Admission }

func (s *Server) usageRoutes() {
	route(s, huma.Operation{OperationID: "getUsage", Method: "GET", Path: "/api/v1/parks/{park}/usage/{register}", Tags: []string{"usage"},
		Summary: "Settled usage of a register by interval, hour or day"},
		Rule{Action: "usage.read", Resource: s.registerPlace}, s.getUsage)
	route(s, huma.Operation{OperationID: "listFindings", Method: "GET", Path: "/api/v1/parks/{park}/findings", Tags: []string{"usage"},
		Summary: "What validation found and what was done about it"},
		Rule{Action: "usage.read", Resource: s.ownPlace}, s.listFindings)
	route(s, huma.Operation{OperationID: "admitReadings", Method: "POST", Path: "/api/v1/parks/{park}/readings", Tags: []string{"usage"},
		Summary:      "Send readings",
		Description:  "Answers when the readings are durable; exact duplicates change nothing; the days they touch are settled again.",
		MaxBodyBytes: 16 << 20},
		Rule{Action: "readings.import", Anywhere: true}, s.admitReadings)
}

func (s *Server) getUsage(ctx context.Context, in *usageIn) (*usageOutput, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	reg, _ := l.Register(in.Register)
	v := usageView{Register: in.Register, Unit: reg.SettleUnit, Values: []*float64{}, Quality: []string{}, Suspect: []bool{}}
	per := map[string]int{"interval": 1, "hour": int(time.Hour / l.Grid.Step), "day": math.MaxInt32}[in.Step]
	v.StepSeconds = map[string]int{"interval": int(l.Grid.Step.Seconds()), "hour": 3600, "day": 86400}[in.Step]
	span, err := period.Parse(in.Period, l.Zone)
	if err != nil {
		return nil, err
	}
	next, last := l.Grid.Days(span)
	v.From = next.Start(l.Zone)
	fill := func(to period.Day) { // days that were not settled are gaps
		for ; next < to && len(v.Values) <= 100_000; next++ {
			v.gap(l.Grid.Slots(next), per)
		}
	}
	err = s.Parks.Days(ctx, in.Park, in.Register, in.Period, func(d usage.Day) error {
		fill(d.Day)
		next++
		if len(v.Values) > 100_000 {
			return fmt.Errorf("%w: more than 100,000 values; ask for a shorter period or a longer step", errInput)
		}
		for i := 0; i < len(d.Amount); i += per {
			v.add(d, i, min(i+per, len(d.Amount)))
		}
		return nil
	})
	fill(last + 1)
	return &usageOutput{Body: v}, err
}

// gap appends the steps of a day of which nothing is known.
func (v *usageView) gap(slots, per int) {
	for i := 0; i < slots; i += per {
		v.Values = append(v.Values, nil)
		v.Quality = append(v.Quality, meter.Missing.String())
		v.Suspect = append(v.Suspect, false)
	}
}

// add appends the step of intervals [a, b) of a day.
func (v *usageView) add(d usage.Day, a, b int) {
	var sum float64
	worst, known, suspect := meter.Measured, false, false
	for i := a; i < b; i++ {
		q := d.At(i)
		suspect = suspect || q&meter.Suspect != 0
		if q.Base() == meter.Missing {
			worst = meter.Missing
			continue
		}
		known = true
		sum += d.Amount[i]
		if worst == meter.Measured {
			worst = q.Base()
		}
	}
	var value *float64
	if known {
		value = &sum
	}
	v.Values = append(v.Values, value)
	v.Quality = append(v.Quality, worst.String())
	v.Suspect = append(v.Suspect, suspect)
}

func (s *Server) listFindings(ctx context.Context, in *findingsIn) (*findingsOutput, error) {
	keys := in.Register
	if in.Organization != "" {
		l, err := s.Parks.Layout(ctx, in.Park)
		if err != nil {
			return nil, err
		}
		sc := &scene{layout: l, own: map[string]bool{}}
		for _, id := range l.OrganizationsOf(in.Organization) {
			sc.own[id] = true
		}
		keys = kept(sc.registers(), in.Register)
		if len(keys) == 0 {
			// No register of theirs is asked for; no keys would mean all of the park.
			none := &findingsOutput{}
			none.Body.Findings = []usage.Finding{}
			return none, nil
		}
	}
	list, err := s.Parks.Findings(ctx, in.Park, in.Period, keys, in.Rule, in.Limit)
	out := &findingsOutput{}
	out.Body.Findings = append([]usage.Finding{}, list...)
	return out, err
}

// kept are the keys asked for that are among own; all of own when none is asked for.
func kept(own, asked []string) []string {
	if len(asked) == 0 {
		return own
	}
	list := []string{}
	for _, k := range asked {
		for _, o := range own {
			if k == o {
				list = append(list, k)
			}
		}
	}
	return list
}

// admitReadings takes readings of registers whose organization the caller may
// import for; one that he may not refuses the whole request.
func (s *Server) admitReadings(ctx context.Context, in *admitIn) (*admitOutput, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	paths, err := pathsOf(l)
	if err != nil {
		return nil, err
	}
	b := &meter.Batch{}
	refs := map[string]uint32{}
	for i, r := range in.Body.Readings {
		ref, known := refs[r.Register]
		if !known {
			if err := s.mayImport(ctx, l, paths, in.Park, r.Register); err != nil {
				return nil, fmt.Errorf("readings[%d]: %w", i, err)
			}
			ref = uint32(len(b.Keys))
			refs[r.Register] = ref
			b.Keys = append(b.Keys, r.Register)
		}
		b.Append(ref, r.At.UnixMilli(), r.Span, r.Value)
	}
	got, err := s.Parks.Admit(ctx, s.act(ctx), in.Park, b)
	if err != nil {
		return nil, err
	}
	if err := s.tell(ctx, l, in, paths); err != nil {
		return nil, err
	}
	return &admitOutput{Body: got}, nil
}

// tell publishes what was admitted and the days that were settled for it.
func (s *Server) tell(ctx context.Context, l *layout.Layout, in *admitIn, paths map[string]access.Path) error {
	first, last := in.Body.Readings[0].At, in.Body.Readings[0].At
	for _, r := range in.Body.Readings {
		if r.At.Before(first) {
			first = r.At
		}
		if r.At.After(last) {
			last = r.At
		}
		point, _ := l.PointOf(r.Register)
		reg, _ := l.Register(r.Register)
		event := Event{Kind: "reading", Organization: paths[point.Organization], Data: map[string]any{"register": r.Register, "at": r.At.UTC(), "value": r.Value, "unit": reg.Unit}}
		if err := s.Live.Publish(in.Park, event); err != nil {
			return err
		}
	}
	place, err := s.Records.ParkOrganization(ctx, in.Park)
	if err != nil {
		return err
	}
	days := period.DayOf(first.Add(-time.Millisecond), l.Zone).String() + ".." + period.DayOf(last, l.Zone).String()
	return s.Live.Publish(in.Park, Event{Kind: "settled", Organization: place.Path, Data: map[string]any{"period": days}})
}

// mayImport says whether the caller may import readings of a register.
func (s *Server) mayImport(ctx context.Context, l *layout.Layout, paths map[string]access.Path, parkID, register string) error {
	point, ok := l.PointOf(register)
	if !ok {
		place, err := s.Records.ParkOrganization(ctx, parkID)
		if err != nil {
			return err
		}
		if err := s.allow(ctx, "readings.import", place.Path); err != nil {
			return err
		}
		return fmt.Errorf("%w: %q", meter.ErrRegister, register)
	}
	return s.allow(ctx, "readings.import", paths[point.Organization])
}
