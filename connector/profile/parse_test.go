package profile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small is a sound profile of one value.
func small(id string) string {
	return `format: lingtan.profile/v1
id: ` + id + `
kind: power_meter
maker: m
model: x
name: {en: a meter}
protocol: modbus
source:
  - {title: t, where: w, seen: "2026-11-22"}
values:
  - {name: v, quantity: voltage, kind: state, unit: V, modbus: {function: input, register: 0, type: float32}}
`
}

func TestSmallestProfile(t *testing.T) {
	p, err := Parse([]byte(small("x1")))
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Value("v"); v == nil || v.Modbus.Width() != 2 || p.Value("w") != nil || p.Write("v") != nil {
		t.Errorf("profile %+v", p)
	}
}

// Each fault is told with its place and what would be right.
func TestFaults(t *testing.T) {
	fault := func(old, changed, at, says string) {
		t.Helper()
		text := strings.Replace(small("x1"), old, changed, 1)
		if text == small("x1") {
			t.Fatalf("%q is not in the profile", old)
		}
		_, err := Parse([]byte(text))
		var f Faults
		if !errors.As(err, &f) {
			t.Errorf("%q: no faults: %v", changed, err)
			return
		}
		if got := err.Error(); !strings.Contains(got, at) || !strings.Contains(got, says) {
			t.Errorf("%q: %s\nwant %q and %q", changed, got, at, says)
		}
		if f[0].Message.ZH == "" || f[0].Line < 1 || f[0].Column < 1 {
			t.Errorf("%q: fault %+v needs Chinese, line and column", changed, f[0])
		}
	}
	const value = "quantity: voltage, kind: state, unit: V, modbus: {function: input, register: 0, type: float32}"
	fault("lingtan.profile/v1", "lingtan.profile/v9", "1:9 format", "must be lingtan.profile/v1")
	fault("id: x1", "id: X_1", "2:5 id", "lower-case")
	fault("power_meter", "toaster", "3:7 kind", "one of: power_meter")
	fault("protocol: modbus", "protocol: x25", "protocol", "one of: modbus")
	fault("{en: a meter}", "{en: \"\"}", "name", "filled in")
	fault("source:\n  - {title: t, where: w, seen: \"2026-11-22\"}\n", "", "source", "where its registers are written down")
	fault("\"2026-11-22\"", "yesterday", "9:32 source[0].seen", "YYYY-MM-DD")
	fault("where: w", "where: \"\"", "source[0].where", "filled in")
	fault("maker: m", "maker: m\nserial: 5", "5:1", "unknown field")
	fault("maker: m", "maker: m\nmaker: n", "5:1", "already defined")
	fault("voltage", "tension", "values[0].quantity", "no quantity of a park file")
	fault("kind: state", "kind: wild", "values[0].kind", "counter, amount")
	fault("unit: V", "unit: kWh", "11:53 values[0].unit", "does not fit voltage")
	fault("unit: V", "unit: blorp", "values[0].unit", "not a unit")
	fault("unit: V", "unit: V, digits: 5", "values[0].digits", "counters only")
	fault("name: v,", "name: V-1,", "values[0].name", "underscores")
	fault("function: input", "function: output", "values[0].modbus.function", "holding")
	fault("register: 0", "register: 65535", "values[0].modbus.register", "within 0 and 65535")
	fault("register: 0", "register: -1", "values[0].modbus.register", "within 0 and 65535")
	fault("type: float32", "type: float33", "values[0].modbus.type", "no register type")
	fault("type: float32", "type: float32, order: ACDB", "values[0].modbus.order", "ABCD")
	fault("type: float32", "type: float32, bit: 3", "values[0].modbus.bit", "type bit only")
	fault("type: float32", "type: float32, scale: .inf", "values[0].modbus", "finite")
	fault("type: float32", "type: float32, invalid: [\"none\"]", "values[0].modbus.invalid[0]", "0xFFFF")
	fault("type: float32", "type: float32}, dlt645: {di: \"00010000\", bytes: 4", "values[0]", "exactly one place")
	fault(", modbus: {function: input, register: 0, type: float32}", "", "values[0]", "exactly one place")
	fault("modbus: {function: input, register: 0, type: float32}", "sunspec: {model: [], point: V, at: 1, type: u8}", "values[0].sunspec.type", "no SunSpec type")
	fault(value+"}", value+"}\n  - {name: v, "+value+"}", "12:12 values[1].name", "used twice")
	fault("values:", "interval: 1us\nvalues:", "interval", "between 100ms and 24h")
	fault("values:", "options: {block: 200}\nvalues:", "options", "block must be")
	fault("values:", "identity: {text: abc}\nvalues:", "identity", "needs modbus")
	fault("values:", "writes:\n  - {name: s, unit: \"%\", min: 5, max: 1, modbus: {function: holding, register: 0, type: uint16}}\nvalues:", "writes[0]", "min must not be above max")
	fault("values:", "writes:\n  - {name: s, unit: \"%\", min: 0, max: 1, modbus: {function: input, register: 0, type: uint16}}\nvalues:", "writes[0].modbus.function", "can be written")
	fault("values:", "note: &a {en: x}\nvalues:", "10:7", "anchors")
	fault("register: 0", "register: zero", "11:", "cannot unmarshal")
}

func TestOtherProtocols(t *testing.T) {
	sound := func(protocol, place string) {
		t.Helper()
		text := strings.Replace(small("x1"), "protocol: modbus", "protocol: "+protocol, 1)
		text = strings.Replace(text, "modbus: {function: input, register: 0, type: float32}", place, 1)
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
	sound("dlt645", `dlt645: {di: "02010100", bytes: 2, decimals: 1}`)
	sound("cjt188", `cjt188: {di: "901F", offset: 0, bytes: 4, decimals: 2, unit_at: 4}`)
	sound("modbus", "sunspec: {model: [101], point: PhVphA, at: 10, type: uint16, scale_at: 13, scale_point: V_SF}")
}

func TestHostileFiles(t *testing.T) {
	refused := func(text, says string) {
		t.Helper()
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: error %v; want %q", text, err, says)
		}
	}
	refused("", "exactly one")
	refused("a: 1\n---\nb: 2\n", "exactly one")
	refused("[1, 2]", "mapping")
	refused("text", "mapping")
	refused("\xff\xfe", "UTF-8")
	refused(strings.Repeat("[", 100000), "nested too deep")
	refused(strings.Repeat("- ", 1000), "nested too deep")
	refused(strings.Repeat(" ", MaxSize+1), "larger than")
	refused("a: *b", "anchors")
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("*.yaml")
	if err != nil || len(names) == 0 {
		f.Fatal(err)
	}
	for _, name := range names[:6] {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(small("x1")))
	f.Add([]byte("values: [{modbus: {register: 1e99}}]"))
	f.Add([]byte("{format: lingtan.profile/v1, id: 0x5, values: [[]]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		var faults Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("error %T is no Faults: %v", err, err)
		}
		if (p == nil) == (err == nil) {
			t.Fatalf("profile %v, error %v", p, err)
		}
		for _, one := range faults {
			if one.Line < 1 || one.Column < 1 || one.Message.EN == "" || one.Message.ZH == "" {
				t.Fatalf("fault %+v", one)
			}
		}
	})
}

// The example of the documentation is a sound profile.
func TestDocumentedExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/profile.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no example")
	}
	p, err := Parse([]byte(example))
	if err != nil || len(p.Values) != 2 || p.Values[1].Modbus.Scale != 0.01 {
		t.Errorf("%+v: %v", p, err)
	}
	for _, kind := range Kinds {
		if !strings.Contains(string(page), "`"+kind+"`") {
			t.Errorf("kind %s is not documented", kind)
		}
	}
}
