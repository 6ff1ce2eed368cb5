package main

import (
	"fmt"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
)

// bar shows the progress of a long job on standard error: a bar with rate and time
// left at a terminal, one line per ten seconds elsewhere.
type bar struct {
	app   *app
	name  string
	began time.Time
	last  time.Time
	shown *progressbar.ProgressBar
	plain bool
}

func (a *app) bar(name string) *bar {
	b := &bar{app: a, name: name, began: time.Now(), last: time.Now()}
	f, ok := a.stderr.(*os.File)
	b.plain = !ok || !isatty.IsTerminal(f.Fd()) || os.Getenv("NO_COLOR") != ""
	return b
}

// bytes tells how far a file is read.
func (b *bar) bytes(done, total int64, rows float64, left time.Duration) {
	note := fmt.Sprintf("%.0f %s", rows, b.app.say("行/秒", "rows/s"))
	b.show(done, total, note, left)
}

// count tells how many of some things are done.
func (b *bar) count(done, total int) {
	var left time.Duration
	if done > 0 {
		left = time.Duration(float64(time.Since(b.began)) / float64(done) * float64(total-done))
	}
	b.show(int64(done), int64(total), fmt.Sprintf("%d/%d", done, total), left)
}

func (b *bar) show(done, total int64, note string, left time.Duration) {
	if b.plain {
		if time.Since(b.last) < 10*time.Second {
			return
		}
		b.last = time.Now()
		percent := 0.0
		if total > 0 {
			percent = 100 * float64(done) / float64(total)
		}
		fmt.Fprintf(b.app.stderr, "%s: %.0f %%, %s, %s %s\n", b.name, percent, note, b.app.say("剩余", "left"), left.Round(time.Second))
		return
	}
	if time.Since(b.began) < 500*time.Millisecond && done < total {
		return
	}
	if b.shown == nil {
		b.shown = progressbar.NewOptions64(max(total, 1), progressbar.OptionSetWriter(b.app.stderr), progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	b.shown.Describe(b.name + " " + note)
	if err := b.shown.Set64(done); err != nil {
		b.plain = true // a bar that cannot be drawn gives way to lines
	}
}

// done takes the bar away.
func (b *bar) done() {
	if b.shown == nil {
		return
	}
	if err := b.shown.Finish(); err != nil {
		fmt.Fprintln(b.app.stderr)
	}
}
