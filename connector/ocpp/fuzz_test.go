package ocpp

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/lorenzodonini/ocpp-go/ocppj"

	"lingtan/connector"
)

// frames are messages as chargers send them, and broken ones.
var frames = []string{
	`[2,"1","Heartbeat",{}]`, `[3,"1",{"status":"Accepted"}]`, `[4,"1","NotImplemented","",{}]`, `[4,"1","GenericError","x"]`,
	`[]`, `[2]`, `[null,null,null,null]`, `[2,"",{},[]]`, `[1e9,"x","y",{}]`, `{"a":1}`, "[2,\"\xff\",\"x\",{}]",
	`[2,"1","BootNotification",{"chargePointVendor":"x","chargePointModel":"y"}]`,
	`[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Charging","timestamp":"2026-11-22T08:00:00.123Z"}]`,
	`[2,"1","StartTransaction",{"connectorId":1,"idTag":"CARD1","meterStart":1000,"timestamp":"2026-11-22T08:00:00+08:00"}]`,
	`[2,"1","StopTransaction",{"transactionId":217411200,"meterStop":3000,"timestamp":"2026-11-22T09:00:00Z","transactionData":[{"timestamp":"2026-11-22T08:30:00Z","sampledValue":[{"value":"1"}]}]}]`,
	`[2,"1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-W47-7","sampledValue":[{"value":"1.5","measurand":"SoC","location":"EV"}]}]}]`,
	`[2,"1","TransactionEvent",{"eventType":"Ended","timestamp":"2026-11-22T08:00:00Z","seqNo":1,"triggerReason":"EVDeparted","transactionInfo":{"transactionId":"x"},"evse":{"id":1},"meterValue":[{"timestamp":"2026-11-22T08:00:00Z","sampledValue":[{"value":1e300,"unitOfMeasure":{"multiplier":18}}]}]}]`,
	`[2,"1","MeterValues",{"evseId":1,"meterValue":[{"timestamp":"null","sampledValue":[{"value":1}]}]}]`,
	`[2,"1","StartTransaction",{"connectorId":1,"timestamp":null}]`,
}

// Whatever comes, a frame is read or refused, and each answer is a message that can be
// read again and has the id of what it answers.
func FuzzFrame(f *testing.F) {
	for _, text := range frames {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, v := range []version{v16, v201} {
			got, err := parseFrame(v, text)
			if err == nil && (got.id == "" || got.id == noID && !strings.Contains(string(text), noID)) {
				t.Fatalf("%q without an id", text)
			}
			back, fault := parseFrame(v, answer(v, got.id, struct{}{}, err))
			if fault != nil || back.id != got.id || err != nil && back.kind != ocppj.CALL_ERROR {
				t.Fatalf("%q is answered %+v, %v", text, back, fault)
			}
		}
	})
}

// Whatever a charger sends, its handlers answer or refuse; what they admit are finite
// numbers with short names and times.
func FuzzMessage(f *testing.F) {
	for _, text := range frames {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for v, handlers := range map[version]map[string]handler{v16: actions16, v201: actions201} {
			m, err := parseFrame(v, text)
			if err != nil || handlers[m.action] == nil {
				continue
			}
			sink := &park{changed: make(chan struct{})}
			p := offline(t, v, sink)
			for range 2 {
				payload, err := handlers[m.action](t.Context(), p, m.payload)
				if back, fault := parseFrame(v, answer(v, m.id, payload, err)); fault != nil || back.id != m.id {
					t.Fatalf("%q is answered %+v, %v", text, back, fault)
				}
			}
			for _, s := range sink.samples {
				if s.Name == "" || len(s.Name) > 120 || s.At.IsZero() || s.Device != "cp-1" || math.IsNaN(s.Value) || math.IsInf(s.Value, 0) || s.Span < 0 || s.Span%time.Second != 0 {
					t.Fatalf("%q became %+v", text, s)
				}
			}
			if n := len(p.door.journal.of(place{"demo", "cp-1"})); n > 1 {
				t.Fatalf("%q twice made %d sessions", text, n)
			}
		}
	})
}

// offline is a charger without a connection.
func offline(t *testing.T, v version, sink *park) *peer {
	t.Helper()
	c, err := newCharger(device("cp-1"), readTags)
	if err != nil {
		t.Fatal(err)
	}
	env := connector.Environment{Devices: sink, Sink: sink, Report: sink.report, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return clock }}
	j, err := openJournal("")
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(newDoor(context.Background(), New(Options{}), env, j), nil, v, c)
}

func FuzzNumber(f *testing.F) {
	for _, text := range []string{"1", " -1.5e3 ", "NaN", "0x1p4", "1_0", "1e999", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := number(text); err == nil && (math.IsNaN(n) || math.IsInf(n, 0)) {
			t.Fatalf("%q is %v", text, n)
		}
	})
}

func FuzzTags(f *testing.F) {
	f.Add([]byte("CARD1 # x\n\nCARD2\r\n#CARD3"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for tag := range parseTags(text) {
			if tag == "" || strings.ContainsAny(tag, "#\n") || strings.TrimSpace(tag) != tag {
				t.Fatalf("tag %q", tag)
			}
		}
	})
}

// A journal is read or refused, and what was read is written and read again the same.
func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"last_id\":5}\n{\"park\":\"a\",\"device\":\"x\",\"id\":\"1\",\"begin\":\"2026-11-22T08:00:00Z\",\"energy\":1}\n{\"park\":"))
	f.Add([]byte("null\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		read := func(text string) *journal {
			j := &journal{sessions: map[place][]*Session{}}
			if err := j.read(strings.NewReader(text)); err != nil {
				return nil
			}
			return j
		}
		j := read(string(text))
		if j == nil {
			return
		}
		var out strings.Builder
		if err := j.writeAll(&out); err != nil {
			return // a time that JSON cannot hold; only a hand-written file has one
		}
		again := read(out.String())
		a, _ := json.Marshal(j.of(place{"a", "x"}))
		b, _ := json.Marshal(again.of(place{"a", "x"}))
		if again.total != j.total || again.lastID != j.lastID || string(a) != string(b) {
			t.Fatalf("%q was read as %s, then as %s", text, a, b)
		}
	})
}
