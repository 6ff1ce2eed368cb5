package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"lingtan/meter"
)

// Unmapped is a value that came and is of no known register.
type Unmapped struct {
	Device string    `json:"device"`
	Name   string    `json:"name"`
	First  time.Time `json:"first"` // earliest time of a sample
	Last   time.Time `json:"last"`  // latest time of a sample
	Value  float64   `json:"value"` // at Last
	Count  int64     `json:"count"` // samples that came, repeats too; after a restart those kept
	Kept   int64     `json:"kept"`  // samples that are kept for mapping
}

// unknownSuffix names the series of a park that hold its unmapped samples; no park's
// id has a "~".
const unknownSuffix = "~unmapped"

// maxNameBytes is the longest name of a device or value that is kept unmapped: the
// store's keys have 512 bytes, and each byte may be escaped in three.
const maxNameBytes = 120

// isName says whether a name can be kept: text of 1 to 120 bytes without controls.
func isName(s string) bool {
	return s != "" && len(s) <= maxNameBytes && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// isSender says whether a device's name can be kept: a name, or a device behind a
// gateway as Registry.Sender writes it, gateway/name.
func isSender(s string) bool {
	via, device, behind := strings.Cut(s, "/")
	return isName(s) || behind && idForm.MatchString(via) && isName(device)
}

var escapeSlash = strings.NewReplacer("%", "%25", "/", "%2F")

// unknownKey is the key under which a source's samples are kept: device/name, with
// "/" and "%" of the device as %2F and %25, so that it can be read back.
func unknownKey(from source) string { return escapeSlash.Replace(from.device) + "/" + from.name }

// unknownSource is the source of an unknownKey.
func unknownSource(key string) source {
	device, name, _ := strings.Cut(key, "/")
	if plain, err := url.PathUnescape(device); err == nil {
		device = plain
	}
	return source{device, name}
}

// unknowns are the lists to be mapped of all parks.
type unknowns struct {
	store Store
	names int   // names a park
	kept  int64 // samples a name

	mu    sync.Mutex
	parks map[string]*unknownPark
}

// unknownPark is the list of a park, read from the store at first need.
type unknownPark struct {
	mu     sync.Mutex
	loaded bool
	names  map[string]*tally
	mapped int // names that are routed by now: they take no room
}

// tally is what came under one unknown name.
type tally struct {
	first, last int64
	value       float64
	count, kept int64
}

func (u *unknowns) park(ctx context.Context, park string) (*unknownPark, error) {
	u.mu.Lock()
	p := u.parks[park]
	if p == nil {
		p = &unknownPark{names: map[string]*tally{}}
		u.parks[park] = p
	}
	u.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded {
		return p, nil
	}
	err := u.store.Readings(ctx, everything(park), func(t meter.Track) error {
		last := t.Len() - 1
		p.names[strings.Clone(t.Key)] = &tally{first: t.At[0], last: t.At[last], value: t.Value[last], count: int64(t.Len()), kept: int64(t.Len())}
		return nil
	})
	p.loaded = err == nil
	return p, err
}

// everything asks for the kept samples of a park; of all keys when none is given.
func everything(park string, keys ...string) meter.Query {
	return meter.Query{Park: park + unknownSuffix, Keys: keys, From: 0, To: math.MaxInt64}
}

// room says whether samples under key can be taken: the name is in the list, or
// there is room for one more.
func (u *unknowns) room(ctx context.Context, park, key string) (bool, error) {
	p, err := u.park(ctx, park)
	if err != nil {
		return false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.names[key] == nil {
		if len(p.names)-p.mapped >= u.names {
			return false, nil
		}
		p.names[key] = &tally{first: math.MaxInt64, last: math.MinInt64}
	}
	return true, nil
}

// put keeps samples of unknown names durably, up to the limit of each name, and
// brings the list up to date with all of them. Only one put runs at a time.
func (u *unknowns) put(ctx context.Context, park string, b *meter.Batch) error {
	p, err := u.park(ctx, park)
	if err != nil {
		return err
	}
	keep := &meter.Batch{Keys: b.Keys}
	kept := make([]int64, len(b.Keys))
	p.mu.Lock()
	for i, k := range b.Ref {
		if p.names[b.Keys[k]].kept+kept[k] < u.kept {
			kept[k]++
			keep.Append(k, b.At[i], b.Span[i], b.Value[i])
		}
	}
	p.mu.Unlock()
	if keep.Len() > 0 {
		if _, err := u.store.Append(ctx, park+unknownSuffix, keep); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, n := range kept {
		p.names[b.Keys[k]].kept += n
	}
	for i, k := range b.Ref {
		p.names[b.Keys[k]].saw(b.At[i], b.Value[i])
	}
	return nil
}

func (t *tally) saw(at int64, value float64) {
	t.count++
	t.first = min(t.first, at)
	if at >= t.last {
		t.last, t.value = at, value
	}
}

// Unmapped is what came for the park and is of no known register, by device and name.
func (a *Admission) Unmapped(ctx context.Context, park string) ([]Unmapped, error) {
	p, err := a.unknown.park(ctx, park)
	if err != nil {
		return nil, fmt.Errorf("list of unmapped values of park %s: %w", park, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []Unmapped{}
	for key, t := range p.names {
		from := unknownSource(key)
		if _, known := a.router.Route(park, from.device, from.name); known || t.count == 0 {
			continue
		}
		out = append(out, Unmapped{Device: from.device, Name: from.name, First: time.UnixMilli(t.first).UTC(),
			Last: time.UnixMilli(t.last).UTC(), Value: t.value, Count: t.count, Kept: t.kept})
	}
	slices.SortFunc(out, func(a, b Unmapped) int {
		if c := strings.Compare(a.Device, b.Device); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

// Adopted is what Adopt did.
type Adopted struct {
	Names   int   `json:"names"`   // names whose kept samples were moved
	Samples int64 `json:"samples"` // samples that are readings now
	Known   int64 `json:"known"`   // the register had a reading of that time: left as it is
}

// Adopt moves the kept samples of every name that is routed by now into its register.
// Call it after the routing has changed and at the start. It may be repeated and
// interrupted at any time: a time of which the register has a reading is left alone,
// and how far a name is moved is marked in the transaction that moves it.
func (a *Admission) Adopt(ctx context.Context, park string) (Adopted, error) {
	var sum Adopted
	if err := a.Drain(ctx); err != nil {
		return sum, err
	}
	p, err := a.unknown.park(ctx, park)
	if err != nil {
		return sum, err
	}
	routed := map[string]string{}
	p.mu.Lock()
	for key := range p.names {
		from := unknownSource(key)
		if register, ok := a.router.Route(park, from.device, from.name); ok {
			routed[key] = register
		}
	}
	p.mapped = len(routed)
	p.mu.Unlock()
	for key, register := range routed {
		if err := a.adopt(ctx, park, key, register, &sum); err != nil {
			from := unknownSource(key)
			return sum, fmt.Errorf("moving kept samples of device %s, %s, into %s: %w", from.device, from.name, register, err)
		}
	}
	return sum, nil
}

// adopt moves the kept samples of one name.
func (a *Admission) adopt(ctx context.Context, park, key, register string, sum *Adopted) error {
	b := &meter.Batch{Keys: []string{register}}
	err := a.store.Readings(ctx, everything(park, key), func(t meter.Track) error {
		for i := range t.At {
			b.Append(0, t.At[i], t.Span[i], t.Value[i])
		}
		return nil
	})
	kept := b.Len()
	if err != nil || kept == 0 {
		return err
	}
	name := adoptedMark(park, key, register)
	done, err := a.store.Mark(ctx, name)
	if err != nil || len(done) == 8 && binary.BigEndian.Uint64(done) == uint64(kept) {
		return err // all of it was moved before
	}
	if err := a.dropKnown(ctx, park, b); err != nil {
		return err
	}
	mark := meter.Mark{Name: name, Value: binary.BigEndian.AppendUint64(nil, uint64(kept))}
	got, err := a.store.Append(ctx, park, b, mark)
	if err != nil {
		return err
	}
	sum.Names++
	sum.Samples += got.Stored
	sum.Known += int64(kept) - got.Stored
	if a.o.Committed != nil && b.Len() > 0 {
		a.o.Committed(park, b)
	}
	return nil
}

// dropKnown leaves out the rows of times at which the register has a reading: what
// came by the mapped way is newer than what was kept.
func (a *Admission) dropKnown(ctx context.Context, park string, b *meter.Batch) error {
	q := meter.Query{Park: park, Keys: b.Keys, From: b.At[0], To: b.At[b.Len()-1] + 1}
	return a.store.Readings(ctx, q, func(t meter.Track) error {
		n := 0
		for i, at := range b.At {
			if _, known := slices.BinarySearch(t.At, at); known {
				continue
			}
			b.At[n], b.Span[n], b.Value[n], b.Ref[n] = at, b.Span[i], b.Value[i], 0
			n++
		}
		b.At, b.Span, b.Value, b.Ref = b.At[:n], b.Span[:n], b.Value[:n], b.Ref[:n]
		return nil
	})
}

// adoptedMark names the mark of how many kept samples of a name are in a register. The
// hash keeps it within the store's limit on names.
func adoptedMark(park, key, register string) string {
	sum := sha256.Sum256([]byte(park + "\x00" + key + "\x00" + register))
	return "adopted/" + hex.EncodeToString(sum[:])
}
