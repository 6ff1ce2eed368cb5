package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"lingtan/connector"
	"lingtan/ingest/readingfile"
)

// Pauses of a watch.
const (
	maxPause = 10 * time.Minute // between tries of a file that cannot be handled
	maxBusy  = 30 * time.Second // between tries of a sink that is busy
)

// The folders beside the files, into which they are put away.
const (
	doneFolder   = "done"
	failedFolder = "failed"
	twinEnd      = ".done"
)

// errSink says that the sink does not take samples: no other file would do better.
var errSink = errors.New("folder: the values were not admitted")

// errChanging says that a file changed while it was copied.
var errChanging = errors.New("folder: the file is still being written")

// watch is the watch over one folder. It is used from one goroutine.
type watch struct {
	settings
	sink    connector.Sink
	report  func(connector.Status)
	log     *slog.Logger
	now     func() time.Time
	counts  *counts
	batch   int    // values that go to the sink at once
	spool   string // where a file is read from a copy, which nobody changes
	ledger  *ledger
	seen    map[string]*sight // by the file's name
	samples int64
	newest  time.Time
	trouble string // of the last file that failed; empty once a file went well
}

// sight is what was seen of a file.
type sight struct {
	info     os.FileInfo
	since    time.Time // it is as it is
	failures int
	retry    time.Time // not before, after it could not be handled
	skipped  bool
}

func newWatch(s settings, env connector.Environment, c *counts) (*watch, error) {
	w := &watch{settings: s, sink: env.Sink, report: env.Report, batch: admitRows, log: env.Log, now: env.Now, counts: c, ledger: &ledger{}, seen: map[string]*sight{}}
	if env.Dir == "" {
		w.spool = filepath.Join(os.TempDir(), fmt.Sprintf("lingtan-file-%d-%s", os.Getpid(), url.PathEscape(ownName(s.device))))
	} else {
		home := filepath.Join(env.Dir, "file", url.PathEscape(ownName(s.device)))
		w.spool, w.ledger.dir = filepath.Join(home, "spool"), filepath.Join(home, "ledger")
		if err := os.MkdirAll(w.ledger.dir, 0o750); err != nil {
			return nil, fmt.Errorf("folder: what the door remembers has no place: %w", err)
		}
	}
	// What lies in the spool is of a run that was killed.
	if err := errors.Join(os.RemoveAll(w.spool), os.MkdirAll(w.spool, 0o700)); err != nil {
		return nil, fmt.Errorf("folder: no place to copy files to: %w", err)
	}
	return w, w.ledger.trim()
}

// look takes what is complete and reports how the folder does.
func (w *watch) look(ctx context.Context) {
	began := time.Now()
	notes, err := w.pass(ctx)
	if ctx.Err() != nil {
		return
	}
	s := connector.Status{Park: w.device.Park, Device: w.device.ID, At: w.now(), OK: err == nil && w.trouble == "", Latency: time.Since(began), Samples: w.samples}
	if !w.newest.IsZero() {
		s.Lag = max(0, w.now().Sub(w.newest))
	}
	if err != nil {
		notes = append([]string{err.Error()}, notes...)
	}
	if w.trouble != "" {
		notes = append(notes, w.trouble)
	}
	s.Error = strings.Join(notes, "; ")
	w.report(s)
}

// pass takes the files that are complete, by name. A file that is wrong does not hold up
// the others; a sink or a mapping that is wrong would be so for all. The notes are about
// what was passed over.
func (w *watch) pass(ctx context.Context) (notes []string, err error) {
	root, err := w.open(true)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	list, notes, err := w.list(root)
	if err != nil || len(list) == 0 {
		return notes, err
	}
	m, err := w.plan()
	if err != nil {
		return notes, err
	}
	for _, name := range list {
		x := w.seen[name]
		if !w.ready(root, name, x) {
			continue
		}
		err := w.take(ctx, root, m, name)
		switch {
		case ctx.Err() != nil:
			return notes, ctx.Err()
		case errors.Is(err, errSink) || errors.Is(err, connector.ErrConfig):
			return notes, err
		case err != nil:
			w.putOff(x)
			notes = append(notes, fmt.Sprintf("%.200q is left where it is and tried again: %v", name, err))
		}
	}
	return notes, nil
}

// putOff doubles the pause of a file that could not be handled.
func (w *watch) putOff(x *sight) {
	pause := w.interval
	for n := 0; n < x.failures && pause < maxPause; n++ {
		pause *= 2
	}
	x.failures++
	x.retry = w.now().Add(min(pause, maxPause))
}

// open opens the folder, so that no name in it, link or not, leads out of it.
func (w *watch) open(create bool) (*os.Root, error) {
	root, err := os.OpenRoot(w.dir)
	if errors.Is(err, fs.ErrNotExist) && w.own && create {
		if err = os.MkdirAll(w.dir, 0o750); err == nil {
			root, err = os.OpenRoot(w.dir)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("folder: the folder %s cannot be opened (%w); check that it is there, mounted and open to this program: %w", w.dir, err, connector.ErrUnreachable)
	}
	return root, nil
}

// list are the names of files to be read, sorted; what it sees of them is in seen.
func (w *watch) list(root *os.Root) (names, notes []string, err error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, nil, fmt.Errorf("folder: %s: %w: %w", w.dir, err, connector.ErrUnreachable)
	}
	defer dir.Close()
	entries, err := dir.ReadDir(maxEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("folder: %s: %w: %w", w.dir, err, connector.ErrUnreachable)
	}
	if len(entries) == maxEntries {
		notes = append(notes, fmt.Sprintf("the folder holds more than %d files: they are taken part by part", maxEntries-1))
	}
	there := map[string]bool{}
	for _, e := range entries {
		if !w.matches(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // gone by now
		}
		there[e.Name()] = true
		if note := w.see(e.Name(), info); note != "" {
			notes = append(notes, note)
			continue
		}
		names = append(names, e.Name())
	}
	for name := range w.seen {
		if !there[name] {
			delete(w.seen, name)
		}
	}
	slices.Sort(names)
	return names, notes[:min(len(notes), 10)], nil
}

// see notes what a file is like; a note says why it is passed over.
func (w *watch) see(name string, info os.FileInfo) (note string) {
	x := w.seen[name]
	if x == nil || !same(x.info, info) {
		x = &sight{info: info, since: w.now()}
		w.seen[name] = x
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		note = fmt.Sprintf("%.200q is a link, which is refused: put the file itself there", name)
	case !info.Mode().IsRegular():
		note = fmt.Sprintf("%.200q is no plain file", name)
	case len(name) > maxFileName:
		note = fmt.Sprintf("%.200q: the name is longer than %d bytes", name, maxFileName)
	}
	if note != "" && !x.skipped {
		x.skipped = true
		w.counts.add("skipped", 1)
	}
	return note
}

// same says whether two sights are of the same state of the same file.
func same(a, b os.FileInfo) bool {
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode().Type() == b.Mode().Type() && os.SameFile(a, b)
}

// ready says whether a file is complete and its turn has come.
func (w *watch) ready(root *os.Root, name string, x *sight) bool {
	now := w.now()
	if now.Before(x.retry) {
		return false
	}
	switch w.complete {
	case whenRenamed:
		return true
	case whenTwin:
		// A twin that is older is of an earlier file of that name.
		twin, err := root.Lstat(name + twinEnd)
		return err == nil && twin.Mode().IsRegular() && !twin.ModTime().Before(x.info.ModTime())
	}
	return now.Sub(x.since) >= w.rest
}

// copied is a file as it was copied to be read.
type copied struct {
	name   string
	path   string
	info   os.FileInfo
	sha256 string
}

// fetch copies a file into the spool: what is checked, read and named by its digest is
// one and the same, whatever happens in the folder meanwhile.
func (w *watch) fetch(root *os.Root, name string) (c copied, err error) {
	// Not waiting: somebody may have put a pipe in the file's place.
	in, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return c, err
	}
	defer in.Close()
	c = copied{name: name, path: filepath.Join(w.spool, name)}
	if c.info, err = in.Stat(); err != nil {
		return c, err
	}
	if !same(c.info, w.seen[name].info) {
		return c, errChanging
	}
	out, err := os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return c, err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(in, c.info.Size()+1))
	if err = errors.Join(err, out.Close()); err != nil {
		return c, errors.Join(err, os.Remove(c.path))
	}
	if n != c.info.Size() {
		return c, errors.Join(errChanging, os.Remove(c.path))
	}
	c.sha256 = hex.EncodeToString(sum.Sum(nil))
	return c, nil
}

// show gives the first values of the first file that waits.
func (w *watch) show(ctx context.Context) ([]connector.Sample, error) {
	root, err := w.open(false)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	w.seen = map[string]*sight{}
	list, _, err := w.list(root)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("folder: no file waits in %s whose name matches %s: %w", w.dir, strings.Join(w.match, ","), connector.ErrUnreachable)
	}
	m, err := w.plan()
	if err != nil {
		return nil, err
	}
	name := list[0]
	if size := w.seen[name].info.Size(); size > w.bytes {
		return nil, fmt.Errorf("folder: %w", w.tooLarge(size))
	}
	c, err := w.fetch(root, name)
	if err != nil {
		return nil, fmt.Errorf("folder: %q: %w", name, err)
	}
	defer os.Remove(c.path)
	file, err := readingfile.Open(c.path, m, readingfile.Options{Park: w.device.Park, Registers: names{w.instants}, Clock: w.now, BatchRows: readRows})
	if err != nil {
		return nil, w.plain(err)
	}
	g := &glance{device: w.device.ID}
	if _, err := file.Run(ctx, g); err != nil && !errors.Is(err, errEnough) {
		return g.list, w.plain(err)
	}
	return g.list[:min(len(g.list), readRows)], nil
}
