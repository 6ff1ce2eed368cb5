package inventory

import (
	"fmt"
	"slices"
)

// Engine is the version of the rules by which usage is traced, accounted and hashed.
// It changes whenever the same inputs would give other bytes; an inventory is
// recomputed by the engine that made it.
//
// This engine adds the intervals of each day, then the days: see Part.
const Engine = "3"

// The engines before added all intervals of the period one after the other. The first knew neither
// declared records nor inventories of one organization.
const (
	engineWhole    = "1"
	engineDeclared = "2"
)

// engines are those whose inventories this program recomputes to the last bit.
var engines = []string{engineWhole, engineDeclared, Engine}

// Recomputable says whether this program has the engine that made the inventory.
func (v *Inventory) Recomputable() bool { return slices.Contains(engines, v.Engine) }

// engine is what stands in the inventory for the engine asked for: of the two that add
// all intervals it is the one that knows what the inventory is made of.
func (v *Inventory) engine(asked string) string {
	switch {
	case asked == Engine:
		return Engine
	case len(v.Declared) > 0 || v.Organization != "":
		return engineDeclared
	}
	return engineWhole
}

// engine is the engine that inputs ask for.
func (in Inputs) engine() (string, error) {
	if in.Engine == "" {
		return Engine, nil
	}
	if !slices.Contains(engines, in.Engine) {
		return "", fmt.Errorf("%w: %q; it has %v", errEngine, in.Engine, engines)
	}
	return in.Engine, nil
}
