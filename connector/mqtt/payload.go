package mqtt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
)

// errPayload is wrapped by all that is wrong with a payload.
var errPayload = errors.New("mqtt: the payload is malformed")

func payloadFault(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errPayload, fmt.Sprintf(format, args...))
}

// take are the samples of a payload and how many of its values were no number.
type take struct {
	via     string // the listed device that sent them; its own samples do not name it again
	samples []connector.Sample
	skipped int
	names   *names // those that the sender used before; nil = none yet
}

func (t *take) add(s connector.Sample) error {
	if s.Name == "" || len(s.Name) > maxValueName {
		return payloadFault("a name of %d bytes; give 1 to %d", len(s.Name), maxValueName)
	}
	if len(t.samples)+t.skipped >= maxMessageValues {
		return payloadFault("more than %d values in one message; send several", maxMessageValues)
	}
	if s.Device != t.via {
		s.Via = t.via
	}
	t.samples = append(t.samples, s)
	return nil
}

// telemetry reads ThingsBoard's device telemetry for a device: {"k":v}, {"ts":ms,"values":{"k":v}},
// or an array of either (thingsboard.io/docs/reference/mqtt-api, "Telemetry upload API").
func (t *take) telemetry(device string, raw []byte) error {
	if plain, err := t.plainTelemetry(device, raw); plain {
		return err
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return payloadFault("%v", err)
		}
		for _, one := range list {
			if err := t.telemetryObject(device, one); err != nil {
				return err
			}
		}
		return nil
	}
	return t.telemetryObject(device, raw)
}

func (t *take) telemetryObject(device string, raw []byte) error {
	values, err := object(raw)
	if err != nil {
		return err
	}
	var at time.Time
	ts, stamped := values["ts"]
	inner, wrapped := values["values"]
	if stamped && wrapped {
		if at, err = milliseconds(ts); err != nil {
			return err
		}
		if values, err = object(inner); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v, ok := number(values[name])
		if !ok {
			t.skipped++
			continue
		}
		if err := t.add(connector.Sample{Device: device, Name: name, At: at, Value: v}); err != nil {
			return err
		}
	}
	return nil
}

// gatewayTelemetry reads {"Device A":[telemetry, …], …} (thingsboard.io/docs/reference/gateway-mqtt-api).
func (t *take) gatewayTelemetry(raw []byte) error {
	devices, err := object(raw)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		if name == "" || len(name) > maxDeviceName {
			return payloadFault("a device name of %d bytes; give 1 to %d", len(name), maxDeviceName)
		}
		if err := t.telemetry(name, devices[name]); err != nil {
			return err
		}
	}
	return nil
}

// own reads Lingtan's form: {"samples":[{"name":"…","at":…,"span":seconds,"value":…}]}; at is
// RFC 3339 or milliseconds since 1970 and may be left out, span may be left out.
func (t *take) own(device string, raw []byte) error {
	var form struct {
		Samples []struct {
			Name  string          `json:"name"`
			At    json.RawMessage `json:"at"`
			Span  int64           `json:"span"`
			Value json.RawMessage `json:"value"`
		} `json:"samples"`
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return payloadFault("%v", err)
	}
	if form.Samples == nil {
		return payloadFault(`no "samples"`)
	}
	for _, s := range form.Samples {
		if s.Span < 0 || s.Span > 366*86400 {
			return payloadFault("a span of %d s; give 0 to a year", s.Span)
		}
		at, err := instant(s.At)
		if err != nil {
			return err
		}
		v, ok := number(s.Value)
		if !ok {
			t.skipped++
			continue
		}
		sample := connector.Sample{Device: device, Name: s.Name, At: at, Span: time.Duration(s.Span) * time.Second, Value: v}
		if err := t.add(sample); err != nil {
			return err
		}
	}
	return nil
}

func object(raw []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, payloadFault("%v", err)
	}
	if m == nil {
		return nil, payloadFault("null in place of an object")
	}
	return m, nil
}

// number is a JSON number, a truth value (1, 0), or text that is a number; anything else is none.
func number(raw json.RawMessage) (float64, bool) {
	text := string(bytes.TrimSpace(raw))
	switch {
	case text == "true":
		return 1, true
	case text == "false":
		return 0, true
	case strings.HasPrefix(text, `"`):
		if json.Unmarshal(raw, &text) != nil || strings.ContainsAny(text, "xX_pP") {
			return 0, false // Go's parser also knows 0x1p-2 and 1_000
		}
		text = strings.TrimSpace(text)
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// milliseconds is a JSON number of milliseconds since 1970.
func milliseconds(raw json.RawMessage) (time.Time, error) {
	text := string(bytes.TrimSpace(raw))
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > 0 && ms <= lastMillisecond {
		return time.UnixMilli(ms).UTC(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 1 && v <= lastMillisecond) {
		return time.Time{}, payloadFault("ts %.40s; give milliseconds since 1970", text)
	}
	return time.UnixMilli(int64(v)).UTC(), nil
}

// lastMillisecond is the end of the year 9999, beyond which a time cannot be written.
const lastMillisecond = 253402300799999

func instant(raw json.RawMessage) (time.Time, error) {
	text := string(bytes.TrimSpace(raw))
	if text == "" || text == "null" {
		return time.Time{}, nil
	}
	if text[0] != '"' {
		return milliseconds(raw)
	}
	var at time.Time
	if err := json.Unmarshal(raw, &at); err != nil {
		return time.Time{}, payloadFault("at %.60s; give RFC 3339 or milliseconds since 1970", text)
	}
	return at.UTC(), nil
}
