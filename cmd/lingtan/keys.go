package main

import (
	"cmp"
	"maps"
	"slices"
)

// sortedKeys are a map's keys in their order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
