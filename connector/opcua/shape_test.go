package opcua

import (
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

// message encodes an answer as a server does.
func message(t testing.TB, answer ua.Response) []byte {
	t.Helper()
	if answer.Header() == nil {
		answer.SetHeader(&ua.ResponseHeader{Timestamp: time.Now(), ServiceDiagnostics: &ua.DiagnosticInfo{}, AdditionalHeader: ua.NewExtensionObject(nil)})
	}
	kind, err := ua.Encode(ua.NewFourByteExpandedNodeID(0, ua.ServiceTypeID(answer)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := ua.Encode(answer)
	if err != nil {
		t.Fatal(err)
	}
	return append(kind, body...)
}

// seeds are sound messages with every kind of value.
func seeds(t testing.TB) [][]byte {
	value := func(x any) *ua.DataValue {
		return &ua.DataValue{EncodingMask: 0x3F, Value: ua.MustVariant(x), Status: 0x480, SourceTimestamp: time.Now(), ServerTimestamp: time.Now()}
	}
	change := ua.NewExtensionObject(&ua.DataChangeNotification{MonitoredItems: []*ua.MonitoredItemNotification{{ClientHandle: 1, Value: value(1.5)}}})
	ended := ua.NewExtensionObject(&ua.StatusChangeNotification{Status: ua.StatusBadTimeout, DiagnosticInfo: &ua.DiagnosticInfo{}})
	return [][]byte{
		message(t, &ua.ReadResponse{Results: []*ua.DataValue{value(true), value(int8(1)), value(ua.ByteArray{1, 2}), value([]byte{1}), value("x"), value(time.Now()),
			value(ua.NewStringNodeID(2, "x")), value(ua.NewGUIDNodeID(1, "1111AAAA-22BB-33CC-44DD-55EE77FF9900")), value([]float64{1, 2, 3}), value([][]int32{{1, 2}, {3, 4}}), value(&ua.LocalizedText{EncodingMask: 3, Locale: "en", Text: "x"}),
			value(&ua.QualifiedName{Name: "q"}), value(ua.NewExtensionObject(&ua.Range{Low: 1, High: 2}))}}),
		message(t, &ua.PublishResponse{SubscriptionID: 1, NotificationMessage: &ua.NotificationMessage{SequenceNumber: 1, NotificationData: []*ua.ExtensionObject{change, ended}}}),
		message(t, &ua.BrowseResponse{Results: []*ua.BrowseResult{{References: []*ua.ReferenceDescription{{ReferenceTypeID: ua.NewNumericNodeID(0, 35), NodeID: ua.NewStringExpandedNodeID(1, "x"),
			BrowseName: &ua.QualifiedName{Name: "x"}, DisplayName: &ua.LocalizedText{}, TypeDefinition: ua.NewNumericExpandedNodeID(0, 63)}}}}}),
		message(t, &ua.OpenSecureChannelResponse{SecurityToken: &ua.ChannelSecurityToken{ChannelID: 1, TokenID: 2, RevisedLifetime: 1000}, ServerNonce: make([]byte, 32)}),
	}
}

func TestDecode(t *testing.T) {
	for i, b := range seeds(t) {
		if _, err := decode(b); err != nil {
			t.Errorf("seed %d: %v", i, err)
		}
	}
	a, err := decode(seeds(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	values := a.(*ua.ReadResponse).Results
	if x, err := number(values[9].Value, -1); err == nil {
		t.Errorf("a table is no number: %v", x)
	}
	if x, err := number(values[8].Value, 1); err != nil || x != 2 {
		t.Errorf("%v, %v", x, err)
	}
	if eo, ok := values[12].Value.Value().(*ua.ExtensionObject); !ok || eo.Value != nil {
		t.Error("a structure that is not wanted was decoded")
	}
	b, err := decode(seeds(t)[1])
	if err != nil {
		t.Fatal(err)
	}
	if n := len(b.(*ua.PublishResponse).NotificationMessage.NotificationData); n != 2 {
		t.Errorf("%d notifications", n)
	}
}

// What would make the library allocate without end, follow nesting without end, divide
// by zero or panic is refused before it.
func TestHostileMessages(t *testing.T) {
	head := message(t, &ua.ReadResponse{})
	head = head[:len(head)-8] // without its two arrays
	bad := func(what string, tail ...byte) {
		t.Helper()
		b := append(append([]byte{}, head...), tail...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := decode(b); !errors.Is(err, connector.ErrProtocol) {
			t.Errorf("%s: %v", what, err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("%s: %d bytes allocated", what, used)
		}
	}
	one := []byte{1, 0, 0, 0, 1} // one data value with a value
	with := func(tail ...byte) []byte { return append(append([]byte{}, one...), tail...) }
	bad("two thousand million values", 0xFF, 0xFF, 0xFF, 0x7F)
	bad("a negative number of values", 0xFE, 0xFF, 0xFF, 0xFF)
	bad("a negative array", with(0x86, 0xFE, 0xFF, 0xFF, 0xFF)...)
	bad("a huge array", with(0x86, 0xFF, 0xFF, 0xFF, 0x7F)...)
	bad("dimensions of nothing", with(0xC6, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)...)
	bad("huge dimensions", with(0xC6, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F)...)
	bad("dimensions that overflow", with(0xC6, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0)...)
	bad("nesting", with([]byte(strings.Repeat("\x18", 1<<20))...)...)
	bad("an unknown type", with(0x3F)...)
	bad("a text that ends too early", with(0x0C, 0xFF, 0xFF, 0xFF, 0x7F)...)
	bad("an unknown node id", with(0x11, 0x0B)...)
	if _, err := decode(nil); !errors.Is(err, connector.ErrProtocol) {
		t.Error(err)
	}
	many := append(append([]byte{}, head...), binary.LittleEndian.AppendUint32(nil, mostElements+1)...)
	if _, err := decode(append(many, make([]byte, mostElements+10)...)); !errors.Is(err, connector.ErrProtocol) {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Add(binary.LittleEndian.AppendUint32([]byte{1, 0}, id.ReadResponse_Encoding_DefaultBinary))
	f.Fuzz(func(t *testing.T, b []byte) {
		answer, err := decode(b)
		if err != nil && strings.Contains(err.Error(), "cannot be decoded") {
			t.Fatalf("the outline was sound and the decoder panics: %v", err)
		}
		if err == nil && answer.Header() == nil {
			t.Fatal("no header")
		}
	})
}

func FuzzNode(f *testing.F) {
	for _, s := range []string{"ns=2;s=Plant.P", "ns=3;i=1001", "i=2258", "ns=2;s=x[3]", "nsu=urn:x;s=a", "ns=1;g=1111AAAA-22BB-33CC-44DD-55EE77FF9900", "ns=1;b=AQI=", "ns=70000;i=1", "s=[1]", "ns=1;i=-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := parseNode("x", s)
		if err != nil {
			return
		}
		at, err := nodeID(n.text, nil)
		if err != nil || n.index < -1 || n.index > mostIndex {
			t.Fatalf("%q is taken: %+v, %v", s, n, err)
		}
		if strings.HasPrefix(s, "nsu=") {
			return
		}
		again, err := nodeID(at.String(), nil)
		if err != nil || again.String() != at.String() {
			t.Fatalf("%q is %s, which is %v, %v", s, at, again, err)
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add("power = ns=2;s=Plant.P\n# energy\nkwh=ns=2;s=x[3]")
	f.Add("=\n==\n a=b")
	f.Fuzz(func(t *testing.T, s string) {
		list, err := parseList(s)
		if err != nil {
			return
		}
		for _, n := range list {
			if n.name == "" || len(n.name) > longName || strings.ContainsAny(n.name, "\n\r") {
				t.Fatalf("name %q", n.name)
			}
		}
	})
}
