package series

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMonthFileLayout holds a file against docs/formats/month-files.md.
func TestMonthFileLayout(t *testing.T) {
	s := openTest(t, t.TempDir())
	put(t, s, 3, 0, 0, row{"b", 1000, 1}, row{"a", 2000, 2}, row{"a", 1000, 2})
	put(t, s, 0, 0, 1, row{"a", 1000, 3})
	if _, err := s.Compact(ctx, "p", "1970-01"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, "readings", "p", "1970-01.parquet")
	rows := func(sql string) string {
		t.Helper()
		out := ""
		err := s.writer.run(ctx, strings.ReplaceAll(sql, "FILE", literal(path)), nil, func(c chunk) error {
			for i := range c.rows {
				out += string(texts(c, 0)[i].bytes()) + " "
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	expect(t, rows("SELECT column_name || ':' || column_type FROM (DESCRIBE SELECT * FROM read_parquet(FILE))"),
		"register:VARCHAR series:UINTEGER time_ms:BIGINT span:INTEGER value:DOUBLE revision:USMALLINT recorded:BIGINT ")
	expect(t, rows("SELECT concat_ws('/', register, time_ms, value, revision) FROM read_parquet(FILE)"),
		"a/1000/2.0/0 a/1000/3.0/1 a/2000/2.0/0 b/1000/1.0/0 ")
	expect(t, rows("SELECT key::VARCHAR || '=' || value::VARCHAR FROM parquet_kv_metadata(FILE) ORDER BY ALL"),
		"lingtan=readings/1 park=p ")
	expect(t, rows("SELECT DISTINCT compression FROM parquet_metadata(FILE)"), "ZSTD ")
}

// TestOrphans opens a directory in which a killed process left files that no
// transaction recorded, and one from which somebody took a recorded file away.
func TestOrphans(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	put(t, s, 2, 0, 0, row{"a", 1000, 1}, row{"a", 40 * 86400000, 2})
	if _, err := s.Compact(ctx, "p", "1970-01"); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(s.dir, "readings", "p")
	s.Close()
	for _, name := range []string{"1970-02.parquet", "1970-01.1.parquet.part", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s = openTest(t, dir)
	expect(t, ask(t, s, 0), "a 1000=1 3456000000=2")
	entries, err := os.ReadDir(folder)
	if got := fmt.Sprint(entries); err != nil || got != "[- 1970-01.parquet - notes.txt]" {
		t.Errorf("left %v, %v", got, err)
	}
	s.Close()
	if err := os.Remove(filepath.Join(folder, "1970-01.parquet")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "1970-01.parquet") {
		t.Errorf("Open without a month file: %v", err)
	}
}

func FuzzFolderName(f *testing.F) {
	for _, seed := range []string{"88.1.2/园区", "..", ".", "a/../b", "it's", "%2E", "\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, park string) {
		name := folderName(park)
		if back, err := url.PathUnescape(name); err != nil || back != park {
			t.Errorf("%q becomes %q and then %q, %v", park, name, back, err)
		}
		if strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\\*?[]{}'\"= ") {
			t.Errorf("%q becomes %q, which is no plain name", park, name)
		}
	})
}

func FuzzParseMonth(f *testing.F) {
	for _, seed := range []string{"2018-03", "1970-01", "1969-12", "0001-01", "9999-12", "2018-13", "2018-3", "2018"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := parseMonth(s)
		if err != nil {
			return
		}
		if monthName(m) != s || monthOf(monthStart(m)) != m || monthOf(monthStart(m+1)-1) != m {
			t.Errorf("%q is month %d, which is %s from %d", s, m, monthName(m), monthStart(m))
		}
	})
}
