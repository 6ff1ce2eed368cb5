package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/inventory/evidence"
	"lingtan/report/form"
	"lingtan/store/record"
)

// reportForm is one of the forms by which an inventory is reported.
type reportForm struct {
	ID       string   `json:"id"`
	Title    name     `json:"title"`
	Standard name     `json:"standard" doc:"What it follows, and what of that was not read"`
	Formats  []string `json:"formats" nullable:"false"`
}

type reportFormsOutput struct {
	Body struct {
		Forms []reportForm `json:"forms" nullable:"false"`
	}
}

type previewIn struct {
	Park      string `path:"park" maxLength:"40"`
	Inventory string `path:"inventory" maxLength:"120"`
	Form      string `query:"form" required:"true" enum:"gbt32150,iso14064-1,ghg-protocol,ets-mrv,energy,park-inventory,zero-carbon-park,cbam"`
}

// reportPreview is what a report says, without the inventory that its file carries.
type reportPreview struct {
	Form     string         `json:"form"`
	Title    name           `json:"title"`
	Standard name           `json:"standard"`
	Of       form.Reference `json:"of"`
	Tables   []form.Table   `json:"tables" nullable:"false"`
	Notes    []name         `json:"notes" nullable:"false"`
}

type previewOutput struct{ Body reportPreview }

type verifyIn struct {
	Park    string `path:"park" maxLength:"40"`
	RawBody []byte `contentType:"application/octet-stream" doc:"An exported inventory, a report (JSON, workbook, PDF) or a proof of a reading"`
}

type verifyOutput struct {
	Body struct {
		Kind      string           `json:"kind" enum:"inventory,report,proof"`
		Equal     bool             `json:"equal" doc:"Every check agrees"`
		Checks    []evidence.Check `json:"checks" nullable:"false"`
		Why       string           `json:"why" doc:"What differs first; empty when all agree"`
		Inventory string           `json:"inventory" doc:"That the file names; empty where it names none"`
		Hash      string           `json:"hash" doc:"Content hash of that inventory, as the file has it"`
		Kept      *bool            `json:"kept" nullable:"true" doc:"It is an inventory of this park with this hash; null where the file names none that this park keeps"`
	}
}

// verifyLimit bounds a file that is sent to be verified, in bytes.
const verifyLimit = 64 << 20

func (s *Server) reportFormRoutes() {
	tags := []string{"inventories"}
	route(s, huma.Operation{OperationID: "listReportForms", Method: "GET", Path: "/api/v1/reports/forms", Tags: tags,
		Summary: "The forms by which inventories are reported"}, Rule{Action: "factor.read", Anywhere: true}, s.listReportForms)
	route(s, huma.Operation{OperationID: "previewReport", Method: "GET", Path: "/api/v1/parks/{park}/inventories/{inventory}/report/preview", Tags: tags,
		Summary: "The tables of a report, each figure with the entries that it comes from"}, Rule{Action: "inventory.read", Resource: s.parkPlace}, s.previewReport)
	route(s, huma.Operation{OperationID: "verifyFile", Method: "POST", Path: "/api/v1/parks/{park}/verify", Tags: tags, MaxBodyBytes: verifyLimit,
		Summary:     "Check a file as lingtan verify does, and hold it against the inventories of the park",
		Description: "The file is recomputed from nothing but itself and is not kept."}, Rule{Action: "inventory.read", Resource: s.parkPlace}, s.verifyFile)
}

func (s *Server) listReportForms(context.Context, *struct{}) (*reportFormsOutput, error) {
	out := &reportFormsOutput{}
	out.Body.Forms = []reportForm{}
	for _, f := range form.Forms() {
		out.Body.Forms = append(out.Body.Forms, reportForm{ID: f.ID, Title: name{f.Title.ZH, f.Title.EN}, Standard: name{f.Standard.ZH, f.Standard.EN}, Formats: f.Formats})
	}
	return out, nil
}

// inventoryOf is an inventory of a park; another park's is not found.
func (s *Server) inventoryOf(ctx context.Context, park, id string) (*evidence.Export, error) {
	x, err := s.Parks.Inventory(ctx, id)
	if err != nil {
		return nil, err
	}
	if x.Inventory.Structure.Park.ID != park {
		return nil, fmt.Errorf("%w: inventory %q of park %q", record.ErrNotFound, id, park)
	}
	return x, nil
}

func (s *Server) previewReport(ctx context.Context, in *previewIn) (*previewOutput, error) {
	x, err := s.inventoryOf(ctx, in.Park, in.Inventory)
	if err != nil {
		return nil, err
	}
	r, err := form.Build(in.Form, x, nil)
	if err != nil {
		return nil, unwritten(err)
	}
	v := reportPreview{Form: r.Form, Title: name{r.Title.ZH, r.Title.EN}, Standard: name{r.Standard.ZH, r.Standard.EN}, Of: r.Inventory, Tables: r.Tables, Notes: []name{}}
	for _, n := range r.Notes {
		v.Notes = append(v.Notes, name{n.ZH, n.EN})
	}
	return &previewOutput{Body: v}, nil
}

// unwritten makes a report that cannot be made, for what a form asks for and nobody
// stated, the caller's fault.
func unwritten(err error) error {
	if errors.Is(err, form.ErrForm) || errors.Is(err, form.ErrInputs) || errors.Is(err, form.ErrWrite) {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	return err
}

func (s *Server) verifyFile(ctx context.Context, in *verifyIn) (*verifyOutput, error) {
	out := &verifyOutput{}
	b := &out.Body
	p, ok, err := evidence.ReadProof(in.RawBody)
	if ok && err == nil {
		b.Kind, b.Hash = "proof", p.Hash
		b.Checks, err = p.Verify()
		return out, s.judged(ctx, in.Park, out, err)
	}
	if err != nil {
		return nil, unverified(err)
	}
	r, ok, err := form.Open(in.RawBody)
	if ok && err == nil {
		b.Kind, b.Inventory, b.Hash = "report", r.Inventory.ID, r.Inventory.Hash
		b.Checks, err = form.Verify(ctx, r, nil)
		return out, s.judged(ctx, in.Park, out, err)
	}
	if ok && errors.Is(err, evidence.ErrDifferent) { // what a reader sees is not what the file holds
		b.Kind = "report"
		return out, s.judged(ctx, in.Park, out, err)
	}
	if err != nil {
		return nil, unverified(err)
	}
	x, err := evidence.ReadExport(bytes.NewReader(in.RawBody))
	if err != nil {
		return nil, unverified(err)
	}
	b.Kind, b.Inventory, b.Hash = "inventory", x.Inventory.ID, x.Hash
	b.Checks, err = evidence.Verify(ctx, x)
	return out, s.judged(ctx, in.Park, out, err)
}

// judged notes the outcome of a verification: a difference is an answer, not a failure.
func (s *Server) judged(ctx context.Context, park string, out *verifyOutput, err error) error {
	b := &out.Body
	b.Checks = append([]evidence.Check{}, b.Checks...)
	if err != nil && !errors.Is(err, evidence.ErrDifferent) {
		return unverified(err)
	}
	if b.Equal = err == nil; !b.Equal {
		b.Why = err.Error()
	}
	if b.Inventory == "" {
		return nil
	}
	x, err := s.inventoryOf(ctx, park, b.Inventory)
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	kept := x.Hash == b.Hash
	b.Kept = &kept
	return nil
}

// unverified makes a file that is none of those that can be verified the caller's fault.
func unverified(err error) error {
	if errors.Is(err, evidence.ErrFormat) || errors.Is(err, form.ErrFormat) || errors.Is(err, form.ErrForm) || errors.Is(err, form.ErrInputs) {
		return fmt.Errorf("%w: %w", errInput, err)
	}
	return err
}
