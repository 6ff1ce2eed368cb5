package mqtt

import "sync/atomic"

// tally is one thing that the door counts.
type tally int

const (
	messages           tally = iota // publishes that came, of every kind
	samplesIn                       // samples handed to admission
	acknowledged                    // publishes acknowledged after admission
	duplicateFlag                   // publishes that came with the DUP flag
	quiet                           // accepted and ignored: attributes, answers, connect and disconnect of sub-devices
	notNumeric                      // values that are no number: text, null, objects
	unknownAlias                    // Sparkplug metrics by an alias that no birth told
	rebirths                        // rebirths asked of Sparkplug nodes
	refusedPayload                  // malformed or oversized payloads
	refusedTopic                    // topics that are not the device's, or none that Lingtan knows
	refusedCredentials              // connections with wrong credentials
	refusedConnections              // connections over the limit
	refusedAdmission                // publishes that could not be admitted in time: not acknowledged
	slowReaders                     // connections cut off since they did not read
	refusedSamples                  // samples that admission refused one by one
	connections                     // open now
	tallies
)

var tallyNames = [tallies]string{
	"messages", "samples", "acknowledged", "duplicate_flag", "quiet", "not_numeric", "unknown_alias", "rebirths",
	"refused_payload", "refused_topic", "refused_credentials", "refused_connections", "refused_admission",
	"slow_readers", "refused_samples", "connections",
}

type counts struct{ n [tallies]atomic.Int64 }

func (c *counts) add(t tally, n int) { c.n[t].Add(int64(n)) }

func (c *counts) all() map[string]int64 {
	m := make(map[string]int64, tallies)
	for t := range tallies {
		m[tallyNames[t]] = c.n[t].Load()
	}
	return m
}
