package rating

import (
	"fmt"

	"lingtan/factor"
	"lingtan/park"
)

// Product is a product or process with its energy and output in the period.
type Product struct {
	ID        string    `json:"id"`
	Name      park.Name `json:"name"`
	Benchmark string    `json:"benchmark,omitempty"` // item of 发改产业〔2023〕723号 in the library: coke_stamp, bf, bof
	Energy    float64   `json:"energy"`              // tce; below 0 where a process recovers more than it takes
	Output    float64   `json:"output"`              // t
	From      []string  `json:"from"`
}

// ProductValue is a product's specific energy beside its benchmark and baseline.
type ProductValue struct {
	Product  Product  `json:"product"`
	Specific *float64 `json:"specific" nullable:"true"` // kgce/t
	Class    string   `json:"class"`                    // benchmark, between, below_baseline; empty = not held against any
	Levels   []Held   `json:"levels" nullable:"false"`
	// Saving is the energy in tce that reaching the benchmark would save at the same output.
	Saving *float64 `json:"savingToBenchmark,omitempty"`
	Faults []Fault  `json:"faults" nullable:"false"`
}

// product computes specific energy = 1000 · energy ÷ output, kgce/t, and holds it against
// the benchmark (标杆) and baseline (基准) of 发改产业〔2023〕723号.
func (e evaluator) product(p Product) (ProductValue, error) {
	v := ProductValue{Product: p, Levels: []Held{}, Faults: []Fault{}}
	if p.Output == 0 {
		v.Faults = append(v.Faults, Fault{Kind: "zero", Place: "products." + p.ID + ".output", ZH: "产品 " + p.ID + " 的产量为零，单位能耗无法计算", EN: "product " + p.ID + " has no output, so no specific energy"})
	} else {
		s := 1000 * p.Energy / p.Output
		v.Specific = &s
	}
	for _, l := range []struct {
		kind, parameter string
		name            park.Name
	}{{"benchmark", "advanced", park.Name{ZH: "标杆水平", EN: "benchmark level"}}, {"baseline", "baseline", park.Name{ZH: "基准水平", EN: "baseline level"}}} {
		id := "bench.723." + p.Benchmark + "." + l.parameter
		f, ok, err := e.benchmark(id)
		if err != nil {
			return v, err
		}
		if p.Benchmark == "" || !ok {
			v.Faults = append(v.Faults, Fault{Kind: "level", Place: "products." + p.ID + "." + l.kind, ZH: fmt.Sprintf("产品 %s 没有可用的%s（品目 %q）；因子库只收有出处的限值", p.ID, l.name.ZH, p.Benchmark),
				EN: fmt.Sprintf("no %s for product %s (item %q); the library holds sourced levels alone", l.name.EN, p.ID, p.Benchmark)})
			continue
		}
		v.hold(l.kind, l.name, f)
	}
	v.classify()
	return v, nil
}

func (v *ProductValue) hold(kind string, name park.Name, f factor.Factor) {
	h := Held{Kind: kind, Name: name, Value: f.Value, Factor: f.Ref(), Source: f.Source, Grade: f.Grade, Region: f.Region, Applies: true}
	if v.Specific != nil {
		gap := *v.Specific - f.Value
		met := gap <= 0
		h.Met = &met
		if !met {
			h.Gap = &gap
		}
	}
	v.Levels = append(v.Levels, h)
}

// classify says where the product stands among its two levels.
func (v *ProductValue) classify() {
	if v.Specific == nil || len(v.Levels) != 2 {
		return
	}
	switch {
	case *v.Levels[0].Met:
		v.Class = "benchmark"
		return
	case *v.Levels[1].Met:
		v.Class = "between"
	default:
		v.Class = "below_baseline"
	}
	save := *v.Levels[0].Gap * v.Product.Output / 1000
	v.Saving = &save
}
