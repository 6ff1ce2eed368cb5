package mqtt

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/storage"
)

type (
	storageClient       = storage.Client
	storageSubscription = storage.Subscription
)

// sessionFile remembers over a restart which sessions there are and what they subscribe
// to. A client of MQTT 5 that hears of no session drops what it has not had acknowledged
// (section 3.2.2.1.1), so a broker that forgets sessions would lose messages.
type sessionFile struct {
	mu    sync.Mutex
	file  *os.File
	all   map[string]kept
	of    map[string]int // sessions of a device, by "park/device"
	lines int
	name  string
}

// kept is a session, a line of the file.
type kept struct {
	ID      string            `json:"id"`
	Version byte              `json:"version,omitempty"`
	Expiry  uint32            `json:"expiry,omitempty"` // seconds
	Filters map[string]filter `json:"filters,omitempty"`
	Gone    bool              `json:"gone,omitempty"`
}

type filter struct {
	Qos byte `json:"qos"`
}

const (
	maxSessionLine    = 1 << 20
	sessionsOfADevice = 16 // a client id beyond them has a session only while it is connected
)

// owner is the device of a session: the id up to its second slash.
func owner(id string) string {
	parts := strings.SplitN(id, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// full says whether a device has as many sessions as may be kept, this one not among them.
func (f *sessionFile) full(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, known := f.all[id]
	return !known && f.of[owner(id)] >= sessionsOfADevice
}

// openSessions reads the sessions of an earlier run; without a folder none are kept.
func openSessions(dir string) (*sessionFile, error) {
	f := &sessionFile{all: map[string]kept{}, of: map[string]int{}}
	if dir == "" {
		return f, nil
	}
	f.name = filepath.Join(dir, "sessions.jsonl")
	old, err := os.Open(f.name)
	if err == nil {
		defer old.Close()
		f.read(bufio.NewScanner(old))
	} else if !os.IsNotExist(err) {
		return nil, fmt.Errorf("mqtt: cannot read the sessions: %w", err)
	}
	return f, f.rewrite()
}

// read takes the lines that are whole; the last may be cut by a power loss.
func (f *sessionFile) read(lines *bufio.Scanner) {
	lines.Buffer(nil, maxSessionLine)
	for lines.Scan() {
		var k kept
		if json.Unmarshal(lines.Bytes(), &k) != nil || k.ID == "" {
			continue
		}
		if f.all[k.ID] = k; k.Gone {
			delete(f.all, k.ID)
		}
	}
	for id := range f.all {
		f.of[owner(id)]++
	}
}

// rewrite writes each session once.
func (f *sessionFile) rewrite() error {
	fail := func(err error) error { return fmt.Errorf("mqtt: cannot write the sessions: %w", err) }
	next, err := os.CreateTemp(filepath.Dir(f.name), "sessions-*.new")
	if err != nil {
		return fail(err)
	}
	w := bufio.NewWriter(next)
	for _, id := range slices.Sorted(maps.Keys(f.all)) {
		json.NewEncoder(w).Encode(f.all[id])
	}
	if err = w.Flush(); err == nil {
		err = next.Sync()
	}
	if err == nil {
		err = os.Rename(next.Name(), f.name)
	}
	if err != nil {
		next.Close()
		os.Remove(next.Name())
		return fail(err)
	}
	if f.file != nil {
		f.file.Close()
	}
	f.file, f.lines = next, len(f.all)
	return nil
}

// keep writes the session of a client down, if it outlives the connection.
func (f *sessionFile) keep(c *mochi.Client) {
	k := kept{ID: c.ID, Version: c.Properties.ProtocolVersion, Expiry: c.Properties.Props.SessionExpiryInterval}
	if k.Version == 5 && k.Expiry == 0 || k.Version < 5 && c.Properties.Clean {
		f.forget(c.ID)
		return
	}
	for name, s := range c.State.Subscriptions.GetAll() {
		if k.Filters == nil {
			k.Filters = map[string]filter{}
		}
		k.Filters[name] = filter{Qos: s.Qos}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old, known := f.all[k.ID]
	if known && old.Version == k.Version && old.Expiry == k.Expiry && maps.Equal(old.Filters, k.Filters) {
		return
	}
	if !known {
		f.of[owner(k.ID)]++
	}
	f.all[k.ID] = k
	f.append(k)
}

func (f *sessionFile) forget(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.all[id]; ok {
		delete(f.all, id)
		if f.of[owner(id)]--; f.of[owner(id)] == 0 {
			delete(f.of, owner(id))
		}
		f.append(kept{ID: id, Gone: true})
	}
}

// append adds a line, and rewrites the file once most of its lines are old. What cannot be
// written is lost with a restart only; the next rewrite has it again.
func (f *sessionFile) append(k kept) {
	if f.file == nil {
		return
	}
	if f.lines++; f.lines > 1000+4*len(f.all) && f.rewrite() == nil {
		return
	}
	if line, err := json.Marshal(k); err == nil {
		f.file.Write(append(line, '\n'))
	}
}

func (f *sessionFile) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != nil {
		f.file.Sync()
		f.file.Close()
		f.file = nil
	}
}

func (f *sessionFile) clients() []storageClient {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []storageClient
	for _, k := range f.all {
		c := storageClient{ID: k.ID, ProtocolVersion: k.Version}
		c.Properties.SessionExpiryInterval, c.Properties.SessionExpiryIntervalFlag = k.Expiry, k.Version == 5
		list = append(list, c)
	}
	return list
}

func (f *sessionFile) subscriptions() []storageSubscription {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []storageSubscription
	for _, k := range f.all {
		for name, s := range k.Filters {
			list = append(list, storageSubscription{Client: k.ID, Filter: name, Qos: s.Qos})
		}
	}
	return list
}
