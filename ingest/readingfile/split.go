package readingfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unsafe"
)

// splitter cuts delimited text into rows and cells as RFC 4180 says, with the
// choices of encoding/csv: \r\n counts as \n, blank lines are passed over, a
// quote inside an unquoted cell or a letter after a closing quote is a fault of
// that row. Cells share the splitter's memory and are valid until the next call.
type splitter struct {
	r     io.Reader
	delim byte
	max   int // longest row in bytes

	buf        []byte
	start, end int
	err        error // of r, once it has one

	cells   []string
	scratch []byte
	ends    []int

	lines   int64 // lines begun so far; of the last line read
	rowLine int64 // line on which the last row begins
	read    int64 // bytes handed out, with line ends
	tail    bool  // the last line ended without a newline
}

// errQuote marks a row whose quotes do not follow RFC 4180; the next row can be read.
var errQuote = errors.New("quotes do not match")

func newSplitter(r io.Reader, delim byte, maxRow int) *splitter {
	return &splitter{r: r, delim: delim, max: maxRow, buf: make([]byte, min(256<<10, 2*maxRow))}
}

// next gives the cells of the next row; io.EOF after the last, errQuote for a
// row to leave out, io.ErrUnexpectedEOF inside quotes, ErrLimit for a row too long.
func (s *splitter) next() ([]string, error) {
	for {
		line, err := s.readLine()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			continue
		}
		s.rowLine = s.lines
		if bytes.IndexByte(line, '"') >= 0 {
			return s.quoted(line)
		}
		s.cells = s.cells[:0]
		for {
			i := bytes.IndexByte(line, s.delim)
			if i < 0 {
				s.cells = append(s.cells, text(line))
				return s.cells, nil
			}
			s.cells = append(s.cells, text(line[:i]))
			line = line[i+1:]
		}
	}
}

// text is b as a string without a copy; it is valid as long as b is not written.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// readLine gives the next line without its end, valid until the next call.
func (s *splitter) readLine() ([]byte, error) {
	from := s.start
	for {
		if i := bytes.IndexByte(s.buf[from:s.end], '\n'); i >= 0 {
			line := s.buf[s.start : from+i]
			s.take(len(line) + 1)
			return trimReturn(line), nil
		}
		if s.err != nil {
			return s.lastLine()
		}
		scanned := s.end - s.start
		if scanned > s.max {
			return nil, fmt.Errorf("%w: line %d is longer than limits.row_bytes = %d; is a quote left open before it?", ErrLimit, s.lines+1, s.max)
		}
		s.fill()
		from = s.start + scanned
	}
}

func (s *splitter) lastLine() ([]byte, error) {
	if s.err != io.EOF {
		s.tail = true
		return nil, s.err
	}
	if s.start == s.end {
		return nil, io.EOF
	}
	line := s.buf[s.start:s.end]
	s.take(len(line))
	s.tail = true
	return trimReturn(line), nil
}

func (s *splitter) take(n int) {
	s.start += n
	s.read += int64(n)
	s.lines++
}

func trimReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// fill reads on, after making room at the end of the buffer.
func (s *splitter) fill() {
	if s.start > 0 {
		copy(s.buf, s.buf[s.start:s.end])
		s.start, s.end = 0, s.end-s.start
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 || err != nil {
			return
		}
	}
	s.err = io.ErrNoProgress
}

// quoted cuts a row that holds quotes; such a row may run over several lines.
// Its cells are copied into scratch, since a further line may move the buffer.
func (s *splitter) quoted(line []byte) ([]string, error) {
	s.scratch, s.ends = s.scratch[:0], s.ends[:0]
	for {
		rest, more, err := s.cell(line)
		if err != nil {
			return nil, err
		}
		s.ends = append(s.ends, len(s.scratch))
		if !more {
			break
		}
		line = rest
	}
	s.cells = s.cells[:0]
	from := 0
	for _, to := range s.ends {
		s.cells = append(s.cells, text(s.scratch[from:to]))
		from = to
	}
	return s.cells, nil
}

// cell takes one cell off the line; more says whether another follows.
func (s *splitter) cell(line []byte) (rest []byte, more bool, err error) {
	if len(line) == 0 || line[0] != '"' {
		i := bytes.IndexByte(line, s.delim)
		if i >= 0 {
			rest, line, more = line[i+1:], line[:i], true
		}
		if bytes.IndexByte(line, '"') >= 0 {
			return nil, false, errQuote
		}
		s.scratch = append(s.scratch, line...)
		return rest, more, nil
	}
	line = line[1:]
	for {
		i := bytes.IndexByte(line, '"')
		if i < 0 {
			if line, err = s.goOn(line); err != nil {
				return nil, false, err
			}
			continue
		}
		s.scratch = append(s.scratch, line[:i]...)
		line = line[i+1:]
		switch {
		case len(line) == 0:
			return nil, false, nil
		case line[0] == '"':
			s.scratch = append(s.scratch, '"')
			line = line[1:]
		case line[0] == s.delim:
			return line[1:], true, nil
		default:
			return nil, false, errQuote
		}
	}
}

// goOn carries a quoted cell over the end of a line.
func (s *splitter) goOn(line []byte) ([]byte, error) {
	s.scratch = append(s.scratch, line...)
	if len(s.scratch) > s.max {
		return nil, fmt.Errorf("%w: the row that begins on line %d is longer than limits.row_bytes = %d; is a quote left open there?", ErrLimit, s.rowLine, s.max)
	}
	if s.tail {
		return nil, io.ErrUnexpectedEOF // the file ends inside quotes
	}
	s.scratch = append(s.scratch, '\n')
	next, err := s.readLine()
	if err == io.EOF {
		s.tail = true
		return nil, io.ErrUnexpectedEOF
	}
	return next, err
}
