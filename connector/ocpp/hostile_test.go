package ocpp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// says is a charger that says something strange and hears what is wrong with it.
func (c *raw) says(text, want string) {
	c.t.Helper()
	c.send(text)
	c.hears(want)
}

// Each strange message gets a CALLERROR that says what is wrong.
func TestStrangeMessages16(t *testing.T) {
	r := serve(t, "", nil, device("cp-1"))
	c := r.connect(t, "cp-1", v16)
	c.says(`rubbish`, `[4,"-1","FormationViolation"`)
	c.says(`{}`, `[4,"-1","FormationViolation"`)
	c.says(`[]`, `[4,"-1","FormationViolation"`)
	c.says(`[2,"7"]`, `[4,"-1","FormationViolation"`)
	c.says(`[2,7,"Heartbeat",{}]`, `[4,"-1","FormationViolation"`)
	c.says(`[2,"","Heartbeat",{}]`, `[4,"-1","FormationViolation"`)
	c.says(`[2,"`+strings.Repeat("x", 129)+`","Heartbeat",{}]`, `[4,"-1","FormationViolation"`)
	c.says(`["2","7","Heartbeat",{}]`, `[4,"7","FormationViolation"`)
	c.says(`[2,"7",5,{}]`, `[4,"7","FormationViolation"`)
	c.says(`[2,"7","Heartbeat"]`, `[4,"7","FormationViolation"`)
	c.says(`[9,"7","Heartbeat",{}]`, `[4,"7","GenericError"`)
	c.says(`[2,"7","SelfDestruct",{}]`, `[4,"7","NotImplemented","SelfDestruct`)
	c.says(`[2,"7","TransactionEvent",{}]`, `[4,"7","NotImplemented"`) // of 2.0.1
	c.says(`[2,"7","StartTransaction",{}]`, `[4,"7","OccurenceConstraintViolation","timestamp`)
	c.says(`[2,"7","StartTransaction",null]`, `[4,"7","OccurenceConstraintViolation"`)
	c.says(`[2,"7","StartTransaction",{"connectorId":"one"}]`, `[4,"7","TypeConstraintViolation","connectorId`)
	c.says(`[2,"7","StartTransaction",{"connectorId":0,"timestamp":"2026-11-22T08:00:00Z"}]`, `[4,"7","PropertyConstraintViolation"`)
	c.says(`[2,"7","StartTransaction",{"connectorId":1,"timestamp":"yesterday"}]`, `[4,"7","FormationViolation"`)
	c.says(`[2,"7","StopTransaction",{"transactionId":1}]`, `[4,"7","OccurenceConstraintViolation"`)
	c.says(`[2,"7","StopTransaction",{"transactionId":1,"timestamp":"2026-11-22T08:00:00Z","transactionData":[{"sampledValue":[{"value":"1"}]}]}]`, `[4,"7","OccurenceConstraintViolation"`)
	c.says(`[2,"7","MeterValues",{"connectorId":-1}]`, `[4,"7","PropertyConstraintViolation"`)
	c.says(`[2,"7","StatusNotification",{"connectorId":1,"status":"Dancing"}]`, `[4,"7","PropertyConstraintViolation"`)
	c.says(`[2,"7","Authorize",{}]`, `[4,"7","OccurenceConstraintViolation"`)
	c.says(`[2,"7","BootNotification",{}]`, `[4,"7","OccurenceConstraintViolation"`)
	c.says(`[2,"7","DataTransfer",{"vendorId":"x"}]`, `[3,"7",{"status":"UnknownVendorId"}]`)
	c.says(`[2,"7","SecurityEventNotification",{"type":"x"}]`, `[3,"7",{}]`)
	c.says(`[2,"7","SignCertificate",{"csr":"x"}]`, `[3,"7",{"status":"Rejected"}]`)
	c.send(`[3,"nobody asked",{}]`) // answers are not answered
	c.send(`[4,"nobody asked"]`)
	c.says(`[2,"8","Heartbeat",{}]`, `[3,"8",{"currentTime":"2026-11-22T08:00:00Z"}]`)
	r.counts(t, "late_answers", 1)
	if got := r.admitted(); len(got) != 0 {
		t.Errorf("admitted %q", got)
	}
}

func TestStrangeMessages201(t *testing.T) {
	r := serve(t, "", nil, device("cp-1"))
	c := r.connect(t, "cp-1", v201)
	c.says(`rubbish`, `[4,"-1","FormatViolation"`)
	c.says(`[9,"7","Heartbeat",{}]`, `[4,"7","MessageTypeNotSupported"`)
	c.says(`[2,"7","StartTransaction",{}]`, `[4,"7","NotImplemented"`) // of 1.6
	c.says(`[2,"7","TransactionEvent",{}]`, `[4,"7","OccurrenceConstraintViolation"`)
	c.says(`[2,"7","TransactionEvent",{"timestamp":"2026-11-22T08:00:00Z"}]`, `[4,"7","PropertyConstraintViolation","transactionId`)
	c.says(`[2,"7","TransactionEvent",{"timestamp":"2026-11-22T08:00:00Z","transactionInfo":{"transactionId":"x"}}]`, `[4,"7","PropertyConstraintViolation","eventType`)
	c.says(`[2,"7","TransactionEvent",{"eventType":"Started","timestamp":"2026-11-22T08:00:00Z","transactionInfo":{"transactionId":"x"},"evse":{"id":-4}}]`, `[4,"7","PropertyConstraintViolation"`)
	c.says(`[2,"7","MeterValues",{"evseId":1,"meterValue":[{"sampledValue":[{"value":1}]}]}]`, `[4,"7","OccurrenceConstraintViolation"`)
	c.says(`[2,"7","StatusNotification",{"evseId":1}]`, `[4,"7","OccurrenceConstraintViolation"`)
	c.says(`[2,"7","Authorize",{"idToken":{}}]`, `[4,"7","OccurrenceConstraintViolation"`)
	c.says(`[2,"7","BootNotification",{"reason":"PowerUp"}]`, `[4,"7","OccurrenceConstraintViolation"`)
	c.says(`[2,"7","NotifyReport",{}]`, `[3,"7",{}]`)
	if got := r.admitted(); len(got) != 0 {
		t.Errorf("admitted %q", got)
	}
}

func TestGarbageIsCutOff(t *testing.T) {
	r := serve(t, "", func(d *Driver) { d.limits.bad = 5 }, device("cp-1"))
	c := r.connect(t, "cp-1", v16)
	for range 5 {
		if err := c.conn.WriteMessage(websocket.BinaryMessage, []byte{0, 1, 2}); err != nil {
			t.Fatal(err)
		}
	}
	c.closed(websocket.CloseUnsupportedData)
	r.says(t, "cp-1", "no OCPP")
	c = r.connect(t, "cp-1", v16)
	if _, err := c.conn.NetConn().Write([]byte("\xff\xff\xff\xff no WebSocket frame at all")); err != nil {
		t.Fatal(err)
	}
	c.closed(websocket.CloseProtocolError)
}

func TestOversized(t *testing.T) {
	r := serve(t, "", func(d *Driver) { d.options.MaxMessage = 1000 }, device("cp-1"))
	c := r.connect(t, "cp-1", v16)
	c.send(fmt.Sprintf(`[2,"1","DataTransfer",{"vendorId":"%s"}]`, strings.Repeat("x", 900)))
	c.hears(`"UnknownVendorId"`)
	c.send(fmt.Sprintf(`[2,"1","DataTransfer",{"vendorId":"%s"}]`, strings.Repeat("x", 1000)))
	c.closed(websocket.CloseMessageTooBig)
	r.counts(t, "oversized", 1)
	r.says(t, "cp-1", "larger than 1000 bytes")
}

// A charger that sends too much is slowed down, and nothing that it sent is lost.
func TestTooFast(t *testing.T) {
	r := serve(t, "", func(d *Driver) { d.limits.rate, d.limits.burst = 50, 5 }, device("cp-1"))
	c := r.connect(t, "cp-1", v16)
	began := time.Now()
	for i := range 20 {
		c.send(fmt.Sprintf(`[2,"%d","Heartbeat",{}]`, i))
	}
	for i := range 20 {
		c.hears(fmt.Sprintf(`[3,"%d",`, i))
	}
	if took := time.Since(began); took < 250*time.Millisecond {
		t.Errorf("20 messages took %s; 5 at once and 50 a second make 300 ms", took)
	}
	r.counts(t, "slowed", 10)
}

// A charger that does not read its answers is cut off and holds up no other.
func TestDoesNotRead(t *testing.T) {
	r := serve(t, "", func(d *Driver) { d.limits.write, d.limits.rate, d.limits.burst = 100*time.Millisecond, 1e9, 1e9 }, device("cp-1"), device("cp-2"))
	deaf, other := r.connect(t, "cp-1", v16), r.connect(t, "cp-2", v16)
	long := strings.Repeat("x", 120)
	_ = deaf.conn.SetWriteDeadline(time.Now().Add(20 * time.Second))
	for i := 0; ; i++ {
		if deaf.conn.WriteMessage(websocket.TextMessage, []byte(`[2,"`+long+`","SelfDestruct",{}]`)) != nil {
			break
		}
		if i%1000 == 0 {
			other.send(`[2,"1","Heartbeat",{}]`)
			other.hears(`"currentTime"`)
		}
	}
	r.counts(t, "write_failed", 1)
}

// A silent connection is found out by our pings.
func TestSilent(t *testing.T) {
	r := serve(t, "", func(d *Driver) { d.limits.ping, d.limits.idle = 30*time.Millisecond, 150*time.Millisecond }, device("cp-1"), device("cp-2"))
	silent := r.connect(t, "cp-1", v16)
	alive := r.connect(t, "cp-2", v16)
	go func() { // gorilla answers pings while it reads
		for {
			if _, _, err := alive.conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	_ = silent // it does not read, so it does not answer
	r.says(t, "cp-1", "the connection ended")
	time.Sleep(300 * time.Millisecond)
	if s := r.last("cp-2"); !s.OK {
		t.Errorf("a charger that answers pings: %+v", s)
	}
}

// The door closes in time though the sink holds a message up, and does not answer it.
func TestCloseWhileBusy(t *testing.T) {
	r := serve(t, "", func(d *Driver) { d.options.AdmitTimeout = time.Minute }, device("cp-1"))
	r.hold(make(chan struct{}))
	c := r.connect(t, "cp-1", v16)
	c.send(`[2,"1","StatusNotification",{"connectorId":1,"status":"Available"}]`)
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s to close", took)
	}
	c.closed(websocket.CloseGoingAway)
	if got := r.admitted(); len(got) != 0 {
		t.Errorf("admitted %q", got)
	}
}
