// Package series keeps what meters said and what was settled from it: readings
// with their revisions, usage days, findings and edits of all parks, column by
// column in one data directory, each known by valid time and by recorded time.
//
// One process owns a directory. Every write is one transaction and durable when
// the call returns. Reads see one state of the store from beginning to end and
// may run at the same time from many goroutines, also while writing goes on.
// DESIGN.md tells how; docs/formats/month-files.md is the layout of month files.
package series

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sentinels of this package; they are wrapped with what, where and what to do.
var (
	ErrLocked   = errors.New("series: the data directory is in use")
	ErrClosed   = errors.New("series: the store is closed")
	ErrInput    = errors.New("series: refused")
	ErrRevision = errors.New("series: this revision is stored with other content")
)

// Options tune a store; the zero value is ready for use.
type Options struct {
	Memory  int64            // bytes that DuckDB may use; 0 = 1 GiB, at least 128 MiB
	Threads int              // threads of DuckDB; 0 = one a processor
	Now     func() time.Time // the clock of recorded times; nil = time.Now
}

// Store is an open data directory.
type Store struct {
	dir  string
	now  func() time.Time
	db   *database
	idle chan *connection // connections of readers that wait for work

	lifetime lifetime

	write    sync.Mutex // held by the one writer
	writer   *connection
	recorded int64 // the last recorded time given, under write
	compact  sync.Mutex

	words   dictionary
	extents extents
	last    lastValues
	files   fileUse
	buffers sync.Pool // *bundle
	totals  sync.Pool // *grid[totalsCell]

	groupRows int64 // readings that a read holds at a time
}

// opened holds the directories of this process: DuckDB's lock on the file keeps
// other processes out, but not a second store in the same one.
var opened struct {
	sync.Mutex
	dirs map[string]bool
}

// idleReaders is how many connections are kept open between reads.
const idleReaders = 8

// Open opens the store in dir and makes it when there is none. ErrLocked means
// that dir is open already, here or in another process.
func Open(dir string, o Options) (*Store, error) {
	dir, err := prepareDir(dir)
	if err != nil {
		return nil, err
	}
	opened.Lock()
	defer opened.Unlock()
	if opened.dirs[dir] {
		return nil, fmt.Errorf("%w: %s is open in this process; use the store that is open", ErrLocked, dir)
	}
	s := &Store{dir: dir, now: o.Now, idle: make(chan *connection, idleReaders), groupRows: groupRows}
	if s.now == nil {
		s.now = time.Now
	}
	s.buffers.New = func() any { return new(bundle) }
	s.totals.New = func() any { return new(grid[totalsCell]) }
	if err := s.start(o); err != nil {
		s.stop()
		if errors.Is(err, ErrLocked) {
			return nil, fmt.Errorf("%w: %s; end the other process or choose another directory (%w)", ErrLocked, dir, err)
		}
		return nil, err
	}
	if opened.dirs == nil {
		opened.dirs = map[string]bool{}
	}
	opened.dirs[dir] = true
	return s, nil
}

// prepareDir makes dir and gives its one true path.
func prepareDir(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("series: data directory: %w", err)
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", fmt.Errorf("series: data directory: %w", err)
	}
	// DuckDB reads these characters in a path as a pattern of files.
	if strings.ContainsAny(dir, "*?[]{}") {
		return "", fmt.Errorf("%w: data directory %s: its path holds one of * ? [ ] { }; choose another", ErrInput, dir)
	}
	return dir, nil
}

func (s *Store) start(o Options) error {
	if o.Memory == 0 {
		o.Memory = 1 << 30
	}
	if o.Memory < 128<<20 {
		return fmt.Errorf("%w: memory of %d bytes; give at least 128 MiB", ErrInput, o.Memory)
	}
	if o.Threads <= 0 {
		o.Threads = runtime.NumCPU()
	}
	var err error
	s.db, err = openDatabase(filepath.Join(s.dir, "series.duckdb"), [][2]string{
		{"memory_limit", strconv.FormatInt(o.Memory, 10) + "B"},
		{"threads", strconv.Itoa(o.Threads)},
		{"temp_directory", filepath.Join(s.dir, "spill")},
		{"wal_autocheckpoint", "256MB"},
		{"preserve_insertion_order", "true"},
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
	})
	if err != nil {
		return err
	}
	if s.writer, err = s.db.connect(); err != nil {
		return err
	}
	ctx := context.Background()
	for _, step := range []func(context.Context) error{s.createTables, s.loadClock, s.loadWords, s.sweep} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// schema makes every table; recorded and time_ms are Unix milliseconds UTC. There is no
// key and no index: the writer decides what is new (admit.go, usage.go).
var schema = []string{
	`CREATE TABLE IF NOT EXISTS clock (recorded BIGINT)`,
	`INSERT INTO clock SELECT 0 WHERE NOT EXISTS (FROM clock)`,
	`CREATE TABLE IF NOT EXISTS parks (id UINTEGER, name VARCHAR)`,
	`CREATE TABLE IF NOT EXISTS series (id UINTEGER, park UINTEGER, name VARCHAR)`,
	`CREATE TABLE IF NOT EXISTS readings (series UINTEGER, time_ms BIGINT, span INTEGER, value DOUBLE,
		revision USMALLINT, recorded BIGINT)`,
	`CREATE TABLE IF NOT EXISTS months (park UINTEGER, month INTEGER, generation INTEGER, readings BIGINT,
		bytes BIGINT, recorded BIGINT)`,
	`CREATE TABLE IF NOT EXISTS marks (name VARCHAR, value BLOB, recorded BIGINT)`,
	`CREATE TABLE IF NOT EXISTS days (series UINTEGER, day INTEGER, revision USMALLINT, recorded BIGINT,
		measured DOUBLE, estimated DOUBLE, edited DOUBLE, intervals USMALLINT, missing USMALLINT,
		readings UINTEGER, digest BLOB, amount DOUBLE[], quality UTINYINT[], coverage UTINYINT[])`,
	`CREATE TABLE IF NOT EXISTS findings (series UINTEGER, from_at BIGINT, to_at BIGINT, rule VARCHAR,
		count BIGINT, value DOUBLE, bound DOUBLE, treatment VARCHAR, detail VARCHAR, recorded BIGINT)`,
	`CREATE TABLE IF NOT EXISTS edits (series UINTEGER, from_at BIGINT, to_at BIGINT, amount DOUBLE,
		who VARCHAR, reason VARCHAR, recorded BIGINT)`,
}

func (s *Store) createTables(ctx context.Context) error {
	for _, table := range schema {
		if err := s.writer.exec(ctx, table); err != nil {
			return err
		}
	}
	// A month file is read by many groups of registers one after the other.
	return s.writer.exec(ctx, `SET GLOBAL parquet_metadata_cache = true`)
}

func (s *Store) loadClock(ctx context.Context) (err error) {
	s.recorded, err = s.writer.number(ctx, "SELECT recorded FROM clock")
	return err
}

// tick is the recorded time of the write that begins: later than every one before
// it, also when the machine's clock is set back. The caller holds write.
func (s *Store) tick() int64 { return max(s.recorded+1, s.now().UnixMilli()) }

// Recorded is the recorded time of the last write: a question asked as known at it
// gets the same answer for ever. 0 in an empty store.
func (s *Store) Recorded() int64 {
	s.write.Lock()
	defer s.write.Unlock()
	return s.recorded
}

// transact runs do as the one writer in one transaction at one recorded time. What
// do returns is called once the transaction is committed, before the next begins.
func (s *Store) transact(ctx context.Context, do func(recorded int64) (func(), error)) error {
	if err := s.lifetime.enter(); err != nil {
		return err
	}
	defer s.lifetime.leave()
	s.write.Lock()
	defer s.write.Unlock()
	recorded := s.tick()
	var committed func()
	err := s.writer.within(ctx, "BEGIN TRANSACTION", func() (err error) {
		if committed, err = do(recorded); err != nil {
			return err
		}
		return s.writer.exec(ctx, "UPDATE clock SET recorded = $1", recorded)
	})
	if err != nil {
		return err
	}
	s.recorded = recorded
	if committed != nil {
		committed()
	}
	return nil
}

// lifetime counts the calls under way, so that Close can wait for them. It is no
// RWMutex: a call within a call (a write from a read's callback) must not wait for
// a Close that waits for the outer one.
type lifetime struct {
	sync.Mutex
	calls  int
	closed bool
	idle   chan struct{} // made by close, closed when the last call is over
}

func (l *lifetime) enter() error {
	l.Lock()
	defer l.Unlock()
	if l.closed {
		return ErrClosed
	}
	l.calls++
	return nil
}

func (l *lifetime) leave() {
	l.Lock()
	defer l.Unlock()
	if l.calls--; l.closed && l.calls == 0 {
		close(l.idle)
	}
}

// close refuses further calls and waits for those under way; false when closed already.
func (l *lifetime) close() bool {
	l.Lock()
	if l.closed {
		l.Unlock()
		return false
	}
	l.closed, l.idle = true, make(chan struct{})
	if l.calls == 0 {
		close(l.idle)
	}
	l.Unlock()
	<-l.idle
	return true
}

// snapshot runs do on a connection that sees one state of the store.
func (s *Store) snapshot(ctx context.Context, do func(c *connection) error) error {
	if err := s.lifetime.enter(); err != nil {
		return err
	}
	defer s.lifetime.leave()
	var c *connection
	select {
	case c = <-s.idle:
	default:
		var err error
		if c, err = s.db.connect(); err != nil {
			return err
		}
	}
	defer func() {
		select {
		case s.idle <- c:
		default:
			c.close()
		}
	}()
	s.files.enter()
	defer s.files.leave()
	return c.within(ctx, "BEGIN TRANSACTION READ ONLY", func() error { return do(c) })
}

// Close waits for reads and writes under way, moves the write-ahead log into the
// database and gives the directory free.
func (s *Store) Close() error {
	if !s.lifetime.close() {
		return nil
	}
	err := s.writer.exec(context.Background(), "CHECKPOINT")
	s.stop()
	opened.Lock()
	delete(opened.dirs, s.dir)
	opened.Unlock()
	return err
}

func (s *Store) stop() {
	for len(s.idle) > 0 {
		(<-s.idle).close()
	}
	if s.writer != nil {
		s.writer.close()
	}
	if s.db != nil {
		s.db.close()
	}
}
