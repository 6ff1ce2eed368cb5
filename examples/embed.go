// Package examples holds the park files that a user can start from; the demo park
// and its real readings are part of the binary.
package examples

import "embed"

// Demo is the demo park: demo/park.yaml, demo/mapping/*.yaml, demo/data/*.csv.gz.
//
//go:embed demo
var Demo embed.FS

// Dispatch is a day of a published park to plan, in the format of dispatch files.
//
//go:embed dispatch/park-day-ahead.json
var Dispatch []byte
