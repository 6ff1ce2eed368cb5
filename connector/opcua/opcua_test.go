package opcua

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

func TestSubscription(t *testing.T) {
	p := newPlant(t, open()...)
	at := time.Now().Add(-time.Minute).Truncate(time.Millisecond).UTC()
	p.put("power", 12.5, ua.StatusGood, at)
	p.put("on", true, ua.StatusGood, at)
	p.put("phases", []float64{1, 2, 3, 4}, ua.StatusGood, at)
	p.put("name", "pump", ua.StatusGood, at)
	p.start()
	d := quick()
	k := run(t, d, listed("plc", p.address(), "node.power", "ns=1;s=power", "node.on", "nsu=urn:plant;s=on", "node.phase3", "ns=1;s=phases[2]",
		"node.name", "ns=1;s=name", "node.none", "ns=1;s=none", "scale.power", "10"))
	eventually(t, "first values", func() bool {
		return k.has("plc", "power", 125) && k.has("plc", "on", 1) && k.has("plc", "phase3", 3)
	})
	if s := k.of("plc", "power")[0]; !s.At.Equal(at) || s.Via != "" {
		t.Errorf("sample %+v, wanted the time of the source, %s", s, at)
	}
	p.change("power", 13.5, ua.StatusGood, at.Add(time.Second))
	eventually(t, "a change", func() bool { return k.has("plc", "power", 135) })
	eventually(t, "a status", func() bool {
		s := k.last("plc")
		return !s.OK && strings.Contains(s.Error, "2 of 5 values are no samples: name (of type String, not a number), none (StatusBadNodeIDUnknown)") &&
			s.Lag > 50*time.Second && s.Samples == 4
	})
	if c := d.Counts(); c["samples"] != 4 || c["values_not_numeric"] == 0 || c["values_bad"] == 0 || c["connections"] != 1 {
		t.Errorf("counts %v", c)
	}
}

func TestQuality(t *testing.T) {
	p := newPlant(t, open()...)
	p.value("a", 1.0)
	p.value("b", 1.0)
	p.start()
	d := quick()
	k := run(t, d, listed("plc", p.address(), "node.a", "ns=1;s=a", "node.b", "ns=1;s=b"),
		listed("strict", p.address(), "node.a", "ns=1;s=a", "uncertain", "refuse"))
	eventually(t, "first values", func() bool { return k.has("plc", "a", 1) && k.has("strict", "a", 1) })
	p.change("b", 2.0, ua.StatusBadNotConnected, time.Now())
	eventually(t, "the bad value in the status", func() bool {
		s := k.last("plc")
		return !s.OK && strings.Contains(s.Error, "b (StatusBadNotConnected)")
	})
	p.change("a", 3.0, ua.StatusUncertainLastUsableValue, time.Now())
	eventually(t, "the uncertain value", func() bool { return k.has("plc", "a", 3) })
	eventually(t, "the uncertain value refused", func() bool { return strings.Contains(k.last("strict").Error, "a (StatusUncertainLastUsableValue)") })
	p.change("b", 4.0, ua.StatusCode(0x480), time.Now())
	eventually(t, "the overflow told", func() bool {
		s := k.last("plc")
		return s.OK && strings.Contains(s.Error, "the server dropped values 1 times")
	})
	if k.has("plc", "b", 2) || k.has("strict", "a", 3) {
		t.Error("a bad value became a sample")
	}
	c := d.Counts()
	if c["values_bad"] != 1 || c["values_uncertain"] != 2 || c["values_overflowed"] != 1 || c["connections"] != 1 {
		t.Errorf("counts %v", c)
	}
}

func TestReconnect(t *testing.T) {
	p := newPlant(t, open()...)
	p.value("power", 1.0)
	p.start()
	d := quick()
	k := run(t, d, listed("plc", p.address(), "node.power", "ns=1;s=power"))
	eventually(t, "the first value", func() bool { return k.has("plc", "power", 1) })
	p.stop()
	eventually(t, "the server missed", func() bool { s := k.last("plc"); return !s.OK && s.Error != "" })
	p.value("power", 2.0)
	p.start()
	eventually(t, "the value after", func() bool { return k.has("plc", "power", 2) })
	p.cut()
	p.value("power", 3.0)
	eventually(t, "the value after the cut", func() bool { return k.has("plc", "power", 3) })
	eventually(t, "a good status", func() bool { return k.last("plc").OK })
	if c := d.Counts(); c["connections"] < 3 {
		t.Errorf("counts %v", c)
	}
}

func TestListChanges(t *testing.T) {
	p := newPlant(t, open()...)
	for _, name := range []string{"a", "b", "c"} {
		p.value(name, 1.0)
	}
	p.start()
	d := quick()
	first, second := listed("one", p.address(), "node.a", "ns=1;s=a"), listed("two", p.address(), "node.b", "ns=1;s=b")
	k := run(t, d, first)
	eventually(t, "the first device", func() bool { return k.has("one", "a", 1) })
	k.set(first, second)
	eventually(t, "the second device", func() bool { return k.has("two", "b", 1) })
	p.change("a", 2.0, ua.StatusGood, time.Now())
	eventually(t, "the first device goes on", func() bool { return k.has("one", "a", 2) })
	third := listed("three", p.address(), "node.c", "ns=1;s=c", "mode", "poll")
	k.set(first, third)
	eventually(t, "the third device", func() bool { return len(k.of("three", "c")) > 2 })
	p.change("b", 5.0, ua.StatusGood, time.Now())
	p.change("a", 5.0, ua.StatusGood, time.Now())
	eventually(t, "the first device still", func() bool { return k.has("one", "a", 5) })
	if k.has("two", "b", 5) {
		t.Error("a device that was taken off still sends")
	}
	if c := d.Counts(); c["connections"] != 1 || c["connections_lost"] != 0 {
		t.Errorf("the list changed, the connection should not: %v", c)
	}
	k.set()
	wrong := listed("wrong", p.address(), "nodes", "x")
	k.set(wrong)
	eventually(t, "the fault told", func() bool { return strings.Contains(k.last("wrong").Error, "write name = node id") })
}

func TestBusySink(t *testing.T) {
	p := newPlant(t, open()...)
	p.value("a", 1.0)
	p.start()
	k := run(t, quick(), listed("plc", p.address(), "node.a", "ns=1;s=a"))
	eventually(t, "the first value", func() bool { return k.has("plc", "a", 1) })
	k.hold(true)
	p.change("a", 2.0, ua.StatusGood, time.Now())
	eventually(t, "a refusal", func() bool { k.mu.Lock(); defer k.mu.Unlock(); return k.refused > 1 })
	k.hold(false)
	eventually(t, "the value that was held", func() bool { return k.has("plc", "a", 2) })
}

func TestPollAndRead(t *testing.T) {
	p := newPlant(t, open()...)
	for name, x := range map[string]any{"i8": int8(-8), "u8": uint8(8), "i16": int16(-16), "u16": uint16(16), "i32": int32(-32), "u32": uint32(32),
		"i64": int64(-64), "u64": uint64(64), "f32": float32(0.1), "f64": 0.2, "t": true} {
		p.value(name, x)
	}
	p.start()
	d := quick()
	dev := listed("plc", p.address(), "browse", "ns=1;i=85", "mode", "poll", "time", "arrival")
	k := run(t, d, dev)
	eventually(t, "two polls", func() bool { return len(k.of("plc", "f64")) > 1 })
	samples, err := d.Read(context.Background(), dev)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"i8": -8, "u8": 8, "i16": -16, "u16": 16, "i32": -32, "u32": 32, "i64": -64, "u64": 64, "f32": 0.1, "f64": 0.2, "t": 1}
	if len(samples) != len(want) {
		t.Errorf("%d samples, wanted %d: %v", len(samples), len(want), samples)
	}
	for _, s := range samples {
		if s.Value != want[s.Name] {
			t.Errorf("%s = %v, wanted %v", s.Name, s.Value, want[s.Name])
		}
	}
	none := listed("plc", p.address(), "node.x", "ns=1;s=x")
	if _, err := New().Read(context.Background(), none); err == nil || !strings.Contains(err.Error(), "StatusBadNodeIDUnknown") {
		t.Errorf("a node that is not there: %v", err)
	}
	found, err := New().Detect(context.Background(), p.address())
	if err != nil || len(found) < 12 {
		t.Fatalf("%d found, %v", len(found), err)
	}
	if found[0].Options["policy"] != "None" || !strings.Contains(found[0].Detail, "anonymous") {
		t.Errorf("endpoint %+v", found[0])
	}
	var _ connector.Detector = d
}
