package traced

import (
	"math"

	"lingtan/balance"
	"lingtan/flow/carbon"
)

// weight is what carbon.Port wants of output j of a conversion, so that outputs in different
// settle units divide its carbon by their energy: under a fixed ratio its share; else the
// inverse of what a settle unit counts, its energy in GJ times
//
//   - 1 by energy;
//   - the quality of its heat by exergy;
//   - 1 ÷ the efficiency of separate generation by the efficiency method.
//
// An only output takes all, whatever its unit.
func weight(w *balance.Network, v balance.Conversion, j int) float64 {
	allocation := v.Conversion.Allocation
	counts := v.EnergyOut[j]
	if len(v.Outputs) == 1 {
		return 1
	}
	for _, o := range v.Conversion.Outputs {
		if o.Edge != w.Edges[v.Outputs[j]].ID {
			continue
		}
		switch {
		case allocation == carbon.AllocateRatio && o.Share != nil:
			return *o.Share
		case allocation == carbon.AllocateEfficiency && o.Reference != nil:
			counts /= *o.Reference
		case allocation == carbon.AllocateExergy && o.Supply != nil && v.Conversion.Ambient != nil:
			back := *o.Supply
			if o.Return != nil {
				back = *o.Return
			}
			counts *= quality(*o.Supply, back, *v.Conversion.Ambient)
		}
	}
	return 1 / counts
}

// quality is the exergy of a unit of heat or cold that is given between two temperatures, °C:
// |1 − T₀/T| at the mean thermodynamic temperature T = (Tₛ−Tᵣ)/ln(Tₛ/Tᵣ), in K (EN 15316-4-5:2017,
// Carnot method; Kotas, The Exergy Method of Thermal Plant Analysis, 1985).
func quality(supply, back, ambient float64) float64 {
	const zero = 273.15
	mean := supply + zero
	if tr := back + zero; math.Abs(mean-tr) > 1e-9*mean {
		mean = (mean - tr) / math.Log(mean/tr)
	}
	return math.Abs(1 - (ambient+zero)/mean)
}
