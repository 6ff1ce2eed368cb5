package api

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/method"
)

// shippedMethod is a method that comes with Lingtan, as a list shows it.
type shippedMethod struct {
	Ref      string        `json:"ref" doc:"id@version, as entries name it"`
	ID       string        `json:"id"`
	Version  string        `json:"version"`
	Name     name          `json:"name"`
	Standard string        `json:"standard" doc:"The number of the standard or notice, as the pack writes it; empty where it is no numbered one"`
	Sector   name          `json:"sector" doc:"The sector that the standard is for; empty = any"`
	Year     int           `json:"year" doc:"The year of the standard; 0 = not numbered by year"`
	Citation string        `json:"citation" doc:"What the pack follows, its boundary, and what of it was not read"`
	Hash     string        `json:"hash" doc:"First 12 hexadecimal digits of the pack file's SHA-256"`
	Scopes   []int         `json:"scopes" nullable:"false"`
	Rules    int           `json:"rules"`
	Inputs   []methodInput `json:"inputs" nullable:"false" doc:"What may be declared under the method, by activity"`
}

// methodInput is an activity that a method knows.
type methodInput struct {
	Activity string   `json:"activity"`
	Scopes   []int    `json:"scopes" nullable:"false"`
	Carriers []string `json:"carriers" nullable:"false"`
	Units    []string `json:"units" nullable:"false" doc:"Of the activity data in the formula"`
	Must     []string `json:"must" nullable:"false" doc:"Roles whose value the declarer brings: the method holds no default"`
	Kept     []string `json:"kept" nullable:"false" doc:"Roles for which the method holds or looks up a value"`
}

type shippedMethodsOutput struct {
	Body struct {
		Methods []shippedMethod `json:"methods" nullable:"false"`
	}
}

type methodRulesIn struct {
	Method string `query:"method" required:"true" maxLength:"100" doc:"id@version, or id for the newest"`
}

type methodRulesOutput struct {
	Body struct {
		Method shippedMethod   `json:"method"`
		Rules  []method.Rule   `json:"rules" nullable:"false"`
		Energy []method.Energy `json:"energy" nullable:"false" doc:"Conversions to standard coal"`
	}
}

func (s *Server) shippedRoutes() {
	read := Rule{Action: "factor.read", Anywhere: true}
	tags := []string{"methods"}
	route(s, huma.Operation{OperationID: "listShippedMethods", Method: "GET", Path: "/api/v1/methods", Tags: tags,
		Summary: "The accounting methods that are shipped, with the inputs that each asks for"}, read, s.listShippedMethods)
	route(s, huma.Operation{OperationID: "getMethodRules", Method: "GET", Path: "/api/v1/methods/rules", Tags: tags,
		Summary: "The rules of a shipped method: formula, factors and clause of every activity"}, read, s.getMethodRules)
}

func (s *Server) listShippedMethods(context.Context, *struct{}) (*shippedMethodsOutput, error) {
	packs, err := method.Shipped()
	if err != nil {
		return nil, err
	}
	out := &shippedMethodsOutput{}
	out.Body.Methods = []shippedMethod{}
	for _, p := range packs {
		out.Body.Methods = append(out.Body.Methods, shippedOf(p))
	}
	return out, nil
}

func (s *Server) getMethodRules(_ context.Context, in *methodRulesIn) (*methodRulesOutput, error) {
	p, err := method.Find(in.Method)
	if err != nil {
		return nil, err
	}
	out := &methodRulesOutput{}
	out.Body.Method, out.Body.Rules, out.Body.Energy = shippedOf(p), append([]method.Rule{}, p.Rules...), append([]method.Energy{}, p.Energy...)
	return out, nil
}

var (
	standardNumber = regexp.MustCompile(`GB/T [0-9.]+-[0-9]{4}|ISO [0-9-]+:[0-9]{4}|[\p{Han}]{2,6}〔[0-9]{4}〕[0-9]+号`)
	fourDigits     = regexp.MustCompile(`[0-9]{4}`)
	sectorZH       = regexp.MustCompile(`第[0-9]+部分：([^（]+)`)
	sectorEN       = regexp.MustCompile(`part [0-9]+: ([^(]+)`)
)

// shippedOf lists a pack. Standard, sector and year are what its own name says, the
// citation's first number where the name bears none.
func shippedOf(p method.Pack) shippedMethod {
	m := shippedMethod{Ref: p.Ref(), ID: p.ID, Version: p.Version, Name: name{p.Name.ZH, p.Name.EN}, Citation: p.Citation, Hash: p.Hash, Rules: len(p.Rules)}
	m.Standard = cmp.Or(standardNumber.FindString(p.Name.ZH), standardNumber.FindString(firstSentence(p.Citation)))
	if years := fourDigits.FindAllString(m.Standard, -1); len(years) > 0 {
		at := len(years) - 1
		m.Year, _ = strconv.Atoi(years[at]) // four digits: cannot fail
	}
	m.Sector = name{capture(sectorZH, p.Name.ZH), capture(sectorEN, p.Name.EN)}
	scopes := map[int]bool{}
	byActivity := map[string][]method.Rule{}
	for _, r := range p.Rules {
		scopes[r.Scope] = true
		byActivity[r.Activity] = append(byActivity[r.Activity], r)
	}
	m.Scopes, m.Inputs = sortedKeys(scopes), []methodInput{}
	for _, activity := range slices.Sorted(maps.Keys(byActivity)) {
		m.Inputs = append(m.Inputs, inputOf(activity, byActivity[activity]))
	}
	return m
}

func capture(pattern *regexp.Regexp, text string) string {
	if found := pattern.FindStringSubmatch(text); found != nil {
		return strings.TrimSpace(found[1])
	}
	return ""
}

// firstSentence keeps a number that a later sentence mentions from being taken for the
// method's own.
func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return first
}

// inputOf sums up what the rules of an activity ask for. A role is to be brought where
// any rule of the activity holds no value for it.
func inputOf(activity string, rules []method.Rule) methodInput {
	scopes, carriers, units, must, kept := map[int]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range rules {
		scopes[r.Scope] = true
		if r.Carrier != "" {
			carriers[r.Carrier] = true
		}
		if r.Unit != "" {
			units[r.Unit] = true
		}
		for role, f := range r.Factors {
			if f.Given == "must" {
				must[role] = true
			} else {
				kept[role] = true
			}
		}
	}
	return methodInput{Activity: activity, Scopes: sortedKeys(scopes), Carriers: sortedKeys(carriers), Units: sortedKeys(units), Must: sortedKeys(must), Kept: sortedKeys(kept)}
}

// sortedKeys are the keys of a set, in order, never nil.
func sortedKeys[K cmp.Ordered](set map[K]bool) []K {
	return append([]K{}, slices.Sorted(maps.Keys(set))...)
}
