package series

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Limits on the words that name a park, a register and a mark, in bytes.
const maxName = 512

// dictionary is the parks and registers that the store knows. A register's number
// is the same in every table and month file and is never used again.
type dictionary struct {
	sync.RWMutex
	parks   map[string]*parkWords
	names   []string // number of a park → name
	entries []entry  // number of a register → entry
}

// entry is a register in the dictionary; key is "" for a number not yet committed.
type entry struct {
	park uint32
	key  string
}

// parkWords is one park in the dictionary.
type parkWords struct {
	id     uint32
	name   string
	series map[string]uint32 // key → number
}

func (s *Store) loadWords(ctx context.Context) error {
	d := &s.words
	d.parks = map[string]*parkWords{}
	byID := map[uint32]*parkWords{}
	err := s.writer.run(ctx, "SELECT id, name FROM parks ORDER BY id", nil, func(c chunk) error {
		names := texts(c, 1)
		for i, id := range column[uint32](c, 0) {
			p := &parkWords{id: id, name: string(names[i].bytes()), series: map[string]uint32{}}
			d.parks[p.name], byID[id] = p, p
			d.names = append(d.names, p.name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.writer.run(ctx, "SELECT id, park, name FROM series ORDER BY id", nil, func(c chunk) error {
		parks, names := column[uint32](c, 1), texts(c, 2)
		for i, id := range column[uint32](c, 0) {
			if int(id) != len(d.entries) {
				return fmt.Errorf("series: the dictionary has number %d where %d is due; restore %s from its backup",
					id, len(d.entries), s.dir)
			}
			e := entry{park: parks[i], key: string(names[i].bytes())}
			byID[e.park].series[e.key] = id
			d.entries = append(d.entries, e)
		}
		return nil
	})
}

// find is the park's words; nil when nothing of it was ever stored.
func (d *dictionary) find(park string) *parkWords {
	d.RLock()
	defer d.RUnlock()
	return d.parks[park]
}

// parkName is the name of a park's number.
func (d *dictionary) parkName(id uint32) string {
	d.RLock()
	defer d.RUnlock()
	return d.names[id]
}

// size is the number of registers of the park.
func (d *dictionary) size(p *parkWords) int {
	d.RLock()
	defer d.RUnlock()
	return len(p.series)
}

// key is the key of a register's number.
func (d *dictionary) key(id uint32) string {
	d.RLock()
	defer d.RUnlock()
	return d.entries[id].key
}

// named is a register as a question names it; known is false when nothing of it
// was ever stored.
type named struct {
	key   string
	id    uint32
	known bool
}

// resolve is the registers of keys in their order, or all of the park by key. A
// key named twice is refused: it would be answered twice.
func (d *dictionary) resolve(park string, keys []string) ([]named, error) {
	d.RLock()
	defer d.RUnlock()
	p := d.parks[park]
	if len(keys) > 0 {
		out, seen := make([]named, len(keys)), make(map[string]bool, len(keys))
		for i, k := range keys {
			if seen[k] {
				return nil, fmt.Errorf("%w: register %s is named twice in one question", ErrInput, k)
			}
			seen[k], out[i].key = true, k
			if p != nil {
				out[i].id, out[i].known = p.series[k]
			}
		}
		return out, nil
	}
	if p == nil {
		return nil, nil
	}
	out := make([]named, 0, len(p.series))
	for k, id := range p.series {
		out = append(out, named{k, id, true})
	}
	slices.SortFunc(out, func(a, b named) int { return compareText(a.key, b.key) })
	return out, nil
}

func compareText(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// learning is the numbers of keys, with those that are new and not yet committed.
type learning struct {
	park    *parkWords
	newPark bool
	ids     []uint32 // one per key asked for
	fresh   []named  // new registers, to be stored and published
}

// learn numbers keys of a park within the writer's transaction; new ones in the
// order of their keys, so that registers that are asked for together lie together.
func (s *Store) learn(park string, keys []string) (*learning, error) {
	if err := checkName("park", park); err != nil {
		return nil, err
	}
	d := &s.words
	d.RLock()
	l := &learning{park: d.parks[park], ids: make([]uint32, len(keys))}
	next := uint32(len(d.entries))
	if l.park == nil {
		l.newPark = true
		l.park = &parkWords{id: uint32(len(d.parks)), name: park, series: map[string]uint32{}}
	}
	var unknown []int
	for i, k := range keys {
		id, ok := l.park.series[k]
		if !ok {
			unknown = append(unknown, i)
		}
		l.ids[i] = id
	}
	d.RUnlock()
	slices.SortStableFunc(unknown, func(a, b int) int { return compareText(keys[a], keys[b]) })
	for _, i := range unknown {
		if err := checkName("register", keys[i]); err != nil {
			return nil, err
		}
		if n := len(l.fresh); n == 0 || l.fresh[n-1].key != keys[i] {
			l.fresh = append(l.fresh, named{key: keys[i], id: next + uint32(n)})
		}
		l.ids[i] = l.fresh[len(l.fresh)-1].id
	}
	return l, s.storeWords(l)
}

func checkName(what, name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("%w: %s name of %d bytes; give 1 to %d", ErrInput, what, len(name), maxName)
	}
	return nil
}

func (s *Store) storeWords(l *learning) error {
	if l.newPark {
		err := s.writer.exec(context.Background(), "INSERT INTO parks VALUES ($1, $2)", l.park.id, l.park.name)
		if err != nil {
			return err
		}
	}
	return s.writer.write("series", len(l.fresh), func(c chunk, from int) error {
		ids, parks := column[uint32](c, 0), column[uint32](c, 1)
		for i := range ids {
			ids[i], parks[i] = l.fresh[from+i].id, l.park.id
			c.setText(2, i, l.fresh[from+i].key)
		}
		return nil
	})
}

// publish makes what was learned known once its transaction is committed.
func (s *Store) publish(l *learning) {
	d := &s.words
	d.Lock()
	defer d.Unlock()
	if l.newPark {
		d.parks[l.park.name] = l.park
		d.names = append(d.names, l.park.name)
	}
	for _, n := range l.fresh {
		l.park.series[n.key] = n.id
		d.entries = append(d.entries, entry{l.park.id, n.key})
	}
}
