package doorkill

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gopcua/opcua/id"
	uaserver "github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"
	modbusserver "github.com/simonvetter/modbus"
)

// newModbusMeter answers each request with the next number.
func newModbusMeter(t *testing.T, h *household) *counter {
	t.Helper()
	address := port(t)
	d := asked("modbus", "meter", address, 100*time.Millisecond)
	d.Profile = "counting-meter"
	c := &counter{door: "modbus", client: "simonvetter/modbus server", key: h.add(d, "energy"), scale: 1}
	server, err := modbusserver.NewServer(&modbusserver.ServerConfiguration{URL: "tcp://" + address, Timeout: time.Minute, MaxClients: 50,
		Logger: log.New(io.Discard, "", 0)}, modbusMeter{c})
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

type modbusMeter struct{ *counter }

func (m modbusMeter) HandleInputRegisters(r *modbusserver.InputRegistersRequest) ([]uint16, error) {
	if r.Addr != 0 || r.Quantity != 2 {
		return nil, modbusserver.ErrIllegalDataAddress
	}
	n := m.next()
	return []uint16{uint16(n >> 16), uint16(n)}, nil
}

func (modbusMeter) HandleHoldingRegisters(*modbusserver.HoldingRegistersRequest) ([]uint16, error) {
	return nil, modbusserver.ErrIllegalFunction
}

func (modbusMeter) HandleCoils(*modbusserver.CoilsRequest) ([]bool, error) {
	return nil, modbusserver.ErrIllegalFunction
}

func (modbusMeter) HandleDiscreteInputs(*modbusserver.DiscreteInputsRequest) ([]bool, error) {
	return nil, modbusserver.ErrIllegalFunction
}

// bcd writes a number, low byte first.
func bcd(n, size int) (b []byte) {
	for range size {
		b = append(b, byte(n%100/10<<4|n%10))
		n /= 100
	}
	return b
}

// framed ends a frame of DL/T 645 or CJ/T 188 with its sum.
func framed(parts ...[]byte) []byte {
	f := append([]byte{0x68}, slices.Concat(parts...)...)
	var sum byte
	for _, c := range f {
		sum += c
	}
	return append(f, sum, 0x16)
}

// newElectricityMeter speaks DL/T 645-2007: address 161, forward energy with two digits
// after the point.
func newElectricityMeter(t *testing.T, h *household) *counter {
	c := &counter{door: "dlt645", client: "own meter", scale: 100}
	address := listen(t, func(conn net.Conn) {
		answerFrames(conn, 10, 9, func(head, data []byte) []byte {
			body := slices.Concat(data[:4], raise(bcd(c.next(), 4)))
			return framed(head[1:7], []byte{0x68, 0x91, byte(len(body))}, body)
		})
	})
	c.key = h.add(asked("dlt645", "incomer", address, time.Second, "meter", "161", "read", "energy.forward", "timeout", "500ms"), "energy.forward")
	return c
}

// raise adds the 33H that the data of DL/T 645 have on the wire.
func raise(b []byte) []byte {
	for i := range b {
		b[i] += 0x33
	}
	return b
}

// newWaterMeter speaks CJ/T 188: volume with two digits after the point, a clock that is
// not set.
func newWaterMeter(t *testing.T, h *household) *counter {
	c := &counter{door: "cjt188", client: "own meter", scale: 100}
	address := listen(t, func(conn net.Conn) {
		answerFrames(conn, 11, 10, func(head, data []byte) []byte {
			body := slices.Concat(data[:3], bcd(c.next(), 4), []byte{0x2C}, bcd(0, 4), []byte{0x2C}, make([]byte, 9))
			return framed(head[1:9], []byte{0x81, byte(len(body))}, body)
		})
	})
	c.key = h.add(asked("cjt188", "water", address, time.Second, "meter", "78330011223344", "type", "10", "order", "low", "timeout", "500ms"), "volume")
	return c
}

// answerFrames answers each question on a serial line over TCP: frames that begin with
// 68H and a head of so many bytes, in which one says how long the data are.
func answerFrames(conn net.Conn, size, length int, answer func(head, data []byte) []byte) {
	for {
		head := make([]byte, size)
		for head[0] != 0x68 {
			if _, err := io.ReadFull(conn, head[:1]); err != nil {
				return
			}
		}
		if _, err := io.ReadFull(conn, head[1:]); err != nil {
			return
		}
		data := make([]byte, int(head[length])+2)
		if _, err := io.ReadFull(conn, data); err != nil {
			return
		}
		if _, err := conn.Write(answer(head, data)); err != nil {
			return
		}
	}
}

// listen serves connections at an address until the test ends.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", port(t))
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); l.Close(); work.Wait() })
	work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				defer conn.Close()
				serve(conn)
			})
		}
	})
	return l.Addr().String()
}

// newPlant is an OPC UA server of the library, whose value counts on and is told to who
// subscribed.
func newPlant(t *testing.T, h *household) *counter {
	t.Helper()
	address := port(t)
	c := &counter{door: "opcua", client: "gopcua server", scale: 1}
	c.key = h.add(asked("opcua", "plant", "opc.tcp://"+address, 100*time.Millisecond, "policy", "None",
		"refresh", "off", // a repeat of a value at a quarter of an hour would look like one stored twice
		"node.v", "nsu=urn:plant;s=v"), "v")
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	srv := uaserver.New(uaserver.EnableSecurity("None", ua.MessageSecurityModeNone), uaserver.EnableAuthMode(ua.UserTokenTypeAnonymous),
		uaserver.ServerName("plant"), uaserver.EndPoint("127.0.0.1", number))
	space := uaserver.NewNodeNameSpace(srv, "urn:plant")
	objects, err := srv.Namespace(0)
	if err != nil {
		t.Fatal(err)
	}
	objects.Objects().AddRef(space.Objects(), id.HasComponent, true)
	var mu sync.Mutex
	value := func(n int) *ua.DataValue {
		return &ua.DataValue{EncodingMask: ua.DataValueValue | ua.DataValueStatusCode | ua.DataValueSourceTimestamp, Value: ua.MustVariant(float64(n)), SourceTimestamp: time.Now()}
	}
	now := value(c.next())
	node := uaserver.NewVariableNode(ua.NewStringNodeID(space.ID(), "v"), "v", func() *ua.DataValue {
		mu.Lock()
		defer mu.Unlock()
		return now
	})
	space.AddNode(node)
	space.Objects().AddRef(node, id.HasComponent, true)
	ctx, cancel := context.WithCancel(context.Background())
	if err := srv.Start(ctx); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for ctx.Err() == nil {
			rest(ctx, 50*time.Millisecond)
			mu.Lock()
			now = value(c.next())
			mu.Unlock()
			srv.ChangeNotification(node.ID())
		}
	})
	t.Cleanup(func() { cancel(); work.Wait(); srv.Close() })
	return c
}

// newPage is a web page that shows its last rows; each answer has one more.
func newPage(t *testing.T, h *household) *page {
	p := &page{ledger: newLedger("pull", "net/http server", "", time.Second)}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.key = h.add(asked("pull", "page", server.URL+"/rows", 10*time.Second, "rows", "$[*]", "time", "$.at", "time_layout", "unix_ms", "value.v", "$.v", "private", "allow"), "v")
	return p
}

// page serves samples of a ledger. They count as acknowledged to nobody.
type page struct {
	*ledger
	mu     sync.Mutex
	served int
}

const pageRows = 50

// ServeHTTP gives the last rows, of which ten are new.
func (p *page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	type row struct {
		At int64   `json:"at"`
		V  float64 `json:"v"`
	}
	p.mu.Lock()
	p.served += 10
	last := p.served
	p.mu.Unlock()
	p.reach(last)
	var rows []row
	for n := max(1, last-pageRows+1); n <= last; n++ {
		rows = append(rows, row{p.millis(n), p.value(n)})
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(rows); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", fmt.Sprintf("%q", strconv.Itoa(last)))
	_, _ = w.Write(b.Bytes()) // the server may have been killed meanwhile
}

func (p *page) progress() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int64(p.served)
}
