package profile

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"lingtan/meter"
	"lingtan/park"
	"lingtan/quantity"
)

// Limits of a profile.
const (
	maxValues = 2000
	maxText   = 500
)

// quantities are the words of a park file for what is measured, each with a unit that
// the unit of a value must convert to.
var quantities = map[string][]string{
	"active_energy": {"kWh"}, "active_energy_export": {"kWh"}, "thermal_energy": {"GJ"}, "fuel_energy": {"GJ"},
	"volume": {"m3", "Nm3"}, "mass": {"t"}, "reactive_energy_lagging": {"kvarh"}, "reactive_energy_leading": {"kvarh"},
	"apparent_energy": {"kVAh"}, "count": {"piece", "1"}, "active_power": {"kW"}, "thermal_power": {"kW"},
	"volume_flow": {"m3/h", "Nm3/h"}, "mass_flow": {"t/h"}, "reactive_power": {"kvar"}, "apparent_power": {"kVA"},
	"power_factor": {"1"}, "voltage": {"V"}, "current": {"A"}, "frequency": {"Hz"}, "temperature": {"degC"},
	"humidity": {"%"}, "pressure": {"kPa"}, "state_of_charge": {"%"}, "irradiance": {"W/m2"}, "wind_speed": {"m/s"},
	"status": {"1"},
}

var (
	protocols = []string{"modbus", "dlt645", "cjt188"}
	functions = []string{"holding", "input", "coil", "discrete"}
	orders    = []string{"", "ABCD", "CDAB", "BADC", "DCBA"}

	idSyntax   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,63}$`)
	nameSyntax = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	dltSyntax  = regexp.MustCompile(`^[0-9A-F]{8}$`)
	cjtSyntax  = regexp.MustCompile(`^[0-9A-F]{4}$`)
)

// check is one pass over a profile.
type check struct {
	root   ast.Node
	faults Faults
}

func (c *check) fault(at, zh, en string) {
	if len(c.faults) >= maxFaults {
		return
	}
	line, column := c.locate(at)
	c.faults = append(c.faults, Fault{Line: line, Column: column, Path: at, Message: park.Name{ZH: zh, EN: en}})
}

// locate finds a path in the text, or the nearest place above it.
func (c *check) locate(at string) (line, column int) {
	for {
		path, err := yaml.PathString("$." + at)
		if err == nil && at != "" {
			if n, err := path.FilterNode(c.root); err == nil && n != nil && n.GetToken() != nil {
				return n.GetToken().Position.Line, n.GetToken().Position.Column
			}
		}
		i := strings.LastIndexAny(at, ".[")
		if i < 0 {
			return 1, 1
		}
		at = at[:i]
	}
}

func (c *check) word(at, word string, words []string) {
	if !slices.Contains(words, word) {
		list := strings.Join(words, ", ")
		c.fault(at, "「"+clip(word)+"」不可用；可用："+list, fmt.Sprintf("%q is not known; one of: %s", clip(word), list))
	}
}

func (c *check) text(at, s string) {
	if n := utf8.RuneCountInString(s); n == 0 || n > maxText {
		c.fault(at, "请填写，至多 500 字", "must be filled in, at most 500 characters")
	}
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

func (c *check) profile(p *Profile) {
	if p.Format != Format {
		c.fault("format", "格式应为 "+Format, "the format must be "+Format)
	}
	if !idSyntax.MatchString(p.ID) {
		c.fault("id", "标识应为 2 至 64 个小写字母、数字、连字符", "must be 2 to 64 lower-case letters, digits and hyphens")
	}
	c.word("kind", p.Kind, Kinds)
	c.word("protocol", p.Protocol, protocols)
	c.text("maker", p.Maker)
	c.text("model", p.Model)
	c.text("name", p.Name.In("en"))
	c.sources(p.Source)
	if d, err := time.ParseDuration(p.Interval); p.Interval != "" && (err != nil || d < time.Second/10 || d > 24*time.Hour) {
		c.fault("interval", "间隔应在 100ms 至 24h 之间，如 10s", "must lie between 100ms and 24h, such as 10s")
	}
	if p.Options.Block < 0 || p.Options.Block > 125 || p.Options.Gap < -1 || p.Options.Gap > 124 {
		c.fault("options", "block 应为 0 至 125，gap 应为 −1 至 124", "block must be 0 to 125, gap −1 to 124")
	}
	c.identity(p.Identity)
	if len(p.Values) == 0 || len(p.Values) > maxValues || len(p.Writes) > maxValues {
		c.fault("values", "应有 1 至 2000 个量", "there must be 1 to 2000 values")
		return
	}
	seen := make(map[string]bool)
	for i := range p.Values {
		c.value(fmt.Sprintf("values[%d]", i), &p.Values[i], p.Protocol, seen)
	}
	clear(seen)
	for i := range p.Writes {
		c.write(fmt.Sprintf("writes[%d]", i), &p.Writes[i], p.Protocol, seen)
	}
}

func (c *check) sources(list []Source) {
	if len(list) == 0 {
		c.fault("source", "每个档案都须注明出处", "every profile names where its registers are written down")
	}
	for i, s := range list {
		at := fmt.Sprintf("source[%d]", i)
		c.text(at+".title", s.Title)
		c.text(at+".where", s.Where)
		if _, err := time.Parse(time.DateOnly, s.Seen); err != nil {
			c.fault(at+".seen", "应为日期 YYYY-MM-DD", "must be a day, YYYY-MM-DD")
		}
	}
}

func (c *check) identity(id *Identity) {
	switch {
	case id == nil:
	case id.Modbus == nil || (len(id.Equals) == 0) == (id.Text == "") || len(id.Text) > 60:
		c.fault("identity", "应写 modbus，并在 equals 与 text（至多 60 字节）中择一", "needs modbus and one of equals and text (at most 60 bytes)")
	default:
		if id.Text != "" && id.Modbus.Type == "" {
			id.Modbus.Type = "uint16" // of a text only the place counts
		}
		c.modbus("identity.modbus", id.Modbus)
	}
}

func (c *check) named(at, name string, seen map[string]bool) {
	if !nameSyntax.MatchString(name) {
		c.fault(at+".name", "应为小写字母、数字、下划线，至多 40 个", "must be lower-case letters, digits and underscores, at most 40")
	}
	if seen[name] {
		c.fault(at+".name", "名称「"+clip(name)+"」已用过", fmt.Sprintf("%q is used twice", clip(name)))
	}
	seen[name] = true
}

func (c *check) value(at string, v *Value, protocol string, seen map[string]bool) {
	c.named(at, v.Name, seen)
	units, known := quantities[v.Quantity]
	if !known {
		c.fault(at+".quantity", "未知的量「"+clip(v.Quantity)+"」；见 docs/formats/park.md", fmt.Sprintf("%q is no quantity of a park file; see docs/formats/park.md", clip(v.Quantity)))
	}
	if !slices.Contains(meter.Kinds, v.Kind) {
		c.fault(at+".kind", "应为 counter、amount、mean_power、power 或 state", "must be counter, amount, mean_power, power or state")
	}
	u, err := quantity.Parse(v.Unit)
	if err != nil {
		c.fault(at+".unit", "未知的单位「"+clip(v.Unit)+"」", fmt.Sprintf("%q is not a unit", clip(v.Unit)))
	} else if known && !slices.ContainsFunc(units, func(s string) bool { return u.Compatible(quantity.MustParse(s)) }) {
		c.fault(at+".unit", "单位与量不符；应可换算为 "+units[0], fmt.Sprintf("the unit does not fit %s; it must convert to %s", v.Quantity, units[0]))
	}
	if v.Digits < 0 || v.Digits > 15 || v.Digits > 0 && v.Kind != meter.Counter {
		c.fault(at+".digits", "位数为 0 至 15，仅用于 counter", "0 to 15, and of counters only")
	}
	c.place(at, v, protocol)
}

// place checks that a value stands where its protocol can find it, and nowhere else.
func (c *check) place(at string, v *Value, protocol string) {
	found := []bool{v.Modbus != nil, v.SunSpec != nil, v.DLT645 != nil, v.CJT188 != nil}
	count := 0
	for _, f := range found {
		if f {
			count++
		}
	}
	right := map[string]bool{"modbus": found[0] || found[1], "dlt645": found[2], "cjt188": found[3]}[protocol]
	if count != 1 || !right {
		c.fault(at, "每个量须恰有一处寄存器，且属于协议 "+clip(protocol), fmt.Sprintf("a value needs exactly one place, of protocol %q (modbus takes modbus or sunspec)", clip(protocol)))
		return
	}
	switch {
	case v.Modbus != nil:
		c.modbus(at+".modbus", v.Modbus)
	case v.SunSpec != nil:
		c.sunspec(at+".sunspec", v.SunSpec)
	case v.DLT645 != nil:
		d := v.DLT645
		if !dltSyntax.MatchString(d.DI) || d.Part < 0 || d.Part > 100 || d.Bytes < 1 || d.Bytes > 8 || d.Decimals < 0 || d.Decimals > 8 {
			c.fault(at+".dlt645", "di 为 8 位十六进制（大写），bytes 1 至 8，decimals 0 至 8", "di is 8 upper-case hexadecimal digits, bytes 1 to 8, decimals 0 to 8")
		}
	case v.CJT188 != nil:
		d := v.CJT188
		if !cjtSyntax.MatchString(d.DI) || d.Offset < 0 || d.Offset > 200 || d.Bytes < 1 || d.Bytes > 8 || d.Decimals < 0 || d.Decimals > 8 || d.UnitAt < 0 || d.UnitAt > 200 {
			c.fault(at+".cjt188", "di 为 4 位十六进制（大写），offset 0 至 200，bytes 1 至 8", "di is 4 upper-case hexadecimal digits, offset 0 to 200, bytes 1 to 8")
		}
	}
}

func (c *check) modbus(at string, m *Modbus) {
	c.word(at+".function", m.Function, functions)
	if m.Bits() && m.Type != "" && m.Type != "bit" {
		c.fault(at+".type", "线圈与离散输入不写 type", "coils and discrete inputs have no type")
	}
	if m.Bits() && m.Type == "" {
		m.Type = "bit"
	}
	width := m.Width()
	if width == 0 {
		c.fault(at+".type", "未知的类型「"+clip(m.Type)+"」", fmt.Sprintf("%q is no register type; uint16, int16, uint32, int32, uint64, int64, float32, float64, bcd16, bcd32, bcd64 or bit", clip(m.Type)))
	}
	if m.Register < 0 || m.Register+max(width, 1) > 65536 {
		c.fault(at+".register", "寄存器地址应在 0 至 65535 之内（线上地址，从 0 起）", "must lie within 0 and 65535 (address on the wire, from 0)")
	}
	c.word(at+".order", m.Order, orders)
	if bad(m.Scale) || bad(m.Offset) {
		c.fault(at, "scale 与 offset 应为有限的数", "scale and offset must be finite numbers")
	}
	if m.Bit < 0 || m.Bit > 15 || m.Bit > 0 && (m.Type != "bit" || m.Bits()) {
		c.fault(at+".bit", "应为 0 至 15，仅用于类型 bit", "0 to 15, and of type bit only")
	}
	if len(m.Invalid) > 16 {
		c.fault(at+".invalid", "至多 16 个", "at most 16")
	}
	for i, s := range m.Invalid {
		if _, err := pattern(s); err != nil {
			c.fault(fmt.Sprintf("%s.invalid[%d]", at, i), "应为十六进制位型，如 \"0xFFFF\"", `must be a bit pattern such as "0xFFFF"`)
		}
	}
}

func (c *check) sunspec(at string, s *SunSpec) {
	if len(s.Model) == 0 || len(s.Model) > 20 || slices.ContainsFunc(s.Model, func(n int) bool { return n < 1 || n > 65534 }) {
		c.fault(at+".model", "应有 1 至 20 个模型号，各在 1 至 65534", "needs 1 to 20 model numbers, each 1 to 65534")
	}
	if _, ok := sunspecTypes[s.Type]; !ok {
		c.fault(at+".type", "未知的 SunSpec 类型「"+clip(s.Type)+"」", fmt.Sprintf("%q is no SunSpec type known here", clip(s.Type)))
	}
	c.text(at+".point", s.Point)
	if s.At < 2 || s.At > 1000 || s.ScaleAt < 0 || s.ScaleAt > 1000 || s.ScaleAt == 1 || (s.ScaleAt > 0) != (s.ScalePoint != "") || bad(s.Scale) {
		c.fault(at, "at 与 scale_at 从模型起点数，2 至 1000；scale_at 与 scale_point 同时写", "at and scale_at count from the beginning of the model, 2 to 1000; scale_at and scale_point come together")
	}
}

func (c *check) write(at string, w *Write, protocol string, seen map[string]bool) {
	c.named(at, w.Name, seen)
	if _, err := quantity.Parse(w.Unit); err != nil {
		c.fault(at+".unit", "未知的单位", fmt.Sprintf("%q is not a unit", clip(w.Unit)))
	}
	if bad(w.Min) || bad(w.Max) || w.Min > w.Max {
		c.fault(at, "min 不得大于 max，均为有限的数", "min must not be above max, both finite")
	}
	if protocol != "modbus" || w.Modbus == nil {
		c.fault(at, "目前只有 modbus 可写", "only modbus can be written; give its register")
		return
	}
	c.modbus(at+".modbus", w.Modbus)
	if f := w.Modbus.Function; f != "holding" && f != "coil" || f == "holding" && w.Modbus.Type == "bit" {
		c.fault(at+".modbus.function", "可写的是 holding（整个寄存器）与 coil", "what can be written is a whole holding register or a coil")
	}
}

func bad(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
