package httpdoor

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"lingtan/connector"
)

// codes are the words that InfluxDB 2 has for what went wrong.
var codes = map[int]string{
	http.StatusBadRequest:            "invalid",
	http.StatusUnauthorized:          "unauthorized",
	http.StatusRequestTimeout:        "timeout",
	http.StatusRequestEntityTooLarge: "request too large",
	http.StatusUnsupportedMediaType:  "unsupported media type",
	http.StatusUnprocessableEntity:   "unprocessable entity",
	http.StatusServiceUnavailable:    "unavailable",
	http.StatusInternalServerError:   "internal error",
}

// statusOf is the HTTP status of an error of a form. Senders try again on 5xx alone.
func statusOf(err error) int {
	var refusal *refusal
	var partial *partial
	switch {
	case errors.As(err, &refusal):
		return refusal.status
	case errors.As(err, &partial):
		return partial.status()
	case errors.Is(err, connector.ErrBusy):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// messageOf leaves out what is inside the server.
func messageOf(err error) string {
	if statusOf(err) == http.StatusInternalServerError {
		return "the samples could not be stored; send them again later"
	}
	return err.Error()
}

// answerError answers as InfluxDB 2 does: {"code": …, "message": …}.
func answerError(w http.ResponseWriter, _ *http.Request, err error) {
	status := statusOf(err)
	body := map[string]any{"code": codes[status], "message": messageOf(err)}
	var p *partial
	if errors.As(err, &p) {
		body["receipt"] = p.receipt
		if len(p.first) > 0 {
			body["line"], body["errors"] = p.first[0].Line, p.first
		}
	}
	writeJSON(w, status, body)
}

const toldFaults = 20

// partial are the faulty lines or rows of a body whose others were taken.
type partial struct {
	total   int
	first   []lineFault
	receipt connector.Receipt
	long    int // of the refused ones, because of their names
}

func (p *partial) note(f *lineFault) {
	p.total++
	if len(p.first) < toldFaults {
		p.first = append(p.first, *f)
	}
}

// outcome is nil when everything was taken.
func (p *partial) outcome(c *call) error {
	p.receipt, p.long = c.receipt, c.long
	if p.total == 0 && p.receipt.Refused == 0 {
		return nil
	}
	return p
}

func (p *partial) status() int {
	if p.total > 0 {
		return http.StatusBadRequest
	}
	return http.StatusUnprocessableEntity
}

func (p *partial) Error() string {
	var out strings.Builder
	out.WriteString("partial write: ")
	if p.total > 0 {
		fmt.Fprintf(&out, "%d lines are faulty and were not taken (%s)", p.total, p.first[0].Error())
	}
	if p.receipt.Refused > 0 {
		if p.total > 0 {
			out.WriteString("; ")
		}
		fmt.Fprintf(&out, "dropped=%d samples refused: %s", p.receipt.Refused, whyRefused(p.receipt.Refused, p.long))
	}
	fmt.Fprintf(&out, "; the others are stored (%d)", p.receipt.Stored+p.receipt.Duplicates+p.receipt.Corrected+p.receipt.Unmapped)
	return out.String()
}

// whyRefused explains refused samples, of which some have names that are too long.
func whyRefused(refused, long int) string {
	var why []string
	if long > 0 {
		why = append(why, fmt.Sprintf("%d names are longer than %d bytes; choose fewer tags with name_tags in the device list", long, longestName))
	}
	if refused > long {
		why = append(why, fmt.Sprintf("%d have an impossible time or value, or are over a limit", refused-long))
	}
	return strings.Join(why, ", ")
}

// receiptHeader tells the receipt where the form has no place for it in the body.
const receiptHeader = "Lingtan-Receipt"

func (c *call) receiptText() string {
	r := c.receipt
	return fmt.Sprintf("stored=%d, duplicates=%d, corrected=%d, unmapped=%d, refused=%d, ignored=%d",
		r.Stored, r.Duplicates, r.Corrected, r.Unmapped, r.Refused, c.ignored)
}

// answerNothing is the success of forms that expect an empty answer.
func (c *call) answerNothing(status int) error {
	c.w.Header().Set(receiptHeader, c.receiptText())
	c.w.WriteHeader(status)
	return nil
}

// answerStatus answers with google.rpc.Status, as OTLP asks, in the sender's form.
func answerStatus(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	if !isProtobuf(r) {
		writeJSON(w, status, map[string]any{"code": grpcCode(status), "message": messageOf(err)})
		return
	}
	body := protowire.AppendTag(nil, 1, protowire.VarintType)
	body = protowire.AppendVarint(body, uint64(grpcCode(status)))
	body = protowire.AppendTag(body, 2, protowire.BytesType)
	body = protowire.AppendString(body, messageOf(err))
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that went away is no failure
}

// grpcCode is the code of google.rpc.Code for an HTTP status.
func grpcCode(status int) int {
	switch status {
	case http.StatusUnauthorized:
		return 16
	case http.StatusServiceUnavailable:
		return 14
	case http.StatusRequestEntityTooLarge:
		return 8
	case http.StatusInternalServerError:
		return 13
	}
	return 3
}

// MarshalJSON gives a fault the names of the API.
func (f lineFault) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"line": f.Line, "column": f.Column, "message": f.Text})
}
