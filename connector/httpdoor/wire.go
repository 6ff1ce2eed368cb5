package httpdoor

import (
	"fmt"
	"math"
	"net/http"

	"google.golang.org/protobuf/encoding/protowire"
)

// wireField is a field of a protobuf message: text for a field with a length, bits for
// the other kinds.
type wireField struct {
	number protowire.Number
	kind   protowire.Type
	text   []byte
	bits   uint64
}

func (f wireField) float() float64 { return math.Float64frombits(f.bits) }

// eachField calls visit with the fields of a message in their order.
func eachField(message []byte, visit func(wireField) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return refuse(http.StatusBadRequest, "the body is not protobuf: %v", protowire.ParseError(n))
		}
		message = message[n:]
		f := wireField{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.bits, n = protowire.ConsumeVarint(message)
		case protowire.Fixed64Type:
			f.bits, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			f.text, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return refuse(http.StatusBadRequest, "the body is not protobuf: field %d: %v", number, protowire.ParseError(n))
		}
		message = message[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// wants says that a field that is known has the kind of its definition.
func (f wireField) wants(kind protowire.Type) error {
	if f.kind != kind {
		return refuse(http.StatusBadRequest, "the body is no message of this form: %v", fmt.Errorf("field %d has wire type %d, not %d", f.number, f.kind, kind))
	}
	return nil
}
