package opcua

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

// listen takes connections at a free port until the test ends.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() { l.Close(); work.Wait() })
	work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				stop := context.AfterFunc(t.Context(), func() { conn.Close() })
				defer stop()
				defer conn.Close()
				serve(conn)
			})
		}
	})
	return l.Addr().String()
}

func acknowledge(conn net.Conn, buffer uint32) error {
	if _, err := oneChunk(conn); err != nil {
		return err
	}
	b := binary.LittleEndian.AppendUint32([]byte("ACKF"), 28)
	for _, n := range []uint32{0, buffer, 65535, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	_, err := conn.Write(b)
	return err
}

// openTo answers the request for a channel without security, as a server does.
func openTo(t *testing.T, conn net.Conn) error {
	if err := acknowledge(conn, 65535); err != nil {
		return err
	}
	if _, err := oneChunk(conn); err != nil {
		return err
	}
	body := message(t, &ua.OpenSecureChannelResponse{SecurityToken: &ua.ChannelSecurityToken{ChannelID: 5, TokenID: 6, RevisedLifetime: 3600000}})
	head := appendBytes(appendBytes(appendBytes([]byte("OPNF\x00\x00\x00\x00\x05\x00\x00\x00"), []byte(ua.SecurityPolicyURINone)), nil), nil)
	b := append(head, plain(1, 1, body)...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)))
	_, err := conn.Write(b)
	return err
}

// peersThatHarm are servers that are none.
func peersThatHarm(t *testing.T) map[string]func(net.Conn) {
	wait := func(conn net.Conn) { io.Copy(io.Discard, conn) }
	poison := func(kind string, body []byte) func(net.Conn) {
		return func(conn net.Conn) {
			if openTo(t, conn) != nil {
				return
			}
			b := append([]byte(kind), 0, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0)
			b = append(b, plain(2, 2, body)...)
			binary.LittleEndian.PutUint32(b[4:], uint32(len(b)))
			conn.Write(b)
			wait(conn)
		}
	}
	endpoints := message(t, &ua.GetEndpointsResponse{})
	endpoints = append(endpoints[:len(endpoints)-4], 0xFF, 0xFF, 0xFF, 0x7F)
	return map[string]func(net.Conn){
		"silent": wait,
		"closes": func(net.Conn) {},
		"nonsense": func(conn net.Conn) {
			b := make([]byte, 4096)
			for i := range b {
				b[i] = byte(rand.IntN(256))
			}
			conn.Write(b)
			wait(conn)
		},
		"http":      func(conn net.Conn) { conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); wait(conn) },
		"no-buffer": func(conn net.Conn) { acknowledge(conn, 0); wait(conn) },
		"mute":      func(conn net.Conn) { acknowledge(conn, 65535); wait(conn) },
		"tiny":      func(conn net.Conn) { acknowledge(conn, 65535); conn.Write([]byte("MSGF\x08\x00\x00\x00")); wait(conn) },
		"huge":      func(conn net.Conn) { acknowledge(conn, 65535); conn.Write([]byte("MSGF\xFF\xFF\xFF\xFF")); wait(conn) },
		"array":     poison("MSGF", endpoints),
		"abort":     poison("MSGA", nil),
		"letter":    poison("MSGX", []byte("x")),
		"empty":     poison("MSGF", nil),
		"closing":   poison("CLOF", nil),
		"deep":      func(conn net.Conn) { openTo(t, conn); wait(conn) },
	}
}

// Peers that hang, send nonsense or lie hold up and harm nobody.
func TestHostileServers(t *testing.T) {
	good := newPlant(t, open()...)
	good.value("power", 1.0)
	good.start()
	peers := peersThatHarm(t)
	devices := []connector.Device{listed("good", good.address(), "node.power", "ns=1;s=power")}
	for name, serve := range peers {
		devices = append(devices, listed(name, listen(t, serve), "node.power", "ns=1;s=power", "timeout", "500ms"))
	}
	k := run(t, quick(), devices...)
	eventually(t, "the good server's value", func() bool { return k.has("good", "power", 1) })
	for name := range peers {
		eventually(t, "the fault of "+name, func() bool { s := k.last(name); return !s.OK && s.Error != "" })
	}
	good.change("power", 2.0, ua.StatusGood, time.Now())
	eventually(t, "the good server goes on", func() bool { return k.has("good", "power", 2) })
	for _, dev := range devices[1:] {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		_, err := New().Read(ctx, dev)
		cancel()
		if !errors.Is(err, connector.ErrProtocol) && !errors.Is(err, connector.ErrUnreachable) && !errors.Is(err, connector.ErrRefused) {
			t.Errorf("%s: %v", dev.ID, err)
		}
	}
}
