package gateway

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Sentinels of this package.
var (
	ErrLocked = errors.New("gateway: another process has the state folder")
	ErrSpool  = errors.New("gateway: the spool cannot be written")
	ErrBundle = errors.New("gateway: the bundle cannot be used")
)

// spool is the durable queue on disk between the drivers and the link. One goroutine
// appends, one reads and acknowledges; depth may be asked by all.
//
// Samples are numbered from 1. What is acknowledged is removed a segment at a time;
// the newest segment always stays, so that numbers go on. Every segment begins with
// the state of the filter, so that the newest one tells all that is waiting in windows.
type spool struct {
	dir     string
	id      [16]byte
	limit   int64 // bytes beyond which nothing more is taken
	perFile int64
	lock    *os.File
	marker  *os.File // how far it is acknowledged

	mu       sync.Mutex
	segments []*segment // by number; the last is written to
	active   *os.File
	torn     bool // the end of active is not known to be sound: write to another
	used     int64
	next     uint64
	acked    uint64
	marks    uint64
	oldest   int64 // Unix milliseconds at which the oldest waiting sample came; 0 = none
	lost     losses
	changed  chan struct{}

	anew   bool // the reader must open its file again
	cursor cursor
	ahead  *entry // read, and too much for the parcel before
}

// losses are what will not be sent.
type losses struct {
	thinned int64 // samples that were thinned out
	damaged int64 // numbers that could not be read again
}

// cursor is where the reader stands.
type cursor struct {
	first  uint64 // of the segment; 0 = none yet
	file   *os.File
	offset int64
}

// depth is how full a spool is.
type depth struct {
	waiting      uint64
	bytes, limit int64
	oldest       int64
	losses
}

// openSpool opens the queue in a folder, made when absent, and calls replay with the
// state of the newest segment and the records after it.
func openSpool(dir string, limit int64, replay func(*entry) error) (_ *spool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &spool{dir: dir, limit: limit, perFile: min(max(limit/32, 256<<10), 4<<20), changed: make(chan struct{})}
	if s.lock, err = lockFile(filepath.Join(dir, "lock")); err != nil {
		return nil, fmt.Errorf("%w: %s (%w)", ErrLocked, dir, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.marker, err = os.OpenFile(filepath.Join(dir, "acknowledged"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if err := s.findSegments(); err != nil {
		return nil, err
	}
	s.readMarker()
	if err := s.recover(replay); err != nil {
		return nil, err
	}
	s.next = max(s.next, s.acked+1)
	return s, s.removeAcknowledged()
}

// findSegments lists the segment files. One whose head is unreadable is set aside.
func (s *spool) findSegments() error {
	paths, err := filepath.Glob(filepath.Join(s.dir, "*.seg"))
	if err != nil {
		return err
	}
	slices.Sort(paths)
	for _, path := range paths {
		seg, id, err := readSegmentHead(path)
		if errors.Is(err, errDamaged) {
			if err := os.Rename(path, path+".damaged"); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if len(s.segments) > 0 && id != s.id {
			return fmt.Errorf("%w: %s is of another spool; move it out of the folder", ErrSpool, path)
		}
		s.id = id
		s.segments = append(s.segments, &seg)
		s.used += seg.size
	}
	if len(s.segments) == 0 {
		if _, err := rand.Read(s.id[:]); err != nil {
			return err
		}
	}
	return nil
}

// recover reads the newest segment: what is after its last sound record was never
// acknowledged to anyone and is cut off.
func (s *spool) recover(replay func(*entry) error) error {
	s.next = 1
	if len(s.segments) == 0 {
		return nil
	}
	seg := s.segments[len(s.segments)-1]
	f, err := os.OpenFile(seg.path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	s.active, s.next = f, seg.first
	offset := int64(segmentHead)
	sound := offset
	for offset > 0 {
		e, next, err := readEntry(f, offset, seg.size)
		if err == io.EOF {
			break
		}
		if err == nil {
			sound, s.next = next, e.last+1
			err = replay(&e)
		}
		if err != nil && !errors.Is(err, errDamaged) {
			return err
		}
		offset = next
	}
	if sound == seg.size {
		return nil
	}
	s.used -= seg.size - sound
	seg.size = sound
	return errors.Join(f.Truncate(sound), f.Sync())
}

// append writes a record and returns when it is durable. It numbers the samples. After
// an error nothing was written, and rotate must come before the next append.
func (s *spool) append(e *entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.torn || s.active == nil {
		return fmt.Errorf("%w: no segment is open", ErrSpool)
	}
	e.first, e.last = s.next, s.next+uint64(len(e.forward))-1
	data, err := e.appendTo(nil)
	if err != nil {
		return err
	}
	seg := s.segments[len(s.segments)-1]
	_, err = s.active.WriteAt(data, seg.size)
	if err == nil {
		err = s.active.Sync()
	}
	if err != nil { // the kernel may have dropped what it could not write: leave this file
		s.torn = true
		return fmt.Errorf("%w: %s: %w", ErrSpool, seg.path, errors.Join(err, s.active.Truncate(seg.size)))
	}
	if s.next == s.acked+1 && len(e.forward) > 0 {
		s.oldest = e.at
	}
	seg.size += int64(len(data))
	s.used += int64(len(data))
	s.next = e.last + 1
	s.tell()
	return nil
}

// due says whether the next append needs a new segment.
func (s *spool) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.torn || s.active == nil || s.segments[len(s.segments)-1].size >= s.perFile
}

// rotate begins a segment with the state of the filter as it is committed.
func (s *spool) rotate(state *entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.segments); n > 0 && s.segments[n-1].first == s.next { // without samples: write it anew
		return s.begin(state, s.segments[:n-1])
	}
	return s.begin(state, s.segments)
}

// begin writes the first record of a new segment after others.
func (s *spool) begin(state *entry, others []*segment) error {
	state.flags |= flagState
	state.first, state.last = s.next, s.next-1
	data, err := state.appendTo(appendSegmentHead(nil, s.id, s.next, 0))
	if err != nil {
		return err
	}
	path := segmentPath(s.dir, s.next)
	if err := writeDurably(path, data); err != nil {
		return fmt.Errorf("%w: %w", ErrSpool, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSpool, err)
	}
	if s.active != nil {
		_ = s.active.Close() // it was synced with each record
	}
	s.anew = s.anew || s.cursor.first == s.next // the reader stands in the file that was written anew
	s.active, s.torn = f, false
	s.segments = append(slices.Clone(others), &segment{path: path, first: s.next, size: int64(len(data))})
	s.used = 0
	for _, seg := range s.segments {
		s.used += seg.size
	}
	return nil
}

// tell wakes who waits for a change. The lock must be held.
func (s *spool) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// full says whether no more may be taken, and gives what tells the next change.
func (s *spool) full() (bool, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used >= s.limit, s.changed
}

func (s *spool) depth() depth {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := depth{waiting: s.next - 1 - s.acked, bytes: s.used, limit: s.limit, losses: s.lost}
	if d.waiting > 0 {
		d.oldest = s.oldest
	}
	return d
}

// acknowledge removes everything up to a number.
func (s *spool) acknowledge(last uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last <= s.acked || last >= s.next {
		return nil
	}
	s.acked = last
	s.tell()
	return errors.Join(s.writeMarker(), s.removeAcknowledged())
}

// writeMarker notes the acknowledged number in one of two places in turn. It is not
// synced: what is sent again after a power failure is a duplicate and does no harm.
func (s *spool) writeMarker() error {
	var b [20]byte
	s.marks++
	binary.LittleEndian.PutUint64(b[0:], s.acked)
	binary.LittleEndian.PutUint64(b[8:], s.marks)
	binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(b[:16], castagnoli)^crc32.Checksum(s.id[:], castagnoli))
	_, err := s.marker.WriteAt(b[:], int64(s.marks%2)*int64(len(b)))
	return err
}

func (s *spool) readMarker() {
	for i := range int64(2) {
		var b [20]byte
		if _, err := s.marker.ReadAt(b[:], i*int64(len(b))); err != nil {
			continue // not written yet
		}
		sum := crc32.Checksum(b[:16], castagnoli) ^ crc32.Checksum(s.id[:], castagnoli)
		if n := binary.LittleEndian.Uint64(b[8:]); sum == binary.LittleEndian.Uint32(b[16:]) && n > s.marks {
			s.marks, s.acked = n, binary.LittleEndian.Uint64(b[0:])
		}
	}
	if len(s.segments) > 0 { // what is not there any more was acknowledged
		s.acked = max(s.acked, s.segments[0].first-1)
	}
}

// removeAcknowledged deletes the segments of which everything is acknowledged, but
// for the newest.
func (s *spool) removeAcknowledged() error {
	n := 0
	for n+1 < len(s.segments) && s.segments[n+1].first-1 <= s.acked {
		n++
	}
	for _, seg := range s.segments[:n] {
		if seg.first == s.cursor.first {
			s.leave()
		}
		if err := os.Remove(seg.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		s.used -= seg.size
	}
	s.segments = slices.Clone(s.segments[n:])
	return nil
}

func (s *spool) leave() {
	if s.cursor.file != nil {
		_ = s.cursor.file.Close()
	}
	s.cursor = cursor{}
}

func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave()
	var errs []error
	for _, f := range []*os.File{s.active, s.marker, s.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}
