package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"lingtan/connector"
	"lingtan/connector/modbus"
	"lingtan/connector/profile"
)

const (
	meterRegisters = 60
	pollEvery      = time.Second
	pollWarm       = 3 * time.Second
	pollShare      = 50 // % of a core
	metersEnv      = "LINGTAN_BENCH_METERS"
	metersMost     = 15_000
)

// This process is the simulated meters when the stage modbus starts it so: the meters'
// processor time is not to be counted as the driver's.
func init() {
	var count int
	if fmt.Sscan(os.Getenv(metersEnv), &count); count > 0 {
		if err := serveMeters(count); err != nil {
			fmt.Fprintln(os.Stderr, "bench: simulated meters:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// serveMeters simulates meters over Modbus TCP, each at a port of its own, until its
// input is closed; then it tells how many requests it answered.
func serveMeters(count int) error {
	var answered atomic.Int64
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Println(l.Addr())
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go answer(c, &answered)
			}
		}()
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	fmt.Println(answered.Load())
	return err
}

// answer answers requests to read holding registers (Modbus Application Protocol V1.1b3,
// section 6.3; MBAP header of Modbus Messaging on TCP/IP V1.0b): register i holds 1000+i.
func answer(c net.Conn, answered *atomic.Int64) {
	defer c.Close()
	in := bufio.NewReader(c)
	var ask [12]byte
	for {
		if _, err := io.ReadFull(in, ask[:]); err != nil || ask[7] != 3 {
			return
		}
		first, n := binary.BigEndian.Uint16(ask[8:]), int(binary.BigEndian.Uint16(ask[10:]))
		if int(first)+n > meterRegisters {
			return
		}
		out := append(make([]byte, 0, 9+2*meterRegisters), ask[:4]...)
		out = binary.BigEndian.AppendUint16(out, uint16(3+2*n))
		out = append(out, ask[6], 3, byte(2*n))
		for i := range n {
			out = binary.BigEndian.AppendUint16(out, 1000+first+uint16(i))
		}
		if _, err := c.Write(out); err != nil {
			return
		}
		answered.Add(1)
	}
}

// polled measures the Modbus driver: so many meters as -points, of 60 registers each,
// asked every second. The meters run in another process.
func polled(ctx context.Context, o options, r *result) error {
	count := min(o.Points, metersMost)
	meters, err := startMeters(ctx, count)
	if err != nil {
		return err
	}
	library, err := meterProfile(o)
	if err != nil {
		return errors.Join(err, meters.stop())
	}
	list := make(oneList, count)
	for i, address := range meters.addresses {
		list[i] = connector.Device{ID: fmt.Sprint("m", i), Park: benchPark, Protocol: modbus.Protocol, Address: address, Profile: "bench-meter", Interval: pollEvery}
	}
	sink := &checkingSink{held: make(map[string]float64, meterRegisters)}
	for i := range meterRegisters {
		sink.held[fmt.Sprintf("v%02d", i)] = 0.1 * float64(1000+i)
	}
	running, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- modbus.New(library).Run(running, connector.Environment{Devices: list, Sink: sink, Report: func(connector.Status) {},
			Log: slog.New(slog.DiscardHandler), Now: time.Now})
	}()
	time.Sleep(pollWarm)
	length := time.Duration(min(20, 1+count/50)) * time.Second
	before, used, began := sink.values.Load(), cpu(), time.Now()
	time.Sleep(length)
	took := time.Since(began).Seconds()
	rate, share := float64(sink.values.Load()-before)/took, 100*(cpu()-used).Seconds()/took
	end()
	if err := errors.Join(<-ended, meters.stop()); err != nil {
		return err
	}
	asked := float64(count*meterRegisters) / pollEvery.Seconds()
	r.add("simulated meters, each at an address of its own", float64(count), "")
	r.limit("values read, of 60 registers a meter and second", rate, "values/s", 0.99*asked, true)
	r.limit("processor time of the process with the driver", share, "% of a core", pollShare, false)
	return meters.check(sink)
}

// meterProcess is the process with the simulated meters.
type meterProcess struct {
	addresses []string
	answered  int64

	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

func startMeters(ctx context.Context, count int) (*meterProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &meterProcess{cmd: exec.CommandContext(ctx, self)}
	p.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", metersEnv, count))
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.lines = bufio.NewScanner(stdout)
	for len(p.addresses) < count && p.lines.Scan() {
		p.addresses = append(p.addresses, p.lines.Text())
	}
	if len(p.addresses) < count {
		return nil, errors.Join(fmt.Errorf("%d of %d meters are simulated", len(p.addresses), count), p.stop())
	}
	return p, nil
}

// stop ends the meters and takes how many requests they answered.
func (p *meterProcess) stop() error {
	err := p.stdin.Close()
	if p.lines.Scan() {
		fmt.Sscan(p.lines.Text(), &p.answered)
	}
	return errors.Join(err, p.cmd.Wait())
}

// check holds the values that came to the requests that were answered: all of them, but
// for one request of each meter that was under way at the end.
func (p *meterProcess) check(sink *checkingSink) error {
	got, told := sink.values.Load(), p.answered*meterRegisters
	if wrong := sink.wrong.Load(); wrong > 0 {
		return fmt.Errorf("%d of %d values are not those of the meters", wrong, got)
	}
	if missing := told - got; missing < 0 || missing > int64(len(p.addresses)*meterRegisters) {
		return fmt.Errorf("the meters told %d values and %d came", told, got)
	}
	return nil
}

// meterProfile is a device profile of 60 registers of which each is a value.
func meterProfile(o options) (*profile.Library, error) {
	dir := filepath.Join(o.Dir, "profiles")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	var body strings.Builder
	body.WriteString("format: lingtan.profile/v1\nid: bench-meter\nkind: power_meter\nmaker: bench\nmodel: bench\nname: {en: Meter of the benchmark}\nprotocol: modbus\n" +
		"source:\n  - {title: made for the benchmark, where: bench/modbus.go, seen: \"2026-11-22\"}\nvalues:\n")
	for i := range meterRegisters {
		fmt.Fprintf(&body, "  - {name: v%02d, quantity: voltage, kind: state, unit: V, modbus: {function: holding, register: %d, type: uint16, scale: 0.1}}\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "bench-meter.yaml"), []byte(body.String()), 0o600); err != nil {
		return nil, err
	}
	library := &profile.Library{}
	return library, library.Load(dir)
}

// oneList is a device list that does not change.
type oneList []connector.Device

func (l oneList) List(string) []connector.Device { return l }

func (oneList) Changed() <-chan struct{} { return nil }

// checkingSink counts the values that come and those that are not what the meters hold.
type checkingSink struct {
	held          map[string]float64
	values, wrong atomic.Int64
}

func (s *checkingSink) Admit(_ context.Context, _ string, samples []connector.Sample) (connector.Receipt, error) {
	for i := range samples {
		if want, known := s.held[samples[i].Name]; !known || math.Abs(samples[i].Value-want) > 1e-6 {
			s.wrong.Add(1)
		}
	}
	s.values.Add(int64(len(samples)))
	return connector.Receipt{Stored: len(samples)}, nil
}
