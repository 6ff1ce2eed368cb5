package readingfile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lingtan/meter"
)

// parcel is a batch on its way to the store, with how far the file is read.
type parcel struct {
	batch    *meter.Batch
	progress progress
}

// work reads the file in one goroutine and hands its batches to take in the
// caller's. Two batches are in being at a time: one is filled, one is stored.
func (f *File) work(ctx context.Context, r *Report, from int64, take func(*parcel) error) (Report, error) {
	p, err := f.parser(f.opt.Rejects)
	if err != nil {
		return *r, err
	}
	p.from = from
	f.began = f.opt.Clock()
	f.told = f.began
	ctx, stop := context.WithCancel(ctx)
	full, free := make(chan *parcel), make(chan *meter.Batch, 2)
	free <- &meter.Batch{}
	free <- &meter.Batch{}
	failed := make(chan error, 1)
	go func() {
		defer close(full)
		failed <- f.fill(ctx, p, full, free)
	}()
	var taken error
	for parcel := range full {
		if taken != nil {
			continue
		}
		if taken = take(parcel); taken != nil {
			stop()
			continue
		}
		free <- parcel.batch
	}
	stop()
	err = <-failed
	if taken != nil {
		err = taken
	}
	f.tell(p, true)
	p.report(r)
	r.Complete = err == nil
	return *r, errors.Join(err, p.rejects.flush(), p.src.close())
}

// fill parses rows into batches until the file ends, or cannot be read on; what
// was parsed by then is handed over all the same.
func (f *File) fill(ctx context.Context, p *parser, full chan<- *parcel, free <-chan *meter.Batch) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p.batch = <-free:
			p.batch.Reset()
			p.batch.Keys = p.batch.Keys[:0]
			p.batchNo++
		}
		end := f.fillBatch(ctx, p)
		if errors.Is(end, context.Canceled) || errors.Is(end, context.DeadlineExceeded) {
			return end
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case full <- &parcel{p.batch, p.progress()}:
		}
		if end != nil {
			return f.ending(p, end)
		}
	}
}

func (f *File) fillBatch(ctx context.Context, p *parser) error {
	for n := 1; p.batch.Len() < f.opt.BatchRows; n++ {
		if err := p.next(); err != nil {
			return err
		}
		if n%1024 != 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		f.tell(p, false)
	}
	return nil
}

// ending puts into words how the reading of a file ended; nil at its proper end.
func (f *File) ending(p *parser, err error) error {
	row := p.counts.rows + 1
	switch {
	case errors.Is(err, errEnd):
		return nil
	case errors.Is(err, errBroken) && f.storing:
		return fmt.Errorf("%w: %s ends in the middle of row %d; everything before row %d is stored and the import can be resumed: fetch the whole file and import it, readings known already change nothing", ErrCut, f.path, row, row)
	case errors.Is(err, errBroken):
		return fmt.Errorf("%w: %s ends in the middle of row %d; everything before row %d can be read; fetch the whole file", ErrCut, f.path, row, row)
	}
	return fmt.Errorf("%s, row %d: %w", f.path, row, err)
}

// maxUnknown bounds the bytes of the unknown registers in a mark of 64 KiB: JSON
// writes a byte as six at most.
const maxUnknown = 8 << 10

func (p *parser) progress() progress {
	out := progress{Rows: p.counts.rows, Bytes: p.src.offset(), Readings: p.counts.readings, Rejected: p.rejects.total, Moved: p.clock.moved}
	room := maxUnknown
	for key, reg := range p.byKey {
		if !reg.known && len(key) <= room {
			room -= len(key)
			out.Unknown = append(out.Unknown, key)
		}
	}
	return out
}

// tell reports progress, at most every 100 ms and once at the end.
func (f *File) tell(p *parser, end bool) {
	if f.opt.Progress == nil {
		return
	}
	now := f.opt.Clock()
	if !end && now.Sub(f.told) < progressEvery {
		return
	}
	f.told = now
	out := Progress{Rows: p.counts.rows, Bytes: min(f.read.Load(), f.size), TotalBytes: f.size}
	if passed := now.Sub(f.began); passed > 0 {
		out.RowsPerSecond = float64(out.Rows) / passed.Seconds()
		if out.Bytes > 0 {
			out.Left = time.Duration(float64(passed) * float64(out.TotalBytes-out.Bytes) / float64(out.Bytes))
		}
	}
	f.opt.Progress(out)
}
