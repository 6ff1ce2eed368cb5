package iec104

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
)

// What holds when the device list says nothing; k, w and the times are the defaults of
// IEC 60870-5-104:2006, 9.6.
const (
	defaultInterval = 15 * time.Minute
	defaultZone     = "Asia/Shanghai"
	mostCommon      = 16   // common addresses of a station
	mostWindow      = 1024 // of k: bounds the memory of a station
)

// settings are a device of the list, understood.
type settings struct {
	device   connector.Device
	address  string
	interval time.Duration // of general interrogations
	counters time.Duration // of counter interrogations; 0 = none
	common   []uint16
	origin   byte
	k, w     int
	t0       time.Duration // to connect
	t1       time.Duration // for an acknowledgement or confirmation
	t2       time.Duration // until frames are acknowledged; shorter than t1
	t3       time.Duration // of silence, until the connection is tested
	zone     *time.Location
	summer   bool
	accept   quality // bits with which a value is admitted all the same
}

// understand reads the entry of the device list. Errors wrap connector.ErrConfig.
func understand(dev connector.Device) (settings, error) {
	s := settings{device: dev, interval: defaultInterval, common: []uint16{1}, k: 12, w: 8, summer: true,
		t0: 30 * time.Second, t1: 15 * time.Second, t2: 10 * time.Second, t3: 20 * time.Second}
	err := s.read(dev)
	if err != nil {
		return settings{}, fmt.Errorf("%w: device %s: %w", connector.ErrConfig, dev.ID, err)
	}
	return s, nil
}

func (s *settings) read(dev connector.Device) (err error) {
	if s.address, err = hostPort(dev.Address); err != nil {
		return err
	}
	if s.zone, err = time.LoadLocation(defaultZone); err != nil {
		return err
	}
	if dev.Interval != 0 {
		s.interval = dev.Interval
	}
	if s.interval < time.Second || s.interval > 24*time.Hour {
		return fmt.Errorf("interval %s; it must lie between 1s and 24h", s.interval)
	}
	for key, text := range dev.Options {
		if err := s.option(key, text); err != nil {
			return fmt.Errorf("option %s: %w", key, err)
		}
	}
	if s.w > s.k {
		return fmt.Errorf("w = %d is more than k = %d: the station would wait for ever; w is about two thirds of k", s.w, s.k)
	}
	if s.t2 >= s.t1 {
		return fmt.Errorf("t2 = %s must be shorter than t1 = %s", s.t2, s.t1)
	}
	return nil
}

// option takes one option of the device list.
func (s *settings) option(key, text string) (err error) {
	var n int
	switch key {
	case "ca":
		s.common, err = commons(text)
	case "origin":
		n, err = whole(text, 0, 255)
		s.origin = byte(n)
	case "k":
		s.k, err = whole(text, 1, mostWindow)
	case "w":
		s.w, err = whole(text, 1, mostWindow)
	case "t0":
		s.t0, err = span(text)
	case "t1":
		s.t1, err = span(text)
	case "t2":
		s.t2, err = span(text)
	case "t3":
		s.t3, err = span(text)
	case "counters":
		if s.counters, err = time.ParseDuration(text); err != nil || s.counters < time.Second || s.counters > 24*time.Hour {
			err = fmt.Errorf("%q; must be a time from 1s to 24h, such as 15m", text)
		}
	case "zone":
		if s.zone, err = time.LoadLocation(text); err != nil {
			err = fmt.Errorf("%q; must be the name of a time zone, such as Asia/Shanghai or UTC", text)
		}
	case "summer":
		s.summer, err = strconv.ParseBool(text)
	case "accept":
		s.accept, err = marks(text)
	default:
		err = fmt.Errorf("unknown; one of ca, origin, k, w, t0, t1, t2, t3, counters, zone, summer, accept")
	}
	return err
}

// commons reads the list of common addresses; 0 is not used and 65535 means all.
func commons(text string) ([]uint16, error) {
	var list []uint16
	for _, word := range strings.Split(text, ",") {
		n, err := whole(strings.TrimSpace(word), 1, 65534)
		if err != nil {
			return nil, err
		}
		if slices.Contains(list, uint16(n)) || len(list) == mostCommon {
			return nil, fmt.Errorf("%q; at most %d different addresses", text, mostCommon)
		}
		list = append(list, uint16(n))
	}
	return list, nil
}

// marks reads the quality bits that do not keep a value out.
func marks(text string) (q quality, err error) {
	for _, word := range strings.Split(text, ",") {
		switch strings.TrimSpace(word) {
		case "NT":
			q |= notTopical
		case "SB":
			q |= substituted
		case "BL":
			q |= blocked
		case "OV":
			q |= overflow
		default:
			return 0, fmt.Errorf("%q; a list of NT, SB, BL, OV (an invalid value, IV, is never taken)", text)
		}
	}
	return q, nil
}

func whole(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q; must be a whole number from %d to %d", text, low, high)
	}
	return n, nil
}

func span(text string) (time.Duration, error) {
	const low, high = 10 * time.Millisecond, 48 * time.Hour
	d, err := time.ParseDuration(text)
	if err != nil || d < low || d > high {
		return 0, fmt.Errorf("%q; must be a time from %s to %s, such as 15s", text, low, high)
	}
	return d, nil
}

// hostPort spells an address in full; the port is 2404 when it is left out.
func hostPort(text string) (string, error) {
	name, port, err := net.SplitHostPort(strings.TrimPrefix(text, "tcp://"))
	if err != nil {
		name, port = strings.Trim(strings.TrimPrefix(text, "tcp://"), "[]"), "2404"
	}
	if n, err := strconv.Atoi(port); name == "" || strings.ContainsAny(name, "/ ") || err != nil || n < 1 || n > 65535 {
		return "", fmt.Errorf("address %q; write host or host:2404", text)
	}
	return net.JoinHostPort(name, port), nil
}
