package dispatch

import (
	"maps"
	"slices"
)

// sorted are the keys of a map in order, so that the same problem makes the same program.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
