package main

import (
	"context"
	"log/slog"
	"sync"

	"lingtan/access"
	"lingtan/alarm/picture"
	"lingtan/api"
	"lingtan/connector"
	"lingtan/node"
)

// openAlarms takes up the rules of all parks; their changes go out on the live streams.
func (a *app) openAlarms(ctx context.Context, n *node.Node, hub *api.Hub, d *doors, log *slog.Logger) (*node.Alarms, error) {
	scheme := "http://"
	if a.ports.certificate != "" {
		scheme = "https://"
	}
	w, err := n.OpenAlarms(ctx, node.AlarmOptions{Log: log, Address: scheme + a.listen, Told: func(park string, organization access.Path, change picture.Change) {
		if err := hub.Publish(park, api.Event{Kind: "alarm", Organization: organization, Data: change}); err != nil {
			log.Warn("a change of an alarm was not told live", "park", park, "error", err.Error())
		}
	}})
	if err == nil {
		d.alarms.Store(w)
	}
	return w, err
}

// runAlarms watches until ctx ends; the returned function waits for the end.
func runAlarms(ctx context.Context, w *node.Alarms, log *slog.Logger) (wait func()) {
	var all sync.WaitGroup
	all.Go(func() {
		if err := w.Run(ctx); err != nil {
			log.Error("alarms ended", "error", err.Error())
		}
	})
	return all.Wait
}

// heard tells the watch over alarms that a device gave a sign of life.
func (d *doors) heard(s connector.Status) {
	if w := d.alarms.Load(); w != nil && s.OK {
		w.Heartbeat(s.Park, s.Device, s.At)
	}
}
