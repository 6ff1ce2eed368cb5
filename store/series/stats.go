package series

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Stats is what the store holds and what it takes on disk.
type Stats struct {
	Parks           int     `json:"parks"`
	Registers       int     `json:"registers"`
	Readings        int64   `json:"readings"` // with every revision
	Hot             int64   `json:"hot"`      // of them in the hot table
	Days            int64   `json:"days"`     // settled days with every revision
	Months          int64   `json:"months"`   // month files
	DatabaseBytes   int64   `json:"databaseBytes"`
	LogBytes        int64   `json:"logBytes"` // the write-ahead log
	MonthBytes      int64   `json:"monthBytes"`
	BytesPerReading float64 `json:"bytesPerReading"` // of month files; 0 when there is none
}

// Stats counts rows and bytes.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	var t Stats
	err := s.snapshot(ctx, func(c *connection) (err error) {
		for _, q := range []struct {
			into *int64
			sql  string
		}{
			{&t.Hot, "SELECT count(*) FROM readings"},
			{&t.Days, "SELECT count(*) FROM days"},
			{&t.Months, "SELECT count(*) FROM months"},
			{&t.Readings, "SELECT sum(readings)::BIGINT FROM months"},
			{&t.MonthBytes, "SELECT sum(bytes)::BIGINT FROM months"},
		} {
			if *q.into, err = c.number(ctx, q.sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	if t.Readings > 0 {
		t.BytesPerReading = float64(t.MonthBytes) / float64(t.Readings)
	}
	t.Readings += t.Hot
	s.words.RLock()
	t.Parks, t.Registers = len(s.words.names), len(s.words.entries)
	s.words.RUnlock()
	if t.DatabaseBytes, err = fileSize(filepath.Join(s.dir, "series.duckdb")); err != nil {
		return t, err
	}
	t.LogBytes, err = fileSize(filepath.Join(s.dir, "series.duckdb.wal"))
	return t, err
}

// fileSize is 0 for a file that is not there: the log is gone after a checkpoint.
func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
