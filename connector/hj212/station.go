package hj212

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"lingtan/connector"
)

// station is a device of the list, its options read.
type station struct {
	device   connector.Device
	mn       string
	zone     *time.Location
	minute   time.Duration // interval of minute values
	stampEnd bool          // DataTime is the end of the interval, not its start
	clock    string        // read, set or off
	flags    string        // data flags whose values are as good as normal ones
}

// newStation reads the options of a device; what is wrong gives connector.ErrConfig.
func newStation(d connector.Device) (station, error) {
	s := station{device: d, mn: d.ID, minute: 10 * time.Minute, clock: "read", flags: normal}
	fail := func(format string, args ...any) (station, error) {
		return s, fmt.Errorf("hj212: device %s: "+format+": %w", append(append([]any{d.ID}, args...), connector.ErrConfig)...)
	}
	if len(d.Token) != 2*sha256.Size {
		return fail("no token: give the SHA-256 of the password (PW) that the monitor sends")
	}
	if mn := d.Options["mn"]; mn != "" {
		s.mn = mn
	}
	var err error
	if s.zone, err = zone(d.Options["zone"]); err != nil {
		return fail("option zone: %v", err)
	}
	if v := d.Options["minute"]; v != "" {
		s.minute, err = time.ParseDuration(v)
		if err != nil || s.minute < time.Minute || s.minute > time.Hour || s.minute%time.Second != 0 {
			return fail("option minute is %q; say 1m to 1h", v)
		}
	}
	switch v := d.Options["stamp"]; v {
	case "", "start":
	case "end":
		s.stampEnd = true
	default:
		return fail("option stamp is %q; say start or end", v)
	}
	switch v := d.Options["clock"]; v {
	case "":
	case "read", "set", "off":
		s.clock = v
	default:
		return fail("option clock is %q; say read, set or off", v)
	}
	for f := range strings.SplitSeq(d.Options["flags"], ",") {
		if f != "" && dataFlags[f] == "" {
			return fail("option flags: %q is no data flag of HJ 212", f)
		}
		s.flags += f
	}
	return s, nil
}

// zone is a time zone by name, Beijing time where none is given.
func zone(name string) (*time.Location, error) {
	if name != "" && name != "Asia/Shanghai" {
		return time.LoadLocation(name)
	}
	z, err := time.LoadLocation("Asia/Shanghai")
	if err != nil { // no zone data on this machine
		return time.FixedZone("CST", 8*3600), nil
	}
	return z, nil
}

// lets says whether the password is the station's.
func (s station) lets(password string) bool {
	sum := sha256.Sum256([]byte(password))
	want := strings.ToLower(s.device.Token)
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(want)) == 1
}

// stations are those of all parks by their number. Two parks may have the same number;
// the password tells them apart.
type stations map[string][]station

// find is the station of a number and a password.
func (list stations) find(mn, password string) (station, error) {
	for _, s := range list[mn] {
		if s.lets(password) {
			return s, nil
		}
	}
	if len(list[mn]) == 0 {
		return station{}, fmt.Errorf("hj212: MN %.40q is not in the device list: %w", mn, connector.ErrRefused)
	}
	return list[mn][0], fmt.Errorf("hj212: MN %.40q sends a wrong password: %w", mn, connector.ErrRefused)
}
