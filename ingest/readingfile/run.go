package readingfile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"lingtan/meter"
)

// File is a reading file whose columns have been found; it can be checked and run.
type File struct {
	path    string
	mapping Mapping
	opt     Options
	size    int64
	read    atomic.Int64
	began   time.Time
	told    time.Time
	storing bool
}

// Open looks at a file's kind and header and refuses it, before anything is
// stored, when it is of no known kind (ErrFormat), lacks a column of the mapping
// (ErrColumn), or a wide mapping names a register that the park lacks (ErrRegister).
func Open(path string, m Mapping, o Options) (*File, error) {
	if o.Park == "" || o.Registers == nil {
		return nil, fmt.Errorf("%w: no park or no registers given to import %s into", ErrRegister, path)
	}
	if o.BatchRows == 0 {
		o.BatchRows = defaultBatchRows
	}
	if o.BatchRows < 1 || o.BatchRows > maxBatchRows {
		return nil, fmt.Errorf("%w: batches of %d readings; 1 to %d", ErrLimit, o.BatchRows, maxBatchRows)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	m.setDefaults()
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("%w: %s is empty", ErrFormat, path)
	}
	f := &File{path: path, mapping: m, opt: o, size: info.Size()}
	p, err := f.parser(nil)
	if err != nil {
		return nil, err
	}
	return f, p.src.close()
}

// parser opens the file at its first data row.
func (f *File) parser(rejected io.Writer) (*parser, error) {
	src, h, err := f.openRows()
	if err != nil {
		return nil, err
	}
	p, err := f.parserOf(src, h, rejected)
	if err != nil {
		return nil, errors.Join(err, src.close())
	}
	return p, nil
}

func (f *File) parserOf(src source, h header, rejected io.Writer) (*parser, error) {
	plan, err := newPlan(&f.mapping, h)
	if err != nil {
		return nil, err
	}
	rej, err := newRejects(rejected, f.mapping.Limits.Rejects)
	if err != nil {
		return nil, err
	}
	return newParser(&f.mapping, plan, src, f.opt.Registers, rej)
}

// openRows opens the file and takes the rows before the data off it. Without a
// header the first row, read for its width, is data: the file is opened again.
func (f *File) openRows() (source, header, error) {
	src, err := openSource(f.path, &f.mapping, &f.read)
	if err != nil {
		return nil, header{}, err
	}
	h, err := readHeader(src, f.path, &f.mapping)
	if err == nil && len(h.names) > f.mapping.Limits.Columns {
		err = fmt.Errorf("%w: %s line %d has %d columns; limits.columns is %d", ErrLimit, f.path, h.line, len(h.names), f.mapping.Limits.Columns)
	}
	if err != nil {
		return nil, header{}, errors.Join(err, src.close())
	}
	if f.mapping.HeaderRows > 0 {
		return src, h, nil
	}
	if err := src.close(); err != nil {
		return nil, header{}, err
	}
	if src, err = openSource(f.path, &f.mapping, &f.read); err != nil {
		return nil, header{}, err
	}
	for range f.mapping.Skip {
		if _, err := src.next(); err != nil && !errors.Is(err, errQuote) {
			return nil, header{}, errors.Join(noHeader(f.path, err), src.close())
		}
	}
	return src, h, nil
}

// progress is the value of an import's mark.
type progress struct {
	Rows      int64           `json:"rows"`
	Bytes     int64           `json:"bytes"`
	Readings  int64           `json:"readings"`
	Rejected  int64           `json:"rejected"`
	Moved     int64           `json:"moved"`
	Admission meter.Admission `json:"admission"` // of the batches before the last
	Last      int64           `json:"last"`      // readings of the last batch, whose admission was not known when the mark was set
	Unknown   []string        `json:"unknown"`   // registers that the park lacked
	Lost      int64           `json:"lost"`      // readings whose admission a killed run never learned
	Done      bool            `json:"done"`
}

// identity is the file's digest and the name of its mark, which also holds the
// park and the mapping: the same file by another mapping is another import.
func (f *File) identity() (file, mark string, err error) {
	in, err := os.Open(f.path)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrFormat, err)
	}
	defer in.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		return "", "", fmt.Errorf("%w: %s: %w", ErrFormat, f.path, err)
	}
	mapping, err := f.mapping.digest()
	if err != nil {
		return "", "", err
	}
	content := sum.Sum(nil)
	all := sha256.New()
	all.Write(content)
	all.Write(mapping)
	all.Write([]byte(f.opt.Park))
	return hex.EncodeToString(content), "import/" + hex.EncodeToString(all.Sum(nil)), nil
}

// Check reads the whole file and stores nothing; the report is that of Run
// without an admission.
func (f *File) Check(ctx context.Context) (Report, error) {
	digest, _, err := f.identity()
	if err != nil {
		return Report{}, err
	}
	r := Report{File: f.path, SHA256: digest, Park: f.opt.Park}
	f.storing = false
	return f.work(ctx, &r, 0, func(*parcel) error { return nil })
}

// Run imports the file. Batches go to the store one by one, each with the mark of
// how far the import has come, so that after a kill the next Run goes on at the
// row where the store stands; a file that was imported before changes nothing.
// The report holds good for what was done even when the error is not nil.
func (f *File) Run(ctx context.Context, store Store) (Report, error) {
	digest, mark, err := f.identity()
	if err != nil {
		return Report{}, err
	}
	r := Report{File: f.path, SHA256: digest, Park: f.opt.Park}
	was, err := f.before(ctx, store, mark)
	if err != nil {
		return r, err
	}
	if was.Done {
		return already(r, was), nil
	}
	r.ResumedAt = was.Rows
	r.Admission, r.AdmissionUnknown = was.Admission, was.Lost+was.Last
	empty := &meter.Batch{}
	save := func(now *parcel, done bool) error {
		batch := now.batch
		if batch == nil {
			batch = empty
		}
		p := now.progress
		p.Admission, p.Lost, p.Last, p.Done = r.Admission, r.AdmissionUnknown, int64(batch.Len()), done
		value, err := json.Marshal(p)
		if err != nil {
			return err
		}
		got, err := store.Append(ctx, f.opt.Park, batch, meter.Mark{Name: mark, Value: value})
		if err != nil {
			return fmt.Errorf("import %s, rows up to %d: %w", f.path, p.Rows, err)
		}
		r.Admission.Add(got)
		return nil
	}
	var last parcel
	f.storing = true
	out, err := f.work(ctx, &r, was.Rows, func(now *parcel) error {
		last = *now
		if now.batch.Len() == 0 {
			return nil
		}
		return save(now, false)
	})
	if err != nil {
		return out, err
	}
	last.batch = nil
	if err := save(&last, true); err != nil {
		out.Complete = false
		return out, err
	}
	return out, nil
}

// before is how far an earlier run came; from the start where there was none, or
// where the park has since learned a register whose rows were rejected.
func (f *File) before(ctx context.Context, store Store, mark string) (progress, error) {
	value, err := store.Mark(ctx, mark)
	if err != nil {
		return progress{}, fmt.Errorf("import %s: how far an earlier run came: %w", f.path, err)
	}
	var was progress
	if len(value) == 0 {
		return was, nil
	}
	if err := json.Unmarshal(value, &was); err != nil {
		return was, fmt.Errorf("import %s: mark %s cannot be read: %w", f.path, mark, err)
	}
	for _, key := range was.Unknown {
		if _, known := f.opt.Registers.Register(key); known {
			return progress{}, nil
		}
	}
	return was, nil
}

func already(r Report, was progress) Report {
	r.Already, r.Complete = true, true
	r.Rows, r.Bytes, r.Readings, r.Rejected, r.Moved = was.Rows, was.Bytes, was.Readings, was.Rejected, was.Moved
	r.Admission, r.AdmissionUnknown = was.Admission, was.Lost
	r.RejectedBy, r.Registers = map[string]int64{}, []RegisterReport{}
	r.Findings = []Finding{{Code: "LT-3110", Count: was.Rows,
		ZH: fmt.Sprintf("该文件已按此映射导入过（%d 行，%d 个读数），未作任何更改。", was.Rows, was.Readings),
		EN: fmt.Sprintf("this file was imported by this mapping before (%d rows, %d readings); nothing was changed.", was.Rows, was.Readings)}}
	return r
}
