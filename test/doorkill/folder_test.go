package doorkill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	fileRows  = 40
	filesOpen = 5 // that wait for the server
)

const fileMapping = `format: lingtan.mapping/v1
layout: wide
time: {column: time, layout: unix_ms, label: end}
values:
  - {column: v, register: v}
`

// dropper puts files into a watched folder; its samples are acknowledged when the file
// is in done with its receipt.
type dropper struct {
	*ledger
	dir     string
	next    int
	waiting map[string][]int // by the file's name
}

func newDropper(h *household, s *server) *dropper {
	key := h.add(asked("file", "drop", "drop", time.Second, "mapping", fileMapping, "complete", "rename"), "v")
	return &dropper{ledger: newLedger("file", "CSV, renamed into place", key, time.Millisecond), dir: filepath.Join(s.data(), "inbox", "drop"), waiting: map[string][]int{}}
}

// run puts files and looks for receipts until ctx ends.
func (d *dropper) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := d.look(); err != nil {
			d.note(err)
		}
		rest(ctx, 50*time.Millisecond)
	}
	d.note(d.look())
}

func (d *dropper) look() error {
	for name, list := range d.waiting {
		done, err := d.done(name)
		if err != nil {
			return err
		}
		if done {
			d.ack(list...)
			delete(d.waiting, name)
		}
	}
	if len(d.waiting) < filesOpen {
		return d.put()
	}
	return nil
}

// put writes a file beside the folder's files and gives it its name when it is whole.
func (d *dropper) put() error {
	first := d.next*fileRows + 1
	var b bytes.Buffer
	fmt.Fprintln(&b, "time,v")
	var list []int
	for n := first; n < first+fileRows; n++ {
		fmt.Fprintf(&b, "%d,%v\n", d.millis(n), d.value(n))
		list = append(list, n)
	}
	name := fmt.Sprintf("readings-%06d.csv", d.next)
	path := filepath.Join(d.dir, name)
	if err := os.MkdirAll(d.dir, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", b.Bytes(), 0o600); err != nil {
		return err
	}
	d.reach(first + fileRows - 1)
	d.next++
	d.waiting[name] = list
	return os.Rename(path+".part", path)
}

// done says whether the file was taken. A receipt that tells of less than the whole file
// is a fault.
func (d *dropper) done(name string) (bool, error) {
	if _, err := os.Stat(filepath.Join(d.dir, "failed", name)); err == nil {
		return false, fmt.Errorf("%w: %s is in failed", errRefused, name)
	}
	if _, err := os.Stat(filepath.Join(d.dir, "done", name)); err != nil {
		return false, nil
	}
	text, err := os.ReadFile(filepath.Join(d.dir, "done", name+".receipt.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	var r struct {
		Readings, Stored, Duplicates, Corrected, Unmapped, Refused, Rejected int
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return false, fmt.Errorf("%w: receipt of %s: %w", errRefused, name, err)
	}
	if r.Readings != fileRows || r.Stored+r.Duplicates > fileRows || r.Corrected+r.Unmapped+r.Refused+r.Rejected != 0 {
		d.note(fmt.Errorf("%w: receipt of %s: %s", errRefused, name, text))
	}
	return true, nil
}
