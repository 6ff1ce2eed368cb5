package opcua

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

// grade is the severity of a status code: its two highest bits. (OPC UA Part 4, 7.39)
type grade int

const (
	good grade = iota
	uncertain
	bad
)

func severity(code ua.StatusCode) grade {
	return [4]grade{good, uncertain, bad, bad}[code>>30]
}

// overflowed says whether the server had to drop values before this one: its queue was
// full. (OPC UA Part 4, 7.39.1: InfoType DataValue with the bit Overflow)
func overflowed(code ua.StatusCode) bool { return code&0x0C00 == 0x0400 && code&0x80 != 0 }

// named is a status code in short.
func named(code ua.StatusCode) string {
	if d, ok := ua.StatusCodes[code&0xFFFF0000]; ok {
		return d.Name
	}
	return fmt.Sprintf("0x%08X", uint32(code))
}

// number is a value as a number. index is the element that was asked for of an array,
// -1 = none: a server that does not know index ranges sends the array whole.
func number(v *ua.Variant, index int) (float64, error) {
	if v == nil || v.Value() == nil {
		return 0, fmt.Errorf("no value")
	}
	r := reflect.ValueOf(v.Value())
	if r.Kind() == reflect.Slice && v.Has(ua.VariantArrayValues) {
		switch {
		case index < 0:
			return 0, fmt.Errorf("an array of %d; name one element, such as ns=2;s=x[0]", r.Len())
		case r.Len() == 1:
			r = r.Index(0)
		case index < r.Len():
			r = r.Index(index)
		default:
			return 0, fmt.Errorf("an array of %d has no element %d", r.Len(), index)
		}
	}
	switch v.Type() {
	case ua.TypeIDBoolean, ua.TypeIDSByte, ua.TypeIDByte, ua.TypeIDInt16, ua.TypeIDUint16, ua.TypeIDInt32,
		ua.TypeIDUint32, ua.TypeIDInt64, ua.TypeIDUint64, ua.TypeIDFloat, ua.TypeIDDouble:
	default:
		return 0, fmt.Errorf("of type %s, not a number", typeName(v.Type()))
	}
	x, ok := float(r)
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("not a number")
	}
	return x, nil
}

// float is a number or a Boolean, as 0 or 1.
func float(r reflect.Value) (float64, bool) {
	switch {
	case r.Kind() == reflect.Bool && r.Bool():
		return 1, true
	case r.Kind() == reflect.Bool:
		return 0, true
	case r.CanInt():
		return float64(r.Int()), true
	case r.CanUint():
		return float64(r.Uint()), true
	case r.Kind() == reflect.Float32:
		return decimal(float32(r.Float())), true
	case r.Kind() == reflect.Float64:
		return r.Float(), true
	}
	return 0, false
}

// decimal is the value of a single precision number with the digits that it has: 0.1
// stays 0.1 and does not become 0.10000000149.
func decimal(x float32) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
	if err != nil {
		return float64(x)
	}
	return y
}

func typeName(t ua.TypeID) string {
	names := map[ua.TypeID]string{ua.TypeIDString: "String", ua.TypeIDDateTime: "DateTime", ua.TypeIDByteString: "ByteString",
		ua.TypeIDExtensionObject: "structure", ua.TypeIDLocalizedText: "LocalizedText", ua.TypeIDVariant: "BaseDataType"}
	if n := names[t]; n != "" {
		return n
	}
	return fmt.Sprintf("%d", t)
}

// wire is a number as a value of a type. It must be exact: a value that the type
// cannot hold is refused and not rounded.
func wire(x float64, t ua.TypeID) (any, error) {
	refuse := func(why string) (any, error) {
		return nil, fmt.Errorf("%w: %v %s", connector.ErrRefused, x, why)
	}
	whole := map[ua.TypeID]struct {
		low, high float64
		make      func(float64) any
	}{
		ua.TypeIDBoolean: {0, 1, func(x float64) any { return x == 1 }},
		ua.TypeIDSByte:   {math.MinInt8, math.MaxInt8, func(x float64) any { return int8(x) }},
		ua.TypeIDByte:    {0, math.MaxUint8, func(x float64) any { return uint8(x) }},
		ua.TypeIDInt16:   {math.MinInt16, math.MaxInt16, func(x float64) any { return int16(x) }},
		ua.TypeIDUint16:  {0, math.MaxUint16, func(x float64) any { return uint16(x) }},
		ua.TypeIDInt32:   {math.MinInt32, math.MaxInt32, func(x float64) any { return int32(x) }},
		ua.TypeIDUint32:  {0, math.MaxUint32, func(x float64) any { return uint32(x) }},
		ua.TypeIDInt64:   {-1 << 53, 1 << 53, func(x float64) any { return int64(x) }},
		ua.TypeIDUint64:  {0, 1 << 53, func(x float64) any { return uint64(x) }},
	}
	switch w, ok := whole[t]; {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return refuse("is no number")
	case t == ua.TypeIDDouble:
		return x, nil
	case t == ua.TypeIDFloat && math.Abs(x) <= math.MaxFloat32:
		return float32(x), nil
	case t == ua.TypeIDFloat:
		return refuse("is beyond single precision")
	case !ok:
		return refuse("cannot be written: the node holds no number")
	case math.Abs(x-math.Round(x)) > 1e-9*max(1, math.Abs(x)):
		return refuse("is not whole, and the node holds whole numbers")
	case math.Round(x) < w.low || math.Round(x) > w.high:
		return refuse(fmt.Sprintf("is out of the range of the node's data type, %v to %v", w.low, w.high))
	default:
		return w.make(math.Round(x)), nil
	}
}

// Which time a sample gets.
const (
	ofSource  = "source"
	ofServer  = "server"
	ofArrival = "arrival"
)

// moment is the time of a value: by the source, else by the server, else when it came.
// A time before 2000 or more than ten minutes ahead is none: the store would refuse
// it. clear is false when a time was there and was none.
func moment(v *ua.DataValue, by string, now time.Time) (at time.Time, clear bool) {
	usable := func(t time.Time) bool { return t.Year() >= 2000 && t.Before(now.Add(10*time.Minute)) }
	clear = true
	if by == ofSource && v.Has(ua.DataValueSourceTimestamp) && !v.SourceTimestamp.IsZero() {
		if usable(v.SourceTimestamp) {
			return v.SourceTimestamp, true
		}
		clear = false
	}
	if by != ofArrival && v.Has(ua.DataValueServerTimestamp) && !v.ServerTimestamp.IsZero() {
		if usable(v.ServerTimestamp) {
			return v.ServerTimestamp, clear
		}
		clear = false
	}
	return now, clear
}
