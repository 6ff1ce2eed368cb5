package httpdoor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// thingsboard takes the telemetry of ThingsBoard's device API: {"k":v}, or
// {"ts":ms,"values":{"k":v}}, or a list of these; and of its gateway API, where the keys
// are names of devices: {"device":[…]}. It answers 200 without a body.
func (c *call) thingsboard() error {
	c.weight = 8 // of parsed JSON
	body, err := c.body()
	if err != nil {
		return err
	}
	list := []json.RawMessage{body}
	if text := bytes.TrimLeft(body, " \t\r\n"); len(text) > 0 && text[0] == '[' {
		if err := json.Unmarshal(text, &list); err != nil {
			return refuse(http.StatusBadRequest, "the body is not JSON: %v", err)
		}
	}
	for i, item := range list {
		if err := c.telemetry("", item); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	if err := c.flush(); err != nil {
		return err
	}
	if err := new(partial).outcome(c); err != nil {
		return err
	}
	return c.answerNothing(http.StatusOK)
}

// telemetry hands one object on, with its own time where it has one. The device is ""
// for the sender itself.
func (c *call) telemetry(device string, text json.RawMessage) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil || values == nil {
		return refuse(http.StatusBadRequest, `telemetry is {"key":value} or {"ts":milliseconds,"values":{"key":value}}, or a list of these: %v`, err)
	}
	at := c.now
	if stamp, inner := values["ts"], values["values"]; stamp != nil && inner != nil {
		ms, err := strconv.ParseInt(string(stamp), 10, 64)
		if err != nil {
			return refuse(http.StatusBadRequest, "ts is %s, not milliseconds since 1970", short(stamp))
		}
		at = time.UnixMilli(ms).UTC()
		values = nil
		if err := json.Unmarshal(inner, &values); err != nil || values == nil {
			return refuse(http.StatusBadRequest, "values is no object")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := c.keyValue(device, key, at, values[key]); err != nil {
			return err
		}
	}
	return nil
}

// keyValue hands a number or boolean on, and what a gateway sends for a device. Texts,
// also those with a number in them, other lists, objects and null are counted as ignored.
func (c *call) keyValue(device, key string, at time.Time, text json.RawMessage) error {
	if list, ok := gatewayList(text); ok && device == "" {
		return c.behind(key, list)
	}
	value, err := strconv.ParseFloat(string(text), 64)
	switch {
	case string(text) == "true":
		value = 1
	case string(text) == "false":
	case err != nil:
		c.ignored++
		return nil
	}
	return c.add(device, key, at, 0, value)
}

// gatewayList reads a list of objects, as a gateway sends it for one of its devices.
func gatewayList(text json.RawMessage) ([]json.RawMessage, bool) {
	var list []json.RawMessage
	if len(text) == 0 || text[0] != '[' || json.Unmarshal(text, &list) != nil || len(list) == 0 {
		return nil, false
	}
	for _, item := range list {
		if len(item) == 0 || item[0] != '{' {
			return nil, false
		}
	}
	return list, true
}

// behind hands on what a gateway sends for a device.
func (c *call) behind(device string, list []json.RawMessage) error {
	for i, item := range list {
		if err := c.telemetry(device, item); err != nil {
			return fmt.Errorf("device %q, item %d: %w", short([]byte(device)), i+1, err)
		}
	}
	return nil
}
