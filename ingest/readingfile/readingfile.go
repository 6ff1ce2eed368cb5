// Package readingfile imports files of readings (CSV, Excel, Parquet) into the
// series store once and only once, as a mapping says how columns become registers.
package readingfile

import (
	"context"
	"errors"
	"io"
	"time"

	"lingtan/meter"
)

// Sentinels of this package; they are wrapped with what, where, why and what to do next.
var (
	ErrMapping  = errors.New("readingfile: the mapping is wrong")
	ErrColumn   = errors.New("readingfile: the file lacks a column that the mapping names")
	ErrRegister = errors.New("readingfile: the mapping names a register that the park lacks")
	ErrFormat   = errors.New("readingfile: the file cannot be read")
	ErrCut      = errors.New("readingfile: the file is cut short")
	ErrLimit    = errors.New("readingfile: a limit is exceeded")
)

// Store is where readings go: the series store.
type Store interface {
	// Append stores the batch and the marks in one transaction; the same batch
	// again changes nothing. An empty batch only sets the marks.
	Append(ctx context.Context, park string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error)
	// Mark is the value of a mark, empty when it was never set.
	Mark(ctx context.Context, name string) ([]byte, error)
}

// Registers says which registers the park has. It is asked from one goroutine
// at a time, once per register.
type Registers interface {
	Register(key string) (meter.Register, bool)
}

// Options say where the readings of a file belong and who is told about it.
type Options struct {
	Park      string           // the park whose registers are written; required
	Registers Registers        // the park's registers; required
	Rejects   io.Writer        // receives the rejects as CSV (UTF-8 with byte order mark); nil = only counted
	Progress  func(Progress)   // called at most every 100 ms, never twice at a time; nil = nobody asks
	Clock     func() time.Time // for rates only; nil = time.Now
	BatchRows int              // readings handed to the store at once, 1 to 4,000,000; 0 = 250,000
}

// Progress is how far an import has come.
type Progress struct {
	Rows          int64         // data rows read
	Bytes         int64         // bytes of the file read, as it lies on disk (compressed)
	TotalBytes    int64         // size of the file on disk
	RowsPerSecond float64       // since the start of this run
	Left          time.Duration // at the present rate; 0 when not yet known
}

const (
	defaultBatchRows = 250_000
	maxBatchRows     = 4_000_000
	progressEvery    = 100 * time.Millisecond
)
