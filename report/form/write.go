package form

import (
	"fmt"
	"io"
)

// Write writes the report in a file format (xlsx, pdf, json, xml) and a language (zh, en
// or both; json holds both, xml is as the registry has it). Errors: ErrWrite, or what the
// format gives.
func (r *Report) Write(w io.Writer, format, lang string) error {
	switch format {
	case "xlsx":
		return r.Workbook(w, lang)
	case "pdf":
		return r.PDF(w, lang)
	case "json":
		return r.WriteJSON(w, false)
	case "xml":
		return r.XML(w)
	}
	return fmt.Errorf("%w: format %q; write xlsx, pdf, json or, of the form cbam, xml", ErrWrite, format)
}

// Open reads a report out of any of the files that carry its machine form: JSON, workbook
// or PDF; what a reader sees in a workbook or PDF is held against it. ok is false when
// data are none of these. Errors: ErrFormat, evidence.ErrFormat, evidence.ErrDifferent.
func Open(data []byte) (r *Report, ok bool, err error) {
	for _, read := range []func([]byte) (*Report, bool, error){readWorkbook, readPDF, readJSON} {
		if r, ok, err = read(data); ok {
			return r, true, err
		}
	}
	return nil, false, nil
}
