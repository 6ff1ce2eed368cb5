package modbus

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
	"lingtan/connector/profile"
)

// What holds when the device list and the profile say nothing.
const (
	defaultInterval = 10 * time.Second
	defaultTimeout  = time.Second
	defaultRetries  = 1
	defaultGap      = 8
	mostRegisters   = 125  // of one request: Modbus Application Protocol V1.1b3, 6.3
	mostBits        = 2000 // of one request: the same, 6.1
)

// settings are a device of the list, understood.
type settings struct {
	device   connector.Device
	profile  *profile.Profile
	url      string
	unit     uint8
	interval time.Duration
	timeout  time.Duration
	pause    time.Duration // before each request
	retries  int
	gap      int // unused registers that are read along
	block    int // most registers of one request
	align    bool
}

// settings reads the entry of the device list. Errors wrap connector.ErrConfig.
func (d *Driver) settings(dev connector.Device) (settings, error) {
	s := settings{device: dev, unit: 1, interval: defaultInterval, timeout: defaultTimeout, retries: defaultRetries, gap: defaultGap, block: mostRegisters}
	wrong := func(err error) (settings, error) {
		return settings{}, fmt.Errorf("%w: device %s: %w", connector.ErrConfig, dev.ID, err)
	}
	var err error
	if s.url, err = address(dev.Address); err != nil {
		return wrong(err)
	}
	if dev.Profile == "" {
		return wrong(fmt.Errorf("no profile; say which registers it has, such as profile: eastron-sdm630"))
	}
	if s.profile, err = d.profiles.Find(dev.Profile); err != nil {
		return wrong(err)
	}
	if s.profile.Protocol != Protocol {
		return wrong(fmt.Errorf("profile %s is of protocol %s", dev.Profile, s.profile.Protocol))
	}
	s.ofProfile()
	if dev.Interval != 0 {
		s.interval = dev.Interval
	}
	if s.interval < 100*time.Millisecond || s.interval > 24*time.Hour {
		return wrong(fmt.Errorf("interval %s; it must lie between 100ms and 24h", s.interval))
	}
	for key, text := range dev.Options {
		if err := s.option(key, text); err != nil {
			return wrong(err)
		}
	}
	return s, nil
}

// ofProfile takes over what the profile says of its type of device.
func (s *settings) ofProfile() {
	if d, err := time.ParseDuration(s.profile.Interval); err == nil {
		s.interval = d
	}
	if s.profile.Options.Block > 0 {
		s.block = s.profile.Options.Block
	}
	if g := s.profile.Options.Gap; g != 0 {
		s.gap = max(g, 0)
	}
}

// option takes one option of the device list.
func (s *settings) option(key, text string) (err error) {
	switch key {
	case "unit":
		var n int
		n, err = whole(text, 0, 255)
		s.unit = uint8(n)
	case "retries":
		s.retries, err = whole(text, 0, 10)
	case "gap":
		s.gap, err = whole(text, 0, 124)
	case "block":
		s.block, err = whole(text, 1, mostRegisters)
	case "timeout":
		s.timeout, err = span(text, 10*time.Millisecond, time.Minute)
	case "pause":
		s.pause, err = span(text, 0, 10*time.Second)
	case "align":
		s.align, err = strconv.ParseBool(text)
	default:
		return fmt.Errorf("unknown option %q; one of unit, timeout, retries, pause, block, gap, align", key)
	}
	if err != nil {
		return fmt.Errorf("option %s: %w", key, err)
	}
	return nil
}

func whole(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q; must be a whole number from %d to %d", text, low, high)
	}
	return n, nil
}

func span(text string, low, high time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < low || d > high {
		return 0, fmt.Errorf("%q; must be a time from %s to %s, such as 500ms", text, low, high)
	}
	return d, nil
}

// address spells an address in full: host, host:port, tcp://host:port and
// rtuovertcp://host:port are known; the port is 502 when it is left out.
func address(text string) (string, error) {
	scheme, host, found := strings.Cut(text, "://")
	if !found {
		scheme, host = "tcp", text
	}
	if scheme != "tcp" && scheme != "rtuovertcp" {
		return "", fmt.Errorf("address %q; write host:502, tcp://host:502 or rtuovertcp://host:502", text)
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "502"
	}
	if n, err := strconv.Atoi(port); name == "" || strings.ContainsAny(name, "/ ") || err != nil || n < 1 || n > 65535 {
		return "", fmt.Errorf("address %q; write host:502, tcp://host:502 or rtuovertcp://host:502", text)
	}
	return scheme + "://" + net.JoinHostPort(name, port), nil
}
