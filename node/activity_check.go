package node

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"lingtan/accounting"
	"lingtan/period"
	"lingtan/quantity"
	"lingtan/store/record"
)

// The limits of a record's fields.
const (
	maxWords = 2000 // characters of evidence, a note, a reason
	maxDays  = 3660 // of a record: ten years
	maxRoles = 16   // given values, or choices
)

var (
	recordID = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,99}$`)
	decimal  = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$`)
)

// checkActivity refuses a record whose fields cannot be, and writes its JSON fields in
// their one form. Whether a method can account it is asked elsewhere.
func checkActivity(x *record.Activity) error {
	fault := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", accounting.ErrRecord, fmt.Sprintf(format, args...))
	}
	if !recordID.MatchString(x.ID) {
		return fault("id %.100q; letters, digits and . _ : - , at most 100", x.ID)
	}
	if x.Kind == "" || len(x.Kind) > 200 || len(x.Carrier) > 200 {
		return fault("kind %.100q, carrier %.100q; a kind is needed, each at most 200 bytes", x.Kind, x.Carrier)
	}
	first, err := period.ParseDay(x.First)
	if err != nil {
		return fault("first: %v", err)
	}
	last, err := period.ParseDay(x.Last)
	if err != nil {
		return fault("last: %v", err)
	}
	if last < first || last-first >= maxDays {
		return fault("%s to %s; from the first to the last day, at most %d days", x.First, x.Last, maxDays)
	}
	if !decimal.MatchString(x.Amount) {
		return fault("amount %.40q; a decimal number from 0, at most 15 digits before and 9 after the point, without unit and separators", x.Amount)
	}
	if _, err := quantity.Parse(x.Unit); err != nil {
		return fault("%v", err)
	}
	if u, err := strconv.ParseFloat(x.Uncertainty, 64); x.Uncertainty != "" && (err != nil || !(u >= 0 && u <= 10)) {
		return fault("uncertainty %.40q; half the 95 %% interval as a share of the amount, 0 to 10", x.Uncertainty)
	}
	for _, text := range []string{x.Evidence, x.Note} {
		if len([]rune(text)) > maxWords {
			return fault("evidence or note of %d characters; at most %d", len([]rune(text)), maxWords)
		}
	}
	return checkValues(x)
}

// checkValues reads the given values and choices.
func checkValues(x *record.Activity) error {
	given, choose := map[string]accounting.Given{}, map[string]string{}
	for _, f := range []struct {
		text *string
		to   any
		name string
	}{{&x.Given, &given, "given"}, {&x.Choose, &choose, "choose"}} {
		if *f.text == "" {
			*f.text = "{}"
		}
		if err := json.Unmarshal([]byte(*f.text), f.to); err != nil {
			return fmt.Errorf("%w: %s: %w; write a JSON object by role", accounting.ErrRecord, f.name, err)
		}
		text, err := json.Marshal(f.to)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", accounting.ErrRecord, f.name, err)
		}
		*f.text = string(text)
	}
	if len(given) > maxRoles || len(choose) > maxRoles {
		return fmt.Errorf("%w: %d values given, %d chosen; at most %d of each", accounting.ErrRecord, len(given), len(choose), maxRoles)
	}
	return nil
}
