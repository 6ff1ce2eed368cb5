package stream

import (
	"fmt"
	"slices"
	"time"
)

// spread is the number, median, 99th percentile and maximum of durations.
func spread(d []time.Duration) string {
	if len(d) == 0 {
		return "none"
	}
	d = slices.Clone(d)
	slices.Sort(d)
	at := func(p float64) time.Duration { return d[int(p*float64(len(d)-1))].Round(10 * time.Microsecond) }
	return fmt.Sprintf("%d, p50 %v, p99 %v, longest %v", len(d), at(0.5), at(0.99), at(1))
}
