package modbus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/simonvetter/modbus"

	"lingtan/connector"
)

const (
	longestWait = 5 * time.Minute // between two tries at what fails
	silences    = 3               // requests without an answer after which a connection is given up
)

// errNoLine marks that the connection itself could not be made.
var errNoLine = errors.New("no connection")

// line is the connection to an address. Its fields belong to who has the turn.
type line struct {
	url  string
	rtu  bool
	turn chan struct{} // holds one token while the line is free

	users int // guarded by Driver.mu

	client  *modbus.ModbusClient
	timeout time.Duration
	silent  int // requests in a row without an answer

	failures int // of dialling, in a row
	next     time.Time
	reason   error
}

// join is the line of an address; leave it when done.
func (d *Driver) join(url string) *line {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[url]
	if l == nil {
		l = &line{url: url, rtu: strings.HasPrefix(url, "rtu"), turn: make(chan struct{}, 1)}
		l.turn <- struct{}{}
		d.lines[url] = l
	}
	l.users++
	return l
}

// leave ends a join; the last to leave closes the connection.
func (d *Driver) leave(l *line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.users--
	if l.users == 0 {
		delete(d.lines, l.url)
		l.drop()
	}
}

// hold joins a line and waits for its turn.
func (d *Driver) hold(ctx context.Context, url string) (*line, func(), error) {
	l := d.join(url)
	if err := l.take(ctx); err != nil {
		d.leave(l)
		return nil, nil, err
	}
	return l, func() { l.give(); d.leave(l) }, nil
}

func (l *line) take(ctx context.Context) error {
	select {
	case <-l.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *line) give() { l.turn <- struct{}{} }

// drop closes the connection, so that the next request makes a new one.
func (l *line) drop() {
	if l.client != nil {
		l.client.Close() // a broken connection has nothing more to say
		l.client = nil
	}
	l.silent = 0
}

// open is the connection with a timeout, made when there is none. An address that
// did not answer is not dialled again before its back-off has passed.
func (l *line) open(d *Driver, timeout time.Duration) (*modbus.ModbusClient, error) {
	if l.client != nil && l.timeout < timeout {
		l.drop() // the library takes the timeout with the connection: the longest of its devices
	}
	if l.client != nil {
		return l.client, nil
	}
	if time.Now().Before(l.next) {
		return nil, l.reason
	}
	client, err := modbus.NewClient(&modbus.ClientConfiguration{URL: l.url, Timeout: timeout, Logger: d.log.Load()})
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", connector.ErrConfig, l.url, err)
	}
	if err := client.Open(); err != nil {
		l.failures++
		l.next = time.Now().Add(backoff(l.failures, time.Second))
		l.reason = fmt.Errorf("%w: %w: %w; check address, port and cable", connector.ErrUnreachable, errNoLine, err)
		return nil, l.reason
	}
	l.failures, l.client, l.timeout, l.silent = 0, client, timeout, 0
	return client, nil
}

// backoff is how long to wait after failures in a row: the first wait doubled each
// time, at most longestWait, give or take a fifth, so that what failed together is
// not tried again together.
func backoff(failures int, first time.Duration) time.Duration {
	d := min(first, longestWait)
	for n := 1; n < failures && d < longestWait; n++ {
		d = min(2*d, longestWait)
	}
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// request sends a request to a unit and sends it again when it was lost.
func (l *line) request(ctx context.Context, d *Driver, s *settings, send func(*modbus.ModbusClient) error) error {
	for try := 0; ; try++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		client, err := l.open(d, s.timeout)
		if err != nil {
			return err
		}
		if s.pause > 0 && !sleep(ctx, s.pause) {
			return ctx.Err()
		}
		client.SetUnitId(s.unit) // cannot fail
		again, err := l.judge(send(client))
		if err == nil || !again || try >= s.retries {
			return err
		}
	}
}

// judge says what an answer means: for the connection, whether to ask again, and in
// the words of the contract.
func (l *line) judge(err error) (again bool, meaning error) {
	switch {
	case err == nil:
		l.silent = 0
		return false, nil
	case answered(err):
		l.silent = 0
		return errors.Is(err, modbus.ErrServerDeviceBusy), fmt.Errorf("%w: exception: %w", connector.ErrProtocol, err)
	case errors.Is(err, modbus.ErrGWPathUnavailable), errors.Is(err, modbus.ErrGWTargetFailedToRespond):
		l.silent = 0
		return true, fmt.Errorf("%w: %w; check the unit and the serial line behind the gateway", connector.ErrUnreachable, err)
	case errors.Is(err, modbus.ErrRequestTimedOut):
		// Over RTU a late answer would pass for that of the next request.
		if l.silent++; l.rtu || l.silent >= silences {
			l.drop()
		}
		return true, fmt.Errorf("%w: %w; check unit and timeout", connector.ErrUnreachable, err)
	case garbled(err):
		l.drop()
		return true, fmt.Errorf("%w: %w; check framing (tcp or rtuovertcp) and unit", connector.ErrProtocol, err)
	}
	l.drop()
	return true, fmt.Errorf("%w: %w", connector.ErrUnreachable, err)
}

// answered says whether the device itself refused the request.
func answered(err error) bool {
	return refusedAddress(err) || is(err, modbus.ErrIllegalFunction, modbus.ErrServerDeviceFailure,
		modbus.ErrAcknowledge, modbus.ErrServerDeviceBusy, modbus.ErrMemoryParityError)
}

// refusedAddress says whether a request reached over what the device has.
func refusedAddress(err error) bool {
	return is(err, modbus.ErrIllegalDataAddress, modbus.ErrIllegalDataValue)
}

func garbled(err error) bool {
	return is(err, modbus.ErrBadCRC, modbus.ErrShortFrame, modbus.ErrProtocolError, modbus.ErrBadUnitId,
		modbus.ErrBadTransactionId, modbus.ErrUnknownProtocolId)
}

func is(err error, kinds ...error) bool {
	for _, one := range kinds {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// read reads registers, two bytes each, or coils, each as a register of 0 or 1.
func (l *line) read(ctx context.Context, d *Driver, s *settings, function string, first, count int) (wire []byte, err error) {
	err = l.request(ctx, d, s, func(c *modbus.ModbusClient) error {
		wire, err = readOnce(c, function, uint16(first), uint16(count))
		return err
	})
	return wire, err
}

func readOnce(c *modbus.ModbusClient, function string, first, count uint16) ([]byte, error) {
	switch function {
	case "holding":
		return c.ReadRawBytes(first, 2*count, modbus.HOLDING_REGISTER)
	case "input":
		return c.ReadRawBytes(first, 2*count, modbus.INPUT_REGISTER)
	case "coil":
		bits, err := c.ReadCoils(first, count)
		return widen(bits), err
	}
	bits, err := c.ReadDiscreteInputs(first, count)
	return widen(bits), err
}

func widen(bits []bool) []byte {
	wire := make([]byte, 2*len(bits))
	for i, b := range bits {
		if b {
			wire[2*i+1] = 1
		}
	}
	return wire
}
