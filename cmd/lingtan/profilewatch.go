package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"lingtan/connector/profile"
)

// profileWatch takes the device profiles of the data directory into use when their
// files change, without a restart.
type profileWatch struct {
	library *profile.Library
	folder  string
	changed func() // tells the drivers
	log     *slog.Logger
	seen    string
}

// run looks every few seconds until ctx ends.
func (w *profileWatch) run(ctx context.Context) {
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look()
		}
	}
}

// look loads the profiles when a file was added, changed or removed. Profiles that are
// not sound are told to the log, and those known before stay in use.
func (w *profileWatch) look() {
	now := w.state()
	if now == w.seen {
		return
	}
	w.seen = now
	if err := w.library.Load(w.folder); err != nil {
		w.log.Error("device profiles were not taken into use; those known before stay", "error", err.Error())
		return
	}
	w.log.Info("device profiles taken into use", "folder", w.folder, "profiles", len(w.library.All()))
	w.changed()
}

// state tells whether files changed: names, sizes and times.
func (w *profileWatch) state() string {
	files, err := os.ReadDir(w.folder)
	if err != nil {
		return "" // no folder, no profiles of one's own
	}
	var b strings.Builder
	for _, f := range files {
		info, err := f.Info()
		if err == nil && strings.HasSuffix(f.Name(), ".yaml") {
			fmt.Fprintln(&b, f.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}
