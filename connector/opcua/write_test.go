package opcua

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gopcua/opcua/id"
	uaserver "github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
	"github.com/gopcua/opcua/uasc"

	"lingtan/connector"
)

func TestWrite(t *testing.T) {
	p := newPlant(t, open()...)
	p.value("limit", int16(10))
	p.value("on", false)
	p.value("power", float32(1))
	p.value("name", "pump")
	p.start()
	d := New()
	dev := listed("plc", p.address(), "node.limit", "ns=1;s=limit", "node.on", "ns=1;s=on", "node.power", "ns=1;s=power", "node.name", "ns=1;s=name",
		"node.none", "ns=1;s=none", "scale.limit", "0.1")
	write := func(name string, x, want float64, refused string) {
		t.Helper()
		got, err := d.Write(context.Background(), dev, name, x)
		if (err != nil) != (refused != "") || err != nil && (!strings.Contains(err.Error(), refused) || !errors.Is(err, connector.ErrRefused) && !errors.Is(err, connector.ErrConfig)) {
			t.Errorf("%s = %v: %v", name, x, err)
		}
		if math.Abs(got-want) > 1e-9 && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s = %v: read back %v, wanted %v", name, x, got, want)
		}
	}
	write("limit", 2.5, 2.5, "")
	if samples, err := d.Read(context.Background(), dev); err != nil || len(samples) != 3 {
		t.Errorf("%v, %v", samples, err)
	}
	write("limit", 2.55, 2.5, "is not whole")
	write("limit", 4000, 2.5, "out of the range")
	write("on", 1, 1, "")
	write("on", 2, 1, "out of the range")
	write("power", 0.1, 0.1, "")
	write("name", 1, math.NaN(), "not a number")
	write("none", 1, math.NaN(), "its data type is not known")
	write("other", 1, math.NaN(), "no node of this name")
	if n := d.Counts()["writes"]; n != 3 {
		t.Errorf("%d writes", n)
	}
}

// A server that says it wrote and did not is found out.
func TestWriteWithoutEffect(t *testing.T) {
	p := newPlant(t, open()...)
	p.value("limit", 10.0)
	answer := ua.StatusGood
	p.prepare = func(srv *uaserver.Server) {
		srv.RegisterHandler(id.WriteRequest_Encoding_DefaultBinary, func(_ *uasc.SecureChannel, r ua.Request, _ uint32) (ua.Response, error) {
			return &ua.WriteResponse{ResponseHeader: okHeader(r), Results: []ua.StatusCode{answer}}, nil
		})
	}
	p.start()
	dev := listed("plc", p.address(), "node.limit", "ns=1;s=limit")
	got, err := New().Write(context.Background(), dev, "limit", 20)
	if got != 10 || !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "20 was written, 10 is read back") {
		t.Errorf("%v, %v", got, err)
	}
	answer = ua.StatusBadUserAccessDenied
	if got, err := New().Write(context.Background(), dev, "limit", 20); got != 10 || !errors.Is(err, ua.StatusBadUserAccessDenied) {
		t.Errorf("%v, %v", got, err)
	}
}

// Thousands of items on one session, in requests of several chunks.
func TestThousands(t *testing.T) {
	const n = 4000
	p := newPlant(t, open()...)
	var list strings.Builder
	for i := range n {
		name := fmt.Sprintf("Plant.Area%04d.%s", i, strings.Repeat("x", 60))
		p.value(name, float64(i))
		fmt.Fprintf(&list, "v%d = ns=1;s=%s\n", i, name)
	}
	p.start()
	d := quick()
	k := run(t, d, listed("named", p.address(), "nodes", list.String()), listed("browsed", p.address(), "browse", "ns=1;i=85", "mode", "poll"))
	eventually(t, "all values", func() bool {
		first := make(map[string]bool)
		for _, s := range k.of("named", "") {
			first[s.Name] = true
		}
		return len(first) == n && len(k.of("browsed", "")) >= n
	})
	eventually(t, "both in order", func() bool { return k.last("named").OK && k.last("browsed").OK && k.last("browsed").Samples >= n })
	if c := d.Counts(); c["connections"] != 1 {
		t.Errorf("one session should do: %v", c)
	}
}
