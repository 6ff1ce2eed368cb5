package series

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// formatOfMonth is how a month file is written. 122,880 readings a row group are a
// month of 41 registers at 15-minute steps. DESIGN.md has the measurements.
const formatOfMonth = `FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 3,
	ROW_GROUP_SIZE 122880`

// Compact moves a month (UTC, "2018-03") of a park out of the hot table into its
// month file; what the file has already and what came late are written together.
// Reads and writes go on meanwhile and see no difference. It gives the number of
// readings moved: 0 when there was none, which changes nothing.
func (s *Store) Compact(ctx context.Context, park, month string) (int64, error) {
	m, err := parseMonth(month)
	if err != nil {
		return 0, err
	}
	p := s.words.find(park)
	if p == nil {
		return 0, nil
	}
	s.compact.Lock()
	defer s.compact.Unlock()
	return s.compactMonth(ctx, p.id, m)
}

// CompactAll compacts every month with readings in the hot table that has ended by
// the store's clock. progress, which may be nil, is told of every month written.
func (s *Store) CompactAll(ctx context.Context, progress func(park, month string, readings int64)) error {
	now := monthOf(s.now().UnixMilli())
	var due []parkMonth
	err := s.snapshot(ctx, func(c *connection) error {
		return c.run(ctx, `SELECT park, month FROM (SELECT DISTINCT series, time_ms // 86400000 AS day,
				(year(make_timestamp_ms(day * 86400000)) - 1970) * 12 + month(make_timestamp_ms(day * 86400000)) - 1 AS month
				FROM readings) d JOIN series ON series.id = d.series
			WHERE month < $1 GROUP BY park, month ORDER BY park, month`, []any{int64(now)}, func(part chunk) error {
			months := column[int64](part, 1)
			for i, p := range column[uint32](part, 0) {
				due = append(due, parkMonth{p, int32(months[i])})
			}
			return nil
		})
	})
	for _, d := range due {
		if err != nil {
			break
		}
		park, n := s.words.parkName(d.park), int64(0)
		if n, err = s.Compact(ctx, park, monthName(d.month)); err == nil && progress != nil {
			progress(park, monthName(d.month), n)
		}
	}
	return err
}

// compactMonth writes the file first and then, in one transaction, names it in the
// catalog and deletes what it holds from the hot table. A crash before the commit
// leaves a file that no catalog names (sweep removes it); there is no state between.
func (s *Store) compactMonth(ctx context.Context, park uint32, month int32) (int64, error) {
	f := monthFile{park: park, month: month}
	var old []monthFile
	err := s.snapshot(ctx, func(c *connection) (err error) {
		if f.recorded, err = c.number(ctx, "SELECT max(recorded) FROM "+hotRows(park)+" WHERE "+
			within(monthStart(month), monthStart(month+1))); err != nil || f.recorded == 0 {
			return err
		}
		if old, err = s.monthFiles(ctx, c, park, month, month); err != nil {
			return err
		}
		if len(old) > 0 {
			f.generation = old[0].generation + 1
		}
		return s.writeMonth(ctx, c, &f, old)
	})
	if err != nil || f.recorded == 0 {
		return 0, err
	}
	moved := f.readings
	err = s.transact(ctx, func(int64) (func(), error) { return nil, s.catalog(ctx, f) })
	if err != nil {
		return 0, fmt.Errorf("series: compact %s: %w", monthName(month), err)
	}
	for _, o := range old {
		moved -= o.readings
		s.files.doom(s.path(o))
	}
	return moved, nil
}

// writeMonth writes the rows of the month that c sees, the old file's among them,
// and makes the file durable.
func (s *Store) writeMonth(ctx context.Context, c *connection, f *monthFile, old []monthFile) error {
	path := s.path(*f)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("series: month files: %w", err)
	}
	rows := ""
	for _, from := range append([]string{hotRows(f.park)}, fileRows(s.paths(old))...) {
		if rows != "" {
			rows += " UNION ALL "
		}
		rows += "SELECT series, time_ms, span, value, revision, recorded FROM " + from +
			" WHERE " + within(monthStart(f.month), monthStart(f.month+1))
	}
	part := path + ".part"
	// Registers of instants and counts come after those of amounts, and registers that
	// hardly ever repeat a value, such as counters, after the others of their part: a row
	// group of both would keep the values of neither in a dictionary.
	sql := "COPY (WITH r AS (" + rows + "), k AS (SELECT series AS id, max(span) = 0 AS instant, " +
		"approx_count_distinct(value) > 0.9 * count(*) AS unlike FROM r GROUP BY series) " +
		"SELECT n.name AS register, series, time_ms, span, value, revision, recorded FROM r " +
		"JOIN series n ON n.id = series JOIN k ON k.id = series ORDER BY k.instant, k.unlike, series, time_ms, revision) TO " + literal(part) +
		" (" + formatOfMonth + ", KV_METADATA {lingtan: 'readings/1', park: " +
		literal(folderName(s.words.parkName(f.park))) + "})"
	if err := c.exec(ctx, sql); err != nil {
		_ = os.Remove(part) // half a file; what stays goes at the next Open
		return err
	}
	var err error
	if f.readings, err = c.number(ctx, "SELECT count(*) FROM "+fileRows([]string{part})[0]); err != nil {
		return err
	}
	if f.bytes, err = makeDurable(part, path); err != nil {
		return fmt.Errorf("series: month file: %w", err)
	}
	return nil
}

// makeDurable syncs part, names it path and syncs the folder; it gives the size.
func makeDurable(part, path string) (int64, error) {
	file, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if err := file.Sync(); err != nil {
		return 0, err
	}
	if err := os.Rename(part, path); err != nil {
		return 0, err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	defer folder.Close()
	return info.Size(), folder.Sync()
}

// catalog names f in place of the month's older file and deletes the hot rows that
// it holds: those recorded up to f.recorded, since every later write is recorded later.
func (s *Store) catalog(ctx context.Context, f monthFile) error {
	if err := s.writer.exec(ctx, "DELETE FROM months WHERE park = $1 AND month = $2", f.park, f.month); err != nil {
		return err
	}
	err := s.writer.exec(ctx, "INSERT INTO months VALUES ($1, $2, $3, $4, $5, $6)",
		f.park, f.month, f.generation, f.readings, f.bytes, f.recorded)
	if err != nil {
		return err
	}
	return s.writer.exec(ctx, fmt.Sprintf(`DELETE FROM readings WHERE series IN (SELECT id FROM series WHERE park = %d)
		AND %s AND recorded <= %d`, f.park, within(monthStart(f.month), monthStart(f.month+1)), f.recorded))
}
