package readingfile

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
)

// columnar is a Parquet file with plain columns. Its first row are the names of
// the columns; values come as text: numbers in the shortest exact form, timestamps
// as ISO 8601, with Z where the column says that it is adjusted to UTC.
type columnar struct {
	file   *os.File
	read   *atomic.Int64
	size   int64
	total  int64
	groups []parquet.RowGroup
	rows   parquet.Rows
	names  []string
	forms  []form
	buffer []parquet.Row
	have   []parquet.Row // of the buffer, not yet given
	row    int64         // −1 before the header
	cells  []string
	text   []byte
	ends   []int
}

// form writes a value of one column as text behind b.
type form func(b []byte, v parquet.Value) []byte

func openColumnar(f *os.File, m *Mapping, read *atomic.Int64) (src source, err error) {
	defer recovered(&err)
	if m.Skip != 0 || m.HeaderRows != 1 {
		return nil, fmt.Errorf("%w: skip and header_rows do not apply to a Parquet file; leave them out", ErrMapping)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	tail := make([]byte, 4)
	if _, err := f.ReadAt(tail, max(0, info.Size()-4)); err != nil || string(tail) != "PAR1" {
		return nil, fmt.Errorf("%w: the Parquet file ends before its index; nothing was stored: fetch the whole file", ErrCut)
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%w: the Parquet file's index cannot be read: %w", ErrFormat, err)
	}
	c := &columnar{file: f, read: read, size: info.Size(), total: max(1, file.NumRows()), groups: file.RowGroups(), row: -1, buffer: make([]parquet.Row, 256)}
	for _, col := range file.Root().Columns() {
		if !col.Leaf() || col.MaxRepetitionLevel() > 0 {
			return nil, fmt.Errorf("%w: column %q is a list or a block; only plain columns are read", ErrFormat, col.Name())
		}
		c.names = append(c.names, col.Name())
		c.forms = append(c.forms, formOf(col.Type()))
	}
	if len(c.names) > m.Limits.Columns {
		return nil, fmt.Errorf("%w: %d columns; limits.columns is %d", ErrLimit, len(c.names), m.Limits.Columns)
	}
	return c, nil
}

// formOf chooses by the logical type, then the older converted type, then the kind.
func formOf(t parquet.Type) form {
	if l := t.LogicalType(); l != nil {
		switch {
		case l.Timestamp != nil && l.Timestamp.Unit.Millis != nil:
			return timestamps(time.Millisecond, l.Timestamp.IsAdjustedToUTC)
		case l.Timestamp != nil && l.Timestamp.Unit.Micros != nil:
			return timestamps(time.Microsecond, l.Timestamp.IsAdjustedToUTC)
		case l.Timestamp != nil:
			return timestamps(time.Nanosecond, l.Timestamp.IsAdjustedToUTC)
		case l.Date != nil:
			return dates
		case l.Decimal != nil && l.Decimal.Scale >= 0 && l.Decimal.Scale <= 38:
			return decimals(int(l.Decimal.Scale))
		}
	}
	if c := t.ConvertedType(); c != nil {
		switch *c {
		case deprecated.TimestampMillis:
			return timestamps(time.Millisecond, true)
		case deprecated.TimestampMicros:
			return timestamps(time.Microsecond, true)
		case deprecated.Date:
			return dates
		}
	}
	if t.Kind() == parquet.Int96 {
		return julian
	}
	return plain
}

const isoMillis = "2006-01-02T15:04:05.000"

func timestamps(unit time.Duration, utc bool) form {
	layout := isoMillis
	if utc {
		layout += "Z"
	}
	perMilli := int64(time.Millisecond / max(unit, 1))
	return func(b []byte, v parquet.Value) []byte {
		return time.UnixMilli(v.Int64()/max(perMilli, 1)).UTC().AppendFormat(b, layout)
	}
}

func dates(b []byte, v parquet.Value) []byte {
	return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(b, time.DateOnly)
}

// julian reads the timestamp of older Spark and Hive: nanoseconds of the day,
// then the Julian day number (day 2440588 begins at 1970-01-01 00:00 UTC).
func julian(b []byte, v parquet.Value) []byte {
	i := v.Int96()
	nanos := int64(i[1])<<32 | int64(i[0])
	return time.Unix((int64(i[2])-2440588)*86400, nanos).UTC().AppendFormat(b, isoMillis+"Z")
}

// decimals writes a whole number with its decimal sign put in.
func decimals(scale int) form {
	return func(b []byte, v parquet.Value) []byte {
		var whole string
		switch v.Kind() {
		case parquet.Int32:
			whole = strconv.FormatInt(int64(v.Int32()), 10)
		case parquet.Int64:
			whole = strconv.FormatInt(v.Int64(), 10)
		default:
			whole = twosComplement(v.ByteArray()).String()
		}
		digits := strings.TrimPrefix(whole, "-")
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale+1-len(digits)) + digits
		}
		if whole[0] == '-' {
			b = append(b, '-')
		}
		b = append(b, digits[:len(digits)-scale]...)
		b = append(b, '.')
		return append(b, digits[len(digits)-scale:]...)
	}
}

func twosComplement(bytes []byte) *big.Int {
	n := new(big.Int).SetBytes(bytes)
	if len(bytes) > 0 && bytes[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bytes))))
	}
	return n
}

func plain(b []byte, v parquet.Value) []byte {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(b, v.Boolean())
	case parquet.Int32:
		return strconv.AppendInt(b, int64(v.Int32()), 10)
	case parquet.Int64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case parquet.Float:
		return strconv.AppendFloat(b, float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return strconv.AppendFloat(b, v.Double(), 'g', -1, 64)
	}
	return append(b, v.ByteArray()...)
}

func (c *columnar) next() (cells []string, err error) {
	defer recovered(&err)
	if c.row < 0 {
		c.row = 0
		return c.names, nil
	}
	if len(c.have) == 0 {
		if err := c.refill(); err != nil {
			return nil, err
		}
	}
	row := c.have[0]
	c.have = c.have[1:]
	c.row++
	c.text, c.ends, c.cells = c.text[:0], c.ends[:0], c.cells[:0]
	for i, v := range row {
		if !v.IsNull() {
			c.text = c.forms[i](c.text, v)
		}
		c.ends = append(c.ends, len(c.text))
	}
	from := 0
	for _, to := range c.ends {
		c.cells = append(c.cells, text(c.text[from:to]))
		from = to
	}
	return c.cells, nil
}

// refill reads the next rows, of the next row group where one has ended.
func (c *columnar) refill() error {
	for {
		if c.rows == nil {
			if len(c.groups) == 0 {
				return errEnd
			}
			c.rows = c.groups[0].Rows()
			c.groups = c.groups[1:]
		}
		n, err := c.rows.ReadRows(c.buffer)
		c.have = c.buffer[:n]
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: after row %d: %w", ErrFormat, c.row, err)
		}
		if err != nil {
			if err := c.rows.Close(); err != nil {
				return fmt.Errorf("%w: after row %d: %w", ErrFormat, c.row, err)
			}
			c.rows = nil
		}
		if n > 0 {
			// Columns lie one behind another: the share of rows stands for that of bytes.
			c.read.Store(int64(float64(c.size) * float64(c.row+int64(n)) / float64(c.total)))
			return nil
		}
	}
}

func (c *columnar) line() int64   { return c.row }
func (c *columnar) open() bool    { return false }
func (c *columnar) offset() int64 { return c.row }
func (c *columnar) widen(int)     {}

func (c *columnar) close() error {
	if c.rows == nil {
		return c.file.Close()
	}
	return errors.Join(c.rows.Close(), c.file.Close())
}
