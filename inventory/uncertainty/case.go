package uncertainty

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// caseFormat is the format of a file with a model.
const caseFormat = "lingtan.uncertainty-case/v1"

// maxCase bounds a case file.
const maxCase = 64 << 20

// Parse reads a model from a file of the format lingtan.uncertainty-case/v1, JSON up to 64 MiB:
// format, terms and lines. A term without a shape is normal, or lognormal above 30 %. Errors:
// ErrModel, for unknown fields too.
func Parse(r io.Reader) (*Model, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxCase+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxCase {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrModel, maxCase)
	}
	var file struct {
		Format string `json:"format"`
		Model
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: something stands after the document", ErrModel)
	}
	if file.Format != caseFormat {
		return nil, fmt.Errorf("%w: format %.60q; %s", ErrModel, file.Format, caseFormat)
	}
	for i, t := range file.Terms {
		if t.Shape == "" {
			file.Terms[i].Shape = ofShape(t.Uncertainty)
		}
	}
	if _, err := file.compile(); err != nil {
		return nil, err
	}
	return &file.Model, nil
}
