package opcua

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

// Limits on a message of a server, whatever it claims.
const (
	mostElements = 300_000 // array elements of a message, over all arrays
	mostArray    = 65_535  // elements of one array value: the decoder's own limit
	deepest      = 12      // structures within structures
)

// answers are the messages that a client expects, by the id of their encoding.
var answers = map[uint32]reflect.Type{
	id.ServiceFault_Encoding_DefaultBinary:                  reflect.TypeFor[ua.ServiceFault](),
	id.OpenSecureChannelResponse_Encoding_DefaultBinary:     reflect.TypeFor[ua.OpenSecureChannelResponse](),
	id.GetEndpointsResponse_Encoding_DefaultBinary:          reflect.TypeFor[ua.GetEndpointsResponse](),
	id.CreateSessionResponse_Encoding_DefaultBinary:         reflect.TypeFor[ua.CreateSessionResponse](),
	id.ActivateSessionResponse_Encoding_DefaultBinary:       reflect.TypeFor[ua.ActivateSessionResponse](),
	id.CloseSessionResponse_Encoding_DefaultBinary:          reflect.TypeFor[ua.CloseSessionResponse](),
	id.ReadResponse_Encoding_DefaultBinary:                  reflect.TypeFor[ua.ReadResponse](),
	id.WriteResponse_Encoding_DefaultBinary:                 reflect.TypeFor[ua.WriteResponse](),
	id.BrowseResponse_Encoding_DefaultBinary:                reflect.TypeFor[ua.BrowseResponse](),
	id.BrowseNextResponse_Encoding_DefaultBinary:            reflect.TypeFor[ua.BrowseNextResponse](),
	id.CreateSubscriptionResponse_Encoding_DefaultBinary:    reflect.TypeFor[ua.CreateSubscriptionResponse](),
	id.DeleteSubscriptionsResponse_Encoding_DefaultBinary:   reflect.TypeFor[ua.DeleteSubscriptionsResponse](),
	id.CreateMonitoredItemsResponse_Encoding_DefaultBinary:  reflect.TypeFor[ua.CreateMonitoredItemsResponse](),
	id.PublishResponse_Encoding_DefaultBinary:               reflect.TypeFor[ua.PublishResponse](),
	id.RepublishResponse_Encoding_DefaultBinary:             reflect.TypeFor[ua.RepublishResponse](),
	id.TransferSubscriptionsResponse_Encoding_DefaultBinary: reflect.TypeFor[ua.TransferSubscriptionsResponse](),
}

// bodies are the extension objects that are decoded. The others are left alone: they
// are no numbers.
var bodies = map[uint32]reflect.Type{
	id.DataChangeNotification_Encoding_DefaultBinary:   reflect.TypeFor[ua.DataChangeNotification](),
	id.StatusChangeNotification_Encoding_DefaultBinary: reflect.TypeFor[ua.StatusChangeNotification](),
}

var errShape = errors.New("the message is not what it claims to be")

// decode reads a message of a server. The decoder of the library believes the lengths
// that it finds: it allocates what an array claims and follows nesting without end.
// So the outline is checked first, and only what is sound is decoded. A decoder that
// still panics is an error of the message, not of the program. The bytes of b are
// changed where they hold structures that are not wanted.
func decode(b []byte) (answer ua.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, fmt.Errorf("%w: a message cannot be decoded: %v", connector.ErrProtocol, p)
		}
	}()
	s := shape{b: b}
	number, _, err := s.nodeID()
	start := s.pos
	kind := answers[number]
	if err == nil && kind == nil {
		err = fmt.Errorf("unexpected message of type i=%d", number)
	}
	if err == nil {
		err = s.value(kind, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrProtocol, err)
	}
	v := reflect.New(kind).Interface()
	if _, err := ua.Decode(b[start:], v); err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrProtocol, err)
	}
	answer, ok := v.(ua.Response)
	if !ok || answer.Header() == nil {
		return nil, fmt.Errorf("%w: a message without a header", connector.ErrProtocol)
	}
	return answer, nil
}

// shape walks over an encoded message (OPC UA Part 6, 5.2) without building anything.
type shape struct {
	b        []byte
	pos      int
	elements int
}

func (s *shape) skip(n int) error {
	if n < 0 || n > len(s.b)-s.pos {
		return fmt.Errorf("%w: it ends too early", errShape)
	}
	s.pos += n
	return nil
}

func (s *shape) byte() (byte, error) {
	if err := s.skip(1); err != nil {
		return 0, err
	}
	return s.b[s.pos-1], nil
}

func (s *shape) uint16() (uint16, error) {
	if err := s.skip(2); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint16(s.b[s.pos-2:]), nil
}

func (s *shape) int32() (int32, error) {
	if err := s.skip(4); err != nil {
		return 0, err
	}
	return int32(binary.LittleEndian.Uint32(s.b[s.pos-4:])), nil
}

// text is a String, ByteString or XmlElement; length -1 is null.
func (s *shape) text() error {
	n, err := s.int32()
	if err != nil || n == -1 {
		return err
	}
	return s.skip(int(n))
}

// count reads the length of an array and counts its elements.
func (s *shape) count() (int, error) {
	n, err := s.int32()
	if err != nil || n == -1 {
		return 0, err
	}
	s.elements += int(max(n, 0))
	if n < 0 || int(n) > len(s.b)-s.pos || s.elements > mostElements {
		return 0, fmt.Errorf("%w: an array of %d elements; at most %d in a message", errShape, n, mostElements)
	}
	return int(n), nil
}

// value walks over a value of a Go type of the library.
func (s *shape) value(t reflect.Type, depth int) error {
	if depth > deepest {
		return fmt.Errorf("%w: nested deeper than %d", errShape, deepest)
	}
	if t.Kind() == reflect.Pointer {
		return s.value(t.Elem(), depth)
	}
	if known, err := s.special(t, depth); known {
		return err
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int8, reflect.Uint8:
		return s.skip(1)
	case reflect.Int16, reflect.Uint16:
		return s.skip(2)
	case reflect.Int32, reflect.Uint32, reflect.Float32:
		return s.skip(4)
	case reflect.Int64, reflect.Uint64, reflect.Float64:
		return s.skip(8)
	case reflect.String:
		return s.text()
	case reflect.Slice:
		return s.slice(t, depth)
	case reflect.Struct:
		for i := range t.NumField() {
			if err := s.value(t.Field(i).Type, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%w: no rule for %s", errShape, t)
}

func (s *shape) slice(t reflect.Type, depth int) error {
	if t.Elem().Kind() == reflect.Uint8 {
		return s.text()
	}
	n, err := s.count()
	for i := 0; i < n && err == nil; i++ {
		err = s.value(t.Elem(), depth+1)
	}
	return err
}

// special walks over the types that have an encoding of their own.
func (s *shape) special(t reflect.Type, depth int) (known bool, err error) {
	switch t {
	case reflect.TypeFor[time.Time]():
		err = s.skip(8)
	case reflect.TypeFor[ua.NodeID]():
		_, _, err = s.nodeID()
	case reflect.TypeFor[ua.ExpandedNodeID]():
		_, _, err = s.expanded()
	case reflect.TypeFor[ua.GUID]():
		err = s.skip(16)
	case reflect.TypeFor[ua.LocalizedText]():
		err = s.localized()
	case reflect.TypeFor[ua.DiagnosticInfo]():
		err = s.diagnostic(depth)
	case reflect.TypeFor[ua.DataValue]():
		err = s.dataValue(depth)
	case reflect.TypeFor[ua.Variant]():
		err = s.variant(depth)
	case reflect.TypeFor[ua.ExtensionObject]():
		err = s.extension(depth)
	default:
		return false, nil
	}
	return true, err
}

// nodeID returns the number of a numeric id of namespace 0, otherwise 0, and where its
// digits stand. (OPC UA Part 6, 5.2.2.9)
func (s *shape) nodeID() (number uint32, digits []byte, err error) {
	kind, err := s.byte()
	if err != nil {
		return 0, nil, err
	}
	from := s.pos
	switch kind & 0x3F {
	case 0:
		err = s.skip(1)
	case 1:
		err = s.skip(3)
	case 2:
		err = s.skip(6)
	case 3, 5:
		if _, err = s.uint16(); err == nil {
			err = s.text()
		}
		return 0, nil, err
	case 4:
		return 0, nil, s.skip(18)
	default:
		err = fmt.Errorf("%w: a node id of kind %d", errShape, kind&0x3F)
	}
	if err != nil {
		return 0, nil, err
	}
	digits = s.b[from:s.pos]
	switch {
	case len(digits) == 1:
		number = uint32(digits[0])
	case len(digits) == 3 && digits[0] == 0:
		number = uint32(binary.LittleEndian.Uint16(digits[1:]))
	case len(digits) == 6 && digits[0] == 0 && digits[1] == 0:
		number = binary.LittleEndian.Uint32(digits[2:])
	}
	return number, digits, nil
}

func (s *shape) expanded() (number uint32, digits []byte, err error) {
	if s.pos >= len(s.b) {
		return 0, nil, s.skip(1)
	}
	flags := s.b[s.pos]
	number, digits, err = s.nodeID()
	if err == nil && flags&0x80 != 0 {
		err = s.text()
	}
	if err == nil && flags&0x40 != 0 {
		err = s.skip(4)
	}
	return number, digits, err
}

func (s *shape) localized() error {
	mask, err := s.byte()
	if err == nil && mask&1 != 0 {
		err = s.text()
	}
	if err == nil && mask&2 != 0 {
		err = s.text()
	}
	return err
}

func (s *shape) diagnostic(depth int) error {
	mask, err := s.byte()
	for _, bit := range []byte{ua.DiagnosticInfoSymbolicID, ua.DiagnosticInfoNamespaceURI, ua.DiagnosticInfoLocale, ua.DiagnosticInfoLocalizedText} {
		if err == nil && mask&bit != 0 {
			err = s.skip(4)
		}
	}
	if err == nil && mask&ua.DiagnosticInfoAdditionalInfo != 0 {
		err = s.text()
	}
	if err == nil && mask&ua.DiagnosticInfoInnerStatusCode != 0 {
		err = s.skip(4)
	}
	if err == nil && mask&ua.DiagnosticInfoInnerDiagnosticInfo != 0 {
		err = s.value(reflect.TypeFor[ua.DiagnosticInfo](), depth+1)
	}
	return err
}

func (s *shape) dataValue(depth int) error {
	mask, err := s.byte()
	if err == nil && mask&ua.DataValueValue != 0 {
		err = s.value(reflect.TypeFor[ua.Variant](), depth+1)
	}
	for _, field := range []struct {
		bit  byte
		size int
	}{{ua.DataValueStatusCode, 4}, {ua.DataValueSourceTimestamp, 8}, {ua.DataValueSourcePicoseconds, 2},
		{ua.DataValueServerTimestamp, 8}, {ua.DataValueServerPicoseconds, 2}} {
		if err == nil && mask&field.bit != 0 {
			err = s.skip(field.size)
		}
	}
	return err
}

// builtin are the types of a Variant by their number. (OPC UA Part 6, 5.1.2)
var builtin = []reflect.Type{1: reflect.TypeFor[bool](), reflect.TypeFor[int8](), reflect.TypeFor[uint8](), reflect.TypeFor[int16](),
	reflect.TypeFor[uint16](), reflect.TypeFor[int32](), reflect.TypeFor[uint32](), reflect.TypeFor[int64](), reflect.TypeFor[uint64](),
	reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[string](), reflect.TypeFor[time.Time](), reflect.TypeFor[ua.GUID](),
	reflect.TypeFor[[]byte](), reflect.TypeFor[string](), reflect.TypeFor[ua.NodeID](), reflect.TypeFor[ua.ExpandedNodeID](), reflect.TypeFor[uint32](),
	reflect.TypeFor[ua.QualifiedName](), reflect.TypeFor[ua.LocalizedText](), reflect.TypeFor[ua.ExtensionObject](), reflect.TypeFor[ua.DataValue](),
	reflect.TypeFor[ua.Variant](), reflect.TypeFor[ua.DiagnosticInfo]()}

func (s *shape) variant(depth int) error {
	mask, err := s.byte()
	kind := int(mask & 0x3F)
	switch {
	case err != nil || kind == 0:
		return err
	case kind >= len(builtin):
		return fmt.Errorf("%w: a value of type %d", errShape, kind)
	case mask&ua.VariantArrayValues == 0:
		return s.value(builtin[kind], depth+1)
	}
	n, err := s.count()
	if err == nil && n > mostArray {
		err = fmt.Errorf("%w: an array of %d values; at most %d", errShape, n, mostArray)
	}
	for i := 0; i < n && err == nil; i++ {
		err = s.value(builtin[kind], depth+1)
	}
	if err == nil && mask&ua.VariantArrayDimensions != 0 {
		err = s.dimensions(n)
	}
	return err
}

// dimensions must multiply to the number of values: the decoder divides by them.
func (s *shape) dimensions(values int) error {
	count, err := s.int32()
	if err == nil && (count < 0 || count > 8) {
		err = fmt.Errorf("%w: an array of %d dimensions; at most 8", errShape, count)
	}
	product := 1
	for i := int32(0); i < count && err == nil; i++ {
		var size int32
		size, err = s.int32()
		if err == nil && (size < 1 || product > mostArray) {
			err = fmt.Errorf("%w: an array dimension of %d", errShape, size)
		}
		product *= int(size)
	}
	if err == nil && count > 0 && product != values {
		err = fmt.Errorf("%w: dimensions for %d values, and %d values", errShape, product, values)
	}
	return err
}

// extension walks over an extension object. One that is not wanted gets the type id
// i=0, so that the decoder leaves its body alone.
func (s *shape) extension(depth int) error {
	number, digits, err := s.expanded()
	if err != nil {
		return err
	}
	encoding, err := s.byte()
	if err != nil || encoding == ua.ExtensionObjectEmpty {
		return err
	}
	n, err := s.int32()
	if err != nil || n == 0 || n == -1 {
		return err
	}
	from := s.pos
	if err := s.skip(int(n)); err != nil {
		return err
	}
	body := shape{b: s.b[from:s.pos], elements: s.elements}
	kind := bodies[number]
	switch {
	case encoding == ua.ExtensionObjectXML:
		err = body.text()
	case kind != nil:
		err = body.value(kind, depth+1)
	default:
		clear(digits)
	}
	s.elements = body.elements
	return err
}
