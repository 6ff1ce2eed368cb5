package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"lingtan/connector"
	"lingtan/ingest/readingfile"
)

// errNothing says that a file has values and none of them could be read.
var errNothing = errors.New("no value of the file could be read")

// take imports a file and puts it away. An error means that the file is left where it
// is, to be tried again; a file that is wrong in itself goes to failed without one.
func (w *watch) take(ctx context.Context, root *os.Root, m readingfile.Mapping, name string) error {
	if info := w.seen[name].info; info.Size() > w.bytes {
		return w.fail(root, copied{name: name, info: info}, w.tooLarge(info.Size()), nil)
	}
	c, err := w.fetch(root, name)
	if errors.Is(err, errChanging) {
		delete(w.seen, name)
		return nil
	}
	if err != nil {
		return err
	}
	defer os.Remove(c.path)
	var rejects bytes.Buffer
	whole, err := w.check(ctx, c, m, &rejects)
	if err == nil && whole.Readings == 0 && whole.Rejected > 0 {
		err = fmt.Errorf("%w: %d rows or cells were rejected", errNothing, whole.Rejected)
	}
	if isFault(err) {
		return w.fail(root, c, err, listRejects(rejects.Bytes()))
	}
	if err != nil {
		return w.plain(err)
	}
	a := &admission{device: w.device, sink: w.sink, ledger: w.ledger, counts: w.counts}
	report, err := w.run(ctx, c, m, a)
	w.newest = later(w.newest, a.newest)
	if err != nil {
		return w.plain(err)
	}
	w.samples += int64(a.handed)
	if report.Already {
		return w.again(root, c, a)
	}
	return w.close(root, c, whole, report.ResumedAt, listRejects(rejects.Bytes()), a)
}

// check reads the whole file: of one that is cut short nothing is admitted.
func (w *watch) check(ctx context.Context, c copied, m readingfile.Mapping, rejects *bytes.Buffer) (readingfile.Report, error) {
	file, err := readingfile.Open(c.path, m, readingfile.Options{Park: w.device.Park, Registers: names{w.instants}, Clock: w.now, Rejects: rejects})
	if err != nil {
		return readingfile.Report{}, err
	}
	return file.Check(ctx)
}

func (w *watch) run(ctx context.Context, c copied, m readingfile.Mapping, a *admission) (readingfile.Report, error) {
	file, err := readingfile.Open(c.path, m, readingfile.Options{Park: w.device.Park, Registers: names{w.instants}, Clock: w.now, BatchRows: w.batch})
	if err != nil {
		return readingfile.Report{}, err
	}
	return file.Run(ctx, a)
}

// close notes that the file is admitted to its end, together with its receipt and the
// name it gets in done: a kill after it only leaves the moving to be done.
func (w *watch) close(root *os.Root, c copied, whole readingfile.Report, resumed int64, rejects []reject, a *admission) error {
	if err := makeFolder(root, doneFolder); err != nil {
		return err
	}
	r := receiptOf(c, w.device, whole, a.entry.Sum, w.now())
	r.ResumedAt, r.Rejects = resumed, rejects
	a.entry.Receipt, a.entry.Progress = r, a.final
	a.entry.Target, a.entry.Moved = free(root, doneFolder, c.name), false
	if err := w.ledger.save(a.mark, a.entry); err != nil {
		return err
	}
	w.counts.add("files", 1)
	w.counts.add("rejects", whole.Rejected)
	w.log.Info("file imported", "park", w.device.Park, "device", w.device.ID, "file", c.name, "rows", r.Rows, "stored", r.Stored,
		"duplicates", r.Duplicates, "corrected", r.Corrected, "unmapped", r.Unmapped, "rejected", r.Rejected)
	return w.finish(root, c, a)
}

// finish puts an imported file away with its receipt.
func (w *watch) finish(root *os.Root, c copied, a *admission) error {
	if err := makeFolder(root, doneFolder); err != nil {
		return err
	}
	if err := w.putAway(root, c, path.Join(doneFolder, a.entry.Target), receiptEnd, a.entry.Receipt.text()); err != nil {
		return err
	}
	a.entry.Moved, w.trouble = true, ""
	return w.ledger.save(a.mark, a.entry)
}

// again is for a file of which all is admitted: a kill came before it was put away, or
// somebody sent it once more.
func (w *watch) again(root *os.Root, c copied, a *admission) error {
	first := a.entry.Receipt
	if first == nil {
		return fmt.Errorf("folder: the ledger's entry %s has no receipt; remove it to read the file again", a.mark)
	}
	_, err := root.Lstat(path.Join(doneFolder, a.entry.Target))
	if !a.entry.Moved && errors.Is(err, fs.ErrNotExist) {
		return w.finish(root, c, a)
	}
	if err := makeFolder(root, doneFolder); err != nil {
		return err
	}
	w.counts.add("repeated", 1)
	r := *first
	r.File, r.At, r.Repeated, r.First, r.FirstAt = c.name, w.now().UTC(), true, first.File, first.At
	r.Stored, r.Duplicates, r.Corrected, r.Unmapped, r.Refused = 0, 0, 0, 0, 0
	return w.putAway(root, c, path.Join(doneFolder, free(root, doneFolder, c.name)), receiptEnd, r.text())
}

// fail puts a file away that is wrong, with what is wrong with it.
func (w *watch) fail(root *os.Root, c copied, why error, rejects []reject) error {
	if err := makeFolder(root, failedFolder); err != nil {
		return err
	}
	target := path.Join(failedFolder, free(root, failedFolder, c.name))
	if err := w.putAway(root, c, target, faultEnd, faultText(c, w.plain(why), rejects, w.now())); err != nil {
		return err
	}
	w.counts.add("failed", 1)
	w.trouble = fmt.Sprintf("the last file, %.200q, was not imported and lies in %s: %v", c.name, failedFolder, w.plain(why))
	w.log.Warn("file not imported", "park", w.device.Park, "device", w.device.ID, "file", c.name, "why", w.plain(why).Error())
	return nil
}

// putAway writes the text beside the place where a file goes, and moves the file there,
// unless another took its place since it was copied.
func (w *watch) putAway(root *os.Root, c copied, target, end string, text []byte) error {
	if err := writeIn(root, target+end, text); err != nil {
		return err
	}
	now, err := root.Lstat(c.name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil || !same(now, c.info) {
		delete(w.seen, c.name)
		return nil
	}
	if err := root.Rename(c.name, target); err != nil {
		return fmt.Errorf("folder: the file cannot be moved to %s; let this program write into the folder: %w", target, err)
	}
	delete(w.seen, c.name)
	if w.complete == whenTwin {
		_ = root.Remove(c.name + twinEnd) // one that stays is older than the next file of that name
	}
	for _, folder := range []string{".", path.Dir(target)} {
		if d, err := root.Open(folder); err == nil {
			_ = d.Sync() // where it is not durable, the file is found again and known to be read
			d.Close()
		}
	}
	return nil
}

// makeFolder makes done or failed; a link in its place is refused.
func makeFolder(root *os.Root, name string) error {
	if err := root.Mkdir(name, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("folder: %s cannot be made; let this program write into the folder: %w", name, err)
	}
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("folder: %s is no folder: %w", name, connector.ErrRefused)
	}
	return nil
}

// free is a name that is not taken in a folder: the file's own, or with ~2, ~3, … in it.
func free(root *os.Root, folder, name string) string {
	stem, ext, dot := strings.Cut(name, ".")
	if dot {
		ext = "." + ext
	}
	for n, try := 2, name; ; n++ {
		_, file := root.Lstat(path.Join(folder, try))
		_, receipt := root.Lstat(path.Join(folder, try+receiptEnd))
		if file != nil && receipt != nil {
			return try
		}
		try = fmt.Sprintf("%s~%d%s", stem, n, ext)
	}
}

// writeIn writes a file so that after a kill it is whole or not there.
func writeIn(root *os.Root, name string, text []byte) error {
	f, err := root.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return root.Rename(name+".new", name)
}

func (w *watch) tooLarge(size int64) error {
	return fmt.Errorf("%w: the file has %d bytes, max_bytes is %d", readingfile.ErrLimit, size, w.bytes)
}

// isFault says whether the file itself is wrong, so that trying again would not help.
func isFault(err error) bool {
	for _, f := range []error{readingfile.ErrFormat, readingfile.ErrCut, readingfile.ErrColumn, readingfile.ErrLimit, readingfile.ErrRegister, errNothing} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}

// plain is an error without the place of the copy, which says nothing to a person.
func (w *watch) plain(err error) error {
	if err == nil {
		return nil
	}
	text := strings.ReplaceAll(err.Error(), w.spool+string(os.PathSeparator), "")
	if errors.Is(err, readingfile.ErrMapping) && !errors.Is(err, connector.ErrConfig) {
		err = errors.Join(connector.ErrConfig, err)
	}
	return told{text, err}
}

// told is an error in other words.
type told struct {
	text string
	err  error
}

func (t told) Error() string { return t.text }
func (t told) Unwrap() error { return t.err }
