package main

import (
	"compress/gzip"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"lingtan/ingest"
	"lingtan/park/parkfile"
)

// TestLineFleet: park and device list are sound, and every value that a gateway sends is
// mapped to a register of the park, has two decimals, and comes in the order of time.
func TestLineFleet(t *testing.T) {
	f := lineFleet{seed: 1, meters: 50, step: 5 * time.Minute, requests: 2}
	doc, faults := parkfile.Parse(f.document().YAML())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	registers := map[string]bool{}
	for _, p := range doc.Points {
		for _, r := range p.Registers {
			registers[p.ID+"."+r.ID] = true
		}
	}
	text, err := f.devices().YAML()
	if err != nil {
		t.Fatal(err)
	}
	list, err := ingest.ParseList(text, func(key string) bool { return registers[key] })
	if err != nil {
		t.Fatal(err)
	}
	plain, packed, err := f.payloads(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer forget(append(plain, packed...))
	last := map[string]int64{}
	for g := range plain {
		for i := range f.requests {
			checkRequest(t, plain[g], packed[g], i, list.Devices[g].Map, last)
		}
	}
	if len(last) != fleetGateways*f.meters*len(fleetFields) {
		t.Errorf("%d series", len(last))
	}
}

var twoDecimals = regexp.MustCompile(`^\d+\.\d\d$`)

// checkRequest checks one request of a gateway, plain and packed; last is the time of
// each series so far.
func checkRequest(t *testing.T, plain, packed *stream, i int, known map[string]string, last map[string]int64) {
	t.Helper()
	body, err := plain.payload(i, nil)
	if err != nil {
		t.Fatal(err)
	}
	zipped, err := packed.payload(i, nil)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(strings.NewReader(string(zipped)))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(zip); err != nil || string(unpacked) != string(body) {
		t.Fatalf("request %d differs from itself packed: %v", i, err)
	}
	for field := range strings.FieldsFuncSeq(string(body), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
		if key, value, ok := strings.Cut(field, "="); ok && len(key) <= 3 && !twoDecimals.MatchString(value) {
			t.Fatalf("%s has not two decimals", field)
		}
	}
	d, samples := lineprotocol.NewDecoderWithBytes(body), 0
	for d.Next() {
		samples += checkLine(t, d, known, last)
	}
	if float64(samples) != sent(1) {
		t.Errorf("request %d has %d samples, not %g", i, samples, sent(1))
	}
}

func checkLine(t *testing.T, d *lineprotocol.Decoder, known map[string]string, last map[string]int64) int {
	t.Helper()
	name, err := d.Measurement()
	if err != nil {
		t.Fatal(err)
	}
	head := string(name)
	for {
		key, value, err := d.NextTag()
		if err != nil {
			t.Fatal(err)
		}
		if key == nil {
			break
		}
		head += "," + string(key) + "=" + string(value)
	}
	var registers []string
	for {
		key, value, err := d.NextField()
		if err != nil {
			t.Fatal(err)
		}
		if key == nil {
			break
		}
		register := known[head+"."+string(key)]
		if register == "" || value.FloatV() < 0 {
			t.Fatalf("%s.%s = %v is of register %q", head, key, value, register)
		}
		registers = append(registers, register)
	}
	at, err := d.Time(lineprotocol.Second, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range registers {
		if at.Unix() <= last[r] {
			t.Fatalf("%s: %v is not after %d", r, at, last[r])
		}
		last[r] = at.Unix()
	}
	return len(registers)
}
