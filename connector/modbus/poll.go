package modbus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lingtan/connector"
	"lingtan/connector/profile"
)

// station is a device that is polled: its settings and what is known about it.
type station struct {
	settings
	plan     *plan // nil until it is known where the registers are
	due      time.Time
	failures int       // in a row
	good     time.Time // of the newest values
	count    int64     // of samples handed on
}

// named is a value that was read.
type named struct {
	name  string
	value float64
}

// reading is what a poll brought.
type reading struct {
	values []named
	absent string // values that the device does not have, and why
	empty  string // values that hold no number now
}

// poll reads all values of a device. An error means that there is nothing: no
// connection, no answer, or none of the registers.
func (d *Driver) poll(ctx context.Context, l *line, st *station) (reading, error) {
	if st.plan == nil {
		items, err := d.locate(ctx, l, &st.settings)
		if err != nil {
			return reading{}, err
		}
		st.plan = newPlan(items, st.gap, st.block)
	}
	refused, err := d.fill(ctx, l, st)
	if err != nil {
		return reading{}, err
	}
	var r reading
	var absent, empty []string
	for _, it := range st.plan.items {
		v, ok, err := st.plan.number(it)
		switch {
		case !ok:
			absent = append(absent, it.value.Name)
		case err != nil:
			empty = append(empty, it.value.Name)
		default:
			r.values = append(r.values, named{it.value.Name, v})
		}
	}
	d.skipped.Add(int64(len(empty)))
	r.empty = few(empty)
	if len(absent) > 0 {
		r.absent = few(absent)
		if refused != nil {
			r.absent += ": " + refused.Error()
		}
	}
	if len(r.values) == 0 && len(empty) == 0 {
		return reading{}, fmt.Errorf("%w: it has none of the registers of profile %s: %s; is it the right profile?", connector.ErrProtocol, st.profile.ID, r.absent)
	}
	return r, nil
}

// few names some of many.
func few(names []string) string {
	if len(names) > 5 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), len(names)-5)
	}
	return strings.Join(names, ", ")
}

// fill reads the blocks of a plan. A block that the device refuses is read in halves,
// down to the register that it does not have: the rest of the profile is still good.
// It returns the last refusal, or an error when the device cannot be reached.
func (d *Driver) fill(ctx context.Context, l *line, st *station) (refused, err error) {
	now := time.Now()
	for i := range st.plan.blocks {
		st.plan.blocks[i].wire = nil
	}
	for i := 0; i < len(st.plan.blocks); i++ {
		b := &st.plan.blocks[i]
		if now.Before(b.absent) {
			refused = b.refusal
			continue
		}
		wire, err := l.read(ctx, d, &st.settings, b.function, b.first, b.count)
		switch {
		case err == nil:
			b.wire = wire
		case refusedAddress(err) && st.plan.split(i):
			i--
		case answered(err):
			refused = err
			if refusedAddress(err) {
				b.absent, b.refusal = now.Add(absentFor), err
			}
		default:
			return nil, err
		}
	}
	return refused, nil
}

// locate is the registers of the profile's values; those of SunSpec models are looked
// for at the device. A value of a model that the device does not have is left out.
func (d *Driver) locate(ctx context.Context, l *line, s *settings) ([]item, error) {
	var models map[int]int
	items := make([]item, 0, len(s.profile.Values))
	for i := range s.profile.Values {
		v := &s.profile.Values[i]
		if v.SunSpec == nil {
			items = append(items, item{value: v, reg: *v.Modbus})
			continue
		}
		if models == nil {
			var err error
			if models, err = d.models(ctx, l, s); err != nil {
				return nil, err
			}
		}
		if it, ok := pointOf(v, models); ok {
			items = append(items, it)
		}
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%w: it has none of the SunSpec models of profile %s; is it the right profile?", connector.ErrProtocol, s.profile.ID)
	}
	return items, nil
}

func pointOf(v *profile.Value, models map[int]int) (item, bool) {
	for _, model := range v.SunSpec.Model {
		if base, ok := models[model]; ok {
			reg, scale := v.SunSpec.Registers(base)
			return item{value: v, reg: reg, scale: scale}, true
		}
	}
	return item{}, false
}

// samples are the values of a poll as samples of the device.
func (st *station) samples(values []named, at time.Time) []connector.Sample {
	if st.align {
		at = at.Truncate(st.interval)
	}
	list := make([]connector.Sample, len(values))
	for i, v := range values {
		list[i] = connector.Sample{Device: st.device.ID, Name: v.name, At: at, Value: v.value}
	}
	return list
}
