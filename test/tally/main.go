// Command tally reads what `go test -json` prints, shows a line for each package and
// the full output of what failed, and writes the counts of passed and failed tests to
// the file that it is given.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of go test -json (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Elapsed    float64
	Output     string
}

// tally counts tests and subtests, and keeps their output until they pass.
type tally struct {
	passed, failed, skipped int
	tests                   map[string]int // passed tests of each package
	output                  map[string]*strings.Builder
	out                     io.Writer
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go test -json ./... | tally COUNTFILE")
		os.Exit(2)
	}
	t := tally{tests: map[string]int{}, output: map[string]*strings.Builder{}, out: os.Stdout}
	err := t.read(os.Stdin)
	if err == nil {
		err = os.WriteFile(os.Args[1], fmt.Appendf(nil, "%d %d\n", t.passed, t.failed), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
	if t.failed > 0 {
		os.Exit(1)
	}
}

func (t *tally) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil { // not every line is an event
				fmt.Fprint(t.out, string(line))
			} else {
				t.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "output":
		if t.output[key] == nil {
			t.output[key] = &strings.Builder{}
		}
		t.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		t.end(e, key)
		delete(t.output, key)
	}
}

// end counts a test or a package that has ended. A package fails on its own when it
// does not build, when a test ends the process, or by a data race between tests.
func (t *tally) end(e event, key string) {
	switch {
	case e.Test != "" && e.Action == "pass":
		t.passed++
		t.tests[e.Package]++
	case e.Test != "" && e.Action == "skip":
		t.skipped++
		fmt.Fprintf(t.out, "   skip %s\n", key)
	case e.Test != "":
		t.failed++
		t.tests[e.Package+" failed"]++
		fmt.Fprintf(t.out, "   FAIL %s\n%s", key, t.text(key))
	case e.Action == "pass":
		fmt.Fprintf(t.out, "   ok %6.1f s %5d tests %s\n", e.Elapsed, t.tests[e.Package], e.Package)
	case e.Action == "fail":
		if t.tests[e.Package+" failed"] == 0 {
			t.failed++
		}
		fmt.Fprintf(t.out, "   FAIL %s\n%s", e.Package, t.text(key))
	}
}

func (t *tally) text(key string) string {
	if b := t.output[key]; b != nil {
		return b.String()
	}
	return ""
}
