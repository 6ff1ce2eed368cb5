package rulefile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
)

// The limits of a file of samples.
const (
	MaxSamplesSize = 256 << 20 // bytes
	maxSamples     = 5_000_000
)

// Sample is a value of a signal.
type Sample struct {
	At     time.Time
	Signal string
	Value  float64
}

// ParseSamples reads samples from CSV: the columns time, signal and value, or time and a
// column for each signal, named by it. Times are RFC 3339, or 2018-03-05 08:00[:00] in
// zone. An empty cell is a gap. The samples come in the order of time. Every error is a
// Faults with line and column (of the row, from 1).
func ParseSamples(data []byte, zone *time.Location) ([]Sample, error) {
	if len(data) > MaxSamplesSize || !plain(data) {
		return nil, faultAt(1, 1, "应为 UTF-8 的 CSV，不超过 256 MiB", "CSV in UTF-8 of at most 256 MiB belongs here")
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.ReuseRecord = true
	first, err := r.Read()
	if err != nil {
		return nil, rowFault(r, err)
	}
	t := table{zone: zone, names: append([]string{}, first...)}
	if err := t.head(); err != nil {
		return nil, err
	}
	var list []Sample
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, rowFault(r, err)
		}
		line, _ := r.FieldPos(0)
		if list, err = t.row(list, row, line); err != nil {
			return nil, err
		}
		if len(list) > maxSamples {
			return nil, faultAt(line, 1, fmt.Sprintf("样本超过 %d 个", maxSamples), fmt.Sprintf("more than %d samples", maxSamples))
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].At.Before(list[j].At) })
	return list, nil
}

func rowFault(r *csv.Reader, err error) error {
	if errors.Is(err, io.EOF) {
		return faultAt(1, 1, "文件是空的", "the file is empty")
	}
	line, column := 1, 1
	var p *csv.ParseError
	if errors.As(err, &p) {
		line, column, err = p.Line, p.Column, p.Err
	}
	return faultAt(line, column, "CSV 有误："+err.Error(), err.Error())
}

// table is a file by its header.
type table struct {
	zone  *time.Location
	names []string
	long  bool // time, signal, value
}

func (t *table) head() error {
	for i, n := range t.names {
		t.names[i] = strings.TrimSpace(n)
	}
	t.long = len(t.names) == 3 && t.names[1] == "signal" && t.names[2] == "value"
	seen := map[string]bool{}
	for i, n := range t.names {
		if n == "" || seen[n] || (i == 0) != (n == "time") {
			return faultAt(1, i+1, "表头应为 time 加各信号一列，或 time,signal,value；列名不重复", "the header is time and a column for each signal, or time,signal,value; no name stands twice")
		}
		seen[n] = true
	}
	if len(t.names) < 2 {
		return faultAt(1, 1, "没有信号列", "there is no column of a signal")
	}
	return nil
}

func (t *table) row(list []Sample, row []string, line int) ([]Sample, error) {
	at, ok := t.instant(strings.TrimSpace(row[0]))
	if !ok {
		return nil, faultAt(line, 1, "时间应写作 2018-03-05T08:00:00+08:00 或 2018-03-05 08:00", fmt.Sprintf("%.40q is no time; write 2018-03-05T08:00:00+08:00 or 2018-03-05 08:00", row[0]))
	}
	for i := 1; i < len(row); i++ {
		signal, text := t.names[i], strings.TrimSpace(row[i])
		if t.long {
			signal, i = strings.TrimSpace(row[1]), 2
			text = strings.TrimSpace(row[2])
		}
		if text == "" {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > 1e15 || signal == "" || len(signal) > 200 {
			return nil, faultAt(line, i+1, fmt.Sprintf("「%.40s」不是数字，或没有信号名", text), fmt.Sprintf("%.40q is not a number of at most 1e15, or the signal has no name", text))
		}
		list = append(list, Sample{at, strings.Clone(signal), v})
	}
	return list, nil
}

func (t *table) instant(text string) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), at.Year() >= 1971 && at.Year() < 3000
	}
	for _, form := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.ParseInLocation(form, text, t.zone); err == nil {
			return at.UTC(), at.Year() >= 1971 && at.Year() < 3000
		}
	}
	return time.Time{}, false
}
