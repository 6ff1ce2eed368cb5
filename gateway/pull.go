package gateway

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

func (g *Gateway) listPath() string { return filepath.Join(g.o.Config.State, "devices.yaml") }

// readList takes the device list that the server gave last into use, for starts while
// the link is broken.
func (g *Gateway) readList() error {
	data, err := os.ReadFile(g.listPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	devices, err := g.o.Parse(data)
	if err != nil { // written by another version: the server will give it anew
		g.o.Log.Warn("gateway: the device list on disk cannot be read; waiting for the server's", "error", err.Error())
		return nil
	}
	g.roster.set(g.o.Bundle.Park, devices)
	return nil
}

// pull follows the device list at the server: a request waits there until it changes.
func (g *Gateway) pull(ctx context.Context) {
	tag := ""
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		list, next, err := g.link.devices(ctx, tag)
		if err == nil && list != nil {
			tag, err = next, g.adopt(list)
		}
		if failures++; err == nil {
			failures = 0
			sleep(ctx, firstWait-time.Since(began)) // however fast the server answers
			continue
		}
		if failures == 1 && ctx.Err() == nil {
			g.o.Log.Warn("gateway: no device list from the server; going on with the last one", "error", err.Error())
		}
		sleep(ctx, backoff(failures, g.o.Config.Link.Backoff))
	}
}

// adopt takes a device list into use and keeps it.
func (g *Gateway) adopt(list []byte) error {
	devices, err := g.o.Parse(list)
	if err != nil {
		return err
	}
	g.roster.set(g.o.Bundle.Park, devices)
	g.o.Log.Info("gateway: device list", "devices", len(devices))
	g.forget()
	return writeDurably(g.listPath(), list)
}

// forget drops the statuses of devices that are not in the list any more.
func (g *Gateway) forget() {
	listed := map[string]bool{}
	g.roster.mu.Lock()
	for _, d := range g.roster.devices {
		listed[d.ID] = !d.Disabled
	}
	g.roster.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.statuses {
		if !listed[id] {
			delete(g.statuses, id)
			delete(g.fresh, id)
		}
	}
}
