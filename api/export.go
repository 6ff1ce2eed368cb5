package api

import (
	"bytes"
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/report"
	"lingtan/store/record"
)

// exportIn asks for the figures behind a table or chart of a page.
type exportIn struct {
	Park         string `path:"park" maxLength:"40"`
	Table        string `path:"table" enum:"indicators,flow,carbon,enterprises,quality,factors,intensity,members,transfers,carriers,places,findings"`
	Period       string `query:"period" maxLength:"30" required:"true" doc:"2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11"`
	Basis        string `query:"basis" enum:"location,market" default:"location"`
	Step         string `query:"step" enum:"hour,day,month" default:"day" doc:"Of intensity, members, transfers, carriers and places"`
	Organization string `query:"organization" maxLength:"64" doc:"Only this organization of the park; not of the tables of the whole network"`
	Format       string `query:"format" enum:"csv,xlsx" default:"xlsx"`
}

// exportMost bounds the rows of a file; a longer one is asked for in parts.
const exportMost = 250_000

// exporters are how each table is listed; whole ones are of the whole network, so they
// cannot be asked for of one organization.
var exporters = map[string]struct {
	whole bool
	list  func(*Server, context.Context, *exportIn) (*report.Listing, error)
}{
	"indicators": {false, (*Server).listOverview}, "flow": {false, (*Server).listOverview}, "carbon": {false, (*Server).listOverview},
	"enterprises": {false, (*Server).listOverview}, "quality": {false, (*Server).listOverview}, "factors": {false, (*Server).listOverview},
	"findings":  {false, (*Server).listFound},
	"intensity": {true, (*Server).listCarbonFlow}, "members": {true, (*Server).listCarbonFlow}, "transfers": {true, (*Server).listCarbonFlow},
	"carriers": {true, (*Server).listBalance}, "places": {true, (*Server).listBalance},
}

var exportTypes = map[string]string{
	"csv":  "text/csv; charset=utf-8",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

func (s *Server) exportRoutes() {
	route(s, huma.Operation{OperationID: "exportTable", Method: "GET", Path: "/api/v1/parks/{park}/export/{table}", Tags: []string{"parks"},
		Summary: "The figures behind a table or chart, as CSV or workbook",
		Description: "One row a figure: value with all its digits, unit, quality, factor versions and entries, from the query that the page makes. " +
			"A gap is empty, never 0. Rows of a demo park say so."},
		Rule{Action: "usage.read", Resource: s.exportPlace}, s.exportTable)
}

// exportPlace is the organization asked for, or the park where the table is of the whole network.
func (s *Server) exportPlace(ctx context.Context, in Request) ([]access.Path, error) {
	if exporters[in.Param("table")].whole {
		return s.parkPlace(ctx, in)
	}
	return s.ownPlace(ctx, in)
}

func (s *Server) exportTable(ctx context.Context, in *exportIn) (*fileOutput, error) {
	how := exporters[in.Table]
	if how.whole && in.Organization != "" {
		return nil, fmt.Errorf("%w: the table %s is of the whole network; leave organization out", errInput, in.Table)
	}
	l, err := how.list(s, ctx, in)
	if err != nil {
		return nil, err
	}
	if len(l.Figures) > exportMost {
		return nil, fmt.Errorf("%w: the table has %d rows, at most %d are sent; ask for a shorter period or a longer step", record.ErrTooLarge, len(l.Figures), exportMost)
	}
	l.Park, l.Period, l.Table = in.Park, in.Period, in.Table
	if l.Notice, err = s.exportNotice(ctx, in.Park); err != nil {
		return nil, err
	}
	write := map[string]func(*bytes.Buffer) error{
		"csv":  func(b *bytes.Buffer) error { return report.ListingCSV(b, l) },
		"xlsx": func(b *bytes.Buffer) error { return report.ListingWorkbook(b, l) },
	}[in.Format]
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return nil, err
	}
	file := in.Park + "-" + in.Table + "-" + in.Period + "." + in.Format
	return &fileOutput{ContentType: exportTypes[in.Format], ContentDisposition: fmt.Sprintf("attachment; filename=%q", file), Body: buf.Bytes()}, nil
}

// exportNotice is what every row of an assembled or demo park says.
func (s *Server) exportNotice(ctx context.Context, parkID string) (string, error) {
	l, err := s.Parks.Layout(ctx, parkID)
	if err != nil {
		return "", err
	}
	if len(l.Document.Assembly) == 0 && !s.Demo {
		return "", nil
	}
	return "真实读数，组合园区，并不存在 · Real readings, assembled park: it does not exist", nil
}
