package readingfile

import (
	"strconv"
	"strings"
)

// maxValue bounds what a reading may say; beyond it doubles lose the tenths.
const maxValue = 1e15

// readFloat reads a decimal number written with the given decimal sign; blanks
// around it are passed over. It is a number of digits, sign, decimal sign and
// exponent: no hexadecimal, no "inf", no grouping.
func readFloat(t string, decimal byte) (float64, code) {
	if t == "" || t[0] <= ' ' || t[len(t)-1] <= ' ' {
		t = strings.TrimSpace(t)
	}
	comma := -1
	for i := range len(t) {
		switch c := t[i]; {
		case c-'0' <= 9, c == '-', c == '+', c == 'e', c == 'E':
		case c == decimal && c == '.':
		case c == decimal && comma < 0:
			comma = i
		default:
			return 0, notFinite(t)
		}
	}
	if comma >= 0 {
		t = t[:comma] + "." + t[comma+1:]
	}
	v, err := strconv.ParseFloat(t, 64)
	switch {
	case v >= maxValue || v <= -maxValue:
		return 0, codeLarge
	case err != nil:
		return 0, codeNumber
	}
	return v, 0
}

// notFinite tells the words for infinity and not-a-number from other text.
func notFinite(t string) code {
	switch strings.ToLower(strings.TrimLeft(t, "+-")) {
	case "inf", "infinity", "nan", "∞":
		return codeFinite
	}
	return codeNumber
}
