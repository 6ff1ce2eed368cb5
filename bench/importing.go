package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"lingtan/meter"
	"lingtan/node"
)

// wideColumns are the value columns of the wide file.
const wideColumns = 50

const longMapping = `format: lingtan.mapping/v1
layout: long
time: {column: time, layout: iso8601, zone: Asia/Shanghai, label: end, step: 15m}
long: {value_column: value, template: "{meter}.r"}
`

func (o options) csv(name string) string { return filepath.Join(o.Dir, name+".csv") }

// writeLong writes the long file: a row a reading, in the order of time.
func writeLong(o options) error {
	g, err := o.generator(o.Points)
	if err != nil {
		return err
	}
	return writeText(o.csv("long"), func(w *bufio.Writer) {
		w.WriteString("time,meter,value\n")
		var line []byte
		b := &meter.Batch{}
		for rows := 0; rows < o.Rows; b.Reset() {
			g.next(b)
			for k := 0; k < b.Len() && rows < o.Rows; k++ {
				line = stamp(line[:0], g, b.At[k])
				line = append(append(append(line, ','), g.points[b.Ref[k]].id...), ',')
				line = append(strconv.AppendFloat(line, b.Value[k], 'f', 2, 64), '\n')
				w.Write(line)
				rows++
			}
		}
	})
}

// writeWide writes the wide file: a row an instant, wideColumns readings in it.
func writeWide(o options) error {
	g, err := o.generator(wideColumns)
	if err != nil {
		return err
	}
	return writeText(o.csv("wide"), func(w *bufio.Writer) {
		w.WriteString("time")
		for _, p := range g.points {
			w.WriteString("," + p.id)
		}
		w.WriteByte('\n')
		var line []byte
		b := &meter.Batch{}
		value := make([]float64, wideColumns)
		for rows := 0; rows < o.Rows; b.Reset() {
			g.next(b)
			for k := range b.Len() {
				value[b.Ref[k]] = b.Value[k]
			}
			line = stamp(line[:0], g, b.At[0])
			for _, v := range value {
				line = strconv.AppendFloat(append(line, ','), v, 'f', 2, 64)
			}
			w.Write(append(line, '\n'))
			rows += wideColumns
		}
	})
}

func (o options) generator(points int) (*generator, error) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, err
	}
	g := newGenerator(layPoints(points, o.Seed), o.Seed, firstDay, zone)
	g.whole = true
	return g, nil
}

func stamp(line []byte, g *generator, at int64) []byte {
	return time.UnixMilli(at).In(g.zone).AppendFormat(line, "2006-01-02 15:04:05")
}

func writeText(path string, write func(*bufio.Writer)) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	write(w)
	return errors.Join(w.Flush(), file.Close())
}

func importLong(ctx context.Context, o options, r *result) error {
	if err := writeLong(o); err != nil {
		return err
	}
	return o.imported(ctx, r, "long", longMapping, 1)
}

func importWide(ctx context.Context, o options, r *result) error {
	if err := writeWide(o); err != nil {
		return err
	}
	text := "format: lingtan.mapping/v1\nlayout: wide\ntime: {column: time, layout: iso8601, zone: Asia/Shanghai, label: end, step: 15m}\nvalues:\n"
	for _, p := range layPoints(wideColumns, o.Seed) {
		text += fmt.Sprintf("  - {column: %s, register: %s}\n", p.id, p.key())
	}
	return o.imported(ctx, r, "wide", text, wideColumns)
}

// imported imports a file into a new node as lingtan import readings does.
func (o options) imported(ctx context.Context, r *result, name, mapping string, columns int) error {
	dir := filepath.Join(o.Dir, "import-"+name)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	n, _, _, err := openPark(ctx, o, dir)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name+".yaml")
	if err := os.WriteFile(path, []byte(mapping), 0o600); err != nil {
		return err
	}
	began, used := time.Now(), cpu()
	report, err := n.ImportReadings(ctx, act(), node.ReadingFile{Park: benchPark, Path: o.csv(name), Mapping: path, Rejects: io.Discard})
	if err != nil {
		return err
	}
	took := time.Since(began)
	if report.Rejected > 0 || report.Admission.Stored != report.Readings || report.Readings < int64(o.Rows) {
		return fmt.Errorf("import of %s: %d readings, %d stored, %d rejected", name, report.Readings, report.Admission.Stored, report.Rejected)
	}
	what := name + " CSV through ImportReadings"
	if columns == 1 {
		r.limit(what, float64(report.Rows)/took.Seconds(), "rows/s", 5e5, true)
	} else {
		r.limit(what, float64(report.Readings)/took.Seconds(), "readings/s", 5e5, true)
		r.add(what+", rows of "+strconv.Itoa(columns), float64(report.Rows)/took.Seconds(), "rows/s")
	}
	r.add(what+", bytes", float64(report.Bytes)/1e6/took.Seconds(), "MB/s")
	r.add(what+", processor time", (cpu() - used).Seconds(), "s")
	return n.Close()
}

func peerLong(_ context.Context, o options, r *result) error {
	return o.peer(r, "long", o.Rows, "rows/s")
}

func peerWide(_ context.Context, o options, r *result) error {
	return o.peer(r, "wide", o.Rows, "readings/s")
}

// peer loads the same file with DuckDB's own reader into a table of a database
// file: the least that storing such a file takes. It validates no register, finds
// no duplicate, writes no report and cannot resume.
func (o options) peer(r *result, name string, rows int, unit string) error {
	path := filepath.Join(o.Dir, "peer-"+name+".duckdb")
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	var db duckdb.Database
	var conn duckdb.Connection
	message := ""
	if duckdb.OpenExt(path, &db, duckdb.Config{}, &message) != duckdb.StateSuccess || duckdb.Connect(db, &conn) != duckdb.StateSuccess {
		return fmt.Errorf("DuckDB: %s", message)
	}
	defer duckdb.Close(&db)
	defer duckdb.Disconnect(&conn)
	began, used := time.Now(), cpu()
	var out duckdb.Result
	defer duckdb.DestroyResult(&out)
	if duckdb.Query(conn, "CREATE TABLE t AS FROM read_csv('"+o.csv(name)+"', header = true)", &out) != duckdb.StateSuccess {
		return fmt.Errorf("DuckDB: %s", duckdb.ResultError(&out))
	}
	took := time.Since(began)
	r.add("DuckDB read_csv of the "+name+" CSV into a table", float64(rows)/took.Seconds(), unit)
	r.add("the same, processor time", (cpu() - used).Seconds(), "s")
	return nil
}

// parseLong only parses the long file, with Go's encoding/csv, time.Parse and
// strconv, on one processor: the plain way to read it in Go.
func parseLong(_ context.Context, o options, r *result) error {
	file, err := os.Open(o.csv("long"))
	if err != nil {
		return err
	}
	defer file.Close()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	began := time.Now()
	in := csv.NewReader(bufio.NewReaderSize(file, 1<<20))
	in.ReuseRecord = true
	if _, err := in.Read(); err != nil {
		return err
	}
	rows := 0
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			_, err = time.ParseInLocation(time.DateTime, row[0], zone)
		}
		if err == nil {
			_, err = strconv.ParseFloat(row[2], 64)
		}
		if err != nil {
			return err
		}
		rows++
	}
	r.add("encoding/csv, time.Parse and ParseFloat alone, storing nothing", float64(rows)/time.Since(began).Seconds(), "rows/s")
	r.Notes = append(r.Notes, runtime.Version())
	return nil
}
