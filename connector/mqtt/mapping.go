package mqtt

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
)

// mapping says where the values of a foreign JSON payload are.
type mapping struct {
	values []picked
	time   []string // path of the time; empty = when it came
}

// picked is a value: its name and its path in the payload.
type picked struct {
	name string
	path []string
}

// parseMapping reads the options value ("name=path, name=path"; a path alone is named by
// its last part; empty = the payload is one number, named by the topic's last level) and
// time (a path). A path is keys and array positions with dots between.
func parseMapping(value, at string) (mapping, error) {
	var m mapping
	if at != "" {
		m.time = strings.Split(at, ".")
	}
	for one := range strings.SplitSeq(value, ",") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		name, path, named := strings.Cut(one, "=")
		if !named {
			path = one
			name = one[strings.LastIndexByte(one, '.')+1:]
		}
		p := picked{strings.TrimSpace(name), strings.Split(strings.TrimSpace(path), ".")}
		if p.name == "" || len(p.name) > maxValueName || strings.TrimSpace(path) == "" {
			return m, fmt.Errorf("mqtt: %w: option value %q; give name=path with commas between", connector.ErrConfig, value)
		}
		m.values = append(m.values, p)
	}
	return m, nil
}

// mapped reads a foreign JSON payload. A path that leads nowhere is a skipped value.
func (t *take) mapped(device, topic string, raw []byte, m mapping) error {
	if len(m.values) == 0 {
		name := topic[strings.LastIndexByte(topic, '/')+1:]
		return t.pick(connector.Sample{Device: device, Name: name}, raw)
	}
	if !json.Valid(raw) {
		return payloadFault("no JSON")
	}
	var at time.Time
	if len(m.time) > 0 {
		found, ok := follow(raw, m.time)
		if !ok {
			return payloadFault("no time at %s", strings.Join(m.time, "."))
		}
		var err error
		if at, err = instant(found); err != nil {
			return err
		}
	}
	for _, p := range m.values {
		found, _ := follow(raw, p.path)
		if err := t.pick(connector.Sample{Device: device, Name: p.name, At: at}, found); err != nil {
			return err
		}
	}
	return nil
}

func (t *take) pick(s connector.Sample, raw []byte) error {
	v, ok := number(raw)
	if !ok {
		t.skipped++
		return nil
	}
	s.Value = v
	return t.add(s)
}

// follow goes along a path through objects and arrays.
func follow(raw json.RawMessage, path []string) (json.RawMessage, bool) {
	for _, key := range path {
		var fields map[string]json.RawMessage
		if json.Unmarshal(raw, &fields) == nil {
			next, ok := fields[key]
			if !ok {
				return nil, false
			}
			raw = next
			continue
		}
		var list []json.RawMessage
		n, err := strconv.Atoi(key)
		if err != nil || json.Unmarshal(raw, &list) != nil || n < 0 || n >= len(list) {
			return nil, false
		}
		raw = list[n]
	}
	return raw, true
}
