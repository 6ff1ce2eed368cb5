package modbus

import (
	"context"
	"encoding/binary"
	"fmt"

	"lingtan/connector"
)

// sunspecBases are the registers at which a SunSpec map may begin (SunSpec Device
// Information Model Specification, "Device Modbus maps").
var sunspecBases = []int{40000, 50000, 0}

const (
	sunspecMark = "SunS"
	sunspecEnd  = 0xFFFF
	mostModels  = 200
)

// models finds the information models of a SunSpec device: model number → register of
// its beginning. Of a model that is there more than once the first is taken.
func (d *Driver) models(ctx context.Context, l *line, s *settings) (map[int]int, error) {
	base, err := d.marker(ctx, l, s)
	if err != nil {
		return nil, err
	}
	models := make(map[int]int)
	at := base + 2
	for range mostModels {
		if at+2 > 65536 {
			break
		}
		wire, err := l.read(ctx, d, s, "holding", at, 2)
		if err != nil {
			if answered(err) && len(models) > 0 {
				break // a map without its end mark
			}
			return nil, err
		}
		id, length := int(binary.BigEndian.Uint16(wire)), int(binary.BigEndian.Uint16(wire[2:]))
		if id == sunspecEnd {
			break
		}
		if _, known := models[id]; !known {
			models[id] = at
		}
		at += 2 + length
	}
	return models, nil
}

// marker is the register of the mark SunS.
func (d *Driver) marker(ctx context.Context, l *line, s *settings) (int, error) {
	for _, base := range sunspecBases {
		wire, err := l.read(ctx, d, s, "holding", base, 2)
		if err != nil && !answered(err) {
			return 0, err
		}
		if err == nil && string(wire) == sunspecMark {
			return base, nil
		}
	}
	return 0, fmt.Errorf("%w: no SunSpec mark at registers %v; is SunSpec switched on, and is the unit right?", connector.ErrProtocol, sunspecBases)
}
