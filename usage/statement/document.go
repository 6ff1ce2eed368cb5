package statement

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"lingtan/proof"
)

// Document is the statement as a file: RFC 8785 JSON, one byte sequence for one
// statement.
func (s *Statement) Document() ([]byte, error) {
	doc, err := proof.Canonical(s)
	if err != nil {
		return nil, err
	}
	if len(doc) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d; state fewer days at a time", ErrLimit, len(doc), MaxBytes)
	}
	return doc, nil
}

// Parse reads a statement document. It takes nothing but the canonical form, so
// that no byte of a document is outside of what was signed; whether it was is for
// Verify. Errors: ErrFormat, ErrLimit.
func Parse(doc []byte) (*Statement, error) {
	if len(doc) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(doc), MaxBytes)
	}
	var s Statement
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the document", ErrFormat)
	}
	if s.Entries == nil {
		return nil, fmt.Errorf("%w: entries are a list, empty when there are none", ErrFormat)
	}
	if err := s.Head.check(); err != nil {
		return nil, err
	}
	again, err := proof.Canonical(&s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if !bytes.Equal(again, doc) {
		return nil, fmt.Errorf("%w: the document is not in canonical form (RFC 8785)", ErrFormat)
	}
	return &s, nil
}
