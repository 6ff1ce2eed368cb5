// Package gateway is the machine at a site: it reads devices by their drivers, filters
// at the source, keeps everything on disk while the link is broken, and brings it to
// the server in order, encrypted, and once.
//
// The drivers hand samples to the gateway, which admits them when they are durable in
// its spool. The link sends the spool's samples in numbered batches and removes what
// the server acknowledged as durable there. The server's clock corrects the machine's.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

// Document is a paper that goes to the server besides samples, such as a signed total.
type Document struct {
	ID   string // the same when it is sent again
	Kind string // says to the server what Body is
	Body []byte // at most 16 MiB
}

// Documents are the papers that wait to be sent. A gateway sends them in order, each
// until the server has accepted it.
type Documents interface {
	// Next is the oldest document that is not sent; false: none.
	Next(ctx context.Context) (Document, bool, error)
	// Sent says that the server accepted the document durably.
	Sent(ctx context.Context, id string) error
}

// Options are what a gateway runs with.
type Options struct {
	Config    *Config
	Bundle    *Bundle
	Drivers   []connector.Driver
	Parse     func(list []byte) ([]connector.Device, error) // reads a device list
	Documents Documents                                     // nil: none
	Version   string
	Log       *slog.Logger     // nil: none
	Wall      func() time.Time // the machine's clock; nil = time.Now
}

// Gateway is a running gateway. It is the connector.Sink of its drivers.
type Gateway struct {
	o      Options
	clock  *Clock
	intake *intake
	link   *link
	roster *roster
	run    uint32
	shifts map[uint32]time.Duration // run of the program → offset of its clock, where it was off; only the sender uses it

	sent, refused, repeats, unsure atomic.Int64

	mu       sync.Mutex
	statuses map[string]connector.Status // last of each device
	fresh    map[string]bool             // devices whose status the server does not have
}

var _ connector.Sink = (*Gateway)(nil)

// Open opens the state folder: spool, windows that were open, device list. It must be closed.
func Open(o Options) (*Gateway, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var id [4]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	g := &Gateway{o: o, run: binary.LittleEndian.Uint32(id[:]), roster: newRoster(), shifts: map[uint32]time.Duration{},
		statuses: map[string]connector.Status{}, fresh: map[string]bool{}}
	g.clock = newClock(o.Config.Clock.Limit, o.Wall)
	g.link = newLink(o.Config.Server, o.Bundle, g.clock)
	if err := os.MkdirAll(o.Config.State, 0o700); err != nil {
		return nil, err
	}
	var err error
	if g.intake, err = openIntake(filepath.Join(o.Config.State, "spool"), o.Config.Spool, o.Config.Filter, g.clock, g.run, o.Log); err != nil {
		return nil, err
	}
	if err := errors.Join(g.readShifts(), g.readList()); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// Close closes the state folder. Run must have ended.
func (g *Gateway) Close() error { return g.intake.spool.close() }

// Admit is of connector.Sink: it returns when the samples are durable in the spool, or
// held back by the filter.
func (g *Gateway) Admit(ctx context.Context, park string, samples []connector.Sample) (connector.Receipt, error) {
	if park != g.o.Bundle.Park {
		return connector.Receipt{}, fmt.Errorf("%w: this gateway is of park %s, not %.60q", connector.ErrRefused, g.o.Bundle.Park, park)
	}
	return g.intake.admit(ctx, samples)
}

// Run runs the drivers and the link until ctx ends. Then the drivers end first, and
// what they brought and all windows are written to the spool.
func (g *Gateway) Run(ctx context.Context) error {
	late, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var spooling, linking, driving sync.WaitGroup
	spooling.Go(func() { g.intake.work(late) })
	linking.Go(func() { g.forward(ctx) })
	linking.Go(func() { g.beat(ctx) })
	linking.Go(func() { g.pull(ctx) })
	linking.Go(func() { g.answerStatus(ctx) })
	dir := filepath.Join(g.o.Config.State, "doors")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	env := connector.Environment{Devices: g.roster, Sink: g, Report: g.report, Log: g.o.Log, Now: g.clock.Now, Dir: dir}
	for _, d := range g.o.Drivers {
		driving.Go(func() {
			if err := d.Run(ctx, env); err != nil {
				g.o.Log.Error("gateway: a door did not open", "protocol", d.Protocol(), "error", err.Error())
			}
		})
	}
	<-ctx.Done()
	driving.Wait()
	end()
	spooling.Wait()
	linking.Wait()
	return nil
}

// report takes the status of a device from its driver.
func (g *Gateway) report(s connector.Status) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Error = strings.ToValidUTF8(s.Error[:min(len(s.Error), mostFault)], "")
	g.statuses[s.Device] = s
	g.fresh[s.Device] = true
}

// forward sends what is in the spool, batch after batch.
func (g *Gateway) forward(ctx context.Context) {
	if err := persist(ctx, g.o.Config.Link.Backoff, func() error { return g.synchronise(ctx) }); err != nil {
		return
	}
	var p *parcel // kept until it is delivered
	for ctx.Err() == nil {
		began := time.Now()
		var err error
		if p == nil {
			p, err = g.intake.spool.read(ctx, g.o.Config.Link.Batch, g.adjust)
		}
		if err == nil {
			err = g.deliver(ctx, p)
		}
		if err == nil {
			p = nil
		}
		if err != nil && ctx.Err() == nil {
			g.o.Log.Error("gateway: the spool cannot be read or sent", "error", err.Error())
			sleep(ctx, firstWait)
		}
		if g.intake.spool.depth().waiting < uint64(g.o.Config.Link.Batch) {
			sleep(ctx, g.o.Config.Link.Every-time.Since(began))
		}
	}
}

// deliver sends a parcel until the server has it. What is sent again is the same to the
// last byte, so that the server knows it.
func (g *Gateway) deliver(ctx context.Context, p *parcel) error {
	b := frame.Batch{Spool: g.intake.spool.id, First: p.first, Last: p.last, Samples: p.samples}
	data, err := b.Encode()
	if err != nil {
		return err
	}
	tries := 0
	err = persist(ctx, g.o.Config.Link.Backoff, func() error {
		if tries++; tries > 1 {
			g.repeats.Add(1)
		}
		a, err := g.link.send(ctx, data, p.last)
		g.refused.Add(int64(a.Refused))
		if err != nil && tries == 1 && ctx.Err() == nil {
			g.o.Log.Warn("gateway: the server does not take a batch; it is kept and sent again", "error", err.Error())
		}
		return err
	})
	if err != nil {
		return err
	}
	g.sent.Add(int64(len(p.samples)))
	return g.intake.spool.acknowledge(p.last)
}

// synchronise learns the server's time before anything is sent, and writes down by how
// much this run's clock was off, so that its samples get the same times whenever they
// are sent.
func (g *Gateway) synchronise(ctx context.Context) error {
	for range firstAsks {
		if err := g.link.askTime(ctx); err != nil {
			return err
		}
	}
	offset, _, synced, corrected := g.clock.state()
	if !synced {
		return fmt.Errorf("%w: the server's clock was set meanwhile", connector.ErrProtocol)
	}
	if !corrected {
		return nil
	}
	g.o.Log.Warn("gateway: this machine's clock is off; times are corrected", "offset", offset.String())
	if len(g.shifts) >= 64 {
		clear(g.shifts) // of runs long gone
	}
	g.shifts[g.run] = offset.Round(time.Millisecond)
	data, err := json.Marshal(g.shifts)
	if err != nil {
		return err
	}
	return writeDurably(g.shiftsPath(), data)
}

func (g *Gateway) shiftsPath() string { return filepath.Join(g.o.Config.State, "clock.json") }

func (g *Gateway) readShifts() error {
	data, err := os.ReadFile(g.shiftsPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(data, &g.shifts)
	}
	return err
}

const ownTime = time.Minute // a sample's time is of our clock when it is as near as this to its coming

// adjust corrects the samples of a record that was written before the server's time
// was known, where their times are of the machine's clock.
func (g *Gateway) adjust(e *entry) {
	if e.flags&flagUnsure == 0 {
		return
	}
	shift, off := g.shifts[e.run]
	if !off {
		if e.run != g.run {
			g.unsure.Add(int64(len(e.forward)))
		}
		return
	}
	came := time.UnixMilli(e.at)
	for i := range e.forward {
		if x := &e.forward[i]; x.At.Sub(came).Abs() <= ownTime {
			x.At = x.At.Add(shift)
		}
	}
}

// beat tells the server how the gateway does, compares the clocks and sends documents.
func (g *Gateway) beat(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		err := g.pulse(ctx)
		wait := g.o.Config.Link.Heartbeat
		if failures++; err == nil {
			failures = 0
		} else {
			wait = max(wait, backoff(failures, g.o.Config.Link.Backoff))
		}
		sleep(ctx, wait)
	}
}

func (g *Gateway) pulse(ctx context.Context) error {
	if err := g.link.askTime(ctx); err != nil {
		return err
	}
	h := g.heartbeat()
	if err := g.link.exchange(ctx, frame.PathHeartbeat, h, nil); err != nil {
		g.stale(h.Devices)
		return err
	}
	if g.o.Documents == nil {
		return nil
	}
	for range mostPending {
		d, ok, err := g.o.Documents.Next(ctx)
		if err != nil || !ok {
			return err
		}
		if err := g.link.document(ctx, d); err != nil {
			g.o.Log.Warn("gateway: a document is not accepted; it is sent again", "kind", d.Kind, "id", d.ID, "error", err.Error())
			return err
		}
		if err := g.o.Documents.Sent(ctx, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// stale marks statuses that did not reach the server.
func (g *Gateway) stale(list []connector.Status) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range list {
		g.fresh[s.Device] = true
	}
}
