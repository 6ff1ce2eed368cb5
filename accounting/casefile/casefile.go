// Package casefile reads accounting cases from files and accounts them: the activities
// of organizations in a period, by one method or by several side by side.
//
// A case is a JSON document of the format lingtan.account/v1, described in
// docs/formats/account.md. Bytes come in and values go out; the package reads no file
// and knows no clock.
package casefile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/period"
	"lingtan/quantity"
	"lingtan/usage"
)

// Format is what "format" says in a case file.
const Format = "lingtan.account/v1"

// MaxSize is the largest case file that Parse reads, in bytes: 16 MiB.
const MaxSize = 16 << 20

// The limits of a case.
const (
	maxActivities    = 50_000
	maxOrganizations = 5_000
	maxMethods       = 8
	maxText          = 2_000 // characters of a text
	maxRoles         = 16    // given values or choices of one activity
)

// ErrCase says that a file is no case; the text lists the faults, a line each.
var ErrCase = errors.New("casefile: not an accounting case")

// Case is what a case file holds.
type Case struct {
	Format        string         `json:"format"`
	Title         string         `json:"title,omitempty"`
	Methods       []string       `json:"methods"`        // id@version, or id for the newest
	Region        string         `json:"region"`         // the province: what "park" stands for in a method
	Zone          string         `json:"zone,omitempty"` // IANA; empty = Asia/Shanghai
	Period        string         `json:"period"`         // 2023, 2023-03, 2023-03-05..2023-03-12
	AsKnownAt     string         `json:"asKnownAt"`      // date or RFC 3339 instant: only what was published by then
	GWP           string         `json:"gwp,omitempty"`  // SAR, AR4, AR5 or AR6 in place of the method's set
	Organizations []Organization `json:"organizations"`
	Activities    []Activity     `json:"activities"`

	span  period.Interval
	known time.Time
}

// Organization is one that activities are accounted to.
type Organization struct {
	ID   string      `json:"id"`
	Name factor.Name `json:"name"`
}

// Activity is an amount that an organization declares for the period.
type Activity struct {
	ID           string                      `json:"id"` // of the record, unique in the case
	Organization string                      `json:"organization"`
	Kind         string                      `json:"kind"` // the activity of the method's rules
	Carrier      string                      `json:"carrier,omitempty"`
	Amount       float64                     `json:"amount"` // in Unit, from 0
	Unit         string                      `json:"unit"`
	Evidence     string                      `json:"evidence,omitempty"` // invoice, weighbridge list, laboratory report
	Note         string                      `json:"note,omitempty"`
	Given        map[string]accounting.Given `json:"given,omitempty"`       // role → the declarer's own value
	Choose       map[string]string           `json:"choose,omitempty"`      // role → name of an alternative of the method
	Uncertainty  float64                     `json:"uncertainty,omitempty"` // half the 95 % interval, relative; 0 = not stated
}

// Parse reads a case. Keys must be known and stand once; all faults are told with line,
// column and path in an error that wraps ErrCase. At most 16 MiB, 50,000 activities,
// 5,000 organizations, 8 methods.
func Parse(data []byte) (*Case, error) {
	c := &Case{}
	at, faults := read(data, c)
	if len(faults) == 0 {
		k := checker{at: at}
		k.check(c)
		faults = k.faults
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrCase, faults)
	}
	return c, nil
}

// activity is the case's activity as accounting takes it. An amount counts as measured
// where evidence is named, as estimated where none is.
func (a Activity) activity() accounting.Activity {
	amount := usage.Totals{Measured: a.Amount}
	if a.Evidence == "" {
		amount = usage.Totals{Estimated: a.Amount}
	}
	return accounting.Activity{Organization: a.Organization, Place: accounting.Consumed, Kind: a.Kind, Carrier: a.Carrier, Unit: a.Unit,
		Amount: amount, Registers: []string{}, Record: a.ID, Evidence: a.Evidence, Given: a.Given, Choose: a.Choose, Uncertainty: a.Uncertainty}
}

// identifier is how records and organizations are named.
var identifier = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._:/-]{0,99}$`)

// checker gathers what is wrong with a case that reads well.
type checker struct {
	at     positions
	faults faults
}

func (k *checker) fault(path, format string, args ...any) {
	if len(k.faults) < maxFaults {
		k.faults = append(k.faults, k.at.fault(path, fmt.Sprintf(format, args...)))
	}
}

func (k *checker) check(c *Case) {
	if c.Format != Format {
		k.fault("format", "%q; this version reads %s", clip(c.Format), Format)
		return
	}
	k.head(c)
	organizations := map[string]bool{}
	if len(c.Organizations) == 0 || len(c.Organizations) > maxOrganizations {
		k.fault("organizations", "%d organizations; 1 to %d", len(c.Organizations), maxOrganizations)
	}
	for i, o := range c.Organizations {
		path := fmt.Sprintf("organizations[%d].id", i)
		k.id(path, o.ID, organizations)
		k.text(fmt.Sprintf("organizations[%d].name", i), o.Name.ZH, o.Name.EN)
	}
	if len(c.Activities) == 0 || len(c.Activities) > maxActivities {
		k.fault("activities", "%d activities; 1 to %d", len(c.Activities), maxActivities)
		return
	}
	records := map[string]bool{}
	for i, a := range c.Activities {
		path := fmt.Sprintf("activities[%d]", i)
		k.id(path+".id", a.ID, records)
		if !organizations[a.Organization] {
			k.fault(path+".organization", "%q is none of the case's organizations", clip(a.Organization))
		}
		k.activity(path, a)
	}
}

// head checks the period, the moment of knowledge, the methods and the set of warming
// potentials.
func (k *checker) head(c *Case) {
	zone, err := time.LoadLocation(c.Zone)
	if c.Zone == "" {
		zone, err = time.LoadLocation("Asia/Shanghai")
	}
	if err != nil || c.Zone == "Local" {
		k.fault("zone", "%q is no IANA time zone; write Asia/Shanghai", clip(c.Zone))
		return
	}
	if c.span, err = period.Parse(c.Period, zone); err != nil {
		k.fault("period", "%v", err)
	}
	if day, err := period.ParseDay(c.AsKnownAt); err == nil {
		c.known = (day + 1).Start(zone).Add(-time.Millisecond)
	} else if c.known, err = time.Parse(time.RFC3339, c.AsKnownAt); err != nil {
		k.fault("asKnownAt", "%q is neither a date YYYY-MM-DD nor an instant of RFC 3339", clip(c.AsKnownAt))
	}
	if c.Region == "" {
		k.fault("region", "empty; a province such as 江苏, or CN")
	}
	k.text("region", c.Region)
	k.text("title", c.Title)
	if len(c.Methods) == 0 || len(c.Methods) > maxMethods {
		k.fault("methods", "%d methods; 1 to %d", len(c.Methods), maxMethods)
	}
	for i, m := range c.Methods {
		if m == "" || slices.Index(c.Methods, m) != i {
			k.fault(fmt.Sprintf("methods[%d]", i), "%q is empty or there twice", clip(m))
		}
	}
	if c.GWP != "" && !slices.Contains([]string{"SAR", "AR4", "AR5", "AR6"}, strings.ToUpper(c.GWP)) {
		k.fault("gwp", "%q is none of SAR, AR4, AR5, AR6", clip(c.GWP))
	}
}

func (k *checker) id(path, id string, taken map[string]bool) {
	switch {
	case !identifier.MatchString(id):
		k.fault(path, "%q is no identifier: letters, digits and . _ : / - , at most 100", clip(id))
	case taken[id]:
		k.fault(path, "%q is there twice", id)
	}
	taken[id] = true
}

func (k *checker) text(path string, texts ...string) {
	for _, t := range texts {
		if len([]rune(t)) > maxText {
			k.fault(path, "%d characters; at most %d", len([]rune(t)), maxText)
		}
	}
}

func (k *checker) activity(path string, a Activity) {
	if a.Kind == "" {
		k.fault(path+".kind", "empty; the activity of a rule of the method")
	}
	if a.Amount < 0 {
		k.fault(path+".amount", "%v is below zero; what is taken off has an activity of its own", a.Amount)
	}
	k.unit(path+".unit", a.Unit)
	k.uncertainty(path+".uncertainty", a.Uncertainty)
	for _, t := range []struct{ key, text string }{{"kind", a.Kind}, {"carrier", a.Carrier}, {"evidence", a.Evidence}, {"note", a.Note}} {
		k.text(path+"."+t.key, t.text)
	}
	if len(a.Given) > maxRoles || len(a.Choose) > maxRoles {
		k.fault(path, "%d values given, %d chosen; at most %d of each", len(a.Given), len(a.Choose), maxRoles)
	}
	for role, g := range a.Given {
		at := path + ".given." + role
		if g.Pressure == 0 && g.Temperature == 0 {
			k.unit(at+".unit", g.Unit)
		}
		if g.Source == "" {
			k.fault(at, "no source; a value of one's own says where it is from")
		}
		k.text(at+".source", g.Source)
		k.uncertainty(at+".uncertainty", g.Uncertainty)
	}
}

func (k *checker) unit(path, unit string) {
	if _, err := quantity.Parse(unit); err != nil {
		k.fault(path, "%v", err)
	}
}

func (k *checker) uncertainty(path string, u float64) {
	if u < 0 || u > 10 {
		k.fault(path, "%v; half the 95 %% interval as a share of the value, 0 to 10", u)
	}
}
