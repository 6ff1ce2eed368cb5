package form

import (
	"bytes"
	"fmt"
	"math"

	"github.com/goccy/go-yaml"

	"lingtan/inventory/evidence"
	"lingtan/park"
)

// InputsFormat is the format of what is stated beside an inventory.
const InputsFormat = "lingtan.report-inputs/v1"

// inputsLimit bounds a file of inputs.
const inputsLimit = 1 << 20

// Inputs are what people state beside an inventory for its reports; a report prints them
// as stated, apart from what the inventory says.
type Inputs struct {
	Format     string      `json:"format" yaml:"format"`
	Statements []Statement `json:"statements,omitempty" yaml:"statements"`
	Products   []Product   `json:"products,omitempty" yaml:"products"`
	Assessment *Assessment `json:"assessment,omitempty" yaml:"assessment"`
	Operators  []Operator  `json:"operators,omitempty" yaml:"operators"`
	Codes      *Codes      `json:"codes,omitempty" yaml:"codes"`
}

// Statement is a text that a standard asks of the reporter: who is responsible, why the
// report is made, what is left out.
type Statement struct {
	ID   string    `json:"id" yaml:"id"` // responsible, purpose, boundary, base_year, exclusions, significance, verification
	Text park.Name `json:"text" yaml:"text"`
}

// Product is what an organization made in the period.
type Product struct {
	ID           string      `json:"id" yaml:"id"`
	Organization string      `json:"organization" yaml:"organization"`
	Name         park.Name   `json:"name" yaml:"name"`
	Kind         string      `json:"kind" yaml:"kind"` // good, electricity_generated, electricity_supplied, heat_supplied
	Quantity     float64     `json:"quantity" yaml:"quantity"`
	Unit         string      `json:"unit" yaml:"unit"`                         // t of goods; MWh; GJ
	Evidence     string      `json:"evidence" yaml:"evidence"`                 // production report, meter, weighbridge list; never empty
	CN           string      `json:"cn,omitempty" yaml:"cn"`                   // 8 digits of the Combined Nomenclature
	DirectShare  float64     `json:"directShare,omitempty" yaml:"directShare"` // of the organization's direct emissions that its production process has, 0 to 1
	PowerShare   float64     `json:"powerShare,omitempty" yaml:"powerShare"`   // the same of its electricity
	Method       string      `json:"method,omitempty" yaml:"method"`           // code of the production method in the registry's list, such as P24
	Precursors   []Precursor `json:"precursors,omitempty" yaml:"precursors"`
}

// Precursor is a good that was used up to make another.
type Precursor struct {
	ID       string    `json:"id" yaml:"id"`
	Name     park.Name `json:"name" yaml:"name"`
	CN       string    `json:"cn" yaml:"cn"`
	Country  string    `json:"country" yaml:"country"`   // ISO 3166-1 alpha-2
	Quantity float64   `json:"quantity" yaml:"quantity"` // t used in the period
	Direct   float64   `json:"direct" yaml:"direct"`     // specific direct embedded emissions, tCO2e/t
	Indirect float64   `json:"indirect" yaml:"indirect"` // specific indirect embedded emissions, tCO2e/t
	Source   string    `json:"source" yaml:"source"`     // supplier's communication, default value of the Commission; never empty
}

// Codes are what the lists of the CBAM registry call the ways in which values were found;
// the lists are not part of the schema, so that the reporter brings the codes.
type Codes struct {
	Determination     string `json:"determination" yaml:"determination"`         // of actual values
	Methodology       string `json:"methodology" yaml:"methodology"`             // ApplicableReportingTypeMethodology
	ElectricitySource string `json:"electricitySource" yaml:"electricitySource"` // of the electricity that was used
	Mass              string `json:"mass" yaml:"mass"`                           // unit of tonnes
	Emissions         string `json:"emissions" yaml:"emissions"`                 // unit of tCO2e on each tonne
}

// Operator is an organization as operator of its installation.
type Operator struct {
	Organization string `json:"organization" yaml:"organization"`
	ID           string `json:"id" yaml:"id"`                     // in the registry
	Installation string `json:"installation" yaml:"installation"` // its id in the registry
	Name         string `json:"name" yaml:"name"`                 // in Latin letters
	City         string `json:"city" yaml:"city"`
	Street       string `json:"street,omitempty" yaml:"street"`
	Contact      string `json:"contact" yaml:"contact"`
	Phone        string `json:"phone" yaml:"phone"`
	Email        string `json:"email" yaml:"email"`
}

// Assessment is a rating of the park by a standard: what a rating engine found, or what
// the park states of itself.
type Assessment struct {
	Standard   park.Name   `json:"standard" yaml:"standard"`
	Indicators []Indicator `json:"indicators" yaml:"indicators"`
}

// Indicator is one indicator of an assessment.
type Indicator struct {
	ID       string    `json:"id" yaml:"id"`
	Name     park.Name `json:"name" yaml:"name"`
	Value    *float64  `json:"value" yaml:"value"` // empty where it is not known
	Unit     string    `json:"unit" yaml:"unit"`
	Target   string    `json:"target" yaml:"target"`               // as the standard prints it: ≥90
	Met      *bool     `json:"met" yaml:"met"`                     // empty where no target applies
	Entries  []string  `json:"entries,omitempty" yaml:"entries"`   // of the inventory, that the value was made of
	Evidence string    `json:"evidence,omitempty" yaml:"evidence"` // where no entry is named
}

// ReadInputs reads a file of inputs, YAML or JSON. Errors: ErrInputs.
func ReadInputs(data []byte) (*Inputs, error) {
	if len(data) > inputsLimit {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrInputs, inputsLimit)
	}
	var in Inputs
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.DisallowUnknownField()).Decode(&in); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInputs, err)
	}
	if in.Format != InputsFormat {
		return nil, fmt.Errorf("%w: the format is %q, not %s", ErrInputs, in.Format, InputsFormat)
	}
	return &in, nil
}

// check holds the inputs against the inventory that they stand beside.
func (in *Inputs) check(x *evidence.Export) error {
	if in == nil {
		return nil
	}
	if in.Format != InputsFormat {
		return fmt.Errorf("%w: the format is %q, not %s", ErrInputs, in.Format, InputsFormat)
	}
	organizations := map[string]bool{}
	for _, o := range x.Inventory.Structure.Organizations {
		organizations[o.ID] = true
	}
	shares := map[string][2]float64{}
	seen := map[string]bool{}
	for _, p := range in.Products {
		if seen[p.ID] || p.ID == "" {
			return fmt.Errorf("%w: product %q has no id or one that is taken", ErrInputs, p.ID)
		}
		seen[p.ID] = true
		if !organizations[p.Organization] {
			return fmt.Errorf("%w: product %s is of organization %q, which park %s has not", ErrInputs, p.ID, p.Organization, x.Inventory.Structure.Park.ID)
		}
		if err := p.check(); err != nil {
			return err
		}
		s := shares[p.Organization]
		s[0], s[1] = s[0]+p.DirectShare, s[1]+p.PowerShare
		if s[0] > 1+1e-9 || s[1] > 1+1e-9 {
			return fmt.Errorf("%w: the products of %s take more than all of its emissions: shares add up to %v direct, %v of electricity", ErrInputs, p.Organization, s[0], s[1])
		}
		shares[p.Organization] = s
	}
	return in.checkIndicators(x)
}

func (p Product) check() error {
	units := map[string]string{"good": "t", "electricity_generated": "MWh", "electricity_supplied": "MWh", "heat_supplied": "GJ"}
	switch {
	case units[p.Kind] == "":
		return fmt.Errorf("%w: product %s: kind %q; write good, electricity_generated, electricity_supplied or heat_supplied", ErrInputs, p.ID, p.Kind)
	case p.Unit != units[p.Kind]:
		return fmt.Errorf("%w: product %s: unit %q; a %s is told in %s", ErrInputs, p.ID, p.Unit, p.Kind, units[p.Kind])
	case !(p.Quantity > 0) || math.IsInf(p.Quantity, 0):
		return fmt.Errorf("%w: product %s: quantity %v is not above 0", ErrInputs, p.ID, p.Quantity)
	case p.Evidence == "":
		return fmt.Errorf("%w: product %s: say in evidence where its quantity is from", ErrInputs, p.ID)
	case !share(p.DirectShare) || !share(p.PowerShare):
		return fmt.Errorf("%w: product %s: a share is from 0 to 1", ErrInputs, p.ID)
	case p.CN != "" && !digits(p.CN, 8):
		return fmt.Errorf("%w: product %s: CN code %q is not 8 digits", ErrInputs, p.ID, p.CN)
	}
	for _, q := range p.Precursors {
		switch {
		case !(q.Quantity >= 0) || math.IsInf(q.Quantity, 0) || !(q.Direct >= 0) || math.IsInf(q.Direct, 0) || !(q.Indirect >= 0) || math.IsInf(q.Indirect, 0):
			return fmt.Errorf("%w: precursor %s of %s: a quantity or emission below 0", ErrInputs, q.ID, p.ID)
		case q.ID == "" || q.Source == "":
			return fmt.Errorf("%w: precursor %q of %s: it needs an id and a source", ErrInputs, q.ID, p.ID)
		case !digits(q.CN, 8):
			return fmt.Errorf("%w: precursor %s of %s: CN code %q is not 8 digits", ErrInputs, q.ID, p.ID, q.CN)
		}
	}
	return nil
}

// checkIndicators sees that the entries which an assessment names are the inventory's.
func (in *Inputs) checkIndicators(x *evidence.Export) error {
	if in.Assessment == nil {
		return nil
	}
	for _, i := range in.Assessment.Indicators {
		if len(i.Entries) == 0 && i.Evidence == "" {
			return fmt.Errorf("%w: indicator %s names no entries and no evidence", ErrInputs, i.ID)
		}
		if v := i.Value; v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			return fmt.Errorf("%w: indicator %s: value %v", ErrInputs, i.ID, *v)
		}
		for _, e := range i.Entries {
			if _, err := x.Inventory.Entry(e); err != nil {
				return fmt.Errorf("%w: indicator %s names entry %s: %w", ErrInputs, i.ID, e, err)
			}
		}
	}
	return nil
}

func share(v float64) bool { return v >= 0 && v <= 1 }

func digits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// stated is the statement with the id, or that it was not made.
func (in *Inputs) stated(id string) park.Name {
	for _, s := range in.Statements {
		if s.ID == id {
			return s.Text
		}
	}
	return say("未说明", "not stated")
}
