package readingfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// source gives the rows of a file, whatever its kind.
type source interface {
	// next gives the cells of the next row, valid until the next call; errEnd
	// after the last, errQuote for a row to leave out, errBroken where the file
	// breaks off, another error where it cannot be read on.
	next() ([]string, error)
	line() int64   // line, or row of the sheet, on which the last row begins
	open() bool    // the last row is the end of the file and has no line end
	widen(n int)   // rows whose last cells the format leaves out are filled up to n cells
	offset() int64 // bytes of the unpacked text read so far; rows for a workbook or Parquet
	close() error
}

var (
	errEnd    = errors.New("end of the file")
	errBroken = errors.New("the file breaks off")
)

// openSource looks at the first bytes of a file for its kind and opens it there.
func openSource(path string, m *Mapping, read *atomic.Int64) (source, error) {
	read.Store(0)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	head := make([]byte, 8)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		f.Close()
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	src, err := sourceOf(f, head[:n], m, read)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return src, nil
}

func sourceOf(f *os.File, head []byte, m *Mapping, read *atomic.Int64) (source, error) {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return openWorkbook(f, m, read)
	case bytes.HasPrefix(head, []byte("PAR1")):
		return openColumnar(f, m, read)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return nil, fmt.Errorf("%w: it is an old Excel file (.xls); save it as .xlsx or CSV", ErrFormat)
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		if !strings.EqualFold(m.Encoding, "utf-16") {
			return nil, fmt.Errorf("%w: it is UTF-16 text; set encoding: utf-16", ErrFormat)
		}
	}
	return openDelimited(f, bytes.HasPrefix(head, []byte("\x1f\x8b")), m, read)
}

// delimited is delimited text, plain or gzip.
type delimited struct {
	*splitter
	file *os.File
	zip  *gzip.Reader
}

func openDelimited(f *os.File, zipped bool, m *Mapping, read *atomic.Int64) (source, error) {
	d := &delimited{file: f}
	var r io.Reader = &counted{r: f, n: read}
	if zipped {
		z, err := gzip.NewReader(bufio.NewReaderSize(r, 64<<10))
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%w: it ends within the gzip header; nothing was stored: fetch the whole file", ErrCut)
		case err != nil:
			return nil, fmt.Errorf("%w: the gzip header is damaged: %w", ErrFormat, err)
		}
		d.zip, r = z, z
	}
	r = &limited{r: r, left: m.Limits.Bytes}
	var form encoding.Encoding
	switch strings.ToLower(m.Encoding) {
	case "gbk":
		form = simplifiedchinese.GBK
	case "gb18030":
		form = simplifiedchinese.GB18030
	case "utf-16":
		form = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	}
	if form != nil {
		r = transform.NewReader(r, form.NewDecoder())
	}
	b := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := b.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		// Peek has shown that the three bytes are there.
		_, _ = b.Discard(3)
	}
	delim := m.Delimiter[0]
	if m.Delimiter == delimiterTab {
		delim = '\t'
	}
	d.splitter = newSplitter(b, delim, m.Limits.RowBytes)
	return d, nil
}

func (d *delimited) next() ([]string, error) {
	cells, err := d.splitter.next()
	switch {
	case err == nil || errors.Is(err, errQuote) || errors.Is(err, ErrLimit):
		return cells, err
	case err == io.EOF:
		return nil, errEnd
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errBroken
	case d.zip != nil:
		return nil, fmt.Errorf("%w: the gzip data are damaged after line %d: %w; fetch the file again", ErrFormat, d.splitter.lines, err)
	}
	return nil, fmt.Errorf("%w: after line %d: %w", ErrFormat, d.splitter.lines, err)
}

func (d *delimited) line() int64   { return d.rowLine }
func (d *delimited) open() bool    { return d.tail }
func (d *delimited) offset() int64 { return d.read }
func (d *delimited) widen(int)     {}
func (d *delimited) close() error  { return d.file.Close() }

// counted counts the bytes read from the disk.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// limited refuses a file that unpacks to more than the limit.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("%w: the file unpacks to more than limits.bytes", ErrLimit)
	}
	return n, err
}

func validUTF8(names []string) bool {
	for _, n := range names {
		if !utf8.ValidString(n) {
			return false
		}
	}
	return true
}
