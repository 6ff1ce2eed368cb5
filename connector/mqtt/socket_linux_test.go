package mqtt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/connector"
)

// adopted is a connection under a watch, and the other end of it.
func adopted(t *testing.T) (*wire, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(l, nil, 10, &counts{})
	t.Cleanup(func() { g.Close() })
	there, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { there.Close() })
	here, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	w := here.(*wire)
	if w.socket == nil {
		t.Fatal("a plain connection is not under the watch")
	}
	t.Cleanup(func() { w.Close() })
	return w, there.(*net.TCPConn)
}

// TestSocketReads reads what was there before, what comes later, and the end.
func TestSocketReads(t *testing.T) {
	w, there := adopted(t)
	s, room := w.socket, make([]byte, 100)
	there.Write([]byte("first"))
	if n, err := s.Read(room); string(room[:n]) != "first" || err != nil {
		t.Fatalf("%q, %v", room[:n], err)
	}
	time.AfterFunc(20*time.Millisecond, func() { there.Write([]byte("second")) })
	if n, err := s.Read(room); string(room[:n]) != "second" || err != nil {
		t.Fatalf("%q, %v", room[:n], err)
	}
	s.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := s.Read(room); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%v after the deadline", err)
	}
	s.SetReadDeadline(time.Time{})
	time.AfterFunc(20*time.Millisecond, func() { there.CloseWrite() })
	if _, err := s.Read(room); err != io.EOF {
		t.Fatalf("%v at the end", err)
	}
	s.Close()
	if _, err := s.Read(room); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("%v of a closed socket", err)
	}
	w, _ = adopted(t)
	time.AfterFunc(20*time.Millisecond, func() { w.socket.Close() })
	if err := w.socket.lend(); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("%v of a socket that was closed while it was lent", err)
	}
}

// TestSocketWrites writes more than the kernel holds: it waits for the reader, until the
// deadline.
func TestSocketWrites(t *testing.T) {
	w, there := adopted(t)
	s, much := w.socket, bytes.Repeat([]byte("0123456789"), 1<<20)
	s.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	sent, err := s.Write(much)
	if sent == 0 || sent == len(much) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%d bytes, %v to a peer that does not read", sent, err)
	}
	s.SetWriteDeadline(time.Now().Add(time.Minute))
	done := make(chan error, 1)
	go func() {
		_, err := s.Write(much[sent:])
		done <- errors.Join(err, s.Close())
	}()
	time.Sleep(20 * time.Millisecond)
	got, err := io.ReadAll(there)
	if err = errors.Join(err, <-done); err != nil || !bytes.Equal(got, much) {
		t.Fatalf("%d of %d bytes, %v", len(got), len(much), err)
	}
}

// TestLentSocket hands plain publishes to the watch, whatever their pieces, and everything
// else, what is held and the end to the reader, in their order.
func TestLentSocket(t *testing.T) {
	w, there := adopted(t)
	w.allowed = 0
	w.SetDeadline(time.Time{})
	const messages = 300
	var got []string
	holds := 0
	w.front.version = 4
	w.front.take = func(p publication, patient bool) outcome {
		if p.id%7 == 0 && !patient {
			holds++
			return held
		}
		got = append(got, string(p.payload))
		return taken
	}
	go func() {
		var all []byte
		for i := 1; i <= messages; i++ {
			body := fmt.Appendf([]byte{0, 1, 'a', byte(i >> 8), byte(i)}, "m%d", i)
			all = append(append(all, 0x32, byte(len(body))), body...)
			if i%50 == 0 {
				all = append(all, 0xc0, 0) // PINGREQ
			}
		}
		for at, size := 0, 1; at < len(all); at, size = at+size, size*3%1009 {
			there.Write(all[at:min(at+size, len(all))])
			time.Sleep(time.Millisecond)
		}
		there.CloseWrite()
	}()
	room, pings := make([]byte, 1), 0
	for {
		n, err := w.Read(room)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if pings += n; pings%2 == 0 && len(got) != pings/2*50 {
			t.Fatalf("%d publishes before PINGREQ %d", len(got), pings/2)
		}
	}
	for i, m := range got {
		if m != "m"+strconv.Itoa(i+1) {
			t.Fatalf("message %d is %s", i+1, m)
		}
	}
	if len(got) != messages || pings != 2*messages/50 || holds == 0 {
		t.Errorf("%d messages, %d bytes of pings, %d held", len(got), pings, holds)
	}
}

// TestShortDecimal holds the short way of reading numbers to strconv, bit by bit.
func TestShortDecimal(t *testing.T) {
	for text, plain := range map[string]bool{"0": true, "-0": true, "0.5": true, "-12.340": true, "123456789012345": true, "0.00000000000001": true,
		"": false, "-": false, ".5": false, "5.": false, "01": false, "-01.5": false, "1.2.3": false, "1e3": false, "+1": false, "1234567890123456": false, "1 ": false} {
		if _, ok := shortDecimal([]byte(text)); ok != plain {
			t.Errorf("%q: %v", text, ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{0,9}(\.[0-9]{0,9})?`).Draw(t, "text")
		v, ok := shortDecimal([]byte(text))
		if !ok {
			return
		}
		want, err := strconv.ParseFloat(text, 64)
		if err != nil || !isNumber([]byte(text)) || math.Float64bits(v) != math.Float64bits(want) {
			t.Fatalf("%q is %v, want %v, %v", text, v, want, err)
		}
	})
}

// BenchmarkTake is a plain message from its bytes to its place in a lane.
func BenchmarkTake(b *testing.B) {
	a := newAdmission(newRecord(), Options{}.withDefaults(), &counts{})
	a.stop() // lanes that nobody empties
	a.options.Window = math.MaxInt
	d := connector.Device{ID: "d1", Park: "p1"}
	s := &session{broker: &broker{admit: a, counts: &counts{}}, plain: true}
	s.sender = a.sender("p1", "d1", nil)
	s.lane.stopped = false
	s.listed.Store(&d)
	payload := []byte(`{"ts":1700000000000,"values":{"kw":1234.5}}`)
	b.ReportAllocs()
	for b.Loop() {
		if s.takeNow(publication{payload: payload}, message{from: s.sender}) != taken {
			b.Fatal("held")
		}
		l := s.lane
		l.next.messages, l.next.samples, l.held = l.next.messages[:0], l.next.samples[:0], 0
	}
}
