package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lingtan/accounting"
	"lingtan/store/record"
)

// The limits of a file of activities.
const (
	maxActivityFile = 16 << 20 // bytes
	maxActivityRows = 20_000
)

// activityColumns are the columns of a file of activities; the first seven are needed.
var activityColumns = []string{"id", "organization", "kind", "first", "last", "amount", "unit", "carrier", "evidence", "uncertainty", "note", "given", "choose"}

const neededColumns = 7

// cells are the texts of a record in the order of activityColumns.
func cells(x *record.Activity) []*string {
	return []*string{&x.ID, &x.Member, &x.Kind, &x.First, &x.Last, &x.Amount, &x.Unit, &x.Carrier, &x.Evidence, &x.Uncertainty, &x.Note, &x.Given, &x.Choose}
}

// formula are the beginnings of a text that a spreadsheet would run.
const formula = "=+-@\t\r\n＝＋－＠"

// guard writes an apostrophe before a text that a spreadsheet would run; bare takes it away.
func guard(s string) string {
	if s != "" && strings.ContainsRune(formula, []rune(s)[0]) {
		return "'" + s
	}
	return s
}

func bare(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && rest != "" && strings.ContainsRune(formula, []rune(rest)[0]) {
		return rest
	}
	return s
}

// readActivities reads a CSV file of activities (docs/formats/activities.md): a header
// with known columns in any order, a record a row. Errors wrap accounting.ErrRecord and
// name the line.
func readActivities(r io.Reader) ([]record.Activity, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxActivityFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxActivityFile {
		return nil, fmt.Errorf("%w: a file of more than %d bytes; divide it", accounting.ErrRecord, maxActivityFile)
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: no header: %w", accounting.ErrRecord, err)
	}
	place, err := placesOf(header)
	if err != nil {
		return nil, err
	}
	var list []record.Activity
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", accounting.ErrRecord, err)
		}
		if len(list) >= maxActivityRows {
			return nil, fmt.Errorf("%w: more than %d rows; divide the file", accounting.ErrRecord, maxActivityRows)
		}
		var x record.Activity
		for i, to := range cells(&x) {
			if place[i] >= 0 {
				*to = bare(strings.TrimSpace(row[place[i]]))
			}
		}
		if x.ID == "" {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("%w: line %d has no id", accounting.ErrRecord, line)
		}
		list = append(list, x)
	}
}

// placesOf is where each of activityColumns stands in a header, −1 where it does not.
func placesOf(header []string) ([]int, error) {
	place := make([]int, len(activityColumns))
	for i := range place {
		place[i] = slices.Index(header, activityColumns[i])
		if place[i] < 0 && i < neededColumns {
			return nil, fmt.Errorf("%w: no column %q; needed are %s", accounting.ErrRecord, activityColumns[i], strings.Join(activityColumns[:neededColumns], ", "))
		}
	}
	for i, name := range header {
		known := slices.Contains(activityColumns, name) || name == "revision" || name == "recorded_at"
		if !known || slices.Index(header, name) != i {
			return nil, fmt.Errorf("%w: column %q is unknown or there twice; known are %s", accounting.ErrRecord, name, strings.Join(activityColumns, ", "))
		}
	}
	return place, nil
}

// writeActivities writes records as a file that readActivities reads, with revision and
// time of recording beside them.
func writeActivities(w io.Writer, list []record.Activity) error {
	out := csv.NewWriter(w)
	if err := out.Write(append(slices.Clone(activityColumns), "revision", "recorded_at")); err != nil {
		return err
	}
	for _, x := range list {
		var row []string
		for _, text := range cells(&x) {
			row = append(row, guard(*text))
		}
		row = append(row, fmt.Sprint(x.Revision), x.RecordedAt.UTC().Format("2006-01-02T15:04:05.000Z"))
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
