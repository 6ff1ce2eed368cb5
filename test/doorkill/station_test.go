package doorkill

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	ocpp16 "github.com/lorenzodonini/ocpp-go/ocpp1.6"
	types16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	ocpp201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1"
	types201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"
	"github.com/lorenzodonini/ocpp-go/ws"

	"lingtan/connector/hj212"
)

// monitorSender is a pollutant monitor by HJ 212 that asks for acknowledgements.
func monitorSender(h *household, s *server) *sender {
	key := h.add(pusher("hj212", "stack", "zone", "Asia/Shanghai"), "w01018.rtd")
	l := newLedger("hj212", "raw, CN 2011", key, time.Second)
	return &sender{l, 8, 40 * time.Millisecond, func(ctx context.Context) (session, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.hj212)
		return &monitor{l, conn, bufio.NewReader(conn)}, err
	}}
}

// monitor is a connection of a data logger.
type monitor struct {
	ledger *ledger
	conn   net.Conn
	in     *bufio.Reader
}

func (m *monitor) close() { m.conn.Close() }

var beijing = time.FixedZone("", 8*3600)

func (m *monitor) send(ctx context.Context, list []int, acked func(...int)) error {
	open := map[string]int{}
	for _, n := range list {
		local := m.ledger.at(n).In(beijing).Format("20060102150405")
		qn := local + "000"
		open[qn] = n
		segment := fmt.Sprintf("QN=%s;ST=32;CN=2011;PW=%s;MN=stack;Flag=5;CP=&&DataTime=%s;w01018-Rtd=%v,w01018-Flag=N&&", qn, credential("stack"), local, m.ledger.value(n))
		f, err := hj212.Frame(segment)
		if err != nil {
			return err
		}
		if _, err := m.conn.Write(f); err != nil {
			return err
		}
	}
	until, _ := ctx.Deadline()
	if err := m.conn.SetReadDeadline(until); err != nil {
		return err
	}
	for len(open) > 0 {
		line, err := m.in.ReadString('\n')
		if err != nil {
			return err
		}
		if !strings.Contains(line, "CN=9014;") {
			continue // it asks for the clock
		}
		_, rest, _ := strings.Cut(line, "QN=")
		qn, _, _ := strings.Cut(rest, ";")
		n, ours := open[qn]
		if !ours {
			return fmt.Errorf("%w: acknowledges what was not sent: %q", errRefused, line)
		}
		delete(open, qn)
		acked(n)
	}
	return nil
}

// chargerSenders are charge points of the library: meter values of each version, and
// charging sessions whose energy counts once.
func chargerSenders(h *household, s *server) (list []*sender) {
	key := h.add(pusher("ocpp", "cp16"), "connector1.energy")
	l16 := newLedger("ocpp", "1.6J, ocpp-go", key, time.Second)
	list = append(list, &sender{l16, 1, 150 * time.Millisecond, func(context.Context) (session, error) { return plug16(s.ocpp, l16) }})
	key = h.add(pusher("ocpp", "cars"), "connector1.session_kwh")
	h.also("connector1.energy") // the meter at each begin and end
	sessions := newLedger("ocpp", "1.6J sessions, ocpp-go", key, time.Second)
	list = append(list, &sender{sessions, 1, 150 * time.Millisecond, func(context.Context) (session, error) { return plugCars(s.ocpp, sessions) }})
	key = h.add(pusher("ocpp", "cp201"), "connector1.energy")
	l201 := newLedger("ocpp", "2.0.1, ocpp-go", key, time.Second)
	return append(list, &sender{l201, 1, 150 * time.Millisecond, func(context.Context) (session, error) { return plug201(s.ocpp, l201) }})
}

// charger is a connected charge point: put sends a meter value and waits for its answer.
type charger struct {
	put       func(n int) error
	connected func() bool
	stop      func()
}

func (c *charger) close() { c.stop() }

func (c *charger) send(_ context.Context, list []int, acked func(...int)) error {
	for _, n := range list {
		if err := c.answered(n); err != nil {
			return err
		}
		acked(n)
	}
	return nil
}

// answered waits for the answer, or until the connection is gone: the library would wait
// for the next connection.
func (c *charger) answered(n int) error {
	done := make(chan error, 1)
	go func() { done <- c.put(n) }()
	for {
		select {
		case err := <-done:
			return err
		case <-time.After(20 * time.Millisecond):
		}
		if !c.connected() {
			return errors.New("the connection broke")
		}
	}
}

func plug(id string) ws.WsClient {
	client := ws.NewClient()
	client.SetBasicAuth(id, credential(id))
	return client
}

func plug16(address string, l *ledger) (session, error) {
	c := ocpp16.NewChargePoint("cp16", nil, plug("cp16"))
	if err := c.Start("ws://" + address); err != nil {
		return nil, err
	}
	return &charger{connected: c.IsConnected, stop: c.Stop, put: func(n int) error {
		_, err := c.MeterValues(1, []types16.MeterValue{{Timestamp: types16.NewDateTime(l.at(n)), SampledValue: []types16.SampledValue{
			{Value: fmt.Sprint(l.value(n)), Measurand: types16.MeasurandEnergyActiveImportRegister, Unit: types16.UnitOfMeasureKWh}}}})
		return err
	}}, nil
}

// plugCars is a charge point at which one car after the other takes as many kilowatt-hours
// as its number. A car whose end was not acknowledged is told again from its begin on.
func plugCars(address string, l *ledger) (session, error) {
	c := ocpp16.NewChargePoint("cars", nil, plug("cars"))
	if err := c.Start("ws://" + address); err != nil {
		return nil, err
	}
	return &charger{connected: c.IsConnected, stop: c.Stop, put: func(n int) error {
		const wattHours = 1000
		meter := n * (n - 1) / 2 * wattHours
		begun, err := c.StartTransaction(1, "card", meter, types16.NewDateTime(l.at(n-1)))
		if err == nil {
			_, err = c.StopTransaction(meter+n*wattHours, types16.NewDateTime(l.at(n)), begun.TransactionId)
		}
		return err
	}}, nil
}

func plug201(address string, l *ledger) (session, error) {
	c := ocpp201.NewChargingStation("cp201", nil, plug("cp201"))
	if err := c.Start("ws://" + address); err != nil {
		return nil, err
	}
	return &charger{connected: c.IsConnected, stop: c.Stop, put: func(n int) error {
		_, err := c.MeterValues(1, []types201.MeterValue{{Timestamp: *types201.NewDateTime(l.at(n)), SampledValue: []types201.SampledValue{
			{Value: l.value(n), Measurand: types201.MeasurandEnergyActiveImportRegister, UnitOfMeasure: &types201.UnitOfMeasure{Unit: "kWh"}}}}})
		return err
	}}, nil
}
