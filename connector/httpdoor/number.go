package httpdoor

import (
	"math"
	"strconv"
)

// powers are those of ten that a float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// plainNumber reads [-]digits[.digits] of at most 15 digits and gives its length, 0
// when it is anything else. Both the digits and the power of ten are exact in a
// float64, so one division rounds correctly (Clinger 1990, the fast path).
func plainNumber(b []byte) (float64, int) {
	i := 0
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		i++
	}
	digits, point := 0, -1
	var whole uint64
	for ; i < len(b); i++ {
		c := b[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		whole = whole*10 + uint64(c-'0')
		if digits++; digits > 15 {
			return 0, 0
		}
	}
	if digits == 0 {
		return 0, 0
	}
	value := float64(whole)
	if point >= 0 {
		value /= powers[digits-point]
	}
	if negative {
		value = -value
	}
	return value, i
}

// parseStamp reads an integer, quickly where it has at most 18 digits.
func parseStamp(text []byte) (int64, error) {
	if len(text) == 0 || len(text) > 18 && text[0] == '-' || len(text) > 19 {
		return strconv.ParseInt(string(text), 10, 64)
	}
	var x uint64 // 19 digits fit
	for _, c := range text {
		if c == '-' {
			return strconv.ParseInt(string(text), 10, 64)
		}
		x = x*10 + uint64(c-'0')
	}
	if x > math.MaxInt64 {
		return 0, strconv.ErrRange
	}
	return int64(x), nil
}
