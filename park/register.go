package park

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ErrRatio marks a transformer ratio that is not spelled like 400/5.
var ErrRatio = errors.New("park: transformer ratio")

var ratioSyntax = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?/[0-9]{1,9}(\.[0-9]{1,9})?$`)

// ParseRatio reads the ratio of a current or voltage transformer, primary over
// secondary: "400/5" is 80. An empty text is 1: no transformer. Both numbers are
// above 0. Errors wrap ErrRatio.
func ParseRatio(s string) (float64, error) {
	if s == "" {
		return 1, nil
	}
	if !ratioSyntax.MatchString(s) {
		return 0, fmt.Errorf("%w: %q; write primary/secondary, such as 400/5", ErrRatio, s)
	}
	over, under, _ := strings.Cut(s, "/")
	a, _ := strconv.ParseFloat(over, 64) // the pattern admits decimals only
	b, _ := strconv.ParseFloat(under, 64)
	if a == 0 || b == 0 {
		return 0, fmt.Errorf("%w: %q; both numbers must be above 0", ErrRatio, s)
	}
	return a / b, nil
}

// Factor is what a value of the register is multiplied by to become an amount in
// primary units: multiplier × CT × PT. Errors wrap ErrRatio.
func (r Register) Factor() (float64, error) {
	ct, err := ParseRatio(r.CT)
	if err != nil {
		return 0, fmt.Errorf("register %s: ct: %w", r.ID, err)
	}
	pt, err := ParseRatio(r.PT)
	if err != nil {
		return 0, fmt.Errorf("register %s: pt: %w", r.ID, err)
	}
	if r.Multiplier != nil {
		return *r.Multiplier * ct * pt, nil
	}
	return ct * pt, nil
}
