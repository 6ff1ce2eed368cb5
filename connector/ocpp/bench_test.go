package ocpp

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"lingtan/connector"
)

// bin is a sink that keeps nothing.
type bin struct{ park }

func (*bin) Admit(_ context.Context, _ string, list []connector.Sample) (connector.Receipt, error) {
	return connector.Receipt{Stored: len(list)}, nil
}

// open is a door for a benchmark with chargers of ids cp-0, cp-1, ….
func open(b *testing.B, n int) []*websocket.Conn {
	b.Helper()
	p := &bin{park{changed: make(chan struct{})}}
	for i := range n {
		p.devices = append(p.devices, device(fmt.Sprintf("cp-%d", i)))
	}
	d := New(Options{Listen: "127.0.0.1:0"})
	d.limits.rate, d.limits.burst = 1e9, 1e9
	done := make(chan error, 1)
	go func() {
		done <- d.Run(b.Context(), connector.Environment{Devices: p, Sink: p, Report: func(connector.Status) {}, Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	}()
	b.Cleanup(func() { <-done })
	for d.Addresses() == nil {
		time.Sleep(time.Millisecond)
	}
	list := make([]*websocket.Conn, n)
	dialer := websocket.Dialer{Subprotocols: []string{string(v16)}, ReadBufferSize: 512, WriteBufferSize: 512}
	for i := range list {
		id := fmt.Sprintf("cp-%d", i)
		request := http.Request{Header: http.Header{}}
		request.SetBasicAuth(id, password)
		conn, _, err := dialer.Dial("ws://"+d.Addresses()[0]+"/"+id, request.Header)
		if err != nil {
			b.Fatal(err)
		}
		list[i] = conn
	}
	return list
}

// exchange sends a message and waits for its answer.
func exchange(conn *websocket.Conn, text string) error {
	if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		return err
	}
	_, got, err := conn.ReadMessage()
	if err == nil && string(got[:3]) != "[3," {
		err = fmt.Errorf("answered %s", got)
	}
	return err
}

// all lets every charger exchange its share of the messages.
func all(b *testing.B, list []*websocket.Conn, text func(i int) string) {
	b.Helper()
	b.ResetTimer()
	var work sync.WaitGroup
	for k, conn := range list {
		work.Go(func() {
			for i := k; i < b.N; i += len(list) {
				if err := exchange(conn, text(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
}

func BenchmarkMeterValues(b *testing.B) {
	all(b, open(b, 100), func(i int) string {
		return fmt.Sprintf(`[2,"%d","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-11-22T08:00:00Z","sampledValue":[{"value":"%d"},{"value":"7.2","measurand":"Power.Active.Import","unit":"kW"},{"value":"16","measurand":"Current.Import","phase":"L1"},{"value":"231","measurand":"Voltage","phase":"L1"}]}]}]`, i, i)
	})
}

// Each is a durable line in the journal.
func BenchmarkStartTransaction(b *testing.B) {
	all(b, open(b, 100), func(i int) string {
		return fmt.Sprintf(`[2,"%d","StartTransaction",{"connectorId":1,"idTag":"CARD1","meterStart":%d,"timestamp":"2026-11-22T08:00:00Z"}]`, i, i)
	})
}

// Memory of both ends of a connection that is idle.
func BenchmarkIdleCharger(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	list := open(b, 2000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/float64(len(list)), "B/charger")
}
