package series

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// monthOf is the UTC month of a time: 0 is January 1970.
func monthOf(at int64) int32 {
	t := time.UnixMilli(at).UTC()
	return int32((t.Year()-1970)*12 + int(t.Month()) - 1)
}

// monthStart is the first millisecond of a month.
func monthStart(month int32) int64 {
	return time.Date(1970, time.Month(1+month), 1, 0, 0, 0, 0, time.UTC).UnixMilli()
}

// monthName is YYYY-MM.
func monthName(month int32) string { return time.UnixMilli(monthStart(month)).UTC().Format("2006-01") }

// parseMonth reads YYYY-MM.
func parseMonth(s string) (int32, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return 0, fmt.Errorf("%w: month %q; write it as 2018-03", ErrInput, s)
	}
	return monthOf(t.UnixMilli()), nil
}

// monthFile is a row of the catalog of month files.
type monthFile struct {
	park       uint32
	month      int32
	generation int32
	readings   int64
	bytes      int64
	recorded   int64 // the last recorded time of a reading in it
}

// monthFiles is the catalog's files of a park with a month in [first, last], by
// month, in the state that the connection sees.
func (s *Store) monthFiles(ctx context.Context, c *connection, park uint32, first, last int32) ([]monthFile, error) {
	var files []monthFile
	err := c.run(ctx, `SELECT park, month, generation, readings, bytes, recorded FROM months
		WHERE park = $1 AND month >= $2 AND month <= $3 ORDER BY month`, []any{park, first, last}, func(part chunk) error {
		months, generations := column[int32](part, 1), column[int32](part, 2)
		readings, bytes, recorded := column[int64](part, 3), column[int64](part, 4), column[int64](part, 5)
		for i, p := range column[uint32](part, 0) {
			files = append(files, monthFile{p, months[i], generations[i], readings[i], bytes[i], recorded[i]})
		}
		return nil
	})
	return files, err
}

// path is readings/<park>/<month>.parquet, and <month>.<generation>.parquet where a
// late reading made the month be written again.
func (s *Store) path(f monthFile) string {
	name := monthName(f.month)
	if f.generation > 0 {
		name = fmt.Sprintf("%s.%d", name, f.generation)
	}
	return filepath.Join(s.dir, "readings", folderName(s.words.parkName(f.park)), name+".parquet")
}

func (s *Store) paths(files []monthFile) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = s.path(f)
	}
	return out
}

// folderName is a park's name as a folder: letters, digits, - and _ stand for
// themselves, . too unless it begins the name; every other byte is %XX.
func folderName(park string) string {
	var b strings.Builder
	for i := range len(park) {
		c := park[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// sweep removes what a process that was killed left behind: month files that no
// transaction recorded, and files half written.
func (s *Store) sweep(ctx context.Context) error {
	live := map[string]bool{}
	for p := range s.words.names {
		files, err := s.monthFiles(ctx, s.writer, uint32(p), -1<<30, 1<<30)
		if err != nil {
			return err
		}
		for _, path := range s.paths(files) {
			live[path] = true
			if _, err := os.Stat(path); err != nil {
				return fmt.Errorf("series: a month file that the catalog names is missing; restore it from the backup: %w", err)
			}
		}
	}
	root := filepath.Join(s.dir, "readings")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || live[path] {
			return err
		}
		if ext := filepath.Ext(path); ext != ".parquet" && ext != ".part" {
			return nil
		}
		return os.Remove(path)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// fileUse counts the reads under way: superseded month files are kept until no read can
// still hold them, and short reads go before writes.
type fileUse struct {
	sync.Mutex
	readers int
	began   time.Time     // of the read that began last
	idle    chan struct{} // closed when the last read is over
	doomed  []string
}

func (u *fileUse) enter() {
	u.Lock()
	if u.readers == 0 {
		u.idle = make(chan struct{})
	}
	u.readers++
	u.began = time.Now()
	u.Unlock()
}

func (u *fileUse) leave() {
	u.Lock()
	if u.readers--; u.readers == 0 {
		close(u.idle)
	}
	u.clear()
	u.Unlock()
}

// patience is how long a batch waits for a read at most. A question of a person takes
// a few milliseconds alone, and several times as long beside senders that take every
// processor; a batch of theirs can wait, since the next one grows meanwhile.
const patience = 15 * time.Millisecond

// giveWay waits while a read is under way that has just begun. Longer reads, such as a
// settlement's, hold no batch up.
func (u *fileUse) giveWay(ctx context.Context) {
	u.Lock()
	idle, young := u.idle, u.readers > 0 && time.Since(u.began) < patience
	u.Unlock()
	if !young {
		return
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-idle:
	case <-enough.C:
	case <-ctx.Done():
	}
}

// doom removes path now, or when the last read under way is over.
func (u *fileUse) doom(path string) {
	u.Lock()
	u.doomed = append(u.doomed, path)
	u.clear()
	u.Unlock()
}

func (u *fileUse) clear() {
	if u.readers > 0 {
		return
	}
	for _, path := range u.doomed {
		// What cannot be removed now is no longer in the catalog and goes at the next Open.
		_ = os.Remove(path)
	}
	u.doomed = nil
}
