package doorkill

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lingtan/connector"
	"lingtan/gateway"
	"lingtan/ingest"
)

// site is a gateway, in this process, that a numbering device is behind. A sample counts
// as acknowledged when the gateway has it in its spool: from there on it must come to the
// server, whatever is killed.
type site struct {
	*ledger
	dir     string
	sending context.Context // ends before the gateway does
	running *gateway.Gateway
}

func newSite(h *household, s *server) *site {
	h.plain(connector.Device{ID: "gw", Protocol: "gateway"})
	key := h.add(connector.Device{ID: "numbers", Protocol: "http", Gateway: "gw"}, "v")
	return &site{ledger: newLedger("gateway", "spool of a gateway", key, time.Millisecond), dir: s.dir}
}

// open enrols the gateway and opens it.
func (g *site) open(t *testing.T, s *server, sending context.Context) {
	t.Helper()
	g.sending = sending
	s.must(t, "gateway", "enrol", "gw", "--park", parkID, "-o", "gw.pem")
	conf, err := gateway.ParseConfig([]byte("format: lingtan.gateway/v1\nserver: "+s.gateway+"\nbundle: gw.pem\nstate: site\n"+
		"spool: {linger: 10ms}\nlink: {heartbeat: 1s, every: 100ms, backoff: 1s}\n"), g.dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(conf.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := gateway.ParseBundle(text)
	if err != nil {
		t.Fatal(err)
	}
	parse := func(list []byte) ([]connector.Device, error) {
		l, err := ingest.ParseList(list, nil)
		return l.Devices, err
	}
	if g.running, err = gateway.Open(gateway.Options{Config: conf, Bundle: bundle, Drivers: []connector.Driver{g}, Parse: parse}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.running.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Protocol is that of the device behind the gateway.
func (g *site) Protocol() string { return "http" }

// Run is the driver in the gateway: it counts.
func (g *site) Run(_ context.Context, env connector.Environment) error {
	for g.sending.Err() == nil {
		var batch []connector.Sample
		list := g.take(20)
		for _, n := range list {
			batch = append(batch, connector.Sample{Device: "numbers", Name: "v", At: g.at(n), Value: g.value(n)})
		}
		if _, err := env.Sink.Admit(g.sending, parkID, batch); err != nil {
			g.note(err)
			continue
		}
		g.ack(list...)
		rest(g.sending, 20*time.Millisecond)
	}
	return nil
}

// drain waits until the server has everything of the spool.
func (g *site) drain(ctx context.Context) error {
	for {
		s, err := gateway.AskStatus(ctx, filepath.Join(g.dir, "site"))
		if err == nil && s.State.Waiting == 0 {
			return nil
		}
		rest(ctx, 50*time.Millisecond)
		if ctx.Err() != nil {
			return fmt.Errorf("the gateway still has %d samples: %s, %w", s.State.Waiting, s.Fault, err)
		}
	}
}
