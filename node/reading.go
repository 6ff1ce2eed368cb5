package node

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"lingtan/ingest/readingfile"
	"lingtan/store/record"
)

// ReadingFile is a file of readings to import into a park.
type ReadingFile struct {
	Park     string
	Path     string
	Mapping  string                     // path of the mapping file
	Rejects  io.Writer                  // receives rejected rows as CSV; may be nil
	Progress func(readingfile.Progress) // may be nil
	DryRun   bool                       // read and check, store nothing
}

// ImportReadings imports a file of readings. The same file by the same mapping
// again changes nothing; an import that was cut off resumes where it was.
func (n *Node) ImportReadings(ctx context.Context, act record.Act, f ReadingFile) (readingfile.Report, error) {
	text, err := os.ReadFile(f.Mapping)
	if err != nil {
		return readingfile.Report{}, err
	}
	info, err := os.Stat(f.Path)
	if err != nil {
		return readingfile.Report{}, err
	}
	m, err := readingfile.ParseMapping(f.Mapping, text)
	if err != nil {
		return readingfile.Report{}, err
	}
	l, err := n.Layout(ctx, f.Park)
	if err != nil {
		return readingfile.Report{}, err
	}
	o := readingfile.Options{Park: f.Park, Registers: l, Rejects: f.Rejects, Progress: f.Progress, Clock: n.now}
	file, err := readingfile.Open(f.Path, m, o)
	if err != nil {
		return readingfile.Report{}, err
	}
	if f.DryRun {
		return file.Check(ctx)
	}
	if err := whole(ctx, f.Path, m, o); err != nil {
		return readingfile.Report{}, err
	}
	row, err := n.Records.StartImport(ctx, act, record.Import{Park: f.Park, File: filepath.Base(f.Path), Size: info.Size(), Mapping: string(text), StartedAt: act.At})
	if err != nil {
		return readingfile.Report{}, err
	}
	report, err := file.Run(ctx, n.Series)
	return report, errors.Join(err, n.finishImport(context.WithoutCancel(ctx), act, row, report, err))
}

// whole reads a file to its end before anything of it is stored: of a file that is
// cut short nothing is.
func whole(ctx context.Context, path string, m readingfile.Mapping, o readingfile.Options) error {
	o.Rejects = nil
	file, err := readingfile.Open(path, m, o)
	if err != nil {
		return err
	}
	_, err = file.Check(ctx)
	return err
}

// finishImport records how an import ended.
func (n *Node) finishImport(ctx context.Context, act record.Act, row record.Import, report readingfile.Report, failure error) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	row.SHA256, row.Rows, row.Rejected, row.Admission = report.SHA256, report.Rows, report.Rejected, string(text)
	row.State, row.FinishedAt = "done", n.Now()
	if failure != nil {
		row.State, row.Reason = "failed", failure.Error()
	}
	defer n.changed(row.Park)
	return n.Records.FinishImport(ctx, act, row)
}
