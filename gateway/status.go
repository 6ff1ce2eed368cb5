package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"

	"lingtan/connector"
	"lingtan/gateway/frame"
)

// Statuses of devices in one heartbeat, and bytes of an error among them: together
// within frame.MaxMessage.
const (
	mostStatuses = 5_000
	mostFault    = 300
)

// heartbeat is how the gateway does, with the statuses that changed since the last.
func (g *Gateway) heartbeat() frame.Heartbeat {
	h := g.condition()
	g.mu.Lock()
	defer g.mu.Unlock()
	for device := range g.fresh {
		if len(h.Devices) == mostStatuses {
			break
		}
		h.Devices = append(h.Devices, g.statuses[device])
		delete(g.fresh, device)
	}
	return h
}

// condition is the heartbeat without statuses.
func (g *Gateway) condition() frame.Heartbeat {
	d, in := g.intake.spool.depth(), g.intake
	h := frame.Heartbeat{Version: g.o.Version, Local: g.clock.wall().UTC(), Waiting: d.waiting, Bytes: d.bytes, Limit: d.limit, Every: g.o.Config.Link.Heartbeat}
	h.Offset, h.RoundTrip, h.Synced, h.Corrected = g.clock.state()
	if d.oldest > 0 {
		h.Oldest = time.UnixMilli(d.oldest).UTC()
	}
	if ms := in.newest.Load(); ms > 0 {
		h.Newest = time.UnixMilli(ms).UTC()
	}
	h.Counts = map[string]int64{"samples": in.taken.Load(), "refused": in.refused.Load(), "busy": in.busy.Load(), "spooled": in.forwarded.Load(),
		"held_back": in.held.Load(), "late": in.late.Load(), "unfiltered": in.unfiltered.Load(), "thinned": d.thinned, "damaged": d.damaged,
		"sent": g.sent.Load(), "server_refused": g.refused.Load(), "repeats": g.repeats.Load(), "unsure_clock": g.unsure.Load()}
	return h
}

// Status is how a gateway does, as lingtan gateway status shows it.
type Status struct {
	Park    string             `json:"park"`
	Gateway string             `json:"gateway"`
	Server  string             `json:"server"`
	Linked  bool               `json:"linked"`          // the last exchange with the server went well
	Since   time.Time          `json:"since"`           // when that began
	Fault   string             `json:"fault,omitempty"` // of the last exchange
	Spool   string             `json:"spool,omitempty"` // what is wrong with the spool
	Until   time.Time          `json:"certificateUntil"`
	Behind  int                `json:"devices"` // in the list
	State   frame.Heartbeat    `json:"state"`
	Devices []connector.Status `json:"statuses"`
}

// Status is how the gateway does now.
func (g *Gateway) Status() Status {
	s := Status{Park: g.o.Bundle.Park, Gateway: g.o.Bundle.Gateway, Server: g.o.Config.Server, Until: g.o.Bundle.Until, Behind: g.roster.count(), State: g.condition()}
	s.Fault, s.Since = g.link.state()
	s.Linked = s.Fault == "" && s.State.Synced
	if fault := g.intake.fault.Load(); fault != nil {
		s.Spool = *fault
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, d := range g.statuses {
		s.Devices = append(s.Devices, d)
	}
	return s
}

func socketPath(state string) string { return filepath.Join(state, "status.sock") }

// answerStatus gives the status, as JSON, to who connects to the socket in the state
// folder, until ctx ends. The folder is open to the gateway's user alone.
func (g *Gateway) answerStatus(ctx context.Context) {
	path := socketPath(g.o.Config.State)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of a run that was killed; the spool's lock says that none runs
		g.o.Log.Warn("gateway: no status socket", "error", err.Error())
		return
	}
	door, err := net.Listen("unix", path)
	if err != nil {
		g.o.Log.Warn("gateway: no status socket", "error", err.Error())
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = door.Close() })
	defer stop()
	for {
		conn, err := door.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			sleep(ctx, firstWait)
			continue
		}
		if err := errors.Join(conn.SetDeadline(time.Now().Add(5*time.Second)), json.NewEncoder(conn).Encode(g.Status()), conn.Close()); err != nil {
			g.o.Log.Info("gateway: status was not taken", "error", err.Error())
		}
	}
}

// AskStatus is the status of the gateway that runs on a state folder of this machine.
func AskStatus(ctx context.Context, state string) (Status, error) {
	var s Status
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socketPath(state))
	if err != nil {
		return s, errors.Join(connector.ErrUnreachable, err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return s, err
	}
	return s, json.NewDecoder(conn).Decode(&s)
}
