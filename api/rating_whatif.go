package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/rating"
)

type whatIfIn struct {
	Park         string   `path:"park" maxLength:"40"`
	Period       string   `query:"period" required:"true" maxLength:"30" doc:"2018 or 2018-03"`
	Organization string   `query:"organization" maxLength:"64" doc:"This organization of the park and those below it"`
	Declare      []string `query:"declare,explode" maxItems:"100" doc:"As of the rating: quantity=number"`
	Lever        []string `query:"lever,explode" maxItems:"10" doc:"How much of a lever is used, as lever=amount in the lever's unit, such as clean_power=120000"`
}

type whatIfOutput struct {
	Body struct {
		Levers []rating.Lever `json:"levers" nullable:"false" doc:"Those that move an indicator which misses its level"`
		Before *rating.Result `json:"before"`
		After  *rating.Result `json:"after" doc:"Rated anew with every lever at its amount"`
	}
}

func (s *Server) whatIfRoute() {
	route(s, huma.Operation{OperationID: "getWhatIf", Method: "GET", Path: "/api/v1/parks/{park}/rating/what-if", Tags: []string{"rating"},
		Summary:     "The rating with levers pulled by given amounts",
		Description: "Each unit of a lever changes quantities by fixed amounts; the changed quantities are rated by the same rules. Levers of one quantity cannot take more of it than there is."},
		Rule{Action: "inventory.read", Resource: s.ownPlace}, s.getWhatIf)
}

func (s *Server) getWhatIf(ctx context.Context, in *whatIfIn) (*whatIfOutput, error) {
	declared, err := rating.ReadDeclared(in.Declare, "declared in the request")
	if err != nil {
		return nil, unrated(err)
	}
	before, err := s.Parks.Rating(ctx, in.Park, in.Period, in.Organization, declared)
	if err != nil {
		return nil, unrated(err)
	}
	out := &whatIfOutput{}
	out.Body.Levers, out.Body.Before, out.Body.After = leversOf(before), before, before
	pulled, err := readLevers(in.Lever, out.Body.Levers)
	if err != nil {
		return nil, err
	}
	changed := changedBy(pulled, out.Body.Levers, quantitiesOf(before))
	if len(changed) == 0 {
		return out, nil
	}
	for _, q := range declared { // what was declared stays, unless a lever changed it
		if !slices.ContainsFunc(changed, func(c rating.Quantity) bool { return c.ID == q.ID }) {
			changed = append(changed, q)
		}
	}
	out.Body.After, err = s.Parks.Rating(ctx, in.Park, in.Period, in.Organization, changed)
	return out, unrated(err)
}

// leversOf are the levers that the engine found useful, each once, in its order.
func leversOf(r *rating.Result) []rating.Lever {
	list := []rating.Lever{}
	for _, x := range r.WhatIf {
		if !slices.ContainsFunc(list, func(l rating.Lever) bool { return l.ID == x.Lever.ID }) {
			list = append(list, x.Lever)
		}
	}
	return list
}

// quantitiesOf are the quantities that the values of a rating were made of.
func quantitiesOf(r *rating.Result) map[string]rating.Quantity {
	known := map[string]rating.Quantity{}
	values := slices.Concat(r.Indicators, r.ZeroCarbonPark.Indicators)
	if r.Code != nil {
		values = append(values, r.Code.Level.Value, r.Code.Efficiency.Value, r.Code.Neutrality.Value)
	}
	for _, v := range values {
		for _, q := range v.Inputs {
			known[q.ID] = q
		}
	}
	return known
}

// readLevers reads lever=amount. An amount beyond the lever, and levers that together
// take more purchased power than there is, are the caller's fault.
func readLevers(texts []string, levers []rating.Lever) (map[string]float64, error) {
	pulled := map[string]float64{}
	var power, bought float64
	for _, l := range levers {
		if l.Change["purchased_power"] == -1 {
			bought = max(bought, l.Most)
		}
	}
	for _, text := range texts {
		id, number, _ := strings.Cut(text, "=")
		amount, err := strconv.ParseFloat(number, 64)
		at := slices.IndexFunc(levers, func(l rating.Lever) bool { return l.ID == id })
		if err != nil || at < 0 || pulled[id] != 0 {
			return nil, fmt.Errorf("%w: %.100q is no lever=amount of this rating, or stands twice", errInput, text)
		}
		l := levers[at]
		if !(amount >= 0 && amount <= l.Most*(1+1e-9)) {
			return nil, fmt.Errorf("%w: lever %s takes 0 to %v %s, not %v", errInput, id, l.Most, l.Unit, amount)
		}
		pulled[id] = min(amount, l.Most)
		power -= pulled[id] * min(0, l.Change["purchased_power"])
	}
	if power > bought*(1+1e-9) {
		return nil, fmt.Errorf("%w: the levers together take %v kWh of purchased power; there are %v", errInput, power, bought)
	}
	return pulled, nil
}

// changedBy are the quantities that the levers changed, by id. As the engine has it, an
// amount that was not below zero does not fall below it.
func changedBy(pulled map[string]float64, levers []rating.Lever, known map[string]rating.Quantity) []rating.Quantity {
	change := map[string]float64{}
	for _, l := range levers {
		for id, each := range l.Change {
			if pulled[l.ID] > 0 {
				change[id] += each * pulled[l.ID]
			}
		}
	}
	var list []rating.Quantity
	for _, id := range slices.Sorted(maps.Keys(change)) {
		q, ok := known[id]
		if !ok {
			continue
		}
		before := q.Value
		if q.Value += change[id]; q.Value < 0 && before >= 0 {
			q.Value = 0
		}
		q.From, q.Measured, q.Declared = []string{"what-if"}, nil, true
		list = append(list, q)
	}
	return list
}
