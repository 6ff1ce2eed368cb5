package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/connector/gatewaydoor"
)

// gatewayView is how a gateway does: how far it lags, what waits at the site, and how
// far its clock is off. What is not known is absent, never zero.
type gatewayView struct {
	ID             string           `json:"id"`
	Version        string           `json:"version,omitempty" doc:"Of the program at the site"`
	HeardAt        *time.Time       `json:"heardAt,omitempty" doc:"When it spoke last; absent while it has not since the server started"`
	LagSeconds     *float64         `json:"lagSeconds,omitempty" doc:"Age of the oldest sample that is at the site and not here; grows while the gateway is silent"`
	Waiting        *uint64          `json:"waiting,omitempty" doc:"Samples in its spool that are not acknowledged"`
	SpoolBytes     *int64           `json:"spoolBytes,omitempty" doc:"Of the spool on its disk"`
	SpoolLimit     *int64           `json:"spoolLimit,omitempty" doc:"Most bytes that the spool may take"`
	OffsetSeconds  *float64         `json:"offsetSeconds,omitempty" doc:"True time less the clock of the machine at the site; absent until it was measured"`
	RoundTrip      *float64         `json:"roundTripSeconds,omitempty" doc:"Of the exchange that told the offset: its error is at most half of it"`
	Corrected      bool             `json:"corrected" doc:"Times of samples are corrected by the offset"`
	NewestSampleAt *time.Time       `json:"newestSampleAt,omitempty" doc:"Time of the newest sample of the site"`
	Samples        int64            `json:"samples" doc:"That came of it since the server started"`
	Counts         map[string]int64 `json:"counts,omitempty" doc:"What it counted, by event"`
}

type gatewaysOutput struct {
	Body struct {
		Gateways []gatewayView `json:"gateways" nullable:"false"`
	}
}

func (s *Server) gatewayRoutes() {
	route(s, huma.Operation{OperationID: "listGateways", Method: "GET", Path: "/api/v1/parks/{park}/gateways", Tags: []string{"devices"},
		Summary: "Gateways of a park: lag, what waits at the site, clock"}, Rule{Action: "device.read", Resource: s.parkPlace}, s.listGateways)
}

func (s *Server) listGateways(_ context.Context, in *parkIn) (*gatewaysOutput, error) {
	out := &gatewaysOutput{}
	out.Body.Gateways = []gatewayView{}
	for _, g := range s.Devices.Gateways(s.Now()) {
		if g.Park == in.Park {
			out.Body.Gateways = append(out.Body.Gateways, gatewayOf(g))
		}
	}
	return out, nil
}

// gatewayOf leaves out what the gateway has not told.
func gatewayOf(g gatewaydoor.State) gatewayView {
	v := gatewayView{ID: g.Gateway, Samples: g.Samples}
	if g.Heard.IsZero() {
		return v
	}
	heard, b := g.Heard.UTC(), g.Heartbeat
	v.HeardAt, v.LagSeconds = &heard, known(g.Lag, true)
	if b.Local.IsZero() {
		return v // it sent samples and has not told how it does yet
	}
	v.Version, v.Waiting, v.SpoolBytes, v.SpoolLimit = b.Version, &b.Waiting, &b.Bytes, &b.Limit
	v.OffsetSeconds, v.RoundTrip, v.Corrected, v.Counts = known(b.Offset, b.Synced), known(b.RoundTrip, b.Synced), b.Corrected, b.Counts
	if !b.Newest.IsZero() {
		newest := b.Newest.UTC()
		v.NewestSampleAt = &newest
	}
	return v
}
