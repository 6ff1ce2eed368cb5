package modbus

import (
	"cmp"
	"math"
	"slices"
	"time"

	"lingtan/connector/profile"
)

// absentFor is how long a register that the device does not have is not asked again.
const absentFor = 10 * time.Minute

// item is a value with its registers.
type item struct {
	value *profile.Value
	reg   profile.Modbus
	scale *profile.Modbus // of SunSpec: the register of the power of ten
}

// part is the registers of one number: function, first register, how many.
type part struct {
	function     string
	first, width int
}

func partOf(m profile.Modbus) part { return part{m.Function, m.Register, m.Width()} }

// block is one request and the parts that it answers.
type block struct {
	function     string
	first, count int
	parts        []part
	absent       time.Time // not asked before: the device does not have it
	refusal      error     // what it said
	wire         []byte    // the answer of this poll; nil when there was none
}

// plan is how the values of a device are read: as few requests as its limits allow.
type plan struct {
	items  []item
	blocks []block
}

// newPlan merges registers of one function that lie next to each other, or no more
// than gap registers apart, into requests of at most most registers.
func newPlan(items []item, gap, most int) *plan {
	var parts []part
	for _, it := range items {
		parts = append(parts, partOf(it.reg))
		if it.scale != nil {
			parts = append(parts, partOf(*it.scale))
		}
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.function, b.function), cmp.Compare(a.first, b.first), cmp.Compare(a.width, b.width))
	})
	parts = slices.Compact(parts)
	p := &plan{items: items}
	for _, one := range parts {
		if n := len(p.blocks); n == 0 || !p.blocks[n-1].take(one, gap, most) {
			p.blocks = append(p.blocks, blockOf([]part{one}))
		}
	}
	return p
}

// take adds a part that begins at or after the block's last one, when it fits.
func (b *block) take(one part, gap, most int) bool {
	if one.function == "coil" || one.function == "discrete" {
		most = max(most, mostBits)
	}
	end := max(b.first+b.count, one.first+one.width)
	if one.function != b.function || one.first > b.first+b.count+gap || end-b.first > most {
		return false
	}
	b.parts, b.count = append(b.parts, one), end-b.first
	return true
}

func blockOf(parts []part) block {
	b := block{function: parts[0].function, first: parts[0].first, parts: parts}
	for _, one := range parts {
		b.count = max(b.count, one.first+one.width-b.first)
	}
	return b
}

// split cuts a block that the device refused in two; false when it is one part only.
func (p *plan) split(i int) bool {
	b := p.blocks[i]
	if len(b.parts) < 2 {
		return false
	}
	half := len(b.parts) / 2
	p.blocks = slices.Replace(p.blocks, i, i+1, blockOf(slices.Clone(b.parts[:half])), blockOf(slices.Clone(b.parts[half:])))
	return true
}

// wire is what was read of a register in this poll; nil when it was not.
func (p *plan) wire(m profile.Modbus) []byte {
	for i := range p.blocks {
		b := &p.blocks[i]
		if b.wire == nil || b.function != m.Function || m.Register < b.first || m.Register+m.Width() > b.first+b.count {
			continue
		}
		return b.wire[2*(m.Register-b.first):][:2*m.Width()]
	}
	return nil
}

// number is the value of an item; ok says whether its registers were read at all.
// The error wraps profile.ErrNoValue when they hold no number.
func (p *plan) number(it item) (v float64, ok bool, err error) {
	wire := p.wire(it.reg)
	if wire == nil {
		return 0, false, nil
	}
	if v, err = it.reg.Decode(wire); err != nil || it.scale == nil {
		return v, true, err
	}
	if wire = p.wire(*it.scale); wire == nil {
		return 0, false, nil
	}
	power, err := it.scale.Decode(wire)
	if err != nil || math.Abs(power) > 10 { // SunSpec: −10 to 10
		return 0, true, profile.ErrNoValue
	}
	if power < 0 {
		return v / math.Pow10(int(-power)), true, nil // a quotient is nearer to the decimal than a product
	}
	return v * math.Pow10(int(power)), true, nil
}
