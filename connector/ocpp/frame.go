package ocpp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	protocol "github.com/lorenzodonini/ocpp-go/ocpp"
	"github.com/lorenzodonini/ocpp-go/ocppj"

	"lingtan/connector"
)

const (
	maxMessageID = 128 // bytes; OCPP allows 36
	noID         = "-1"
	maxText      = 200 // bytes of a text of a charger in messages and sessions
)

// version is an OCPP version, by its WebSocket subprotocol.
type version string

const (
	v16  version = "ocpp1.6"
	v201 version = "ocpp2.0.1"
)

// frame is an OCPP-J message: a CALL, CALLRESULT or CALLERROR.
type frame struct {
	kind    ocppj.MessageType
	id      string
	action  string // of a CALL
	payload json.RawMessage
	code    protocol.ErrorCode // of a CALLERROR
	text    string
}

// refusal is what a CALLERROR says.
type refusal struct {
	code protocol.ErrorCode
	text string
}

func (r *refusal) Error() string { return string(r.code) + ": " + r.text }

func refuse(code protocol.ErrorCode, format string, a ...any) error {
	return &refusal{code, fmt.Sprintf(format, a...)}
}

// missing is the refusal of a message that lacks a field.
func missing(field string) error {
	return refuse(ocppj.OccurrenceConstraintViolation, "%s is required", field)
}

// malformed is the code for a message that cannot be read, which the versions spell
// differently.
func (v version) malformed() protocol.ErrorCode {
	if v == v16 {
		return ocppj.FormatViolationV16
	}
	return ocppj.FormatViolationV2
}

// spell is a code as the version spells it: the table of OCPP-J 1.6 has one "r" less and
// no MessageTypeNotSupported.
func (v version) spell(code protocol.ErrorCode) protocol.ErrorCode {
	switch {
	case v == v16 && code == ocppj.OccurrenceConstraintViolation:
		return "OccurenceConstraintViolation"
	case v == v16 && code == ocppj.MessageTypeNotSupported:
		return ocppj.GenericError
	}
	return code
}

// parseFrame reads a message. With an error the frame has its id where that could be
// read, else "-1" (OCPP 2.0.1 part 4, CALLERROR).
func parseFrame(v version, text []byte) (frame, error) {
	f := frame{id: noID}
	bad := func(format string, a ...any) (frame, error) { return f, refuse(v.malformed(), format, a...) }
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil || !utf8.Valid(text) {
		return bad("not a JSON array in UTF-8")
	}
	if len(parts) > 0 && json.Unmarshal(parts[0], &f.kind) != nil {
		f.kind = 0 // no number; told below, with the id
	}
	if len(parts) < 3 || len(parts) > 5 {
		return bad("an array of 3 to 5 elements is required, not %d", len(parts))
	}
	var id string
	if json.Unmarshal(parts[1], &id) != nil || id == "" || len(id) > maxMessageID {
		return bad("the message id must be text of 1 to 36 characters")
	}
	f.id = id
	switch {
	case f.kind == 0:
		return bad("the message type must be a number")
	case f.kind == ocppj.CALL && len(parts) == 4:
		if json.Unmarshal(parts[2], &f.action) != nil || f.action == "" {
			return bad("the action must be text")
		}
		f.payload = parts[3]
	case f.kind == ocppj.CALL_RESULT && len(parts) == 3:
		f.payload = parts[2]
	case f.kind == ocppj.CALL_ERROR && len(parts) >= 4: // some leave the details out
		if json.Unmarshal(parts[2], &f.code) != nil || json.Unmarshal(parts[3], &f.text) != nil {
			return bad("the error code and its description must be text")
		}
	case f.kind < ocppj.CALL || f.kind > ocppj.CALL_ERROR:
		return f, refuse(ocppj.MessageTypeNotSupported, "message type %d is not known", f.kind)
	default:
		return bad("message type %d does not have %d elements", f.kind, len(parts))
	}
	return f, nil
}

// answer is the CALLRESULT or CALLERROR to a message.
func answer(v version, id string, payload any, err error) []byte {
	if err == nil {
		text, fault := json.Marshal([]any{ocppj.CALL_RESULT, id, payload})
		if fault == nil {
			return text
		}
		err = fault
	}
	r := &refusal{ocppj.InternalError, "it could not be stored; send it again"}
	if errors.Is(err, connector.ErrBusy) {
		r.text = "too much at once; send it again"
	}
	_ = errors.As(err, &r)
	text, _ := json.Marshal([]any{ocppj.CALL_ERROR, id, v.spell(r.code), clip(r.text), struct{}{}})
	return text
}

// decode reads a payload into a message of the library.
func decode(v version, payload json.RawMessage, into any) error {
	err := json.Unmarshal(payload, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return refuse(ocppj.TypeConstraintViolation, "%s must be of type %s", wrong.Field, wrong.Type)
	case err != nil:
		return refuse(v.malformed(), "%v", err)
	}
	return nil
}

// clip shortens a text of a charger and takes control characters out.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}
