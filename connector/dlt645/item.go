package dlt645

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lingtan/connector"
)

// Item is a data identifier that can be read: one value, or a block of equal ones.
type Item struct {
	DI       uint32   // DI3 DI2 DI1 DI0
	Names    []string // of the values, in the order of the answer
	Bytes    int      // of each value, BCD
	Decimals int
	Signed   bool // the top bit is the sign
	Unit     string
	Unsure   string // what of it is to be confirmed (待核实); empty when seen in two public sources
}

func (i Item) name() string { return fmt.Sprintf("%08X", i.DI) }

// items are the identifiers known by name. The sources are in README.md.
var items = []Item{
	{0x00000000, []string{"energy.combined"}, 4, 2, true, "kWh", "sign 符号位"},
	{0x00010000, []string{"energy.forward"}, 4, 2, false, "kWh", ""},
	{0x00010100, []string{"energy.forward.t1"}, 4, 2, false, "kWh", "which tariff is which is the meter's setting 费率含义由电表设置"},
	{0x00010200, []string{"energy.forward.t2"}, 4, 2, false, "kWh", "as t1"},
	{0x00010300, []string{"energy.forward.t3"}, 4, 2, false, "kWh", "as t1"},
	{0x00010400, []string{"energy.forward.t4"}, 4, 2, false, "kWh", "as t1"},
	{0x00020000, []string{"energy.reverse"}, 4, 2, false, "kWh", ""},
	{0x00030000, []string{"energy.reactive1"}, 4, 2, true, "kvarh", "sign 符号位"},
	{0x00040000, []string{"energy.reactive2"}, 4, 2, true, "kvarh", "sign 符号位"},
	{0x02010100, []string{"voltage.a"}, 2, 1, false, "V", ""},
	{0x02010200, []string{"voltage.b"}, 2, 1, false, "V", ""},
	{0x02010300, []string{"voltage.c"}, 2, 1, false, "V", ""},
	{0x0201FF00, []string{"voltage.a", "voltage.b", "voltage.c"}, 2, 1, false, "V", ""},
	{0x02020100, []string{"current.a"}, 3, 3, true, "A", ""},
	{0x02020200, []string{"current.b"}, 3, 3, true, "A", ""},
	{0x02020300, []string{"current.c"}, 3, 3, true, "A", ""},
	{0x0202FF00, []string{"current.a", "current.b", "current.c"}, 3, 3, true, "A", ""},
	{0x02030000, []string{"power"}, 3, 4, true, "kW", ""},
	{0x02030100, []string{"power.a"}, 3, 4, true, "kW", ""},
	{0x02030200, []string{"power.b"}, 3, 4, true, "kW", ""},
	{0x02030300, []string{"power.c"}, 3, 4, true, "kW", ""},
	{0x02040000, []string{"reactive"}, 3, 4, true, "kvar", "sign 符号位"},
	{0x02050000, []string{"apparent"}, 3, 4, false, "kVA", ""},
	{0x02060000, []string{"pf"}, 2, 3, true, "", "sign 符号位"},
	{0x02800002, []string{"frequency"}, 2, 2, false, "Hz", ""},
}

// blocks are the short names of blocks.
var blocks = map[string]uint32{"voltages": 0x0201FF00, "currents": 0x0202FF00}

// Items are the data identifiers that this door knows by name.
func Items() []Item { return slices.Clone(items) }

// readList reads the option read: names of the table, "voltages", "currents", data
// identifiers of the table as 8 hexadecimal digits, or items of one's own as
// name=DI/bytes/decimals or name=DI/bytes/decimals/signed. Up to 64.
func readList(text string) ([]Item, error) {
	var list []Item
	for word := range strings.SplitSeq(text, ",") {
		item, err := readItem(strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	if len(list) > 64 {
		return nil, fmt.Errorf("dlt645: option read names %d items, at most 64: %w", len(list), connector.ErrConfig)
	}
	return list, nil
}

func readItem(word string) (Item, error) {
	if name, rest, ok := strings.Cut(word, "="); ok {
		return ownItem(name, rest)
	}
	di, ok := blocks[word]
	if !ok {
		n, err := strconv.ParseUint(word, 16, 32)
		di, ok = uint32(n), err == nil && len(word) == 8
	}
	for _, i := range items {
		if ok && i.DI == di || len(i.Names) == 1 && i.Names[0] == word {
			return i, nil
		}
	}
	return Item{}, fmt.Errorf("dlt645: option read: %.40q is not in the table; name it, or say name=DI/bytes/decimals: %w", word, connector.ErrConfig)
}

// ownItem is an item that the device list describes itself.
func ownItem(name, text string) (Item, error) {
	part := strings.Split(text, "/")
	fail := fmt.Errorf("dlt645: option read: %.40q: say name=DI/bytes/decimals or name=DI/bytes/decimals/signed: %w", name+"="+text, connector.ErrConfig)
	if len(part) < 3 || len(part) > 4 || name == "" || len(name) > 64 || len(part) == 4 && part[3] != "signed" {
		return Item{}, fail
	}
	di, err1 := strconv.ParseUint(part[0], 16, 32)
	size, err2 := strconv.Atoi(part[1])
	decimals, err3 := strconv.Atoi(part[2])
	if err1 != nil || err2 != nil || err3 != nil || len(part[0]) != 8 || size < 1 || size > 7 || decimals < 0 || decimals > 8 {
		return Item{}, fail
	}
	return Item{DI: uint32(di), Names: []string{name}, Bytes: size, Decimals: decimals, Signed: len(part) == 4, Unsure: "as the device list says"}, nil
}

// values reads the values of an item from the data after its identifier. A block may hold
// fewer values than it has names: a single-phase meter.
func (i Item) values(data []byte) ([]float64, error) {
	n := len(data) / i.Bytes
	if len(data)%i.Bytes != 0 || n < 1 || n > len(i.Names) {
		return nil, fmt.Errorf("dlt645: %s has %d bytes, want %d times %d: %w", i.name(), len(data), len(i.Names), i.Bytes, connector.ErrProtocol)
	}
	var list []float64
	for k := range n {
		v, err := digits(data[k*i.Bytes:(k+1)*i.Bytes], i.Decimals, i.Signed)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
