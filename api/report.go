package api

import (
	"bytes"
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/report/form"
	"lingtan/store/record"
)

type reportIn struct {
	Park      string `path:"park" maxLength:"40"`
	Inventory string `path:"inventory" maxLength:"120"`
	Form      string `query:"form" required:"true" enum:"gbt32150,iso14064-1,ghg-protocol,ets-mrv,energy,park-inventory,zero-carbon-park,cbam"`
	Format    string `query:"format" enum:"json,xlsx,pdf,xml" default:"xlsx" doc:"xml: of the form cbam alone"`
	Lang      string `query:"lang" enum:"zh,en,both" default:"zh"`
}

// reportLimit bounds a report that is sent, in bytes; a larger one is built with the
// command.
const reportLimit = 64 << 20

// reportTypes are the media types of the file formats.
var reportTypes = map[string]string{
	"json": "application/json",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pdf":  "application/pdf",
	"xml":  "application/xml",
}

func (s *Server) reportRoutes() {
	route(s, huma.Operation{OperationID: "buildReport", Method: "GET", Path: "/api/v1/parks/{park}/inventories/{inventory}/report", Tags: []string{"inventories"},
		Summary: "A report by standard of an inventory, as workbook, PDF or JSON"},
		Rule{Action: "inventory.read", Resource: s.parkPlace}, s.buildReport)
}

// buildReport makes a report with the usage evidence in it, so that lingtan verify
// accepts the file that a reader takes away.
func (s *Server) buildReport(ctx context.Context, in *reportIn) (*fileOutput, error) {
	x, err := s.inventoryOf(ctx, in.Park, in.Inventory)
	if err != nil {
		return nil, err
	}
	if err := s.Parks.Pack(ctx, x); err != nil {
		return nil, err
	}
	r, err := form.Build(in.Form, x, nil)
	if err != nil {
		return nil, unwritten(err)
	}
	var buf bytes.Buffer
	if err := r.Write(&buf, in.Format, in.Lang); err != nil {
		return nil, unwritten(err)
	}
	if buf.Len() > reportLimit {
		return nil, fmt.Errorf("%w: the report has %d bytes, at most %d are sent; build it with lingtan report build", record.ErrTooLarge, buf.Len(), reportLimit)
	}
	return &fileOutput{ContentType: reportTypes[in.Format], ContentDisposition: fmt.Sprintf("attachment; filename=%q", in.Inventory+"-"+in.Form+"."+in.Format), Body: buf.Bytes()}, nil
}
