package mqtt

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"lingtan/connector"
)

// groupSink takes 5 ms a call, as a store does that syncs a group to disk.
type groupSink struct{ samples, calls atomic.Int64 }

func (g *groupSink) Admit(_ context.Context, _ string, samples []connector.Sample) (connector.Receipt, error) {
	time.Sleep(5 * time.Millisecond)
	g.samples.Add(int64(len(samples)))
	g.calls.Add(1)
	return connector.Receipt{Stored: len(samples)}, nil
}

// BenchmarkQoS1 has so many devices connected, each with window messages under way at QoS 1,
// as fast as they go.
func BenchmarkQoS1(b *testing.B) {
	for _, clients := range []int{500, 2000} {
		for _, window := range []int{1, 8} {
			b.Run(fmt.Sprintf("clients=%d/window=%d", clients, window), func(b *testing.B) { benchQoS1(b, clients, window, 0) })
		}
	}
}

// BenchmarkPaced has 5,000 devices connected that each send so many messages a second at QoS 1.
func BenchmarkPaced(b *testing.B) {
	for _, rate := range []int{1, 4, 10} {
		b.Run(fmt.Sprintf("rate=%d", rate), func(b *testing.B) { benchQoS1(b, 5000, 1, time.Second/time.Duration(rate)) })
	}
}

func benchQoS1(b *testing.B, clients, window int, every time.Duration) {
	sink := &groupSink{}
	var devices []connector.Device
	for i := range clients {
		devices = append(devices, pusher(fmt.Sprint("m", i), fmt.Sprint("tok-", i)))
	}
	driver := New(loopback())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- driver.Run(ctx, connector.Environment{Devices: newList(devices...), Sink: sink, Report: func(connector.Status) {}, Log: quietLogger, Now: time.Now})
	}()
	for len(driver.Addresses()) == 0 {
		time.Sleep(time.Millisecond)
	}
	conns := make([]*rawClient, clients)
	for i := range conns {
		conns[i] = dial(b, driver.Addresses()[0], 4, fmt.Sprint("tok-", i), "c", nil)
	}
	took := make([][]time.Duration, clients)
	b.ResetTimer()
	var all sync.WaitGroup
	for i, c := range conns {
		n := b.N / clients
		if i < b.N%clients {
			n++
		}
		all.Go(func() {
			time.Sleep(every * time.Duration(i) / time.Duration(clients))
			took[i] = stream(b, c.conn, c.in, n, window, every)
		})
	}
	all.Wait()
	b.StopTimer()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapInuse)/1e6, "MB-heap")
	waits := slices.Concat(took...)
	slices.Sort(waits)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(sink.samples.Load())/float64(sink.calls.Load()), "samples/call")
	cancel()
	if err := <-ended; err != nil || sink.samples.Load() != int64(b.N) {
		b.Fatalf("%d of %d samples, %v", sink.samples.Load(), b.N, err)
	}
}

// stream publishes n messages with so many under way, and gives how long each waited for
// its acknowledgement. With every it sends one in that time.
func stream(b *testing.B, conn net.Conn, in *bufio.Reader, n, window int, every time.Duration) []time.Duration {
	due := time.Now()
	conn.SetReadDeadline(time.Time{})
	topic := "v1/devices/me/telemetry"
	packet := encode(packets.Packet{ProtocolVersion: 4, FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: 1,
		TopicName: topic, Payload: []byte(`{"ts":1700000000000,"values":{"power":1234.5}}`)})
	id := packet[2+2+len(topic):]
	took, began := make([]time.Duration, 0, n), make([]time.Time, 0, n)
	var ack [4]byte
	for sent := 0; len(took) < n; {
		for sent < n && sent-len(took) < window {
			time.Sleep(time.Until(due))
			due = due.Add(every)
			binary.BigEndian.PutUint16(id, uint16(sent%60_000+1))
			began = append(began, time.Now())
			if _, err := conn.Write(packet); err != nil {
				b.Error(err)
				return took
			}
			sent++
		}
		if _, err := io.ReadFull(in, ack[:]); err != nil {
			b.Error(err)
			return took
		}
		if got := int(binary.BigEndian.Uint16(ack[2:])); ack[0]>>4 != packets.Puback || got != len(took)%60_000+1 {
			b.Errorf("% x in place of acknowledgement %d", ack, len(took)%60_000+1)
			return took
		}
		took = append(took, time.Since(began[len(took)]))
	}
	return took
}
