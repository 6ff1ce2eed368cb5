package profile

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

//go:embed *.yaml
var files embed.FS

// ErrUnknown says that there is no profile of that id.
var ErrUnknown = errors.New("profile: unknown")

// maxOwn is the most profiles that a folder of a user may hold.
const maxOwn = 2000

// Library is a set of profiles by id: the shipped ones and, over them, those of a
// user's folder. It may be used from several goroutines. The zero Library holds the
// shipped profiles.
type Library struct {
	own atomic.Pointer[map[string]*Profile]
}

var shipped = sync.OnceValue(func() map[string]*Profile {
	all, err := readAll(files)
	if err != nil {
		panic(err) // the tests read every shipped profile
	}
	return all
})

// All are the shipped profiles, ordered by id.
func All() []*Profile { return new(Library).All() }

// Find is a shipped profile. Errors wrap ErrUnknown.
func Find(id string) (*Profile, error) { return new(Library).Find(id) }

// Load reads the user's profiles of a folder, *.yaml, at most 2000 files. A profile
// there stands over a shipped one of the same id. With an error nothing changes: it
// names every file at fault. An empty name or a folder that is not there holds none.
func (l *Library) Load(folder string) error {
	if _, err := os.Stat(folder); folder == "" || errors.Is(err, fs.ErrNotExist) {
		l.own.Store(nil)
		return nil
	}
	own, err := readAll(os.DirFS(folder))
	if err != nil {
		return fmt.Errorf("profiles of %s: %w", folder, err)
	}
	l.own.Store(&own)
	return nil
}

// Find is the profile of an id. Errors wrap ErrUnknown.
func (l *Library) Find(id string) (*Profile, error) {
	if own := l.own.Load(); own != nil && (*own)[id] != nil {
		return (*own)[id], nil
	}
	if p := shipped()[id]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%w: %q; list the known ones with: lingtan device profiles", ErrUnknown, clip(id))
}

// All are all profiles, ordered by id.
func (l *Library) All() []*Profile {
	all := maps.Clone(shipped())
	if own := l.own.Load(); own != nil {
		maps.Copy(all, *own)
	}
	list := make([]*Profile, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[id])
	}
	return list
}

func readAll(dir fs.FS) (map[string]*Profile, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	if len(names) > maxOwn {
		return nil, fmt.Errorf("%d files; at most %d", len(names), maxOwn)
	}
	all := make(map[string]*Profile, len(names))
	var wrong []error
	for _, name := range names {
		p, err := readOne(dir, name)
		if err == nil && all[p.ID] != nil {
			err = fmt.Errorf("id %s is used by another file", p.ID)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
			continue
		}
		all[p.ID] = p
	}
	return all, errors.Join(wrong...)
}

func readOne(dir fs.FS, name string) (*Profile, error) {
	info, err := fs.Stat(dir, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxSize {
		return nil, fmt.Errorf("larger than %d bytes", MaxSize)
	}
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, err
	}
	p, err := Parse(data)
	if err == nil && p.ID != strings.TrimSuffix(name, ".yaml") {
		err = fmt.Errorf("holds id %s; name the file %s.yaml", p.ID, p.ID)
	}
	return p, err
}
