package record

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one numbered step: 0001_records.sql for both databases, or
// 0002_append_only.sqlite.sql and 0002_append_only.postgres.sql.
type migration struct {
	Number int64
	Name   string
	SHA256 string `bun:"sha256"`
	text   string
}

// migrations lists the steps of a dialect in order.
func migrations(dialect string) ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var list []migration
	for _, name := range names {
		stem := strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql")
		stem, only, special := strings.Cut(stem, ".")
		if special && only != dialect {
			continue
		}
		number, err := strconv.ParseInt(stem[:4], 10, 64)
		if err != nil || number != int64(len(list)+1) {
			return nil, fmt.Errorf("migration %s: want number %04d", name, len(list)+1)
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		list = append(list, migration{number, stem[5:], hex.EncodeToString(sum[:]), string(text)})
	}
	return list, nil
}

// migrate applies the steps that the store has not seen, each in a transaction.
func (s *Store) migrate(ctx context.Context) error {
	list, err := migrations(s.dialect)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migration (
			number BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL)`)
		if err != nil {
			return err
		}
		var applied []migration
		if err := tx.NewRaw("SELECT number, name, sha256 FROM migration ORDER BY number").Scan(ctx, &applied); err != nil {
			return err
		}
		for i, done := range applied {
			if i >= len(list) || list[i].SHA256 != done.SHA256 {
				return fmt.Errorf("%w: migration %d %s is not one of this program's; use the version that wrote it, or a newer one",
					ErrVersion, done.Number, done.Name)
			}
		}
		for _, step := range list[len(applied):] {
			if err := apply(ctx, tx, step); err != nil {
				return fmt.Errorf("migration %04d_%s: %w", step.Number, step.Name, err)
			}
		}
		return nil
	})
}

func apply(ctx context.Context, tx bun.Tx, step migration) error {
	if _, err := tx.ExecContext(ctx, step.text); err != nil {
		return err
	}
	_, err := tx.NewRaw("INSERT INTO migration (number, name, sha256, applied_at) VALUES (?, ?, ?, ?)",
		step.Number, step.Name, step.SHA256, time.Now().UTC()).Exec(ctx)
	return err
}
