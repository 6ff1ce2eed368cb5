package doorkill

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/ingest"
	"lingtan/test/parktest"
)

const parkID = "test" // of parktest

// household is the park with its device list under construction.
type household struct {
	park *parktest.Park
	list ingest.List
}

// add puts a device into the list, whose value goes to a register of its own, and gives
// the register's key.
func (h *household) add(d connector.Device, name string) string {
	key := "r-" + d.ID
	h.park.Enterprise(key)
	d.Map = map[string]string{name: key + ".kwh"}
	h.list.Devices = append(h.list.Devices, d)
	return key + ".kwh"
}

// also gives another value of the last device a register of its own.
func (h *household) also(name string) {
	d := &h.list.Devices[len(h.list.Devices)-1]
	key := "r-" + d.ID + "-" + strings.ReplaceAll(name, ".", "-")
	h.park.Enterprise(key)
	d.Map[name] = key + ".kwh"
}

// plain puts a device without a value of its own into the list.
func (h *household) plain(d connector.Device) { h.list.Devices = append(h.list.Devices, d) }

// pusher is a device that pushes by a credential, which is its id with a tail.
func pusher(protocol, id string, options ...string) connector.Device {
	sum := sha256.Sum256([]byte(credential(id)))
	d := connector.Device{ID: id, Protocol: protocol, Token: hex.EncodeToString(sum[:]), Options: map[string]string{}}
	for i := 0; i < len(options); i += 2 {
		d.Options[options[i]] = options[i+1]
	}
	return d
}

func credential(id string) string { return id + "-secret-of-a-test" }

// asked is a device that the server goes to.
func asked(protocol, id, address string, interval time.Duration, options ...string) connector.Device {
	d := pusher(protocol, id, options...)
	d.Token, d.Address, d.Interval = "", address, interval
	return d
}

// register imports the park and its device list by the command line.
func (h *household) register(t *testing.T, s *server) {
	t.Helper()
	doc := h.park.Check(t).Document
	for i := range doc.Points {
		doc.Points[i].Registers[0].Kind = "counter"
	}
	write(t, filepath.Join(s.dir, "park.yaml"), string(doc.YAML()))
	s.must(t, "park", "import", "park.yaml")
	h.list.Format = ingest.ListFormat
	text, err := h.list.YAML()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.dir, "devices.yaml"), string(text))
	s.must(t, "device", "import", "devices.yaml", "--park", parkID)
	write(t, filepath.Join(s.data(), "profiles", "counting-meter.yaml"), countingProfile)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// countingProfile is a Modbus meter with one value.
var countingProfile = fmt.Sprintf(`format: lingtan.profile/v1
id: counting-meter
kind: power_meter
maker: Lingtan
model: counting
name: {zh: 计数表, en: Counting meter}
protocol: modbus
source:
  - {title: "test/doorkill", where: "test/doorkill/park_test.go", seen: %q}
values:
  - {name: energy, quantity: active_energy, kind: counter, unit: kWh, modbus: {function: input, register: 0, type: uint32}}
`, "2026-11-22")
