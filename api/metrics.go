package api

import (
	"bytes"
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/common/expfmt"
)

type metricsOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte `contentType:"text/plain"`
}

// metricsRoute answers scrapes of Prometheus, which brings a service token.
func (s *Server) metricsRoute() {
	route(s, huma.Operation{OperationID: "getMetrics", Method: "GET", Path: "/api/v1/metrics", Tags: []string{"operation"},
		Summary:     "What the server counted, in the text format of Prometheus",
		Description: "Of the whole installation: it needs device.read at the root. Scrape it with a service token as bearer credential."},
		Rule{Action: "device.read", Resource: root}, s.getMetrics)
}

func (s *Server) getMetrics(context.Context, *struct{}) (*metricsOutput, error) {
	families, err := s.Metrics.Gather()
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	var text bytes.Buffer
	encoder := expfmt.NewEncoder(&text, format)
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return nil, fmt.Errorf("metrics: %s: %w", family.GetName(), err)
		}
	}
	return &metricsOutput{ContentType: string(format), Body: text.Bytes()}, nil
}
