package series

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lingtan/usage"
)

// maxFindings is the most findings of one call, and of one answer.
const maxFindings = 1 << 20

// maxProse is the longest free text of a finding or an edit, in bytes.
const maxProse = 4096

// PutFindings stores what a settlement of keys over [from, to) found, in place of
// every earlier finding of these keys that begins in that span. findings must be of
// these keys and begin there; a finding that began before the span stays.
func (s *Store) PutFindings(ctx context.Context, park string, keys []string, from, to int64, findings []usage.Finding) error {
	if len(findings) > maxFindings {
		return fmt.Errorf("%w: %d findings; give at most %d at a time", ErrInput, len(findings), maxFindings)
	}
	return s.transact(ctx, func(recorded int64) (func(), error) {
		l, err := s.learn(park, keys)
		if err != nil {
			return nil, err
		}
		ids := make(map[string]uint32, len(keys))
		for i, k := range keys {
			ids[k] = l.ids[i]
		}
		for _, f := range findings {
			if err := checkFinding(f, ids, from, to); err != nil {
				return nil, err
			}
		}
		for _, id := range ids {
			err := s.writer.exec(ctx, "DELETE FROM findings WHERE series = $1 AND from_at >= $2 AND from_at < $3", id, from, to)
			if err != nil {
				return nil, err
			}
		}
		return func() { s.publish(l) }, s.writeFindings(findings, ids, recorded)
	})
}

func checkFinding(f usage.Finding, ids map[string]uint32, from, to int64) error {
	_, ok := ids[f.Key]
	switch {
	case !ok:
		return fmt.Errorf("%w: a finding of register %s, which is not among those settled", ErrInput, f.Key)
	case f.From < from || f.From >= to:
		return fmt.Errorf("%w: finding %s of %s begins at %d, outside of the settled span", ErrInput, f.Rule, f.Key, f.From)
	case max(len(f.Rule), len(f.Treatment), len(f.Detail)) > maxProse:
		return fmt.Errorf("%w: finding %s of %s has a text of more than %d bytes", ErrInput, f.Rule, f.Key, maxProse)
	}
	return nil
}

func (s *Store) writeFindings(findings []usage.Finding, ids map[string]uint32, recorded int64) error {
	return s.writer.write("findings", len(findings), func(c chunk, at int) error {
		id, from, to, count := column[uint32](c, 0), column[int64](c, 1), column[int64](c, 2), column[int64](c, 4)
		value, bound, when := column[float64](c, 5), column[float64](c, 6), column[int64](c, 9)
		for i, f := range findings[at : at+c.rows] {
			id[i], from[i], to[i], count[i] = ids[f.Key], f.From, f.To, int64(f.Count)
			value[i], bound[i], when[i] = f.Value, f.Limit, recorded
			c.setText(3, i, f.Rule)
			c.setText(7, i, f.Treatment)
			c.setText(8, i, f.Detail)
		}
		return nil
	})
}

// FindingFilter narrows a question for findings; the zero value asks for all.
type FindingFilter struct {
	Keys     []string // empty: all of the park
	Rules    []string // empty: every rule
	From, To int64    // findings that touch [From, To), Unix milliseconds; To 0 = no end
	Limit    int      // at most this many, the earliest first; 0 = 1,048,576
}

// Findings is what was found at the park's registers, by From, key and rule.
func (s *Store) Findings(ctx context.Context, park string, filter FindingFilter) ([]usage.Finding, error) {
	wanted, err := s.words.resolve(park, filter.Keys)
	if err != nil {
		return nil, err
	}
	ids := knownIDs(wanted)
	if len(ids) == 0 {
		return nil, nil
	}
	if filter.To == 0 {
		filter.To = math.MaxInt64
	}
	if filter.From == 0 {
		filter.From = math.MinInt64
	}
	var out []usage.Finding
	err = s.snapshot(ctx, func(c *connection) error {
		return c.run(ctx, `SELECT series, from_at, to_at, rule, count, value, bound, treatment, detail FROM findings
			WHERE from_at < $1 AND (to_at > $2 OR from_at >= $2)`, []any{filter.To, filter.From}, func(part chunk) error {
			out = s.gatherFindings(out, part, ids, filter.Rules)
			return nil
		})
	})
	slices.SortStableFunc(out, func(a, b usage.Finding) int {
		if c := compareTime(a.From, b.From); c != 0 {
			return c
		}
		return compareText(a.Key+"\x00"+a.Rule, b.Key+"\x00"+b.Rule)
	})
	if filter.Limit <= 0 || filter.Limit > maxFindings {
		filter.Limit = maxFindings
	}
	return out[:min(len(out), filter.Limit)], err
}

// FindingCounts counts the findings that Findings would list, by rule and treatment
// in their order; Rules and Limit of the filter play no part.
func (s *Store) FindingCounts(ctx context.Context, park string, filter FindingFilter) ([]usage.FindingCount, error) {
	wanted, err := s.words.resolve(park, filter.Keys)
	if err != nil {
		return nil, err
	}
	ids := knownIDs(wanted)
	if filter.To == 0 {
		filter.To = math.MaxInt64
	}
	if filter.From == 0 {
		filter.From = math.MinInt64
	}
	var out []usage.FindingCount
	err = s.snapshot(ctx, func(c *connection) error {
		return c.run(ctx, `SELECT rule, treatment, series, count(*) FROM findings
			WHERE from_at < $1 AND (to_at > $2 OR from_at >= $2) GROUP BY rule, treatment, series ORDER BY rule, treatment, series`,
			[]any{filter.To, filter.From}, func(part chunk) error {
				out = countFindings(out, part, ids)
				return nil
			})
	})
	return out, err
}

func countFindings(out []usage.FindingCount, part chunk, ids map[uint32]bool) []usage.FindingCount {
	rule, treatment, count := texts(part, 0), texts(part, 1), column[int64](part, 3)
	for i, id := range column[uint32](part, 2) {
		if !ids[id] {
			continue
		}
		n := len(out)
		if n == 0 || out[n-1].Rule != string(rule[i].bytes()) || out[n-1].Treatment != string(treatment[i].bytes()) {
			out = append(out, usage.FindingCount{Rule: string(rule[i].bytes()), Treatment: string(treatment[i].bytes())})
			n++
		}
		out[n-1].Findings += int(count[i])
		out[n-1].Registers++
	}
	return out
}

func (s *Store) gatherFindings(out []usage.Finding, part chunk, ids map[uint32]bool, rules []string) []usage.Finding {
	from, to, rule, count := column[int64](part, 1), column[int64](part, 2), texts(part, 3), column[int64](part, 4)
	value, bound := column[float64](part, 5), column[float64](part, 6)
	treatment, detail := texts(part, 7), texts(part, 8)
	for i, id := range column[uint32](part, 0) {
		if !ids[id] || len(rules) > 0 && !slices.Contains(rules, string(rule[i].bytes())) {
			continue
		}
		out = append(out, usage.Finding{Key: s.words.key(id), Rule: string(rule[i].bytes()), From: from[i], To: to[i],
			Count: int(count[i]), Value: value[i], Limit: bound[i],
			Treatment: string(treatment[i].bytes()), Detail: string(detail[i].bytes())})
	}
	return out
}

// knownIDs is the numbers of the registers that the store knows.
func knownIDs(wanted []named) map[uint32]bool {
	ids := make(map[uint32]bool, len(wanted))
	for _, w := range wanted {
		if w.known {
			ids[w.id] = true
		}
	}
	return ids
}
