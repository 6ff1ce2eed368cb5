package doorkill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/node"
	"lingtan/store/series"
)

// server is the program in a process of its own, on one data directory and always at the
// same addresses.
type server struct {
	program, dir string
	http, mqtt   string
	ocpp, hj212  string
	gateway      string
	log          *os.File
	cmd          *exec.Cmd
	ended        chan error // of the process that runs
	kills        int
	begun        time.Time // of the process that runs
}

// newServer builds the program, or takes that of LINGTAN_PROGRAM.
func newServer(t *testing.T, dir string) *server {
	t.Helper()
	s := &server{program: os.Getenv("LINGTAN_PROGRAM"), dir: dir}
	if s.program == "" {
		s.program = filepath.Join(dir, "lingtan")
		if out, err := exec.Command("go", "build", "-o", s.program, "lingtan/cmd/lingtan").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for _, a := range []*string{&s.http, &s.mqtt, &s.ocpp, &s.hj212, &s.gateway} {
		*a = port(t)
	}
	var err error
	if s.log, err = os.Create(filepath.Join(dir, "server.log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.log.Close() })
	return s
}

// port is a free address below the range from which the kernel takes the ports of
// outgoing connections: while the server is dead none of these may sit on its port.
func port(t *testing.T) string {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 15_000+rand.IntN(15_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

// data is the data directory.
func (s *server) data() string { return filepath.Join(s.dir, "data") }

// must runs a command on the data directory to its end.
func (s *server) must(t *testing.T, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	c := exec.Command(s.program, args...)
	c.Dir, c.Env, c.Stderr = s.dir, append(os.Environ(), "LINGTAN_DATA="+s.data(), "LINGTAN_LANG=en"), &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("lingtan %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// start starts the server; it need not answer yet.
func (s *server) start(t *testing.T) {
	t.Helper()
	c := exec.Command(s.program, "serve", "--listen", s.http, "--mqtt", s.mqtt, "--ocpp", s.ocpp, "--hj212", s.hj212, "--gateway", s.gateway)
	c.Dir, c.Env, c.Stdout, c.Stderr = s.dir, append(os.Environ(), "LINGTAN_DATA="+s.data(), "LINGTAN_LANG=en"), s.log, s.log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	s.cmd, s.ended = c, ended
	s.begun = time.Now()
}

// alive waits until the server answers.
func (s *server) alive(t *testing.T) {
	t.Helper()
	for range 3000 {
		if answer, err := http.Get("http://" + s.http + "/health"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		s.runs(t)
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the server does not answer\n%s", s.words())
}

// runs fails the test when the server has ended by itself.
func (s *server) runs(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.ended:
		t.Fatalf("the server ended by itself: %v\n%s", err, s.words())
	default:
	}
}

// kill ends the server by SIGKILL.
func (s *server) kill(t *testing.T) {
	t.Helper()
	s.runs(t)
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := <-s.ended; !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the server ended by itself: %v\n%s", err, s.words())
	}
	s.kills++
}

// words are the last lines of the server's log.
func (s *server) words() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// contents opens the data directory, whose server is dead, and gives what it has of each
// register, and of how many rows that is.
func (s *server) contents(t *testing.T) (map[string]track, series.Stats) {
	t.Helper()
	ctx := context.Background()
	n, err := node.Open(ctx, node.Options{Dir: s.data()})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	all := map[string]track{}
	err = n.Series.Readings(ctx, meter.Query{Park: parkID, From: 0, To: time.Now().Add(24 * time.Hour).UnixMilli()}, func(k meter.Track) error {
		c := track{at: append([]int64(nil), k.At...), value: append([]float64(nil), k.Value...)}
		if k.Revision != nil {
			c.revision = append([]uint16{}, k.Revision...)
		}
		all[k.Key] = c
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	stats, err := n.Series.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return all, stats
}
