package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lingtan": main})
}

// TestScripts runs test/script/*.txtar: what the binary does, told as text. Beside
// testscript's own commands (go doc github.com/rogpeppe/go-internal/testscript) the
// scripts use those of scriptCommands. Every script begins with the files of
// test/script/mill. UPDATE=1 writes what a cmp found into the script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "test", "script"),
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
		Setup: func(e *testscript.Env) error {
			e.Setenv("LINGTAN_DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("LINGTAN_LANG", "en")
			return os.CopyFS(e.WorkDir, os.DirFS(filepath.Join("..", "..", "test", "script", "mill")))
		},
	})
}

var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":    exits,
	"readings": writeReadings,
	"replace":  replaceText,
	"halve":    halve,
	"gzip":     gzipFile,
	"capture":  capture,
	"instant":  instant,
	"await":    await,
}

// exits CODE COMMAND...: runs the command and wants that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// readings FILE FROM STEP COUNT FIRST RISE: writes a CSV of COUNT readings "time,value"
// that begin at FROM, a STEP apart, with values FIRST, FIRST+RISE, FIRST+2·RISE, …
func writeReadings(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 6 {
		ts.Fatalf("usage: readings FILE FROM STEP COUNT FIRST RISE")
	}
	at, err := time.Parse(time.RFC3339, args[1])
	ts.Check(err)
	step, err := time.ParseDuration(args[2])
	ts.Check(err)
	count, err := strconv.Atoi(args[3])
	ts.Check(err)
	first, err := strconv.ParseFloat(args[4], 64)
	ts.Check(err)
	rise, err := strconv.ParseFloat(args[5], 64)
	ts.Check(err)
	var b strings.Builder
	b.WriteString("time,value\n")
	for i := range count {
		fmt.Fprintf(&b, "%s,%g\n", at.Add(time.Duration(i)*step).Format(time.RFC3339), first+float64(i)*rise)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

// replace FILE OLD NEW: replaces the first OLD, which must be there.
func replaceText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not contain %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

// halve FILE: cuts the file in half.
func halve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: halve FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()/2))
}

// gzip FILE: writes FILE.gz.
func gzipFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gzip FILE")
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(errors.Join(err, w.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".gz"), b.Bytes(), 0o600))
}

// capture NAME FILE PATTERN: sets $NAME to the pattern's first group in the file,
// which may be stdout.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: capture NAME FILE PATTERN")
	}
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) < 2 {
		ts.Fatalf("%q is not in %s", args[2], args[1])
	}
	ts.Setenv(args[0], found[1])
}

// instant NAME MILLISECONDS: sets $NAME to the instant so long after 1970, RFC 3339.
func instant(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: instant NAME MILLISECONDS")
	}
	ms, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Setenv(args[0], time.UnixMilli(ms).UTC().Format(time.RFC3339Nano))
}

// await FILE: waits up to 20 s until the file is there.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	for range 400 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s did not appear", args[0])
}
