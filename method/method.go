// Package method holds accounting methods as versioned data: which activity counts
// in which scope, by which formula, with which factors, by which clause.
//
// A pack is a YAML file; the engine knows a handful of formula kinds and evaluates
// nothing else.
package method

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

// Sentinels of this package.
var (
	ErrUnknown = errors.New("method: no such method")
	ErrPack    = errors.New("method: pack")
)

// Formula is a kind of formula that the accounting engine knows.
type Formula string

// The formula kinds.
const (
	// ActivityFactor is E = A × EF.
	ActivityFactor Formula = "activity_factor"
	// FuelCombustion is E = FC × NCV × CC × OF × 44/12 (GB/T 32150-2015 formula 2);
	// NCV is left out where the activity data are heat already.
	FuelCombustion Formula = "fuel_combustion"
	// CarbonContent is E = A × CC × 44/12: one stream of a carbon mass balance. Streams
	// that carry carbon out have Sign −1 (GB/T 32150-2015 formula 4).
	CarbonContent Formula = "carbon_content"
	// Carbonate is E = A × I × EF × F: a carbonate of purity I, decomposed to the share F.
	Carbonate Formula = "carbonate"
	// Oxide is E = A × (content − uncarbonated) × ratio: carbon dioxide by the oxides of a
	// product, such as CaO and MgO of clinker, less those that came without carbonate.
	Oxide Formula = "oxide"
	// Steam is E = m × (h − h0) × EF: steam by its enthalpy, with or without the feed
	// water's as the rule says.
	Steam Formula = "steam"
	// GasRelease is E = A × EF × share × GWP: a gas other than carbon dioxide.
	GasRelease Formula = "gas_release"
	// Zero counts the activity with factor 0 by a stated clause: own non-fossil generation.
	Zero Formula = "zero"
)

// Basis is the scope 2 basis that a rule applies to.
type Basis string

// The bases. Rules of scopes 1 and 3 apply to Both.
const (
	Location Basis = "location"
	Market   Basis = "market"
	Both     Basis = "both"
)

// Pack is one accounting method.
type Pack struct {
	Format   string   `yaml:"format" json:"format"` // lingtan.method/v1
	ID       string   `yaml:"id" json:"id"`
	Version  string   `yaml:"version" json:"version"`
	Name     Text     `yaml:"name" json:"name"`
	Citation string   `yaml:"citation" json:"citation"`
	Rules    []Rule   `yaml:"rules" json:"rules"`
	Energy   []Energy `yaml:"energy" json:"energy"`
	Hash     string   `yaml:"-" json:"hash"` // first 12 hex digits of the file's SHA-256
}

// Text is a text in Chinese and English.
type Text struct {
	ZH string `yaml:"zh" json:"zh"`
	EN string `yaml:"en" json:"en"`
}

// Rule says how one activity is accounted on one basis.
type Rule struct {
	ID       string               `yaml:"id" json:"id"`
	Activity string               `yaml:"activity" json:"activity"` // a source node's or a fuel use's activity
	Carrier  string               `yaml:"carrier,omitempty" json:"carrier,omitempty"`
	Scope    int                  `yaml:"scope" json:"scope"`
	Basis    Basis                `yaml:"basis" json:"basis"`
	Formula  Formula              `yaml:"formula" json:"formula"`
	Unit     string               `yaml:"unit" json:"unit"` // unit of the activity data in the formula
	Factors  map[string]FactorUse `yaml:"factors,omitempty" json:"factors,omitempty"`
	Covered  bool                 `yaml:"instruments,omitempty" json:"instruments,omitempty"` // contractual instruments cover the activity first
	Category string               `yaml:"category,omitempty" json:"category,omitempty"`       // of the method's report: fuel, process, purchased_heat, 3.1 …
	Gas      string               `yaml:"gas,omitempty" json:"gas,omitempty"`                 // of the emission; empty = CO2
	Sign     int                  `yaml:"sign,omitempty" json:"sign,omitempty"`               // −1: subtracted (carbon in products, recovered, exported); 0 = 1
	Apart    string               `yaml:"apart,omitempty" json:"apart,omitempty"`             // biogenic, information: told beside the totals, in none of them
	Clause   string               `yaml:"clause" json:"clause"`
	Note     *Text                `yaml:"note,omitempty" json:"note,omitempty"`
}

// FactorUse says what fills a role of a formula (ef, ncv, cc, of): a factor of the
// library, or a number that the method itself prints. A declared activity may bring its
// own measured value for the role.
type FactorUse struct {
	Category  string   `yaml:"category,omitempty" json:"category,omitempty"`
	Item      string   `yaml:"item,omitempty" json:"item,omitempty"`
	Parameter string   `yaml:"parameter" json:"parameter"`
	Guideline string   `yaml:"guideline,omitempty" json:"guideline,omitempty"`
	Regions   []string `yaml:"regions,omitempty" json:"regions,omitempty"` // "park" stands for the park's region
	Policy    string   `yaml:"policy,omitempty" json:"policy,omitempty"`   // valid, latest_published, nearest_year

	Value  *float64 `yaml:"value,omitempty" json:"value,omitempty"`   // a number of the method itself, such as 44/56, in Unit, as Source prints it
	Unit   string   `yaml:"unit,omitempty" json:"unit,omitempty"`     // of Value, or that a given value must convert to
	Source string   `yaml:"source,omitempty" json:"source,omitempty"` // where Value is printed, and how it was read
	Grade  string   `yaml:"grade,omitempty" json:"grade,omitempty"`   // A or B, of Value
	Given  string   `yaml:"given,omitempty" json:"given,omitempty"`   // must: the declarer brings it (no default that may be relied on); never: the default is binding; empty: may

	Alternatives map[string]FactorUse `yaml:"alternatives,omitempty" json:"alternatives,omitempty"` // other values that sources print for the same; chosen by name
	Note         *Text                `yaml:"note,omitempty" json:"note,omitempty"`
}

// Energy says how a carrier is converted to standard coal (GB/T 2589-2020).
type Energy struct {
	Carrier string    `yaml:"carrier" json:"carrier"`
	Unit    string    `yaml:"unit" json:"unit"` // unit of the amount that the coefficient takes
	Factor  FactorUse `yaml:"factor" json:"factor"`
	Clause  string    `yaml:"clause" json:"clause"`
}

// Ref is "id@version", how an entry names its method.
func (p Pack) Ref() string { return p.ID + "@" + p.Version }

// RulesFor are the pack's rules for an activity and carrier, in the pack's order.
func (p Pack) RulesFor(activity, carrier string) []Rule {
	var rules []Rule
	for _, r := range p.Rules {
		if r.Activity == activity && (r.Carrier == "" || r.Carrier == carrier) {
			rules = append(rules, r)
		}
	}
	return rules
}

// EnergyOf is the conversion of a carrier to standard coal.
func (p Pack) EnergyOf(carrier string) (Energy, bool) {
	for _, e := range p.Energy {
		if e.Carrier == carrier {
			return e, true
		}
	}
	return Energy{}, false
}

//go:embed packs/*.yaml
var packs embed.FS

// Shipped are the packs that come with Lingtan, by id and version. They are read once
// a process; what is handed out is shared and must not be changed.
func Shipped() ([]Pack, error) {
	list, err := shipped()
	return slices.Clone(list), err
}

var shipped = sync.OnceValues(func() ([]Pack, error) {
	files, err := fs.Glob(packs, "packs/*.yaml")
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	var list []Pack
	for _, f := range files {
		data, err := packs.ReadFile(f)
		if err != nil {
			return nil, err
		}
		p, err := Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		list = append(list, p)
	}
	return list, nil
})

// Find is the shipped pack "id@version", or the newest of "id".
func Find(ref string) (Pack, error) {
	list, err := Shipped()
	if err != nil {
		return Pack{}, err
	}
	id, version, pinned := strings.Cut(ref, "@")
	var known []string
	found := Pack{}
	for _, p := range list {
		known = append(known, p.Ref())
		if p.ID == id && (!pinned || p.Version == version) && p.Version >= found.Version {
			found = p
		}
	}
	if found.ID == "" {
		return Pack{}, fmt.Errorf("%w: %q; there are %s", ErrUnknown, ref, strings.Join(known, ", "))
	}
	return found, nil
}

const packLimit = 1 << 20

// Parse reads and checks a pack; unknown keys and formula kinds are errors.
func Parse(data []byte) (Pack, error) {
	var p Pack
	if len(data) > packLimit {
		return p, fmt.Errorf("%w: %d bytes; at most %d", ErrPack, len(data), packLimit)
	}
	if err := yaml.UnmarshalWithOptions(data, &p, yaml.Strict()); err != nil {
		return p, fmt.Errorf("%w: %w", ErrPack, err)
	}
	if p.Format != "lingtan.method/v1" || p.ID == "" || p.Version == "" {
		return p, fmt.Errorf("%w: format %q, id %q, version %q; the format is lingtan.method/v1 and id and version are needed", ErrPack, p.Format, p.ID, p.Version)
	}
	for _, r := range p.Rules {
		if err := r.check(); err != nil {
			return p, fmt.Errorf("%w %s rule %q: %w", ErrPack, p.Ref(), r.ID, err)
		}
	}
	sum := sha256.Sum256(data)
	p.Hash = hex.EncodeToString(sum[:6])
	return p, nil
}

// roles are the factors that each formula needs; a role with a "?" is optional.
var roles = map[Formula][]string{
	ActivityFactor: {"ef"},
	FuelCombustion: {"ncv?", "cc", "of"},
	CarbonContent:  {"cc", "conversion?"},
	Carbonate:      {"purity?", "ef", "conversion?"},
	Oxide:          {"content", "uncarbonated?", "ratio"},
	Steam:          {"enthalpy", "feedwater?", "ef"},
	GasRelease:     {"ef?", "share?", "gwp"},
	Zero:           {},
}

// formulas are the names of the formula kinds.
func formulas() []string {
	var names []string
	for f := range roles {
		names = append(names, string(f))
	}
	slices.Sort(names)
	return names
}

func (r Rule) check() error {
	need, ok := roles[r.Formula]
	if !ok {
		return fmt.Errorf("formula %q is none of %s", r.Formula, strings.Join(formulas(), ", "))
	}
	if r.Scope < 1 || r.Scope > 3 {
		return fmt.Errorf("scope %d; 1, 2 or 3", r.Scope)
	}
	if r.Basis != Location && r.Basis != Market && r.Basis != Both {
		return fmt.Errorf("basis %q; location, market or both", r.Basis)
	}
	if r.Scope != 2 && r.Basis != Both {
		return fmt.Errorf("basis %q in scope %d; only scope 2 has two bases, elsewhere it is both", r.Basis, r.Scope)
	}
	allowed := map[string]bool{}
	for _, role := range need {
		name, optional := strings.CutSuffix(role, "?")
		allowed[name] = true
		if _, has := r.Factors[name]; !has && !optional {
			return fmt.Errorf("formula %s needs the factor %q", r.Formula, name)
		}
	}
	for name := range r.Factors {
		if !allowed[name] {
			return fmt.Errorf("formula %s knows no factor %q", r.Formula, name)
		}
	}
	if r.Activity == "" || r.Unit == "" || r.Clause == "" {
		return errors.New("activity, unit and clause are needed")
	}
	return nil
}
