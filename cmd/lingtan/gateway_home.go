package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"lingtan/api"
	"lingtan/connector"
	"lingtan/gateway"
	"lingtan/node"
	"lingtan/store/record"
	"lingtan/usage/statement"
)

// runHome runs a gateway of an enterprise that keeps its raw readings: devices are read
// into a node at the site, settled there, and what goes to the park is signed statements.
func (a *app) runHome(ctx context.Context, conf *gateway.Config, b *gateway.Bundle, log *slog.Logger) error {
	site := *a
	site.dir, site.database = conf.Home.Data, ""
	site.ports = ports{mqtt: conf.Listen.MQTT, hj212: conf.Listen.HJ212, ocpp: conf.Listen.OCPP}
	return site.with(ctx, func(n *node.Node) error {
		doors, err := site.openDoors(ctx, n, api.NewHub(), log)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		wait := doors.run(ctx)
		h := home{node: n, park: b.Park, log: log,
			what: node.Stating{Park: b.Park, Gateway: b.Gateway, Organization: conf.Home.Organization}}
		var stating sync.WaitGroup
		stating.Go(func() { h.stateOften(ctx, conf.Home.Every) })
		err = site.linked(ctx, gateway.Options{Config: conf, Bundle: b, Parse: parseDevices, Documents: h, Version: version, Log: log})
		cancel()
		stating.Wait()
		wait()
		return err
	})
}

// home is the node at the site as the link sees it: statements wait there to be sent.
type home struct {
	node *node.Node
	park string
	what node.Stating
	log  *slog.Logger
}

// stateOften states what was settled and not stated yet, again and again.
func (h home) stateOften(ctx context.Context, every time.Duration) {
	for {
		if err := h.state(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("nothing could be stated; it is tried again", "park", h.park, "error", err.Error())
		}
		rest := time.NewTimer(every)
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-rest.C:
		}
	}
}

func (h home) state(ctx context.Context) error {
	if _, err := h.node.Settle(ctx, h.park, node.SettleOptions{}); err != nil {
		return err
	}
	act := record.Act{Who: "system", Name: "gateway " + h.what.Gateway, From: "lingtan gateway", At: h.node.Now()}
	for more := true; more; {
		s, again, err := h.node.BuildStatement(ctx, act, h.what)
		if err != nil {
			return err
		}
		if more = again; s != nil {
			h.log.Info("stated", "park", h.park, "number", s.Signed.Head.Number)
		}
	}
	return nil
}

// Next is the oldest statement that the park has not acknowledged.
func (h home) Next(ctx context.Context) (gateway.Document, bool, error) {
	s, err := h.node.PendingStatement(ctx, h.park)
	if err != nil || s == nil {
		return gateway.Document{}, false, err
	}
	return gateway.Document{ID: strconv.Itoa(s.Head.Number), Kind: statement.Format, Body: s.Document}, true, nil
}

// Sent notes that the park has the statement.
func (h home) Sent(ctx context.Context, id string) error {
	number, err := strconv.Atoi(id)
	if err != nil {
		return fmt.Errorf("statement %q: %w", id, err)
	}
	return h.node.AcknowledgeStatement(ctx, h.park, number)
}

// acceptor takes what gateways send besides samples into the node.
type acceptor struct{ node *node.Node }

// Accept takes a signed statement. What can never be taken is refused for good; one that
// came before the one it follows may come again.
func (x acceptor) Accept(ctx context.Context, park, gateway, kind string, doc []byte) error {
	if kind != statement.Format {
		return fmt.Errorf("%w: documents of kind %.60q; this server takes %s", connector.ErrRefused, kind, statement.Format)
	}
	act := record.Act{Who: "system", Name: "gateway " + gateway, From: "gateway", At: x.node.Now()}
	_, err := x.node.AcceptStatement(ctx, act, park, gateway, doc)
	for _, never := range []error{statement.ErrFormat, statement.ErrLimit, statement.ErrDifferent, node.ErrUntrusted} {
		if errors.Is(err, never) {
			return fmt.Errorf("%w: %w", connector.ErrRefused, err)
		}
	}
	return err
}
