package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// document marks where -update writes.
const (
	docPath  = "docs/benchmarks.md"
	docBegin = "<!-- figures: written by go run ./bench -update -->"
	docEnd   = "<!-- end of figures -->"
)

// told is the whole run as JSON.
type told struct {
	Date    string   `json:"date"`
	Machine string   `json:"machine"`
	Command string   `json:"command"`
	Data    string   `json:"data"`
	Results []result `json:"results"`
}

func tell(o options, results []result, output string, update bool) error {
	t := told{Date: time.Now().UTC().Format(time.DateOnly), Machine: machine(), Results: results,
		Command: fmt.Sprintf("go run ./bench -points %d -days %d -rows %d -calls %d -seed %d", o.Points, o.Days, o.Rows, o.Calls, o.Seed),
		Data:    fmt.Sprintf("synthetic: %d points, %d days of 15 minutes from %s", o.Points, o.Days, firstDay)}
	if update {
		if err := rewrite(t); err != nil {
			return err
		}
	}
	if output == "json" {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(t)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	table(w, t, "\t")
	return w.Flush()
}

// table writes a row a figure.
func table(w io.Writer, t told, sep string) {
	for _, r := range t.Results {
		for _, f := range r.Figures {
			fmt.Fprintf(w, "%s%s%s%s%s%s%s\n", r.Stage, sep, f.What, sep, number(f.Value, f.Unit), sep, verdict(f))
		}
		fmt.Fprintf(w, "%s%sthe whole process%s%.1f s, %.1f s of processor, peak %.0f MiB%s\n", r.Stage, sep, sep, r.Seconds, r.CPU, r.PeakRSS, sep)
		for _, n := range r.Notes {
			fmt.Fprintf(w, "%s%s%s%s%s\n", r.Stage, sep, n, sep, sep)
		}
	}
}

func verdict(f figure) string {
	if f.Limit == 0 {
		return ""
	}
	word, bound := "holds", "at most "
	if !f.holds() {
		word = "FAILS"
	}
	if f.Least {
		bound = "at least "
	}
	return bound + number(f.Limit, f.Unit) + ": " + word
}

// number writes a value to four figures, with blanks between thousands.
func number(v float64, unit string) string {
	digits := 0
	switch {
	case v < 10:
		digits = 2
	case v < 1000:
		digits = 1
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	whole, part, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if part = strings.TrimRight(part, "0"); part != "" {
		whole += "." + part
	}
	return strings.TrimSpace(whole + " " + unit)
}

// machine is the processor, its count, the memory, the system and its load.
func machine() string {
	model, memory := "", ""
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		model = after(string(text), "model name")
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		kib, _ := strconv.Atoi(strings.TrimSuffix(after(string(text), "MemTotal"), " kB"))
		memory = fmt.Sprintf("%.0f GiB", float64(kib)/(1<<20))
	}
	return strings.Join([]string{model, fmt.Sprintf("%d cores", runtime.NumCPU()), memory, runtime.GOOS + "/" + runtime.GOARCH, runtime.Version(), busy()}, ", ")
}

// busy says what else the machine did: its load average over the run's last 15 minutes.
func busy() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 2 {
		return "load average " + fields[2] + " over 15 minutes"
	}
	return "load unknown"
}

// after is what follows "name :" in its first line.
func after(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// rewrite puts the figures between the two marks of the document.
func rewrite(t told) error {
	text, err := os.ReadFile(docPath)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(text), docBegin)
	_, tail, ok2 := strings.Cut(rest, docEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s lacks the marks %q and %q", docPath, docBegin, docEnd)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n\n%s; %s; `%s`; %s.\n\n| stage | what | figure | limit |\n|---|---|---|---|\n", t.Date, t.Machine, t.Command, t.Data)
	var rows strings.Builder
	table(&rows, t, " | ")
	for line := range strings.Lines(rows.String()) {
		b.WriteString("| " + strings.TrimRight(line, " \n") + " |\n")
	}
	return os.WriteFile(docPath, []byte(head+docBegin+b.String()+"\n"+docEnd+tail), 0o644)
}
