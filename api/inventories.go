package api

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/period"
	"lingtan/report"
	"lingtan/store/record"
)

// inventoryView is an inventory in a list.
type inventoryView struct {
	ID       string         `json:"id"`
	Period   string         `json:"period"`
	Revision int64          `json:"revision"`
	State    string         `json:"state" enum:"open,closed,superseded"`
	ClosedAt *time.Time     `json:"closedAt" nullable:"true"`
	ClosedBy string         `json:"closedBy"`
	Total    inventoryTotal `json:"total"`
	Hash     string         `json:"hash"`
	Root     string         `json:"root"`
}

type inventoryTotal struct {
	Location float64 `json:"location" doc:"tCO2"`
	Market   float64 `json:"market" doc:"tCO2"`
}

type inventoriesOutput struct {
	Body struct {
		Inventories []inventoryView `json:"inventories" nullable:"false"`
	}
}

type closeIn struct {
	Park string `path:"park" maxLength:"40"`
	Body struct {
		Period string `json:"period" maxLength:"30"`
	}
}

type closeOutput struct{ Body inventoryView }

type inventoryIn struct {
	Inventory string `path:"inventory" maxLength:"120"`
	Format    string `query:"format" enum:"json,csv,xlsx" default:"json"`
	Evidence  bool   `query:"evidence" doc:"JSON with the usage evidence that lingtan verify needs"`
}

type fileOutput struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

type differenceIn struct {
	Inventory string `path:"inventory" maxLength:"120"`
	With      string `query:"with" required:"true" maxLength:"120" doc:"The later inventory, of the same park"`
}

type differenceOutput struct{ Body inventory.Difference }

type entryIn struct {
	Entry string `path:"entry" maxLength:"40"`
}

type entryOutput struct {
	Body struct {
		Entry     accounting.Entry      `json:"entry"`
		Inventory string                `json:"inventory"`
		Park      string                `json:"park"`
		Tree      inventory.Explanation `json:"tree"`
	}
}

type dayIn struct {
	Park     string `path:"park" maxLength:"40"`
	Register string `path:"register" maxLength:"129"`
	Day      string `path:"day" maxLength:"10" doc:"YYYY-MM-DD"`
}

type dayOutput struct{ Body inventory.Explanation }

type proofIn struct {
	Inventory string    `path:"inventory" maxLength:"120"`
	Register  string    `query:"register" required:"true" maxLength:"129"`
	At        time.Time `query:"at" required:"true"`
}

type proofOutput struct{ Body *evidence.ReadingProof }

func (s *Server) inventoryRoutes() {
	tags := []string{"inventories"}
	read := Rule{Action: "inventory.read", Resource: s.inventoryPlace}
	route(s, huma.Operation{OperationID: "listInventories", Method: "GET", Path: "/api/v1/parks/{park}/inventories", Tags: tags, Summary: "Inventories of a park, every revision"},
		Rule{Action: "inventory.read", Resource: s.parkPlace}, s.listInventories)
	route(s, huma.Operation{OperationID: "closeInventory", Method: "POST", Path: "/api/v1/parks/{park}/inventories", Tags: tags, DefaultStatus: 201,
		Summary: "Close the inventory of a period, or restate a closed one"},
		Rule{Action: "inventory.close", Resource: s.parkPlace}, s.closeInventory)
	route(s, huma.Operation{OperationID: "getInventory", Method: "GET", Path: "/api/v1/inventories/{inventory}", Tags: tags, Summary: "An inventory as JSON, CSV or workbook"}, read, s.getInventory)
	route(s, huma.Operation{OperationID: "compareInventories", Method: "GET", Path: "/api/v1/inventories/{inventory}/difference", Tags: tags, Summary: "What changed between two inventories and why"}, read, s.compareInventories)
	route(s, huma.Operation{OperationID: "proveReading", Method: "GET", Path: "/api/v1/inventories/{inventory}/proof", Tags: tags, Summary: "Proof that a reading is part of the inventory"}, read, s.proveReading)
	route(s, huma.Operation{OperationID: "explainEntry", Method: "GET", Path: "/api/v1/entries/{entry}", Tags: tags, Summary: "An entry and the tree from its tonnes to its registers"},
		Rule{Action: "park.see", Resource: s.entryPlace}, s.explainEntry)
	route(s, huma.Operation{OperationID: "explainDay", Method: "GET", Path: "/api/v1/parks/{park}/usage/{register}/days/{day}", Tags: tags, Summary: "A register's day: settlement intervals and the readings they were settled from"},
		Rule{Action: "usage.read", Resource: s.registerPlace}, s.explainDay)
	s.reportRoutes()
}

func (s *Server) listInventories(ctx context.Context, in *parkIn) (*inventoriesOutput, error) {
	rows, err := s.Records.InventoriesOf(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	out := &inventoriesOutput{}
	out.Body.Inventories = []inventoryView{}
	for _, r := range rows {
		v := inventoryView{ID: r.ID, Period: r.Period, Revision: r.Revision, State: r.State, ClosedBy: r.ClosedBy, Total: inventoryTotal{r.Location, r.Market}, Hash: r.Hash, Root: r.Root}
		if !r.ClosedAt.IsZero() {
			at := r.ClosedAt.UTC()
			v.ClosedAt = &at
		}
		out.Body.Inventories = append(out.Body.Inventories, v)
	}
	return out, nil
}

func (s *Server) closeInventory(ctx context.Context, in *closeIn) (*closeOutput, error) {
	x, err := s.Parks.Shut(ctx, s.act(ctx), in.Park, in.Body.Period)
	if err != nil {
		return nil, err
	}
	t := x.Inventory.Total("")
	at := time.UnixMilli(x.ClosedAt).UTC()
	return &closeOutput{Body: inventoryView{ID: x.Inventory.ID, Period: x.Inventory.Period.Text, Revision: int64(x.Inventory.Revision), State: x.State, ClosedAt: &at, ClosedBy: x.ClosedBy,
		Total: inventoryTotal{t.Scope1 + t.Scope2Location, t.Scope1 + t.Scope2Market}, Hash: x.Hash, Root: x.Inventory.Root}}, nil
}

func (s *Server) getInventory(ctx context.Context, in *inventoryIn) (*fileOutput, error) {
	x, err := s.Parks.Inventory(ctx, in.Inventory)
	if err != nil {
		return nil, err
	}
	if in.Evidence && in.Format == "json" {
		if err := s.Parks.Pack(ctx, x); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	out := &fileOutput{ContentDisposition: fmt.Sprintf("attachment; filename=%q", in.Inventory+"."+in.Format)}
	switch in.Format {
	case "csv":
		out.ContentType, err = "text/csv; charset=utf-8", report.CSV(&buf, x)
	case "xlsx":
		out.ContentType, err = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", report.Workbook(&buf, x, "both")
	default:
		out.ContentType, err = "application/json", report.JSON(&buf, x)
	}
	out.Body = buf.Bytes()
	return out, err
}

func (s *Server) compareInventories(ctx context.Context, in *differenceIn) (*differenceOutput, error) {
	before, err := s.Parks.Inventory(ctx, in.Inventory)
	if err != nil {
		return nil, err
	}
	after, err := s.Parks.Inventory(ctx, in.With)
	if err != nil {
		return nil, err
	}
	if before.Inventory.Structure.Park.ID != after.Inventory.Structure.Park.ID {
		return nil, fmt.Errorf("%w: inventory %q of this park", record.ErrNotFound, in.With)
	}
	return &differenceOutput{Body: inventory.Compare(before.Inventory, after.Inventory)}, nil
}

func (s *Server) proveReading(ctx context.Context, in *proofIn) (*proofOutput, error) {
	p, err := s.Parks.Prove(ctx, in.Inventory, in.Register, in.At)
	return &proofOutput{Body: p}, err
}

// explainEntry is open to whoever may read the inventories of the entry's own
// organization.
func (s *Server) explainEntry(ctx context.Context, in *entryIn) (*entryOutput, error) {
	id, parkID, err := s.Records.EntryInventory(ctx, in.Entry)
	if err != nil {
		return nil, err
	}
	x, err := s.Parks.Inventory(ctx, id)
	if err != nil {
		return nil, err
	}
	e, err := x.Inventory.Entry(in.Entry)
	if err != nil {
		return nil, err
	}
	places, err := s.organizationPlace(ctx, parkID, e.Activity.Organization)
	if err != nil {
		return nil, err
	}
	if err := s.allow(ctx, "inventory.read", places[0]); err != nil {
		return nil, err
	}
	out := &entryOutput{}
	out.Body.Entry, out.Body.Inventory, out.Body.Park = e, id, parkID
	out.Body.Tree, err = s.Parks.Explain(ctx, in.Entry)
	return out, err
}

func (s *Server) explainDay(ctx context.Context, in *dayIn) (*dayOutput, error) {
	d, err := period.ParseDay(in.Day)
	if err != nil {
		return nil, err
	}
	tree, err := s.Parks.ExplainDay(ctx, in.Park, in.Register, d, 0)
	return &dayOutput{Body: tree}, err
}
