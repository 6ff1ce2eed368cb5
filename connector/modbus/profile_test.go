package modbus

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"lingtan/connector"
	"lingtan/connector/profile"
)

// example is a test case of a profile: what stands in the registers of a device, and
// the values that are read from it.
type example struct {
	Registers []struct {
		Function string `yaml:"function"`
		At       int    `yaml:"at"`
		Hex      string `yaml:"hex"`
	} `yaml:"registers"`
	Values map[string]float64 `yaml:"values"`
}

func readExample(t *testing.T, id string) (example, *device) {
	t.Helper()
	data, err := os.ReadFile("../profile/testdata/" + id + ".yaml")
	if err != nil {
		t.Fatalf("every profile has a test case: %v", err)
	}
	var e example
	if err := yaml.UnmarshalWithOptions(data, &e, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	u := &device{holding: map[uint16]uint16{}, input: map[uint16]uint16{}}
	for _, r := range e.Registers {
		b, err := hex.DecodeString(strings.ReplaceAll(r.Hex, " ", ""))
		if err != nil || len(b)%2 != 0 {
			t.Fatalf("register %d: %v", r.At, err)
		}
		for i := 0; i < len(b); i += 2 {
			into := map[string]map[uint16]uint16{"holding": u.holding, "input": u.input}[r.Function]
			into[uint16(r.At+i/2)] = binary.BigEndian.Uint16(b[i:])
		}
	}
	return e, u
}

// Each shipped profile reads the values of its test case from a simulated device
// that has exactly the registers of the case.
func TestShippedProfiles(t *testing.T) {
	count := 0
	for _, p := range profile.All() {
		if p.Protocol != Protocol {
			continue
		}
		count++
		t.Run(p.ID, func(t *testing.T) {
			e, u := readExample(t, p.ID)
			if len(e.Values) != len(p.Values) {
				t.Errorf("the case has %d of %d values", len(e.Values), len(p.Values))
			}
			plant := newPlant(t, map[uint8]*device{1: u})
			got, err := New(&profile.Library{}).Read(context.Background(), connector.Device{ID: "d", Address: plant.address, Profile: p.ID})
			if err != nil {
				t.Fatal(err)
			}
			wantValues(t, got, e.Values)
			if limit := uint16(p.Options.Block); limit > 0 && plant.most > limit {
				t.Errorf("a request of %d registers; the profile allows %d", plant.most, limit)
			}
		})
	}
	if count < 41 {
		t.Errorf("%d profiles; there were at least 20", count)
	}
}

// Detection finds the units that answer behind a gateway, and names a SunSpec device
// and those with an identity.
func TestDetect(t *testing.T) {
	_, inverter := readExample(t, "sunspec-inverter")
	named := &device{holding: map[uint16]uint16{}}
	for i, c := range []uint16{0x5355, 0x4E32, 0x3030, 0x302D} { // SUN2000-
		named.holding[uint16(30000+i)] = c
	}
	plant := newPlant(t, map[uint8]*device{3: inverter, 5: named, 17: {holding: map[uint16]uint16{0: 1, 100: 77}}})
	lib := library(t, map[string]string{"known": "identity: {modbus: {function: holding, register: 100, type: uint16}, equals: [77, 78]}\n" + voltage})
	found, err := New(lib).Detect(context.Background(), plant.address)
	if err != nil {
		t.Fatal(err)
	}
	check := func(i int, unit, id, detail string) {
		t.Helper()
		if f := found[i]; f.Options["unit"] != unit || f.Profile != id || !strings.Contains(f.Detail, detail) || f.Address != "tcp://"+plant.address {
			t.Errorf("found %+v; want %s at unit %s: %s", f, id, unit, detail)
		}
	}
	if len(found) != 3 {
		t.Fatalf("found %+v; want three", found)
	}
	check(0, "3", "sunspec-inverter", "Maker Model X")
	check(1, "5", "huawei-sun2000", "Huawei SUN2000")
	check(2, "17", "known", "test")
}

// A device that does not look at the unit is found once.
func TestDetectDeviceOfEveryUnit(t *testing.T) {
	units := make(map[uint8]*device)
	only := &device{holding: map[uint16]uint16{0: 1}}
	for i := range 248 {
		units[uint8(i)] = only
	}
	plant := newPlant(t, units)
	found, err := New(&profile.Library{}).Detect(context.Background(), plant.address)
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Detail, "every unit") {
		t.Errorf("found %+v, %v; want one", found, err)
	}
}
