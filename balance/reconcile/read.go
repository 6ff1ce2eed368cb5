package reconcile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// MaxSize is the largest file, in bytes.
const MaxSize = 8 << 20

// maxDepth is how deep a file may be nested.
const maxDepth = 8

// Parse reads a file of the format lingtan.reconcile/v1. Keys must be known and stand
// once; the error names line and column.
func Parse(data []byte) (*Problem, error) {
	if len(data) > MaxSize {
		return nil, fault("%d bytes; at most %d", len(data), MaxSize)
	}
	if !utf8.Valid(data) {
		return nil, fault("not UTF-8 text")
	}
	if err := onceEach(data); err != nil {
		return nil, err
	}
	p := &Problem{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return nil, fault("%s: %s cannot be a %s", placeOf(data, kind.Offset), kind.Field, kind.Value)
		}
		return nil, fault("%s: %v", placeOf(data, d.InputOffset()), err)
	}
	if p.Format != Format {
		return nil, fault("format %.40q; this version reads %q", p.Format, Format)
	}
	return p, nil
}

// placeOf is line:column of an offset.
func placeOf(data []byte, offset int64) string {
	before := data[:min(max(0, offset), int64(len(data)))]
	return fmt.Sprintf("%d:%d", bytes.Count(before, []byte{'\n'})+1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])+1)
}

// onceEach refuses a key that stands twice in an object, of which encoding/json would
// keep the last, and what follows the document.
func onceEach(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := walk(d, data, 0); err != nil {
		if errors.Is(err, ErrCase) {
			return err
		}
		offset := d.InputOffset()
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			offset = syntax.Offset - 1
		}
		return fault("%s: %v", placeOf(data, offset), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault("%s: something follows after the document", placeOf(data, d.InputOffset()))
	}
	return nil
}

// walk reads one value.
func walk(d *json.Decoder, data []byte, depth int) error {
	t, err := d.Token()
	if err != nil {
		return ended(err)
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return fault("%s: nested deeper than %d", placeOf(data, d.InputOffset()), maxDepth)
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return ended(err)
			}
			name, _ := key.(string) // the decoder gives nothing else here
			if seen[name] {
				return fault("%s: the key %.40q stands twice", placeOf(data, d.InputOffset()), name)
			}
			seen[name] = true
		}
		if err := walk(d, data, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return ended(err)
}

func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the document ends too early")
	}
	return err
}
