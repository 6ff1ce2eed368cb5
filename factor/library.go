package factor

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed data/*.csv
var files embed.FS

// tables are the shipped files of factors; README.md beside them says where they come from.
var tables = []string{"fuels", "grid", "standard_coal", "gwp", "process", "ipcc_fuels", "lca_cpcd", "ets", "benchmarks"}

// shipped reads the embedded tables once.
var shipped = sync.OnceValues(func() ([]Factor, error) {
	var all []Factor
	for _, name := range tables {
		data, err := files.ReadFile("data/" + name + ".csv")
		if err != nil {
			return nil, fmt.Errorf("shipped factors: %w", err)
		}
		list, err := ReadCSV(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("shipped factors, %s.csv: %w", name, err)
		}
		all = append(all, list...)
	}
	return all, nil
})

// Library holds factors of all versions. It only grows: a corrected factor is a new version beside
// the old one. It is safe for concurrent use. The zero Library is empty.
type Library struct {
	mu         sync.RWMutex
	byID       map[string][]Factor // versions in the order recorded
	byItem     map[string][]string // item to ids
	byCategory map[string][]string // category to ids
}

// Builtin returns a library of the shipped factors, to which the caller may add. The tables are
// parsed once a process, at the first call (about 10 ms).
func Builtin() (*Library, error) {
	list, err := shipped()
	if err != nil {
		return nil, err
	}
	l := &Library{}
	return l, l.Add(list...)
}

// Add adds factors, all or none. A factor already there with the same content is passed over. A
// new version of an id must be recorded later than the versions it replaces: from then on lookups
// see it, and lookups of what was known before still see the old one. Errors wrap ErrConflict or,
// for a factor that was not made by ReadCSV, ReadYAML or a Library, ErrInvalid.
func (l *Library) Add(list ...Factor) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	added := make(map[string][]Factor)
	for _, f := range list {
		if f.ID == "" || f.Version != f.version() {
			return fmt.Errorf("factor %q: %w: version %q does not match the content; read factors with ReadCSV or ReadYAML", f.ID, ErrInvalid, f.Version)
		}
		versions := slices.Concat(l.byID[f.ID], added[f.ID])
		if slices.ContainsFunc(versions, func(o Factor) bool { return o.Version == f.Version }) {
			continue
		}
		if n := len(versions); n > 0 && !f.RecordedAt.After(versions[n-1].RecordedAt) {
			return fmt.Errorf("factor %s: %w: version %s is there already and was recorded at %s; a new version needs a later recorded_at",
				f.ID, ErrConflict, versions[n-1].Version, stamp(versions[n-1].RecordedAt))
		}
		added[f.ID] = append(added[f.ID], f)
	}
	if l.byID == nil {
		l.byID, l.byItem, l.byCategory = make(map[string][]Factor), make(map[string][]string), make(map[string][]string)
	}
	for id, versions := range added {
		for _, f := range versions {
			l.index(f)
			l.byID[id] = append(l.byID[id], f)
		}
	}
	return nil
}

// index lists an id under its item and category, once, though a later version may rename them.
func (l *Library) index(f Factor) {
	for _, o := range l.byID[f.ID] {
		if o.Item == f.Item && o.Category == f.Category {
			return
		}
	}
	l.byItem[f.Item] = append(l.byItem[f.Item], f.ID)
	l.byCategory[f.Category] = append(l.byCategory[f.Category], f.ID)
}

// Record stamps factors with the moment they enter the library and adds them: the way a person's
// own factors come in. Factors that carry a recorded_at keep it.
func (l *Library) Record(at time.Time, list ...Factor) error {
	list = slices.Clone(list)
	for i := range list {
		if list[i].RecordedAt.IsZero() {
			list[i].RecordedAt = at
		}
	}
	return l.Add(list...)
}

// Get returns a version of a factor; an empty version is the latest recorded. Errors wrap
// ErrMissing.
func (l *Library) Get(id, version string) (Factor, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	versions := l.byID[id]
	if len(versions) == 0 {
		return Factor{}, fmt.Errorf("%w has the id %q", ErrMissing, id)
	}
	if version == "" {
		return versions[len(versions)-1], nil
	}
	var have []string
	for _, f := range versions {
		if f.Version == version {
			return f, nil
		}
		have = append(have, f.Version)
	}
	return Factor{}, fmt.Errorf("%w is %s@%s; its versions are %s", ErrMissing, id, version, strings.Join(have, ", "))
}

// List returns the factors that fit the filled fields of q, every region of q.Regions, ordered by
// id: those known at q.AsKnownAt, in the version known then, and, when q.At is set, valid then.
// The policy is not applied.
func (l *Library) List(q Query) []Factor {
	list := l.known(q)
	list = slices.DeleteFunc(list, func(f Factor) bool {
		return len(q.Regions) > 0 && !slices.Contains(q.Regions, f.Region) || !q.At.IsZero() && !f.holdsAt(q.At)
	})
	return list
}

// known returns, of every id that fits q apart from region and time, the version known then, ordered
// by id.
func (l *Library) known(q Query) []Factor {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var ids []string
	switch {
	case q.Category != "":
		ids = l.byCategory[q.Category]
	case q.Item != "":
		ids = l.byItem[q.Item]
	default:
		ids = slices.Collect(maps.Keys(l.byID))
	}
	var list []Factor
	for _, id := range ids {
		versions := l.byID[id]
		i := len(versions) - 1
		for i >= 0 && !versions[i].knownAt(q.AsKnownAt) {
			i--
		}
		if i >= 0 && q.fits(versions[i]) {
			list = append(list, versions[i])
		}
	}
	byID := func(a, b Factor) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(list, byID)
	// A version that moved to another item and back is listed twice.
	return slices.CompactFunc(list, func(a, b Factor) bool { return a.ID == b.ID })
}
