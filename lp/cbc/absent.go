//go:build !cbc || !cgo

package cbc

import (
	"fmt"

	"lingtan/lp"
)

// New says that this build is without CBC.
func New() (lp.Solver, error) {
	return nil, fmt.Errorf("CBC: %w; install coinor-libcbc-dev and build with make build, or with -tags cbc", lp.ErrAbsent)
}
