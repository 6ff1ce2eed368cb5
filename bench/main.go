// Command bench measures Lingtan on a synthetic park: import, storage, settlement
// and accounting, questions and the HTTP API, each in a process of its own so that
// its memory is its own.
//
//	go run ./bench                                  a thousand points, a year
//	go run ./bench -points 100 -days 90             a small one
//	go run ./bench -update                          also rewrites docs/benchmarks.md
//	go run ./bench -only load,settle -keep -dir D   some stages, on data that stay
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the scale of a run and where it works.
type options struct {
	Points  int
	Days    int
	Rows    int // readings in each file of the import stages
	Calls   int // requests of each question
	Sustain int // seconds of each measurement of writing
	Seed    uint64
	Dir     string
	profile string // where the stage writes its CPU profile
}

// figure is one measured value. Limit is what it is held to, 0 when it is only told.
type figure struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Limit float64 `json:"limit,omitempty"`
	Least bool    `json:"least,omitempty"` // the limit is a least value
}

func (f figure) holds() bool {
	return f.Limit == 0 || f.Least && f.Value >= f.Limit || !f.Least && f.Value <= f.Limit
}

// result is what a stage measured and what its process took.
type result struct {
	Stage   string   `json:"stage"`
	Figures []figure `json:"figures"`
	Notes   []string `json:"notes,omitempty"`
	Seconds float64  `json:"seconds"`    // wall, the whole process
	CPU     float64  `json:"cpuSeconds"` // user and system
	PeakRSS float64  `json:"peakMiB"`    // largest resident set
}

func (r *result) add(what string, value float64, unit string) { r.limit(what, value, unit, 0, false) }

func (r *result) limit(what string, value float64, unit string, limit float64, least bool) {
	r.Figures = append(r.Figures, figure{What: what, Value: value, Unit: unit, Limit: limit, Least: least})
}

// stage measures one thing; the order of stages is that of their data.
type stage struct {
	name string
	run  func(context.Context, options, *result) error
}

// long are the stages that have one size.
var long = []string{"dispatch"}

// withProgram are the stages that measure the program itself.
var withProgram = []string{"serve", "mqtt", "lineprotocol", "query-under-load"}

var stages = []stage{
	{"load", load}, {"settle", settle}, {"ask", ask}, {"serve", serve},
	{"import-long", importLong}, {"import-wide", importWide}, {"peer-long", peerLong}, {"peer-wide", peerWide}, {"parse-long", parseLong},
	{"flow", traceFlows}, {"reconcile", reconcileFlows}, {"accounts", accounts},
	{"mqtt", pushed}, {"modbus", polled}, {"lineprotocol", lineProtocol}, {"query-under-load", queryUnderLoad},
	{"dispatch", planned},
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	var only, one, output string
	var keep, update bool
	flag.IntVar(&o.Points, "points", 1000, "metering points, 50 to 20000")
	flag.IntVar(&o.Days, "days", 365, "days from 2018-01-01, 1 to 365")
	flag.IntVar(&o.Rows, "rows", 4_000_000, "readings in each imported file")
	flag.IntVar(&o.Calls, "calls", 400, "requests of each question")
	flag.IntVar(&o.Sustain, "sustain", 20, "seconds of each measurement of writing by line protocol")
	flag.Uint64Var(&o.Seed, "seed", 1, "seed of the synthetic readings")
	flag.StringVar(&o.Dir, "dir", "", "working directory; empty: a temporary one")
	flag.StringVar(&only, "only", "", "stages to run, separated by commas; empty: all")
	flag.StringVar(&output, "o", "text", "text or json")
	flag.BoolVar(&keep, "keep", false, "leave the working directory")
	flag.BoolVar(&update, "update", false, "rewrite the figures in docs/benchmarks.md")
	flag.StringVar(&one, "stage", "", "run this stage alone in this process and print its result (used by bench itself)")
	flag.StringVar(&o.profile, "cpuprofile", "", "with -stage: write a CPU profile")
	flag.Parse()
	if o.Points < perEnterprise || o.Points > 20000 || o.Days < 1 || o.Days > 365 || o.Rows < 1000 || o.Calls < 10 || o.Sustain < 1 || o.Sustain > 600 {
		return errors.New("give -points 50 to 20000, -days 1 to 365, -rows 1000 or more, -calls 10 or more, -sustain 1 to 600")
	}
	if one != "" {
		return runStage(o, one)
	}
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "lingtan-bench-")
		if err != nil {
			return err
		}
		o.Dir = dir
	} else if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return err
	}
	if !keep {
		defer os.RemoveAll(o.Dir)
	}
	results, err := runAll(o, only)
	if err != nil {
		return err
	}
	return tell(o, results, output, update)
}

// runAll runs the stages one after the other.
func runAll(o options, only string) ([]result, error) {
	var results []result
	for _, s := range stages {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s …\n", s.name)
		if slices.Contains(withProgram, s.name) {
			if err := build(o); err != nil {
				return nil, err
			}
		}
		r, err := child(o, s.name)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", s.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %.1f s, %.1f s of processor, peak %.0f MiB\n", s.name, r.Seconds, r.CPU, r.PeakRSS)
		results = append(results, r)
	}
	return results, nil
}

// child runs a stage in a process of its own and takes its time and memory from
// the operating system.
func child(o options, name string) (result, error) {
	var r result
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, "-stage", name, "-dir", o.Dir, "-points", fmt.Sprint(o.Points), "-days", fmt.Sprint(o.Days),
		"-rows", fmt.Sprint(o.Rows), "-calls", fmt.Sprint(o.Calls), "-seed", fmt.Sprint(o.Seed), "-sustain", fmt.Sprint(o.Sustain))
	if o.profile != "" {
		cmd.Args = append(cmd.Args, "-cpuprofile", o.profile+"."+name)
	}
	cmd.Stderr = os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, err
	}
	r.Seconds = time.Since(began).Seconds()
	r.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.PeakRSS = float64(use.Maxrss) / 1024
	}
	return r, nil
}

func runStage(o options, name string) error {
	i := slices.IndexFunc(stages, func(s stage) bool { return s.name == name })
	if i < 0 {
		return fmt.Errorf("no stage %q", name)
	}
	stop, err := profiling(o.profile)
	if err != nil {
		return err
	}
	r := result{Stage: name}
	err = stages[i].run(context.Background(), o, &r)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	w := bufio.NewWriter(os.Stdout)
	if err := json.NewEncoder(w).Encode(r); err != nil {
		return err
	}
	return w.Flush()
}

// data is the data directory of the stages that share one.
func (o options) data() string { return filepath.Join(o.Dir, "data") }
