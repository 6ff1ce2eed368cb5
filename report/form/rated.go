package form

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"lingtan/park"
	"lingtan/rating"
)

// entryID is how the id of an inventory's entry is written.
var entryID = regexp.MustCompile(`^e[0-9a-f]{16}$`)

// Rated adds a rating's indicators of zero-carbon parks to inputs, each with the entries
// that it was made of; in may be nil. data is the result that lingtan rating prints as
// JSON. Errors: ErrInputs.
func Rated(in *Inputs, data []byte) (*Inputs, error) {
	if len(data) > inputsLimit {
		return nil, fmt.Errorf("%w: a rating of more than %d bytes", ErrInputs, inputsLimit)
	}
	var r rating.Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%w: a rating: %w", ErrInputs, err)
	}
	if len(r.ZeroCarbonPark.Indicators) == 0 {
		return nil, fmt.Errorf("%w: the rating tells no indicator of zero-carbon parks; write it with lingtan rating zero-carbon-park … -o json", ErrInputs)
	}
	out := Inputs{Format: InputsFormat}
	if in != nil {
		out = *in
	}
	z := r.ZeroCarbonPark
	out.Assessment = &Assessment{Standard: park.Name{ZH: z.Source, EN: z.Source}}
	for _, v := range z.Indicators {
		out.Assessment.Indicators = append(out.Assessment.Indicators, indicator(v))
	}
	return &out, nil
}

// indicator is a rated value as the form tells it.
func indicator(v rating.Value) Indicator {
	i := Indicator{ID: v.Indicator.ID, Name: v.Indicator.Name, Value: v.Value, Unit: v.Indicator.Unit}
	seen := map[string]bool{}
	var rest []string
	for _, q := range v.Inputs {
		for _, from := range q.From {
			switch {
			case seen[from]:
			case entryID.MatchString(from):
				i.Entries = append(i.Entries, from)
			default:
				rest = append(rest, from)
			}
			seen[from] = true
		}
	}
	for _, h := range v.Levels {
		if h.Applies {
			i.Target, i.Met = fmt.Sprint(h.Value), h.Met
		}
	}
	var missing []string
	for _, m := range v.Missing {
		missing = append(missing, m.ID)
	}
	if len(missing) > 0 {
		rest = append(rest, "missing: "+strings.Join(missing, ", "))
	}
	i.Evidence = clip(strings.Join(rest, "; "), 500)
	if len(i.Entries) == 0 && i.Evidence == "" {
		i.Evidence = "rating " + v.Indicator.ID
	}
	return i
}
