package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/rating"
	"lingtan/store/record"
)

// publishedCode is a carbon-efficiency code as its owner shows it to everybody: the marks,
// not the quantities that they were made of.
type publishedCode struct {
	Token        string       `json:"token" doc:"In the address /code/{token} of the page that needs no sign-in"`
	Name         name         `json:"name"`
	Park         name         `json:"park"`
	Region       string       `json:"region"`
	Period       string       `json:"period"`
	Grade        int          `json:"grade" doc:"1, the best, to 5"`
	Marks        []publicMark `json:"marks" nullable:"false"`
	Sector       string       `json:"sector" doc:"GB/T 4754, whose mean the grade is held against; empty = not stated"`
	Source       string       `json:"source"`
	Regional     bool         `json:"regional" doc:"The limits are the region's own; false: those of Zhejiang, for orientation"`
	Declared     []string     `json:"declared" nullable:"false" doc:"Quantities that were declared by a person, by id"`
	Measured     *float64     `json:"measuredShare" nullable:"true"`
	PublishedAt  time.Time    `json:"publishedAt"`
	Organization string       `json:"organization" doc:"Identifier in the park file; empty = the park"`
}

// publicMark is one mark of the code.
type publicMark struct {
	ID      string    `json:"id"`
	Name    name      `json:"name"`
	Value   *float64  `json:"value" nullable:"true"`
	Unit    string    `json:"unit"`
	Class   int       `json:"class" doc:"From 1, the best; 0 = none"`
	Verdict name      `json:"verdict"`
	Limits  []float64 `json:"limits" nullable:"false"`
	Formula string    `json:"formula"`
}

// publication is what is kept of a place's code: the code that is public now, or that
// there is none.
type publication struct {
	Park         string         `json:"park"`
	Organization string         `json:"organization"`
	Code         *publishedCode `json:"code"`
}

type publicationIn struct {
	Park         string `path:"park" maxLength:"40"`
	Organization string `query:"organization" maxLength:"64" doc:"This organization of the park; empty = the park"`
}

type publicationOutput struct {
	Body struct {
		Code *publishedCode `json:"code,omitempty" doc:"Left out: nothing is published"`
	}
}

type publishIn struct {
	Park         string `path:"park" maxLength:"40"`
	Organization string `query:"organization" maxLength:"64" doc:"This organization of the park; empty = the park"`
	Body         struct {
		Period  string   `json:"period" maxLength:"30" doc:"2018 or 2018-03"`
		Declare []string `json:"declare,omitempty" maxItems:"100" doc:"As of the rating: quantity=number"`
	}
}

type publicCodeIn struct {
	Token string `path:"token" maxLength:"40"`
}

type publicCodeOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         publishedCode
}

func (s *Server) publicRoutes() {
	const path = "/api/v1/parks/{park}/rating/publication"
	tags := []string{"rating"}
	read, change := Rule{Action: "inventory.read", Resource: s.ownPlace}, Rule{Action: "rating.publish", Resource: s.ownPlace}
	route(s, huma.Operation{OperationID: "getPublication", Method: "GET", Path: path, Tags: tags,
		Summary: "The carbon-efficiency code that a park or organization has published"}, read, s.getPublication)
	route(s, huma.Operation{OperationID: "publishCode", Method: "PUT", Path: path, Tags: tags,
		Summary:     "Publish a carbon-efficiency code",
		Description: "The rating is made anew and its marks are shown to everybody under /code/{token}. Publishing again changes what the same address shows. The audit log says who published what."},
		change, s.publishCode)
	route(s, huma.Operation{OperationID: "withdrawCode", Method: "DELETE", Path: path, Tags: tags,
		Summary: "Withdraw a published code; its address never shows anything again"}, change, s.withdrawCode)
	route(s, huma.Operation{OperationID: "getPublicCode", Method: "GET", Path: "/api/v1/codes/{token}", Tags: tags,
		Summary: "A published carbon-efficiency code, for everybody"}, Rule{Action: "public.read", Resource: root}, s.getPublicCode)
}

// The settings that hold publications: by place, and which place a token is of.
func placeKey(park, organization string) string { return "rating.code/" + park + "/" + organization }
func tokenKey(token string) string              { return "rating.code.token/" + token }

// publicationOf reads what is kept of a place; nothing is kept before the first time.
func (s *Server) publicationOf(ctx context.Context, park, organization string) (publication, error) {
	p := publication{Park: park, Organization: organization}
	err := s.Records.Setting(ctx, placeKey(park, organization), &p)
	if errors.Is(err, record.ErrNotFound) {
		err = nil
	}
	return p, err
}

func (s *Server) getPublication(ctx context.Context, in *publicationIn) (*publicationOutput, error) {
	p, err := s.publicationOf(ctx, in.Park, in.Organization)
	out := &publicationOutput{}
	out.Body.Code = p.Code
	return out, err
}

func (s *Server) publishCode(ctx context.Context, in *publishIn) (*publicationOutput, error) {
	declared, err := rating.ReadDeclared(in.Body.Declare, "declared in the request")
	if err != nil {
		return nil, unrated(err)
	}
	r, err := s.Parks.Rating(ctx, in.Park, in.Body.Period, in.Organization, declared)
	if err != nil {
		return nil, unrated(err)
	}
	if r.Code == nil || r.Code.Grade == 0 {
		return nil, fmt.Errorf("%w: the code has no grade, so there is nothing to publish: %s", errInput, whyUngraded(r.Code))
	}
	code, err := s.publicCode(ctx, in, r)
	if err != nil {
		return nil, err
	}
	p, err := s.publicationOf(ctx, in.Park, in.Organization)
	if err != nil {
		return nil, err
	}
	if p.Code != nil {
		code.Token = p.Code.Token
	} else if code.Token, err = newCodeToken(); err == nil {
		err = s.Records.SetSetting(ctx, s.act(ctx), tokenKey(code.Token), publication{Park: in.Park, Organization: in.Organization})
	}
	if err != nil {
		return nil, err
	}
	p.Code = code
	out := &publicationOutput{}
	out.Body.Code = code
	return out, s.keepPublication(ctx, publicationIn{in.Park, in.Organization}, p, fmt.Sprintf("published grade %d of %s", code.Grade, code.Period))
}

func (s *Server) withdrawCode(ctx context.Context, in *publicationIn) (*publicationOutput, error) {
	p, err := s.publicationOf(ctx, in.Park, in.Organization)
	if err != nil {
		return nil, err
	}
	if p.Code == nil {
		return nil, fmt.Errorf("%w: nothing is published", record.ErrNotFound)
	}
	token := p.Code.Token
	p.Code = nil
	return &publicationOutput{}, s.keepPublication(ctx, *in, p, "withdrew "+token)
}

// keepPublication stores a publication and notes it in the audit log at its own place.
func (s *Server) keepPublication(ctx context.Context, in publicationIn, p publication, detail string) error {
	paths, err := s.ownPlace(ctx, placeOf(in))
	if err != nil {
		return err
	}
	if err := s.Records.SetSetting(ctx, s.act(ctx), placeKey(in.Park, in.Organization), p); err != nil {
		return err
	}
	return s.Records.Note(ctx, s.act(ctx), "rating.publish", paths[0], "rating/"+in.Park+"/"+in.Organization, "done", detail)
}

// getPublicCode shows a code while it is published. A token that was withdrawn, and one
// that never was, look alike.
func (s *Server) getPublicCode(ctx context.Context, in *publicCodeIn) (*publicCodeOutput, error) {
	var place publication
	if err := s.Records.Setting(ctx, tokenKey(in.Token), &place); err != nil {
		return nil, fmt.Errorf("%w: no published code", record.ErrNotFound)
	}
	p, err := s.publicationOf(ctx, place.Park, place.Organization)
	if err != nil {
		return nil, err
	}
	if p.Code == nil || p.Code.Token != in.Token {
		return nil, fmt.Errorf("%w: no published code", record.ErrNotFound)
	}
	return &publicCodeOutput{CacheControl: "no-store", Body: *p.Code}, nil
}

// placeOf asks for the place of a publication as its route does.
type placeOf publicationIn

func (p placeOf) Param(name string) string { return map[string]string{"park": p.Park}[name] }
func (p placeOf) Query(name string) string {
	return map[string]string{"organization": p.Organization}[name]
}

// publicCode is what of a rating becomes public.
func (s *Server) publicCode(ctx context.Context, in *publishIn, r *rating.Result) (*publishedCode, error) {
	l, err := s.Parks.Layout(ctx, in.Park)
	if err != nil {
		return nil, err
	}
	own := l.Document.Park.Name
	c := &publishedCode{Park: name{own.ZH, own.EN}, Name: name{own.ZH, own.EN}, Region: r.Region, Period: r.Period, Grade: r.Code.Grade, Sector: r.Code.Sector, Source: r.Code.Source,
		Regional: r.Code.Regional, Measured: r.Code.Efficiency.Measured, PublishedAt: s.Now().UTC().Truncate(time.Second), Organization: in.Organization, Declared: []string{}, Marks: []publicMark{}}
	if o, ok := l.Organization(in.Organization); ok {
		c.Name = name{o.Name.ZH, o.Name.EN}
	}
	for _, m := range []rating.Mark{r.Code.Level, r.Code.Efficiency, r.Code.Neutrality} {
		c.Marks = append(c.Marks, publicMark{ID: m.Indicator.ID, Name: name{m.Indicator.Name.ZH, m.Indicator.Name.EN}, Value: m.Value.Value, Unit: m.Indicator.Unit, Class: m.Class,
			Verdict: name{m.Name.ZH, m.Name.EN}, Limits: append([]float64{}, m.Limits...), Formula: m.Indicator.Formula})
	}
	for _, q := range r.Code.Efficiency.Inputs {
		if q.Declared {
			c.Declared = append(c.Declared, q.ID)
		}
	}
	return c, nil
}

// whyUngraded says what the efficiency mark lacks.
func whyUngraded(c *rating.Code) string {
	if c == nil || len(c.Efficiency.Faults) == 0 {
		return "the mark of efficiency has no value"
	}
	var list []string
	for _, f := range c.Efficiency.Faults {
		list = append(list, cmp.Or(f.EN, f.ZH))
	}
	return strings.Join(list, "; ")
}

// newCodeToken draws 100 bits, in small letters and digits.
func newCodeToken() (string, error) {
	var b [13]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:])[:20]), nil
}
