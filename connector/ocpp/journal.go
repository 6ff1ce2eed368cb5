package ocpp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	journalName   = "sessions.jsonl"
	maxLine       = 8 << 10
	keptOfCharger = 500     // sessions of a charger
	keptOfAll     = 200_000 // sessions of all chargers
	slackLines    = 1000    // superseded lines that the file may have before it is written anew
)

// epoch is what transaction ids count from: the first id is the seconds since, so that no
// id comes again even when the journal is lost (up to one transaction a second), and it
// fits the 32 bits of OCPP 1.6 until 2088.
var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// Session is a charging session, which OCPP calls a transaction.
type Session struct {
	Park        string    `json:"park"`
	Device      string    `json:"device"`
	ID          string    `json:"id"`                  // a number of ours with OCPP 1.6, the charger's text with 2.0.1
	Connector   int       `json:"connector"`           // connector of OCPP 1.6, EVSE of 2.0.1; 0 = not known
	Tag         string    `json:"tag,omitempty"`       // of who charged
	Begin       time.Time `json:"begin,omitzero"`      // by the charger's clock; zero = not known
	End         time.Time `json:"end,omitzero"`        // by the charger's clock; zero = running, or its end never came
	EnergyBegin *float64  `json:"energy_begin"`        // kWh of the meter at Begin
	EnergyEnd   *float64  `json:"energy_end"`          // kWh of the meter at End
	Energy      *float64  `json:"energy"`              // kWh charged, 0 or more; nil = not ended or not known
	Reason      string    `json:"reason,omitempty"`    // why it ended, in the charger's word
	Authorized  bool      `json:"authorized"`          // the tag was accepted
	Superseded  bool      `json:"superseded,omitzero"` // another began at the connector before its end came
}

func (s Session) place() place { return place{s.Park, s.Device} }

// finish sets what follows from both ends.
func (s *Session) finish() {
	s.Energy = nil
	if s.End.IsZero() || s.EnergyBegin == nil || s.EnergyEnd == nil || *s.EnergyEnd < *s.EnergyBegin {
		return
	}
	kwh := *s.EnergyEnd - *s.EnergyBegin
	s.Energy = &kwh
}

// entry is a line of the journal: a session, or the highest id that was ever given.
type entry struct {
	*Session
	LastID int `json:"last_id,omitempty"`
}

// journal keeps the sessions durably: one line for each state of a session, the last
// line counts. With an empty path they are in memory alone.
type journal struct {
	mu       sync.Mutex
	path     string
	file     *os.File
	lines    int
	broken   bool // the file does not hold what it should: write it anew
	lastID   int
	total    int
	sessions map[place][]*Session // the oldest first
}

// openJournal reads the sessions that are kept in a folder.
func openJournal(dir string) (*journal, error) {
	j := &journal{sessions: map[place][]*Session{}}
	if dir == "" {
		return j, nil
	}
	j.path = filepath.Join(dir, journalName)
	fault := func(err error) (*journal, error) {
		return nil, fmt.Errorf("ocpp: sessions cannot be kept in %s: %w; check its rights and the disk", j.path, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault(err)
	}
	text, err := os.Open(j.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault(err)
	}
	if err == nil {
		err = j.read(text)
		_ = text.Close()
	} else {
		err = nil
	}
	if err != nil {
		return fault(err)
	}
	if err := j.rewrite(); err != nil {
		return fault(err)
	}
	return j, nil
}

// read takes the lines of a journal. A last line that was cut off by a crash was never
// answered and is left out; any other line that cannot be read is an error.
func (j *journal) read(text io.Reader) error {
	in := bufio.NewReaderSize(text, maxLine)
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("line %d is not a session: %w; move the file away to begin anew", n, err)
		}
		j.lastID = max(j.lastID, e.LastID)
		if e.Session != nil {
			j.apply(*e.Session)
		}
	}
}

// nextID is an id for a transaction of OCPP 1.6, never given before.
func (j *journal) nextID(now time.Time) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lastID = max(j.lastID+1, int(now.Sub(epoch)/time.Second))
	return j.lastID
}

// put keeps states of sessions. It returns when they are durable.
func (j *journal) put(list ...Session) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var text bytes.Buffer
	for _, s := range list {
		line, err := json.Marshal(entry{Session: &s, LastID: j.lastID})
		if err != nil {
			return fmt.Errorf("ocpp: %w", err)
		}
		text.Write(append(line, '\n'))
	}
	if j.path != "" && (j.broken || j.lines > 2*j.total+slackLines) {
		if err := j.rewrite(); err != nil {
			return fmt.Errorf("ocpp: %s cannot be written: %w", j.path, err)
		}
	}
	if j.path != "" {
		if err := j.write(text.Bytes()); err != nil {
			j.broken = true // what of it is in the file is not known
			return fmt.Errorf("ocpp: %s cannot be written: %w", j.path, err)
		}
		j.lines += len(list)
	}
	for _, s := range list {
		j.apply(s)
	}
	return nil
}

func (j *journal) write(text []byte) error {
	if _, err := j.file.Write(text); err != nil {
		return err
	}
	return j.file.Sync()
}

// apply takes a state of a session into memory and drops what is over the limits.
func (j *journal) apply(s Session) {
	list := j.sessions[s.place()]
	for i, old := range slices.Backward(list) {
		if old.ID == s.ID && (old.Begin.Equal(s.Begin) || old.Begin.IsZero()) && (old.End.IsZero() || old.End.Equal(s.End)) {
			list[i] = &s
			return
		}
	}
	list = append(list, &s)
	j.total++
	if len(list) > keptOfCharger {
		list = slices.Delete(list, 0, 1)
		j.total--
	}
	j.sessions[s.place()] = list
	if j.total > keptOfAll {
		j.dropOldest()
	}
}

func (j *journal) dropOldest() {
	var oldest place
	var at time.Time
	for p, list := range j.sessions {
		if at.IsZero() || list[0].Begin.Before(at) {
			oldest, at = p, list[0].Begin
		}
	}
	j.sessions[oldest] = slices.Delete(j.sessions[oldest], 0, 1)
	if len(j.sessions[oldest]) == 0 {
		delete(j.sessions, oldest)
	}
	j.total--
}

// rewrite writes the journal anew beside the old one and puts it in its place.
func (j *journal) rewrite() error {
	fresh, err := os.OpenFile(j.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(j.writeAll(fresh), fresh.Sync()); err != nil {
		return errors.Join(err, fresh.Close())
	}
	if err := os.Rename(j.path+".new", j.path); err != nil {
		return errors.Join(err, fresh.Close())
	}
	if j.file != nil {
		_ = j.file.Close()
	}
	j.file, j.broken, j.lines = fresh, false, j.total+1
	dir, err := os.Open(filepath.Dir(j.path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func (j *journal) writeAll(w io.Writer) error {
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	if err := lines.Encode(entry{LastID: j.lastID}); err != nil {
		return err
	}
	for _, list := range j.sessions {
		for _, s := range list {
			if err := lines.Encode(entry{Session: s}); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// of are copies of the sessions of a charger, the newest first.
func (j *journal) of(p place) []Session {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := make([]Session, 0, len(j.sessions[p]))
	for _, s := range slices.Backward(j.sessions[p]) {
		list = append(list, *s)
	}
	return list
}

// find is the newest session of a charger for which fits is true.
func (j *journal) find(p place, fits func(Session) bool) (Session, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range slices.Backward(j.sessions[p]) {
		if fits(*s) {
			return *s, true
		}
	}
	return Session{}, false
}

func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil {
		_ = j.file.Close()
	}
}
