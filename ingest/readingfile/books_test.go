package readingfile

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"lingtan/meter"
)

func sheet(t *testing.T, rows ...[]any) string {
	t.Helper()
	book := excelize.NewFile()
	if _, err := book.NewSheet("读数"); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetSheetRow("读数", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWorkbook(t *testing.T) {
	at := time.Date(2018, 1, 1, 8, 15, 0, 0, time.UTC)
	content := sheet(t, []any{"某厂 2018"}, []any{"时间", "电量", "备注"}, []any{at, 1.5, "x"}, nil, []any{at.Add(15 * time.Minute), 2}, []any{at.Add(30 * time.Minute), "停电"}, []any{"x", 3})
	mapping := `layout: wide
sheet: 读数
skip: 1
time: {column: 时间, layout: excel, zone: Asia/Shanghai, step: 15m}
values: [{column: 电量, register: m.kwh}]
`
	b := newBench(t, mapping, park(meter.Amount, "m.kwh"))
	r := b.run(content)
	b.want("m.kwh", "01-01T00:15 900s 1.5", "01-01T00:30 900s 2")
	if got := b.rejected(); !slices.Equal(got, []string{"6|电量|停电|LT-3005", "7|时间|x|LT-3001"}) || r.Rows != 4 {
		t.Errorf("rejects %v, report %+v", got, r)
	}
	b = newBench(t, "layout: wide\nsheet: 读数\nskip: 1\ntime: {column: 时间, layout: iso8601, zone: UTC, step: 15m}\nvalues: [{column: 电量, register: m.kwh}]\n", park(meter.Amount, "m.kwh"))
	if r := b.run(content); finding(r, "LT-3111") != 3 {
		t.Errorf("findings %+v", r.Findings)
	}
	b = newBench(t, "layout: wide\nsheet: 读书\ntime: {column: t, layout: excel, zone: UTC}\nvalues: [{column: v, register: m.kwh}]\n", park(meter.State, "m.kwh"))
	if _, err := b.open(b.write(content)); !errors.Is(err, ErrFormat) {
		t.Errorf("a sheet that is not there: %v", err)
	}
	if _, err := b.open(b.write(content[:len(content)/2])); !errors.Is(err, ErrCut) {
		t.Errorf("half a workbook: %v", err)
	}
}

type parquetRow struct {
	Time  time.Time `parquet:"time,timestamp(millisecond)"`
	Meter string    `parquet:"meter,dict"`
	KWh   *float64  `parquet:"kwh,optional"`
}

func TestParquet(t *testing.T) {
	at := time.Date(2018, 1, 1, 0, 15, 0, 0, time.UTC)
	var rows []parquetRow
	for i := range 1000 {
		v := float64(i) + 0.1
		row := parquetRow{at.Add(time.Duration(i/2) * 15 * time.Minute), []string{"A", "B"}[i%2], &v}
		if i == 2 {
			row.KWh = nil
		}
		rows = append(rows, row)
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[parquetRow](&out)
	for part := range slices.Chunk(rows, 400) {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil { // a row group each
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	mapping := "layout: long\ntime: {column: time, layout: iso8601, step: 15m}\nlong: {register_column: meter, value_column: kwh, registers: {A: a.kwh, B: b.kwh}}\n"
	b := newBench(t, mapping, park(meter.Amount, "a.kwh", "b.kwh"))
	r := b.run(out.String())
	a := b.store.readings["a.kwh"]
	if r.Rows != 1000 || r.Readings != 999 || r.Gaps != 1 || len(a) != 499 || a[0] != "01-01T00:15 900s 0.1" || a[498] != "01-06T05:00 900s 998.1" {
		t.Errorf("report %+v, a %v", r, a[len(a)-1])
	}
	b = newBench(t, mapping, park(meter.Amount, "a.kwh"))
	if _, err := b.open(b.write(out.String()[:out.Len()-100])); !errors.Is(err, ErrCut) {
		t.Errorf("a Parquet file without its end: %v", err)
	}
}

// A Parquet file or workbook damaged anywhere is an error or readable, never a panic.
func TestDamagedBooks(t *testing.T) {
	var out bytes.Buffer
	v := 1.5
	if err := parquet.Write(&out, []parquetRow{{time.Unix(1514764800, 0), "A", &v}, {time.Unix(1514765700, 0), "A", nil}}); err != nil {
		t.Fatal(err)
	}
	damage := func(whole, mapping string) {
		b := newBench(t, mapping, park(meter.State, "a.kwh"))
		for i := range 60 {
			bytes := []byte(whole)
			bytes[4+(len(bytes)-8)*i/60] ^= 0x55
			f, err := b.open(b.write(string(bytes)))
			if err == nil {
				_, err = f.Check(context.Background())
			}
			if err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrCut) && !errors.Is(err, ErrColumn) && !errors.Is(err, ErrLimit) {
				t.Errorf("damage at %d of 60: %v", i, err)
			}
		}
	}
	damage(out.String(), "layout: long\ntime: {column: time, layout: iso8601}\nlong: {register_column: meter, value_column: kwh, registers: {A: a.kwh}}\n")
	damage(sheet(t, []any{"t", "v"}, []any{43101.5, 1.5}), "layout: wide\nsheet: 读数\ntime: {column: t, layout: excel, zone: UTC}\nvalues: [{column: v, register: a.kwh}]\n")
}
