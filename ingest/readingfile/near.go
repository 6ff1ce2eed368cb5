package readingfile

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean is `; did you mean "x"?` for the names that are near s, or nothing.
func didYouMean(s string, names []string) string {
	near := nearNames(s, names)
	if len(near) == 0 {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", strings.Join(near, " or "))
}

// nearNames are up to three of names, quoted, that differ from s by case, by
// being part of each other, or by up to a third of their letters; the nearest first.
func nearNames(s string, names []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	low := strings.ToLower(s)
	for _, name := range names[:min(len(names), 2000)] {
		other := strings.ToLower(name)
		far := distance([]rune(low), []rune(other))
		part := len(low) > 2 && len(other) > 2 && (strings.Contains(other, low) || strings.Contains(low, other))
		if part || far <= max(1, len([]rune(low))/3) {
			near = append(near, candidate{name, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.far - b.far })
	var out []string
	for _, c := range near[:min(len(near), 3)] {
		out = append(out, fmt.Sprintf("%q", c.name))
	}
	return out
}

// distance is the least number of letters put in, left out or exchanged that
// make b of a (Levenshtein 1966); words are cut at 64 letters.
func distance(a, b []rune) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
