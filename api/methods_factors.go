package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/factor"
	"lingtan/store/record"
)

// factorView is one version of a factor.
type factorView struct {
	ID          string     `json:"id"`
	Version     string     `json:"version"`
	Name        name       `json:"name"`
	Category    string     `json:"category"`
	Item        string     `json:"item"`
	Parameter   string     `json:"parameter"`
	Guideline   string     `json:"guideline"`
	Value       float64    `json:"value"`
	Unit        string     `json:"unit" doc:"As the source prints it"`
	Region      string     `json:"region"`
	ValidFrom   string     `json:"validFrom" doc:"YYYY-MM-DD; empty = open"`
	ValidTo     string     `json:"validTo" doc:"The day after the last, YYYY-MM-DD; empty = open"`
	PublishedAt string     `json:"publishedAt" doc:"YYYY-MM-DD; empty = not stated"`
	RecordedAt  *time.Time `json:"recordedAt" nullable:"true" doc:"When it entered this library; null = shipped"`
	Source      string     `json:"source"`
	Seen        string     `json:"seen"`
	Grade       string     `json:"grade" enum:"A,B,own"`
	Note        string     `json:"note"`
}

type factorsIn struct {
	Search   string `query:"search" maxLength:"100" doc:"Words that id, name, item, guideline, region or source hold, all of them"`
	Category string `query:"category" maxLength:"60"`
	Region   string `query:"region" maxLength:"40"`
	Grade    string `query:"grade" enum:"A,B,own"`
	Limit    int    `query:"limit" required:"true" minimum:"1" maximum:"2000" doc:"How many are listed at most"`
}

type factorsOutput struct {
	Body struct {
		Factors    []factorView `json:"factors" nullable:"false" doc:"The newest version of each, by id"`
		Found      int          `json:"found" doc:"How many fit; the list may be shorter"`
		Categories []string     `json:"categories" nullable:"false"`
		Regions    []string     `json:"regions" nullable:"false"`
	}
}

type factorVersionsIn struct {
	ID string `query:"id" required:"true" maxLength:"120"`
}

type factorVersionsOutput struct {
	Body struct {
		Versions []factorView `json:"versions" nullable:"false" doc:"In the order recorded"`
	}
}

type factorLookupIn struct {
	Category  string    `query:"category" maxLength:"60"`
	Item      string    `query:"item" maxLength:"60"`
	Parameter string    `query:"parameter" maxLength:"60"`
	Guideline string    `query:"guideline" maxLength:"60"`
	Place     string    `query:"place" maxLength:"40" doc:"A province or its code: looked for there, then in its grid region, then in the nation"`
	At        string    `query:"at" maxLength:"10" doc:"The day of the activity, YYYY-MM-DD"`
	KnownAt   time.Time `query:"asKnownAt"`
	Policy    string    `query:"policy" enum:"valid,latest_published,nearest_year" default:"valid"`
}

type factorLookupOutput struct {
	Body struct {
		Factor  *factorView `json:"factor,omitempty" doc:"Left out where none answers"`
		Regions []string    `json:"regions" nullable:"false" doc:"Where it was looked for, the nearest first"`
		Why     string      `json:"why" doc:"Where none answers: which are near, or which several fit"`
	}
}

func (s *Server) factorRoutes() {
	read := Rule{Action: "factor.read", Anywhere: true}
	tags := []string{"factors"}
	route(s, huma.Operation{OperationID: "listFactors", Method: "GET", Path: "/api/v1/factors", Tags: tags,
		Summary: "The factor library: sourced, dated and versioned numbers"}, read, s.listFactors)
	route(s, huma.Operation{OperationID: "listFactorVersions", Method: "GET", Path: "/api/v1/factors/versions", Tags: tags,
		Summary: "Every version of a factor"}, read, s.listFactorVersions)
	route(s, huma.Operation{OperationID: "lookUpFactor", Method: "GET", Path: "/api/v1/factors/lookup", Tags: tags,
		Summary:     "Which factor answers a question, as the accounting engine would ask",
		Description: "Nothing is guessed: where none or several fit, factor is left out and why says so."}, read, s.lookUpFactor)
}

// library is the shipped factors with those that people recorded here.
func (s *Server) library(ctx context.Context) (*factor.Library, error) {
	l, err := factor.Builtin()
	if err != nil {
		return nil, err
	}
	rows, err := s.Records.FactorsAsKnownAt(ctx, s.Now())
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		list, err := factor.ReadYAML(strings.NewReader(r.Content))
		if err == nil {
			err = l.Record(r.RecordedAt, list...)
		}
		if err != nil {
			return nil, fmt.Errorf("recorded factor %s@%s: %w", r.ID, r.Version, err)
		}
	}
	return l, nil
}

func (s *Server) listFactors(ctx context.Context, in *factorsIn) (*factorsOutput, error) {
	l, err := s.library(ctx)
	if err != nil {
		return nil, err
	}
	out := &factorsOutput{}
	out.Body.Factors = []factorView{}
	categories, regions := map[string]bool{}, map[string]bool{}
	words := strings.Fields(strings.ToLower(in.Search))
	for _, f := range l.List(factor.Query{}) {
		categories[f.Category], regions[f.Region] = true, true
		if in.Category != "" && f.Category != in.Category || in.Region != "" && f.Region != in.Region || in.Grade != "" && string(f.Grade) != in.Grade || !holdsAll(f, words) {
			continue
		}
		if out.Body.Found++; len(out.Body.Factors) < in.Limit {
			out.Body.Factors = append(out.Body.Factors, factorOf(f))
		}
	}
	out.Body.Categories, out.Body.Regions = sortedKeys(categories), sortedKeys(regions)
	return out, nil
}

func holdsAll(f factor.Factor, words []string) bool {
	text := strings.ToLower(strings.Join([]string{f.ID, f.Name.ZH, f.Name.EN, f.Category, f.Item, f.Parameter, f.Guideline, f.Region, f.Source}, " "))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// listFactorVersions walks back from the newest: what was known just before a version was
// recorded is the version that it replaced.
func (s *Server) listFactorVersions(ctx context.Context, in *factorVersionsIn) (*factorVersionsOutput, error) {
	l, err := s.library(ctx)
	if err != nil {
		return nil, err
	}
	f, err := l.Get(in.ID, "")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", record.ErrNotFound, err)
	}
	out := &factorVersionsOutput{}
	out.Body.Versions = []factorView{factorOf(f)}
	for !f.RecordedAt.IsZero() {
		earlier := l.List(factor.Query{AsKnownAt: f.RecordedAt.Add(-1)})
		at := slices.IndexFunc(earlier, func(x factor.Factor) bool { return x.ID == in.ID })
		if at < 0 {
			break
		}
		f = earlier[at]
		out.Body.Versions = append(out.Body.Versions, factorOf(f))
	}
	slices.Reverse(out.Body.Versions)
	return out, nil
}

func (s *Server) lookUpFactor(ctx context.Context, in *factorLookupIn) (*factorLookupOutput, error) {
	q := factor.Query{Category: in.Category, Item: in.Item, Parameter: in.Parameter, Guideline: in.Guideline, AsKnownAt: in.KnownAt, Policy: factor.Policy(in.Policy)}
	if q.Category == factor.Steam {
		return nil, fmt.Errorf("%w: steam is looked up by pressure and temperature; lingtan factor steam does", errInput)
	}
	if in.At != "" {
		day, err := time.ParseInLocation(time.DateOnly, in.At, time.FixedZone("UTC+8", 8*3600)) // the factors' civil time
		if err != nil {
			return nil, fmt.Errorf("%w: at %q is no day; write YYYY-MM-DD", errInput, in.At)
		}
		q.At = day
	}
	out := &factorLookupOutput{}
	out.Body.Regions = []string{}
	if in.Place != "" {
		chain, err := factor.RegionChain(in.Place)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errInput, err)
		}
		q.Regions, out.Body.Regions = chain, chain
	}
	l, err := s.library(ctx)
	if err != nil {
		return nil, err
	}
	f, err := l.Lookup(q)
	switch {
	case errors.Is(err, factor.ErrMissing), errors.Is(err, factor.ErrAmbiguous):
		out.Body.Why = err.Error()
	case errors.Is(err, factor.ErrInvalid):
		return nil, fmt.Errorf("%w: %w", errInput, err)
	case err != nil:
		return nil, err
	default:
		v := factorOf(f)
		out.Body.Factor = &v
	}
	return out, nil
}

func factorOf(f factor.Factor) factorView {
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(time.FixedZone("UTC+8", 8*3600)).Format(time.DateOnly)
	}
	v := factorView{ID: f.ID, Version: f.Version, Name: name{f.Name.ZH, f.Name.EN}, Category: f.Category, Item: f.Item, Parameter: f.Parameter, Guideline: f.Guideline,
		Value: f.Value, Unit: cmp.Or(f.UnitText, f.Unit.String()), Region: f.Region, ValidFrom: day(f.ValidFrom), ValidTo: day(f.ValidTo), PublishedAt: day(f.PublishedAt),
		Source: f.Source, Seen: f.Seen, Grade: string(f.Grade), Note: f.Note}
	if !f.RecordedAt.IsZero() {
		at := f.RecordedAt.UTC()
		v.RecordedAt = &at
	}
	return v
}
