package park

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ErrAccuracy marks an accuracy that is neither a class nor a percentage.
var ErrAccuracy = errors.New("park: accuracy of a meter")

var accuracySyntax = regexp.MustCompile(`^([0-9]{1,3}(\.[0-9]{1,4})?)(S|%)?$`)

// letterClasses are the classes of active energy meters in GB/T 17215.321-2021 and the
// percentage that each stands for.
var letterClasses = map[string]float64{"A": 2, "B": 1, "C": 0.5, "D": 0.2, "E": 0.1}

// heatClasses are the limits of error in percent of a complete heat meter of class 1, 2, 3 by
// GB/T 32224-2020 (as EN 1434-1): flow sensor (1 + 0.01·qp/q, 2 + 0.02·qp/q, 3 + 0.05·qp/q),
// sensor pair (0.5 + 3·Δθmin/Δθ) and calculator (0.5 + Δθmin/Δθ) added up, at the permanent flow
// and at ten times the least temperature difference. At lower flow the limit is wider: write
// a percentage where that is known.
var heatClasses = map[string]float64{"1": 1.01 + 1.4, "2": 2.02 + 1.4, "3": 3.05 + 1.4}

// ErrorLimit is the limit of error of the register's meter, ± percent of the amount, above 0
// to 100; ok is false where nothing is stated. Accuracy is spelled as
//
//   - a percentage: 1.5%;
//   - a class of an electricity meter: 0.2S, 0.5S, 0.5, 1, 2, or A to E (GB/T 17215.321, .322);
//   - a class of a heat meter, 1, 2 or 3, on thermal energy (GB/T 32224-2020);
//   - a class of any other meter, a number: its percentage.
//
// Errors wrap ErrAccuracy.
func (r Register) ErrorLimit() (percent float64, ok bool, err error) {
	if r.Accuracy == "" {
		return 0, false, nil
	}
	thermal, electric := strings.HasPrefix(r.Quantity, "thermal"), strings.Contains(r.Quantity, "active_") || strings.HasPrefix(r.Quantity, "apparent_")
	if p, is := letterClasses[r.Accuracy]; is && electric {
		return p, true, nil
	}
	m := accuracySyntax.FindStringSubmatch(r.Accuracy)
	switch {
	case m == nil || m[3] == "S" && !electric:
		return 0, false, fmt.Errorf("%w: %.20q of %s; write a percentage like 1.5%%, or the class on the meter, like 0.5S, B or 2", ErrAccuracy, r.Accuracy, r.Quantity)
	case thermal && m[3] == "":
		if percent, ok = heatClasses[m[1]]; !ok {
			return 0, false, fmt.Errorf("%w: heat meters have the classes 1, 2 and 3, not %.20q; write a percentage like %s%%", ErrAccuracy, r.Accuracy, m[1])
		}
		return percent, true, nil
	}
	percent, _ = strconv.ParseFloat(m[1], 64) // the pattern admits decimals only
	if !(percent > 0 && percent <= 100) {
		return 0, false, fmt.Errorf("%w: %.20q; above 0 to 100 percent", ErrAccuracy, r.Accuracy)
	}
	return percent, true, nil
}
