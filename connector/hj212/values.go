package hj212

import (
	"math"
	"strconv"
	"strings"
	"time"

	"lingtan/connector"
)

// values turns the data area of a message into samples of a station.
//
// A sample is named factor.kind.field, in which kind is minute, hour, day or state and
// is left out for real-time values: w01018.rtd, w01018.hour.avg. The kind keeps the hour's
// average apart from that of its last minute, which ends at the same time. A value whose
// data flag the station does not take as good gets the flag as a further part of its name
// (w01018.hour.avg.F): it is kept, and never stands for a good one.
//
// counted gets the reason of each value that cannot be a sample.
func (s station) values(m Message, c command, at time.Time, span time.Duration, counted func(reason string)) []connector.Sample {
	flags := flagsOf(m)
	var list []connector.Sample
	for _, g := range m.CP {
		for _, f := range g {
			factor, suffix, ok := cutLast(f.Key)
			field := suffixes[suffix]
			if !ok || field == "" {
				continue
			}
			value, ok := decimal(f.Value)
			if !ok || !word(factor) {
				counted("value")
				continue
			}
			name := factor + "." + field
			if c.kind != "" {
				name = factor + "." + c.kind + "." + field
			}
			if flag := flags[factor]; !s.takes(flag) {
				counted("flagged")
				name += "." + flag
			}
			list = append(list, connector.Sample{Device: s.device.ID, Name: name, At: at, Span: span, Value: value})
		}
	}
	return list
}

// interval is the end and the length of what a message is about, from its DataTime.
func (s station) interval(c command, dataTime string) (time.Time, time.Duration, error) {
	t, err := time.ParseInLocation("20060102150405", dataTime, s.zone)
	if err != nil {
		return t, 0, wrong("DataTime %.20q is no time", dataTime)
	}
	if c.span == 0 {
		return t, 0, nil
	}
	span := c.span
	if c.kind == "minute" {
		span = s.minute
	}
	switch {
	case s.stampEnd:
		return t, span, nil
	case c.day:
		end := t.AddDate(0, 0, 1)
		return end, end.Sub(t), nil
	default:
		return t.Add(span), span, nil
	}
}

// takes says whether a value with this data flag is as good as a normal one. Without a
// flag it is: many monitors send none.
func (s station) takes(flag string) bool {
	return flag == "" || strings.Contains(s.flags, flag)
}

// flagsOf is the data flag of each factor. A flag that is not one letter or digit counts
// as "other", so that it cannot write names.
func flagsOf(m Message) map[string]string {
	flags := map[string]string{}
	for _, g := range m.CP {
		for _, f := range g {
			factor, suffix, ok := cutLast(f.Key)
			if !ok || !strings.EqualFold(suffix, "Flag") {
				continue
			}
			flag := strings.ToUpper(f.Value)
			if len(flag) != 1 || !word(flag) {
				flag = "other"
			}
			flags[factor] = flag
		}
	}
	return flags
}

// cutLast cuts a field's name at its last "-".
func cutLast(key string) (factor, suffix string, ok bool) {
	i := strings.LastIndexByte(key, '-')
	if i < 1 {
		return "", "", false
	}
	return key[:i], key[i+1:], true
}

// word says whether a text is a name of up to 32 letters, digits, "_" and "-".
func word(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// decimal reads a number in decimal notation; Go's other notations are refused.
func decimal(s string) (float64, bool) {
	if s == "" || len(s) > 24 || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsInf(v, 0)
}
