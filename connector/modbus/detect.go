package modbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
	"lingtan/connector/profile"
)

const (
	lastUnit      = 247 // Modbus over Serial Line V1.02, 2.2
	detectTimeout = 300 * time.Millisecond
)

// Detect asks every unit from 1 to 247 at an address and tells which answered, with
// the profile where the device says who it is: by the profile's identity register or
// by its SunSpec models. It takes up to 75 s where most units are silent; when ctx
// ends it returns what was found so far with the error. Errors wrap
// connector.ErrConfig or ErrUnreachable.
func (d *Driver) Detect(ctx context.Context, text string) ([]connector.Found, error) {
	url, err := address(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrConfig, err)
	}
	l := d.join(url)
	defer d.leave(l)
	var found []connector.Found
	answers := 0
	for unit := 1; unit <= lastUnit; unit++ {
		list, err := d.look(ctx, l, &settings{url: url, unit: uint8(unit), timeout: detectTimeout})
		if err != nil {
			return found, err
		}
		if len(list) > 0 {
			answers++
		}
		found = append(found, list...)
	}
	if answers == lastUnit {
		first := found[0].Options["unit"]
		found = slices.DeleteFunc(found, func(f connector.Found) bool { return f.Options["unit"] != first })
		for i := range found {
			found[i].Detail += "; answers to every unit: one device"
		}
	}
	return found, nil
}

// look asks one unit. It gives the line back, so that polls of the address go on
// between the units.
func (d *Driver) look(ctx context.Context, l *line, s *settings) ([]connector.Found, error) {
	if err := l.take(ctx); err != nil {
		return nil, err
	}
	defer l.give()
	l.next = time.Time{}
	there, err := d.probe(ctx, l, s)
	if err != nil || !there {
		return nil, err
	}
	return d.recognise(ctx, l, s), nil
}

// probe says whether a unit answers, be it with a refusal.
func (d *Driver) probe(ctx context.Context, l *line, s *settings) (bool, error) {
	_, err := l.read(ctx, d, s, "holding", 0, 1)
	switch {
	case err == nil || answered(err):
		return true, nil
	case ctx.Err() != nil || errors.Is(err, errNoLine) || errors.Is(err, connector.ErrConfig):
		return false, err
	}
	return false, nil
}

// recognise names the device at a unit: one finding for each profile that fits, or
// one without a profile.
func (d *Driver) recognise(ctx context.Context, l *line, s *settings) []connector.Found {
	found := func(id, detail string) connector.Found {
		return connector.Found{Address: s.url, Options: map[string]string{"unit": strconv.Itoa(int(s.unit))}, Profile: id, Detail: detail}
	}
	var list []connector.Found
	for _, p := range d.profiles.All() {
		if p.Protocol == Protocol && p.Identity != nil && d.matches(ctx, l, s, p.Identity) {
			list = append(list, found(p.ID, p.Maker+" "+p.Model))
		}
	}
	if models, err := d.models(ctx, l, s); err == nil {
		detail := "SunSpec " + d.common(ctx, l, s, models)
		for _, p := range d.profiles.All() {
			if p.Protocol == Protocol && usesModels(p, models) {
				list = append(list, found(p.ID, strings.TrimSpace(detail)))
			}
		}
		if len(list) == 0 {
			list = append(list, found("", detail+"; no profile for its models"))
		}
	}
	if len(list) == 0 {
		list = append(list, found("", "answers; type not recognised: name its profile"))
	}
	return list
}

func usesModels(p *profile.Profile, models map[int]int) bool {
	for i := range p.Values {
		if p.Values[i].SunSpec == nil {
			continue
		}
		if _, ok := pointOf(&p.Values[i], models); ok {
			return true
		}
	}
	return false
}

// matches compares what stands in the identity register.
func (d *Driver) matches(ctx context.Context, l *line, s *settings, id *profile.Identity) bool {
	if id.Text != "" {
		count := (len(id.Text) + 1) / 2
		wire, err := l.read(ctx, d, s, id.Modbus.Function, id.Modbus.Register, count)
		return err == nil && strings.HasPrefix(string(wire), id.Text)
	}
	wire, err := l.read(ctx, d, s, id.Modbus.Function, id.Modbus.Register, id.Modbus.Width())
	if err != nil {
		return false
	}
	v, err := id.Modbus.Decode(wire)
	return err == nil && slices.Contains(id.Equals, v)
}

// common is maker and model of a SunSpec device: points Mn and Md of model 1, each of
// 16 registers, after ID and length.
func (d *Driver) common(ctx context.Context, l *line, s *settings, models map[int]int) string {
	base, ok := models[1]
	if !ok {
		return ""
	}
	wire, err := l.read(ctx, d, s, "holding", base+2, 32)
	if err != nil {
		return ""
	}
	text := func(b []byte) string { return strings.TrimRight(string(b), "\x00 ") }
	return text(wire[:32]) + " " + text(wire[32:])
}
