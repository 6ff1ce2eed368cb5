package flowfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lingtan/flow/carbon"
)

// What is written and read again traces to the same bytes.
func TestWriteAndParse(t *testing.T) {
	for _, name := range []string{"c08-ieee14", "c08-bialek4", "flow-multicarrier"} {
		data, err := os.ReadFile(filepath.Join(golden, name, "input.json"))
		if err != nil {
			t.Fatal(err)
		}
		first, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		written, err := Write(*first, first.Read)
		if err != nil {
			t.Fatal(err)
		}
		second, err := Parse(written)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var answers [2][]byte
		for i, c := range []*Case{first, second} {
			a, err := c.Trace(1)
			if err != nil {
				t.Fatal(err)
			}
			if answers[i], err = json.Marshal(a); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(answers[0], answers[1]) {
			t.Errorf("%s: the trace of what was written differs", name)
		}
	}
	if _, err := Write(Case{}, func(int, *carbon.Flows) error { return nil }); !errors.Is(err, ErrFormat) {
		t.Errorf("no intervals: %v", err)
	}
}
