package iec104

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// The data unit of IEC 60870-5-104: type, number with SQ, cause with P/N and T,
// originator, common address, then objects with addresses of three octets.
const (
	headOctets    = 6
	addressOctets = 3
	mostAddress   = 1<<24 - 1
)

// System types that a controlling station meets.
const (
	typeEnd          = 70  // M_EI_NA_1 end of initialisation
	typeGeneral      = 100 // C_IC_NA_1 interrogation
	typeCounter      = 101 // C_CI_NA_1 counter interrogation
	qualifierGeneral = 20  // QOI: station interrogation (7.2.6.22)
	qualifierCounter = 5   // QCC: general request of counters, read without freeze (7.2.6.23)
)

// Causes of transmission (7.2.3).
const (
	causeSpontaneous = 3
	causeAct         = 6
	causeActCon      = 7
	causeActTerm     = 10
	causeUnknown     = 44 // type; 45 cause, 46 common address, 47 object address
	causeUnknownLast = 47
)

// quality is the descriptor of a value: the bits of QDS, SIQ, DIQ (7.2.6.1 to 3), and
// of a counter reading (7.2.6.9).
type quality uint16

const (
	overflow    quality = 0x01
	blocked     quality = 0x10
	substituted quality = 0x20
	notTopical  quality = 0x40
	invalid     quality = 0x80
	notNumber   quality = 0x100 // a short float that is no number
	carried     quality = 0x200 // CY: the counter overflowed in its period
	adjusted    quality = 0x400 // CA: the counter was set
)

// form is how the elements of a type are coded: size and time tag in octets.
type form struct {
	size, tag int
	value     func(b []byte) (float64, quality)
}

// forms are the types with values in monitor direction (7.3.1). Those with a
// CP24Time2a belong to 60870-5-101; old stations send them all the same.
var forms = map[byte]form{
	1:  {1, 0, single}, // M_SP_NA_1
	2:  {1, 3, single}, // M_SP_TA_1
	3:  {1, 0, double}, // M_DP_NA_1
	4:  {1, 3, double}, // M_DP_TA_1
	5:  {2, 0, step},   // M_ST_NA_1
	6:  {2, 3, step},   // M_ST_TA_1
	7:  {5, 0, bits},   // M_BO_NA_1
	8:  {5, 3, bits},   // M_BO_TA_1
	9:  {3, 0, normal}, // M_ME_NA_1
	10: {3, 3, normal}, // M_ME_TA_1
	11: {3, 0, scaled}, // M_ME_NB_1
	12: {3, 3, scaled}, // M_ME_TB_1
	13: {5, 0, float},  // M_ME_NC_1
	14: {5, 3, float},  // M_ME_TC_1
	15: {5, 0, total},  // M_IT_NA_1
	16: {5, 3, total},  // M_IT_TA_1
	21: {2, 0, normal}, // M_ME_ND_1
	30: {1, 7, single}, // M_SP_TB_1
	31: {1, 7, double}, // M_DP_TB_1
	32: {2, 7, step},   // M_ST_TB_1
	33: {5, 7, bits},   // M_BO_TB_1
	34: {3, 7, normal}, // M_ME_TD_1
	35: {3, 7, scaled}, // M_ME_TE_1
	36: {5, 7, float},  // M_ME_TF_1
	37: {5, 7, total},  // M_IT_TB_1
}

// single is SIQ: 0 off, 1 on.
func single(b []byte) (float64, quality) { return float64(b[0] & 1), quality(b[0] & 0xF0) }

// double is DIQ: 0 intermediate, 1 off, 2 on, 3 indeterminate.
func double(b []byte) (float64, quality) { return float64(b[0] & 3), quality(b[0] & 0xF0) }

// step is VTI, -64 to 63 (7.2.6.5); its transient bit says that the tap is moving.
func step(b []byte) (float64, quality) { return float64(int8(b[0]<<1) >> 1), describe(b[1]) }

// bits is BSI: 32 bits as a whole number.
func bits(b []byte) (float64, quality) {
	return float64(binary.LittleEndian.Uint32(b)), describe(b[4])
}

// normal is NVA: -1 to 1 - 2^-15 (7.2.6.6), with QDS or, in M_ME_ND_1, without.
func normal(b []byte) (float64, quality) {
	v := float64(int16(binary.LittleEndian.Uint16(b))) / 32768
	if len(b) == 2 {
		return v, 0
	}
	return v, describe(b[2])
}

// scaled is SVA: -32768 to 32767 (7.2.6.7).
func scaled(b []byte) (float64, quality) {
	return float64(int16(binary.LittleEndian.Uint16(b))), describe(b[2])
}

// float is R32-IEEE STD 754 (7.2.6.8).
func float(b []byte) (float64, quality) {
	v := float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, describe(b[4]) | notNumber
	}
	return v, describe(b[4])
}

// total is BCR: a signed counter, then sequence number (five bits), CY, CA, IV.
func total(b []byte) (float64, quality) {
	q := quality(b[4] & 0x80)
	if b[4]&0x20 != 0 {
		q |= carried
	}
	if b[4]&0x40 != 0 {
		q |= adjusted
	}
	return float64(int32(binary.LittleEndian.Uint32(b))), q
}

// describe keeps the bits of a QDS that are used.
func describe(b byte) quality { return quality(b & 0xF1) }

// object is one information object.
type object struct {
	address uint32
	value   float64
	quality quality
	at      time.Time // of its time tag; zero where it has none or an invalid one
	unclear bool      // its time tag is invalid
}

// asdu is an application service data unit.
type asdu struct {
	kind      byte // type identification
	cause     byte
	negative  bool // P/N
	test      bool // T
	common    uint16
	known     bool // the kind has values that are read
	objects   []object
	qualifier byte // of an interrogation
}

var errMalformed = errors.New("data unit against its type")

// parseASDU understands a data unit. A type that is not known gives no objects; one
// whose length does not fit its number of objects is errMalformed.
func parseASDU(b []byte, c clock) (asdu, error) {
	if len(b) < headOctets {
		return asdu{}, fmt.Errorf("%w: %d octets; a head has %d", errMalformed, len(b), headOctets)
	}
	u := asdu{kind: b[0], cause: b[2] & 0x3F, negative: b[2]&0x40 != 0, test: b[2]&0x80 != 0, common: binary.LittleEndian.Uint16(b[4:])}
	f, known := forms[u.kind]
	if !known {
		if (u.kind == typeGeneral || u.kind == typeCounter) && len(b) == headOctets+addressOctets+1 {
			u.qualifier = b[len(b)-1]
		}
		return u, nil
	}
	u.known = true
	var err error
	u.objects, err = f.objects(b[headOctets:], int(b[1]&0x7F), b[1]&0x80 != 0, c)
	if err != nil {
		return asdu{}, fmt.Errorf("type %d: %w", u.kind, err)
	}
	return u, nil
}

// objects takes n objects apart: each with its address (SQ = 0), or one address and
// those that follow it in sequence (SQ = 1).
func (f form) objects(b []byte, n int, sequence bool, c clock) ([]object, error) {
	each, once := addressOctets+f.size+f.tag, 0
	if sequence {
		each, once = f.size+f.tag, addressOctets
	}
	if n == 0 || len(b) != once+n*each {
		return nil, fmt.Errorf("%w: %d objects in %d octets; %d were due", errMalformed, n, len(b), once+n*each)
	}
	list := make([]object, n)
	next := address(b)
	if sequence && next+uint32(n)-1 > mostAddress {
		return nil, fmt.Errorf("%w: %d addresses from %d", errMalformed, n, next)
	}
	b = b[once:]
	for i := range list {
		o := &list[i]
		if o.address = next + uint32(i); !sequence {
			o.address = address(b)
			b = b[addressOctets:]
		}
		o.value, o.quality = f.value(b[:f.size])
		o.stamp(b[f.size:f.size+f.tag], c)
		b = b[f.size+f.tag:]
	}
	return list, nil
}

func address(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

// stamp reads the time tag, where there is one.
func (o *object) stamp(tag []byte, c clock) {
	ok := true
	switch len(tag) {
	case 7:
		o.at, ok = c.long(tag)
	case 3:
		o.at, ok = c.short(tag)
	}
	o.unclear = !ok
}

// interrogation is a command to a common address: 100 with 20, or 101 with 5.
func interrogation(kind, qualifier, origin byte, common uint16) []byte {
	return []byte{kind, 1, causeAct, origin, byte(common), byte(common >> 8), 0, 0, 0, qualifier}
}
