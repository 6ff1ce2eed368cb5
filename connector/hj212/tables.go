package hj212

import "time"

// command is what a command number (CN) means here.
type command struct {
	kind string        // part of the sample's name; empty for real-time values
	span time.Duration // interval of its values; 0 = instants; of minutes it is the device's option
	day  bool          // the interval is a day of the calendar
	ack  int           // number of the acknowledgement; 0 = none
	data bool          // carries values
}

// commands are the numbers that a monitor sends by itself. Others are counted and not
// acknowledged, so that nothing is taken that nobody understands. A later edition adds
// lines here.
var commands = map[int]command{
	2011: {data: true, ack: 9014},
	2021: {data: true, ack: 9014, kind: "state"},
	2051: {data: true, ack: 9014, kind: "minute", span: 10 * time.Minute},
	2061: {data: true, ack: 9014, kind: "hour", span: time.Hour},
	2031: {data: true, ack: 9014, kind: "day", span: 24 * time.Hour, day: true},
	1013: {ack: 9013}, // the monitor asks for its clock to be set
	9015: {ack: 9013}, // heartbeat
}

// replies are the numbers that a monitor sends as an answer to our requests.
var replies = map[int]bool{1011: true, 1012: true, 9011: true, 9012: true, 9013: true, 9014: true}

// edition is what an edition of the standard says of the message's fields.
type edition struct {
	name   string
	packet int // digits of PNUM and PNO, at most
}

// editions are by the version bits (V5..V0) of Flag. A later edition adds a line here.
var editions = map[int]edition{
	0: {"HJ/T 212-2005", 4},
	1: {"HJ 212-2017", 4},
	2: {"HJ 212-2025", 5},
}

// suffixes are the fields of a factor that hold a value, and their names in a sample.
var suffixes = map[string]string{
	"Rtd": "rtd", "Min": "min", "Avg": "avg", "Max": "max", "Cou": "cou",
	"ZsRtd": "zsrtd", "ZsMin": "zsmin", "ZsAvg": "zsavg", "ZsMax": "zsmax",
	"RS": "rs",
}

// normal is the data flag of a value that measured what it should.
const normal = "N"

// dataFlags are the data flags of HJ 212-2017 and what they say of a value.
var dataFlags = map[string]string{
	normal: "normal 正常",
	"F":    "stopped 停运",
	"M":    "maintenance 维护",
	"S":    "set by hand 手工设定",
	"D":    "fault 故障",
	"C":    "calibration 校准",
	"T":    "over range 超量程",
	"B":    "communication 通讯异常",
}
