package folder

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lingtan/connector"
)

// ledger remembers the files of a device, one entry a digest of file and mapping. Each
// entry is a small file that is replaced as a whole.
type ledger struct {
	dir string // empty: nothing outlives the process

	mu     sync.Mutex
	memory map[string][]byte // where dir is empty
}

// entry is what is known of a file.
type entry struct {
	Progress []byte            `json:"progress,omitempty"` // mark of readingfile
	Sum      connector.Receipt `json:"sum"`                // of the rows before the mark
	Receipt  *receipt          `json:"receipt,omitempty"`  // the file is admitted to its end
	Target   string            `json:"target,omitempty"`   // its name in done
	Moved    bool              `json:"moved,omitempty"`    // it is there
}

const (
	maxKept  = 20_000 // entries of a device; the oldest go
	maxEntry = 1 << 20
)

// path of an entry; mark is "import/" and a digest in hexadecimal.
func (l *ledger) path(mark string) string {
	return filepath.Join(l.dir, strings.TrimPrefix(mark, "import/")+".json")
}

// load gives the empty entry for a file that is not known. One that cannot be read is
// as good as none: the file is read again, and what was admitted is a duplicate.
func (l *ledger) load(mark string) (e entry, err error) {
	var text []byte
	if l.dir == "" {
		l.mu.Lock()
		defer l.mu.Unlock()
		text = l.memory[mark]
	} else if text, err = readBounded(l.path(mark)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return entry{}, err
	}
	if json.Unmarshal(text, &e) != nil {
		return entry{}, nil
	}
	return e, nil
}

func (l *ledger) save(mark string, e entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if l.dir == "" {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.memory == nil {
			l.memory = map[string][]byte{}
		}
		l.memory[mark] = text
		return nil
	}
	return replace(l.path(mark), text)
}

// trim forgets the oldest entries beyond the limit, and what a kill left half written.
func (l *ledger) trim() error {
	if l.dir == "" {
		return nil
	}
	list, err := os.ReadDir(l.dir)
	if err != nil {
		return err
	}
	type aged struct {
		name string
		at   int64
	}
	var kept []aged
	for _, x := range list {
		info, err := x.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if strings.HasSuffix(x.Name(), ".new") {
			_ = os.Remove(filepath.Join(l.dir, x.Name())) // no entry; it does no harm where it stays
			continue
		}
		kept = append(kept, aged{x.Name(), info.ModTime().UnixNano()})
	}
	slices.SortFunc(kept, func(a, b aged) int { return cmp.Compare(a.at, b.at) })
	for _, x := range kept[:max(0, len(kept)-maxKept)] {
		if err := os.Remove(filepath.Join(l.dir, x.name)); err != nil {
			return err
		}
	}
	return nil
}

func readBounded(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxEntry {
		return nil, fmt.Errorf("folder: %s has %d bytes; at most %d are of this door", name, info.Size(), maxEntry)
	}
	return os.ReadFile(name)
}

// replace writes a file so that after a kill or a loss of power it is the old or the new.
func replace(name string, text []byte) error {
	f, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// syncDir makes a renaming durable, where the file system can.
func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	_ = d.Sync() // some file systems refuse it for folders and need none
	return d.Close()
}
