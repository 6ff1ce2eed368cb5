// Package lingtan holds the rules of the house: which package may import which, what
// an engine may not touch, and how large a function, a file and a package may grow.
package lingtan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"io"
	"maps"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floor says how high a package stands. Imports run down only.
type floor int

const (
	ground floor = iota + 1
	nouns
	engines
	doors
	running // one running Lingtan: the doors and engines tied together for the faces
	faces
	wiring
)

// rooms are all packages and their floors. A package that is not here has no place yet.
var rooms = map[string]floor{
	"quantity": ground, "period": ground, "proof": ground,
	"lp": ground, "lp/programfile": ground,
	"lp/cbc": doors, "lp/highs": doors, // foreign code with clocks of its own; engines are given an lp.Solver
	"park": nouns, "park/parkfile": nouns, "park/layout": nouns, "meter": nouns, "factor": nouns, "method": nouns,
	"tariff": nouns, "tariff/bill": nouns, "access": nouns,
	"examples": nouns, // embedded data, imports nothing
	"usage":    engines, "usage/statement": engines, "accounting/casefile": engines, "balance/reconcile": engines, "flow/carbon": engines, "flow/carbon/flowfile": engines,
	"forecast": engines, "forecast/tree": engines, "forecast/seriesfile": engines, "forecast/outlook": engines,
	"control":  engines,
	"dispatch": engines, "dispatch/dispatchfile": engines, "inventory/uncertainty": engines, "inventory/carbonflow": engines, "inventory/traced": engines, "inventory/consolidation": engines, "rating": engines, "rating/diagnosis": engines, "balance": engines, "flow": engines, "accounting": engines, "inventory": engines, "inventory/evidence": engines,
	"connector": doors, "connector/profile": doors, "connector/outward": doors, "connector/modbus": doors, "connector/mqtt": doors,
	"connector/httpdoor": doors, "connector/hj212": doors, "connector/dlt645": doors, "connector/cjt188": doors, "connector/iec104": doors, "connector/serialline": doors, "connector/opcua": doors,
	"connector/ocpp": doors, "connector/folder": doors, "connector/pull": doors, "connector/gatewaydoor": doors, "gateway": doors, "gateway/frame": doors,
	"store/stream": doors, "ingest": doors, "ingest/readingfile": doors, "store/record": doors, "store/series": doors, "report": doors, "report/form": doors,
	"mandv": engines, "mandv/baselinefile": engines, "health": engines,
	"alarm/picture": engines, "alarm/proposal": engines,
	"alarm": engines, "alarm/rulefile": engines, "alarm/anomaly": engines, "notify": doors,
	"node": running,
	"api":  faces, "web": faces,
	"cmd/lingtan": wiring, "bench": wiring, "test/doorkill": wiring, "test/tally": wiring,
	"test/parktest": wiring, // builds parks for tests of every floor; no part of the binary
}

// sideways are the imports on one floor that are agreed, with the reason of each.
var sideways = map[string]string{
	"lp/programfile -> lp":                     "a program file is the written form of a program",
	"park/parkfile -> park":                    "a park file is the written form of a park",
	"park/parkfile -> meter":                   "a park file describes registers, and checks what a register may say",
	"park/layout -> park":                      "a layout is a park compiled for those who settle and account",
	"park/layout -> meter":                     "a layout hands out the park's registers",
	"park/layout -> park/parkfile":             "only a document without faults is compiled",
	"balance -> usage":                         "a balance is over settled usage",
	"flow -> balance":                          "carbon flows along the balanced network",
	"accounting -> usage":                      "activity data are usage with its quality",
	"inventory -> usage":                       "an inventory hangs the usage that it counts under its root",
	"inventory -> balance":                     "an inventory consolidates over the balanced network",
	"inventory -> flow":                        "internal sales pass on the carbon that the flow traced",
	"inventory -> accounting":                  "an inventory is made of entries",
	"inventory/evidence -> inventory":          "evidence carries an inventory out and compiles it again",
	"ingest -> connector":                      "the admission is the sink of the contract",
	"connector/outward -> connector":           "the contract of drivers",
	"connector/modbus -> connector":            "the contract of drivers",
	"connector/mqtt -> connector":              "the contract of drivers",
	"connector/httpdoor -> connector":          "the contract of drivers",
	"connector/iec104 -> connector":            "the contract of drivers",
	"connector/hj212 -> connector":             "the contract of drivers",
	"connector/dlt645 -> connector":            "the contract of drivers",
	"connector/cjt188 -> connector":            "the contract of drivers",
	"connector/serialline -> connector":        "the contract of drivers",
	"connector/dlt645 -> connector/serialline": "meters of both protocols are asked in turn on the lines of serial servers",
	"connector/cjt188 -> connector/serialline": "meters of both protocols are asked in turn on the lines of serial servers",
	"connector/modbus -> connector/profile":    "a profile says which register is which value",
	"accounting/casefile -> accounting":        "a case file is the written form of activities to account",
	"accounting/casefile -> usage":             "declared amounts are usage of one quality",
	"flow/carbon/flowfile -> flow/carbon":      "a flow file is the written form of a network and its trace",
	"inventory/evidence -> accounting":         "evidence carries the declared activities and accounts them again",
	"inventory/carbonflow -> inventory":        "carbon flows as the view accounts it",
	"inventory/carbonflow -> balance":          "carbon flows along the balanced network",
	"inventory/carbonflow -> usage":            "the days that were balanced",
	"inventory/carbonflow -> flow/carbon":      "the trace",
	"inventory/carbonflow -> inventory/traced": "the park's network laid out for the trace",
	"inventory -> inventory/traced":            "what went into conversions, traced to who took of their outputs",
	"inventory/traced -> balance":              "the balanced network is laid out",
	"inventory/traced -> flow/carbon":          "for this trace",
	"inventory/uncertainty -> inventory":       "an uncertainty is of an inventory's totals",
	"inventory/uncertainty -> accounting":      "it is made of the uncertainties of entries",
	"inventory/uncertainty -> usage":           "and of the quality of their activity data",
	"usage/statement -> usage":                 "a statement is of settled usage",
	"usage/statement -> accounting":            "a statement may carry the entries made of its usage",
	"inventory/evidence -> usage/statement":    "evidence of days settled at an enterprise is its signed statement",
	"store/stream -> store/series":             "every member of a cluster applies the stream to a series store of its own",
	"connector/opcua -> connector":             "the contract of drivers",
	"connector/ocpp -> connector":              "the contract of drivers",
	"connector/folder -> connector":            "the contract of drivers",
	"connector/pull -> connector":              "the contract of drivers",
	"connector/gatewaydoor -> connector":       "the contract of drivers",
	"connector/gatewaydoor -> gateway/frame":   "both sides of the link speak one format",
	"connector/folder -> ingest/readingfile":   "a folder's files are reading files",
	"gateway -> connector":                     "the machine at the site is the sink of its drivers",
	"gateway -> gateway/frame":                 "both sides of the link speak one format",
	"gateway/frame -> connector":               "a frame carries samples",
	"forecast -> forecast/tree":                "trees are one of the models",
	"forecast/seriesfile -> forecast":          "a series file is the written form of what is forecast",
	"tariff/bill -> tariff":                    "a bill is by the classes of a tariff",
	"forecast/outlook -> forecast":             "an outlook is a forecast with what was before it",
	"forecast/outlook -> usage":                "and settled usage is what was",
	"mandv/baselinefile -> mandv":              "a savings file is the written form of a case",
	"dispatch/dispatchfile -> dispatch":        "a dispatch file is the written form of a problem",
	"inventory/evidence -> usage":              "evidence is made of settled usage",
	"alarm/picture -> alarm":                   "alarms with the names that people know them by",
	"alarm/proposal -> alarm/rulefile":         "a proposal is a rule file",
	"alarm/rulefile -> alarm":                  "a rule file is the written form of a set of rules",
}

// forbidden are arrows that run down and still may not be.
var forbidden = map[string]string{
	"api -> node": "the API declares what it needs as interfaces; cmd/lingtan gives it the node",
}

// touches are packages through which an engine would reach the world outside.
var touches = regexp.MustCompile(`^(database/sql|net|os|syscall|plugin|log|log/slog|math/rand|math/rand/v2|github\.com/.*(duckdb|bun|huma).*|modernc\.org/sqlite)(/.*)?$`)

// clock are the calls of package time that read the clock.
var clock = []string{"Now", "Since", "Until", "After", "Tick", "NewTicker", "NewTimer", "Sleep", "AfterFunc"}

// sql fits a string that is an SQL statement.
var sql = regexp.MustCompile(`(?is)^\s*(select\s.+\sfrom\s|insert\s+into\s|update\s.+\sset\s|delete\s+from\s|create\s+(table|index|view|trigger|temp|or)\b|alter\s+table\s|drop\s+(table|view|index)\s|pragma\s|with\s.+\sselect\s)`)

// sqlRooms may hold SQL.
var sqlRooms = map[string]string{
	"store/record": "the records", "store/series": "the readings and the usage",
	"bench": "measures plain DuckDB beside Lingtan; no part of the binary",
}

var vague = []string{"util", "utils", "common", "helper", "helpers", "misc", "base", "manager", "lib", "pkg", "internal"}

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Dir        string
	Imports    []string
	GoFiles    []string
	CgoFiles   []string
}

// room is the package's path inside the module.
func (p listed) room() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "lingtan"), "/")
}

func packages(t *testing.T) []listed {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Imports,GoFiles,CgoFiles", "./...")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var list []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles)+len(p.CgoFiles) > 0 { // this folder has tests alone
			list = append(list, p)
		}
	}
	if len(list) < 20 {
		t.Fatalf("go list found %d packages only", len(list))
	}
	return list
}

func TestImportsRunDown(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		from := p.room()
		if rooms[from] == 0 {
			t.Errorf("%s has no floor: give it one in rooms", from)
		}
		for _, i := range p.Imports {
			to, ok := strings.CutPrefix(i, "lingtan/")
			if !ok {
				continue
			}
			used[from+" -> "+to] = true
			if fault := arrow(from, to); fault != "" {
				t.Errorf("%s", fault)
			}
		}
	}
	for _, a := range slices.Sorted(maps.Keys(sideways)) {
		if !used[a] {
			t.Errorf("%s is allowed in sideways and not used: remove it", a)
		}
	}
}

// arrow is what is wrong with an import, empty when nothing is.
func arrow(from, to string) string {
	a := from + " -> " + to
	if why, no := forbidden[a]; no {
		return a + " is forbidden: " + why
	}
	switch {
	case rooms[to] == 0:
		return a + ": the second has no floor"
	case rooms[to] > rooms[from]:
		return fmt.Sprintf("%s runs up, from floor %d to floor %d", a, rooms[from], rooms[to])
	case rooms[to] == rooms[from] && sideways[a] == "":
		return a + " is on one floor and not agreed in sideways"
	}
	return ""
}

func TestArrow(t *testing.T) {
	bad := func(from, to string) {
		t.Helper()
		if arrow(from, to) == "" {
			t.Errorf("%s -> %s should be refused", from, to)
		}
	}
	bad("meter", "usage")
	bad("usage", "store/series")
	bad("usage", "balance")
	bad("store/record", "store/series")
	bad("store/record", "api")
	bad("api", "node")
	bad("report", "nowhere")
	if fault := arrow("api", "inventory"); fault != "" {
		t.Error(fault)
	}
}

func TestEnginesArePure(t *testing.T) {
	for _, p := range packages(t) {
		if rooms[p.room()] != engines {
			continue
		}
		for _, i := range p.Imports {
			if touches.MatchString(i) {
				t.Errorf("engine %s imports %s: engines take what they need through interfaces", p.room(), i)
			}
		}
	}
	for _, f := range source(t) {
		if f.test() || rooms[f.room()] > engines || rooms[f.room()] == 0 {
			continue
		}
		for _, call := range clockCalls(f.tree) {
			t.Errorf("%s: time.%s: floors 1 to 3 have no clock; take the time as an argument", f.at(call.Pos()), call.Sel.Name)
		}
	}
}

// clockCalls are the uses of the clock in a file, as a call or as a value.
func clockCalls(file *ast.File) []*ast.SelectorExpr {
	var found []*ast.SelectorExpr
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && x.Obj == nil && slices.Contains(clock, s.Sel.Name) {
			found = append(found, s)
		}
		return true
	})
	return found
}

func TestSQLStaysInStores(t *testing.T) {
	for _, f := range source(t) {
		if f.test() || sqlRooms[f.room()] != "" {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if b, ok := n.(*ast.BasicLit); ok && b.Kind == token.STRING && isSQL(b.Value) {
				t.Errorf("%s: SQL outside the stores: %.60s", f.at(b.Pos()), b.Value)
			}
			return true
		})
	}
}

func isSQL(literal string) bool {
	text, err := strconv.Unquote(literal)
	return err == nil && sql.MatchString(text)
}

func TestIsSQL(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT a FROM b WHERE c": true, "\n  insert into x values (1)": true, "PRAGMA wal": true, "update t set a = 1": true,
		"select a period": false, "update the park file": false, "with care": false,
	} {
		if got := isSQL(strconv.Quote(text)); got != want {
			t.Errorf("isSQL(%q) = %v", text, got)
		}
	}
}

func TestNamesOfFolders(t *testing.T) {
	for _, p := range packages(t) {
		for part := range strings.SplitSeq(p.room(), "/") {
			if slices.Contains(vague, part) {
				t.Errorf("%s: %q says nothing; name it after what is in it", p.room(), part)
			}
		}
	}
}

func TestPackageComments(t *testing.T) {
	comments := map[string]string{}
	names := map[string]string{}
	for _, f := range source(t) {
		if f.test() && f.room() != "." {
			continue
		}
		names[f.room()] = f.tree.Name.Name
		if f.tree.Doc != nil {
			comments[f.room()] += f.tree.Doc.Text()
		}
	}
	for room, name := range names {
		want := "Package " + name + " "
		if name == "main" {
			want = "Command " + path.Base(room) + " "
		}
		if !strings.HasPrefix(comments[room], want) {
			t.Errorf("package %s: its comment should begin with %q, in one file", room, want)
		}
	}
}
