package evidence

import (
	"fmt"
	"strings"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/method"
)

// notOfLibrary holds a factor that no library row is behind against where it comes from: what
// the declarer gave, what the method prints, the intensity by the carbon flow, or the state of
// steam by its table. own
// is false for a factor of the library.
func (x *Export) notOfLibrary(e accounting.Entry, a accounting.Applied) (own bool, err error) {
	given, brought := e.Activity.Given[a.Role]
	switch {
	case strings.HasPrefix(a.Factor, "steam."):
		f, err := new(factor.Library).Lookup(factor.Query{Category: factor.Steam, Pressure: given.Pressure, Temperature: given.Temperature})
		return true, differs(err, a, f.Ref(), f.Value, f.Unit.String())
	case brought && a.Factor == "record:"+e.Activity.Record:
		return true, differs(nil, a, a.Factor, given.Value, given.Unit)
	case a.Factor == "flow:"+e.Activity.Source: // the trace is made again when the inventory is compiled again
		return true, nil
	case a.Factor == "method:"+x.Inventory.Method.Ref():
		use := printed(x.Inventory.Method, e.Rule, a.Role, e.Activity.Choose[a.Role])
		if use.Value == nil {
			return true, fmt.Errorf("%s is said to print %s; it does not", x.Inventory.Method.Ref(), a.Role)
		}
		return true, differs(nil, a, a.Factor, *use.Value, use.Unit)
	}
	return false, nil
}

// printed is what a method says of a role of a rule, or of an alternative to it.
func printed(p method.Pack, rule, role, alternative string) method.FactorUse {
	for _, r := range p.Rules {
		if r.ID != rule {
			continue
		}
		if alternative != "" {
			return r.Factors[role].Alternatives[alternative]
		}
		return r.Factors[role]
	}
	return method.FactorUse{}
}

func differs(err error, a accounting.Applied, ref string, value float64, unit string) error {
	if err != nil {
		return err
	}
	if a.Factor != ref || a.Value != value || a.Unit != unit {
		return fmt.Errorf("it applies %s as %v %s, its origin %s says %v %s", a.Factor, a.Value, a.Unit, ref, value, unit)
	}
	return nil
}
