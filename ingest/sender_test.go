package ingest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

// A gateway speaks for the devices it was given and for those it alone knows; the
// name of somebody else's device in its mouth is a name of its own.
func TestSender(t *testing.T) {
	r := NewRegistry()
	r.Set("p", List{Devices: []connector.Device{
		{ID: "gw", Protocol: "mqtt"}, {ID: "other", Protocol: "mqtt"},
		{ID: "meter", Protocol: "modbus", Map: map[string]string{"kwh": "mill.kwh"}},
		{ID: "behind", Protocol: "mqtt", Gateway: "gw", Map: map[string]string{"kwh": "shop.kwh"}},
	}, Mappings: []Mapping{{Device: "gw/3号楼", Name: "kwh", Register: "office.kwh"}}}, []string{"mill.kwh", "shop.kwh", "office.kwh"})
	check := func(via, device, want string) {
		t.Helper()
		store := newMemory()
		a := New(store, r, Options{Now: clock})
		receipt, err := a.Admit(ctx, "p", []connector.Sample{{Via: via, Device: device, Name: "kwh", At: noon, Value: 1}})
		if err != nil || receipt.Refused > 0 {
			t.Fatal(receipt, err)
		}
		for park, registers := range store.rows {
			for key := range registers {
				if got := park + " " + key; got != want {
					t.Errorf("%s by %q went to %s, want %s", device, via, got, want)
				}
			}
		}
	}
	check("", "meter", "p mill.kwh")
	check("meter", "meter", "p mill.kwh")
	check("gw", "meter", "p~unmapped gw%2Fmeter/kwh")
	check("gw", "behind", "p shop.kwh")
	check("other", "behind", "p~unmapped other%2Fbehind/kwh")
	check("gw", "3号楼", "p office.kwh")
	check("other", "3号楼", "p~unmapped other%2F3号楼/kwh")
	check("gw", strings.Repeat("长", 40), "p~unmapped gw%2F"+strings.Repeat("长", 40)+"/kwh")
}

func TestGatewayOfList(t *testing.T) {
	fault := func(text, want string) {
		t.Helper()
		_, err := ParseList([]byte("format: lingtan.devices/v1\ndevices:\n"+text), nil)
		switch {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%v, want %s", err, want)
		}
	}
	fault("  - {id: a, protocol: modbus, gateway: g}\n  - {id: g, protocol: gateway}\n", "")
	fault("  - {id: a, protocol: modbus, gateway: g}\n", "gateway")
	fault("  - {id: a, protocol: modbus, gateway: a}\n", "gateway")
}

// The order in which samples come, and what came before, changes nothing of where they go.
func TestOrderOfSamples(t *testing.T) {
	r := NewRegistry()
	r.Set("p", List{Devices: []connector.Device{
		{ID: "gw", Protocol: "mqtt", Map: map[string]string{"a": "x.a"}},
		{ID: "m", Protocol: "mqtt", Gateway: "gw", Map: map[string]string{"a": "m.a", "b": "m.b"}},
	}}, []string{"x.a", "m.a", "m.b"})
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.Custom(func(t *rapid.T) connector.Sample {
			return connector.Sample{Via: rapid.SampledFrom([]string{"", "gw", "m"}).Draw(t, "via"), Device: rapid.SampledFrom([]string{"gw", "m", "gw/m", "n"}).Draw(t, "device"),
				Name: rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "name"), Value: 1}
		})
		list := rapid.SliceOfN(of, 1, 40).Draw(t, "samples")
		together, alone := newMemory(), newMemory()
		one := New(alone, r, Options{Now: clock})
		for i := range list {
			list[i].At = noon.Add(time.Duration(i) * time.Second)
			if _, err := one.Admit(ctx, "p", list[i:i+1]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := New(together, r, Options{Now: clock}).Admit(ctx, "p", list); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(together.rows, alone.rows) {
			t.Fatalf("together %v\nalone %v", together.rows, alone.rows)
		}
	})
}

// A device behind a gateway of ours is the gateway's to read; one that a broker's or an
// HTTP gateway speaks for is listed as ever.
func TestListWithoutWhatGatewaysRead(t *testing.T) {
	r := NewRegistry()
	r.Set("p", List{Devices: []connector.Device{
		{ID: "m1", Protocol: "modbus", Gateway: "site"}, {ID: "m2", Protocol: "modbus"}, {ID: "m3", Protocol: "modbus", Gateway: "tb"},
		{ID: "site", Protocol: "gateway"}, {ID: "tb", Protocol: "mqtt"},
	}}, nil)
	got := r.List("modbus")
	if len(got) != 2 || got[0].ID != "m2" || got[1].ID != "m3" {
		t.Errorf("%+v", got)
	}
}
