package readingfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a,b\r\n1,\"2\"\r\n", "\"a\nb\",c\n", "\"a\"\"b\",\n\n,x", "a\"b,c\nd,e\n", "\"open,1\n2,3\n",
		"\"a\"b,c\n1,2", "x\r", "\r\n\r\na", ",,\n", "\"\r\n\",\"\"\n", "电量,值\n一,1\n", "\"a\",\"b\"\r\n\"c\",\"d\"", "a;b\n",
	} {
		f.Add([]byte(s), byte(0))
		f.Add([]byte(s), byte(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, which byte) {
		delim := []byte(",;\t|")[which%4]
		want := csv.NewReader(bytes.NewReader(data))
		want.Comma, want.FieldsPerRecord = rune(delim), -1
		got := newSplitter(iotest.OneByteReader(bytes.NewReader(data)), delim, 1<<20)
		whole := newSplitter(bytes.NewReader(data), delim, 1<<20)
		for row := 1; ; row++ {
			w, wantErr := want.Read()
			g, gotErr := got.next()
			g2, gotErr2 := whole.next()
			if (gotErr == nil) != (gotErr2 == nil) || !slices.Equal(g, g2) {
				t.Fatalf("row %d: by bytes %q %v, whole %q %v", row, g, gotErr, g2, gotErr2)
			}
			if (wantErr == nil) != (gotErr == nil) || wantErr == io.EOF != (gotErr == io.EOF) {
				t.Fatalf("row %d: encoding/csv says %q %v, splitter %q %v", row, w, wantErr, g, gotErr)
			}
			if wantErr != nil {
				return
			}
			if !slices.Equal(w, g) {
				t.Fatalf("row %d: encoding/csv says %q, splitter %q", row, w, g)
			}
			if line, _ := want.FieldPos(0); int64(line) != got.rowLine {
				t.Fatalf("row %d begins on line %d, splitter says %d", row, line, got.rowLine)
			}
		}
	})
}

func TestSplitGoesOnAfterBadQuotes(t *testing.T) {
	s := newSplitter(strings.NewReader("a,\"b\"c\n1,2\n"), ',', 1<<20)
	if _, err := s.next(); !errors.Is(err, errQuote) {
		t.Fatalf("first row: %v", err)
	}
	cells, err := s.next()
	if err != nil || !slices.Equal(cells, []string{"1", "2"}) || s.rowLine != 2 {
		t.Fatalf("second row: %q %v on line %d", cells, err, s.rowLine)
	}
}

func TestSplitLimitsRows(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", 5000), "\"" + strings.Repeat("x\n", 3000)} {
		s := newSplitter(strings.NewReader(text), ',', 1024)
		if _, err := s.next(); !errors.Is(err, ErrLimit) {
			t.Errorf("a row of %d bytes: %v", len(text), err)
		}
	}
}
