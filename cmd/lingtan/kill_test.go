package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	killMeters = 12
	killTimes  = 25
)

// killDays are the days in each file: 400,896 readings in all. The first file has more
// of them than one batch holds.
var killDays = []int{250, 30, 20, 20, 14, 14}

// step is one command of the way from readings to a closed inventory, and how often
// it is killed before it is let through.
type step struct {
	args  []string
	kills int
}

// TestKill takes 400,000 readings to a closed inventory twice: once undisturbed, once
// with the process killed by SIGKILL at random moments of import, settlement,
// compaction and closing, and started again. Readings, usage, findings and inventory
// must be the same to the last bit: nothing lost, nothing twice.
func TestKill(t *testing.T) {
	work := t.TempDir()
	write(t, filepath.Join(work, "park.yaml"), killPark())
	write(t, filepath.Join(work, "map.yaml"), killMapping())
	steps := []step{{[]string{"park", "import", "park.yaml"}, 1}}
	first := 0
	for i, days := range killDays {
		file := fmt.Sprintf("readings%d.csv", i)
		writeKillReadings(t, filepath.Join(work, file), first, days)
		first += days
		steps = append(steps,
			step{[]string{"import", "readings", file, "--park", "mills", "--mapping", "map.yaml", "--no-settle"}, 4},
			step{[]string{"settle", "--park", "mills"}, 2})
	}
	steps = append(steps, step{[]string{"compact"}, 4},
		step{[]string{"inventory", "close", "--park", "mills", "--period", "2018"}, 3})
	calm, harsh := lingtan{work, filepath.Join(work, "calm")}, lingtan{work, filepath.Join(work, "harsh")}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	kills := 0
	for _, s := range steps {
		began := time.Now()
		calm.must(t, s.args...)
		took := time.Since(began)
		killed := 0
		for range s.kills {
			if !harsh.killed(t, time.Duration(random.Float64()*0.9*float64(took)), s.args...) {
				break // it was through before the kill
			}
			killed++
		}
		harsh.must(t, s.args...)
		t.Logf("%s: %.2f s undisturbed, killed %d times", strings.Join(s.args, " "), took.Seconds(), killed)
		kills += killed
	}
	for i := 0; kills < killTimes && i < 10*killTimes; i++ {
		if harsh.killed(t, time.Duration(random.Float64()*float64(300*time.Millisecond)), "settle", "--park", "mills", "--all") {
			kills++
		}
	}
	if kills < killTimes {
		t.Errorf("killed %d times only, want %d", kills, killTimes)
	}
	same(t, calm, harsh, first*96*killMeters)
}

// same holds the two data directories against each other: so many readings, the same
// findings and the same inventory, whose root is over every settled day.
func same(t *testing.T, calm, harsh lingtan, readings int) {
	t.Helper()
	for _, l := range []lingtan{calm, harsh} {
		if got := string(l.must(t, "doctor")); !strings.Contains(got, fmt.Sprintf(" %d readings,", readings)) {
			t.Errorf("want %d readings in %s:\n%s", readings, l.data, got)
		}
		err := filepath.WalkDir(l.data, func(path string, _ fs.DirEntry, err error) error {
			if strings.HasSuffix(path, ".part") {
				t.Errorf("%s was left behind", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	a, b := calm.inventory(t), harsh.inventory(t)
	if a["root"] != b["root"] || a["root"] == nil {
		t.Errorf("evidence roots differ: %v and %v", a["root"], b["root"])
	}
	for key := range a {
		if !reflect.DeepEqual(a[key], b[key]) {
			t.Errorf("the inventories differ in %s", key)
		}
	}
	ask := []string{"usage", "findings", "--park", "mills"}
	if x, y := calm.must(t, ask...), harsh.must(t, ask...); !bytes.Equal(x, y) || len(x) == 0 {
		t.Errorf("findings differ:\n%s\n%s", x, y)
	}
}

// lingtan is the binary with a data directory.
type lingtan struct{ work, data string }

func (l lingtan) command(args ...string) *exec.Cmd {
	c := exec.Command("lingtan", args...) // testscript.Main has put it into the path
	c.Dir = l.work
	c.Env = append(os.Environ(), "LINGTAN_DATA="+l.data, "LINGTAN_LANG=en")
	return c
}

// must runs a command to its end and gives its output.
func (l lingtan) must(t *testing.T, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	c := l.command(args...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("lingtan %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}

// killed starts a command and kills it after the delay. It is false when the command
// had ended by itself; that must be without an error.
func (l lingtan) killed(t *testing.T, delay time.Duration, args ...string) bool {
	t.Helper()
	var stderr bytes.Buffer
	c := l.command(args...)
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-time.After(delay):
			_ = c.Process.Kill() // it may have ended in the meantime: Wait tells
		case <-ctx.Done():
		}
	}()
	err := c.Wait()
	cancel()
	var exit *exec.ExitError
	if errors.As(err, &exit) && !exit.Exited() {
		return true
	}
	if err != nil {
		t.Fatalf("lingtan %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return false
}

// inventory verifies the closed inventory and gives it without the times of the run.
func (l lingtan) inventory(t *testing.T) map[string]any {
	t.Helper()
	file := filepath.Join(l.data, "inventory.json")
	l.must(t, "inventory", "--park", "mills", "--period", "2018", "-o", "json", "--out", file)
	l.must(t, "verify", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var x struct{ Inventory map[string]any }
	if err := json.Unmarshal(text, &x); err != nil {
		t.Fatal(err)
	}
	delete(x.Inventory, "asKnownAt")
	return x.Inventory
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// killPark is a park of twelve meters on one bus.
func killPark() string {
	var points, nodes, edges strings.Builder
	for i := range killMeters {
		fmt.Fprintf(&points, `  - id: m%d
    name: {en: Meter %d}
    organization: mill
    registers:
      - {id: kwh, quantity: active_energy, kind: amount, carrier: electricity, unit: kWh, step: 15m, min: 0, max: 400}
`, i, i)
		fmt.Fprintf(&nodes, "    - {id: use%d, kind: use, carrier: electricity, organization: mill, name: {en: Use %d}}\n", i, i)
		fmt.Fprintf(&edges, "    - {id: to%d, from: bus, to: use%d, register: m%d.kwh}\n", i, i, i)
	}
	return `format: lingtan.park/v1
park: {id: mills, name: {en: Mills}, region: 江苏, country: CN, zone: Asia/Shanghai, interval: 15m, method: park-energy-cn@1, gwp: AR6}
organizations:
  - {id: operator, kind: operator, name: {en: Operator}}
  - {id: mill, kind: enterprise, name: {en: Mill}, parent: operator}
carriers:
  - {id: electricity, name: {en: Electricity}, unit: kWh}
points:
` + points.String() + `network:
  nodes:
    - {id: grid, kind: source, carrier: electricity, organization: operator, name: {en: Grid}, activity: purchased_electricity}
    - {id: bus, kind: bus, carrier: electricity, organization: operator, name: {en: Bus}}
` + nodes.String() + `  edges:
    - {id: import, from: grid, to: bus, closing: true}
` + edges.String()
}

func killMapping() string {
	return `format: lingtan.mapping/v1
layout: long
time: {column: time, layout: iso8601, label: end}
long: {template: "m{meter}.kwh", value_column: value}
`
}

// writeKillReadings writes days of quarter hours, one row a meter and time. The values
// are the same in every run.
func writeKillReadings(t *testing.T, path string, first, days int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "time,meter,value")
	random := rand.New(rand.NewPCG(1, uint64(first)))
	at := time.Date(2018, 1, 1+first, 0, 15, 0, 0, time.FixedZone("", 8*3600))
	for range days * 96 {
		stamp := at.Format(time.RFC3339)
		for m := range killMeters {
			value := 5 + random.IntN(20)
			if random.IntN(5000) == 0 {
				value = 500 // beyond the meter's range: a finding
			}
			fmt.Fprintf(w, "%s,%d,%d.%02d\n", stamp, m, value, random.IntN(100))
		}
		at = at.Add(15 * time.Minute)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
