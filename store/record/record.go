// Package record keeps what people decide in relational rows: organizations,
// people and their grants, park files, inventories, factors, imports, settings
// and the audit log.
//
// Rows live in SQLite (one file, the default) or PostgreSQL (by configuration);
// the same code and the same SQL serve both. Changes run one at a time, each in a
// transaction together with its line of the audit log.
package record

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/pgdriver"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"lingtan/access"
)

// Errors of this package; test with errors.Is.
var (
	ErrNotFound = errors.New("record: not found")
	ErrConflict = errors.New("record: already there or in contradiction")
	ErrTooLarge = errors.New("record: too large")
	ErrTampered = errors.New("record: does not match its hash")
	ErrVersion  = errors.New("record: store was written by another version")
)

// Store is the relational store. It is safe for concurrent use.
type Store struct {
	db      *bun.DB
	dialect string     // sqlite, postgres
	writing sync.Mutex // one change at a time
}

// Act is who makes a change, from where and when; it becomes the change's line in
// the audit log. Who is a person's or token's id, or "system".
type Act struct {
	Who  string
	Name string
	From string // network address, or the command
	At   time.Time
}

// Open opens the store at place: "postgres://…" or the path of a SQLite file,
// which is made when missing. It brings the tables up to date. Errors wrap
// ErrVersion when the store is newer than this program.
func Open(ctx context.Context, place string) (*Store, error) {
	s := &Store{dialect: "sqlite"}
	if strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://") {
		s.dialect = "postgres"
		connector := pgdriver.NewConnector(pgdriver.WithDSN(place), pgdriver.WithApplicationName("lingtan"))
		s.db = bun.NewDB(sql.OpenDB(connector), pgdialect.New())
		s.db.SetMaxOpenConns(16)
	} else {
		db, err := sql.Open("sqlite", sqliteName(place))
		if err != nil {
			return nil, fmt.Errorf("record: open %s: %w", place, err)
		}
		db.SetMaxOpenConns(8)
		s.db = bun.NewDB(db, sqlitedialect.New())
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("record: open: %w", err), s.db.Close())
	}
	return s, nil
}

// sqliteName asks for write-ahead logging with every commit synced to disk, and
// for transactions that take the write lock when they begin.
func sqliteName(path string) string {
	query := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

// Ping fails when the store does not answer.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.db.NewRaw("SELECT 1").Scan(ctx, &one); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// write runs change in a transaction of its own, one at a time: in this process by
// a lock, over several by PostgreSQL's advisory lock.
func (s *Store) write(ctx context.Context, change func(tx bun.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if s.dialect == "postgres" {
			if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7310)"); err != nil {
				return fmt.Errorf("record: lock: %w", err)
			}
		}
		return change(tx)
	})
}

// found turns "no rows" into ErrNotFound and names what was looked for.
func found(err error, kind, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: %s %.120q", ErrNotFound, kind, id)
	}
	if err != nil {
		return fmt.Errorf("record: %s %.120q: %w", kind, id, err)
	}
	return nil
}

// added turns a broken uniqueness rule into ErrConflict.
func added(err error, kind, id string) error {
	if err == nil {
		return nil
	}
	var refused pgdriver.Error
	unique := strings.Contains(err.Error(), "UNIQUE constraint failed") ||
		errors.As(err, &refused) && refused.Field('C') == "23505"
	if unique {
		return fmt.Errorf("%w: %s %.120q", ErrConflict, kind, id)
	}
	return fmt.Errorf("record: %s %.120q: %w", kind, id, err)
}

// changed fails with ErrNotFound when a statement touched no row.
func changed(result sql.Result, err error, kind, id string) error {
	if err != nil {
		return fmt.Errorf("record: %s %.120q: %w", kind, id, err)
	}
	if n, err := result.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("%w: %s %.120q", ErrNotFound, kind, id)
	}
	return nil
}

// beneath keeps the rows whose column lies in one of the organizations; none
// keeps nothing.
func beneath(q *bun.SelectQuery, column string, within []access.Path) *bun.SelectQuery {
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("1 = 0")
		for _, path := range within {
			if path == "/" {
				q = q.WhereOr("1 = 1")
				continue
			}
			under := string(path) + "/"
			q = q.WhereOr("? = ?", bun.Ident(column), string(path)).
				WhereOr("substr(?, 1, ?) = ?", bun.Ident(column), len([]rune(under)), under)
		}
		return q
	})
}

// newID is a fresh identifier of 128 random bits, 32 hexadecimal characters.
func newID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	return hex.EncodeToString(raw)
}
