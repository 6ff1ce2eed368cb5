package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// contender is a server that takes line protocol: ours, or one of its peers.
type contender struct {
	name    string
	program string
	args    func(dir, address string) ([]string, error) // also prepares a fresh dir
	alive   string                                      // a path that answers once it is ready
	create  string                                      // a path to post to before the first write; "" = none
	write   string
	count   func(s *server) (float64, error)  // samples that a query finds now
	recount func(dir string) (float64, error) // the same once the server has ended; nil: ask it
	tidy    func(s *server) error             // brings what it holds into its form at rest
	data    string                            // in dir: what counts as its data
}

// server is a running contender.
type server struct {
	contender
	dir, base string
	cmd       *exec.Cmd
	log       *os.File
}

// start starts the contender on dir and waits until it answers.
func (c contender) start(dir string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args, err := c.args(dir, address)
	if err != nil {
		return nil, err
	}
	s := &server{contender: c, dir: dir, base: "http://" + address, cmd: exec.Command(c.program, args...)}
	if s.log, err = os.OpenFile(filepath.Join(dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, err
	}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, s.log.Close())
	}
	for range 1200 {
		if _, err = s.get(c.alive); err == nil {
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.Join(fmt.Errorf("%s does not answer: %w; see %s", c.name, err, s.log.Name()), s.kill())
}

// kill ends the server as a power cut would.
func (s *server) kill() error {
	return errors.Join(s.cmd.Process.Kill(), ended(s.cmd.Wait()), s.log.Close())
}

// stop asks the server to end, and waits for it.
func (s *server) stop() error {
	return errors.Join(s.cmd.Process.Signal(syscall.SIGINT), ended(s.cmd.Wait()), s.log.Close())
}

// get reads an answer of at most 64 MiB.
func (s *server) get(path string) ([]byte, error) { return answered(http.Get(s.base + path)) }

// post sends an empty form.
func (s *server) post(path string) ([]byte, error) {
	return answered(http.Post(s.base+path, "application/x-www-form-urlencoded", nil))
}

// answered reads an answer; one that is no success is an error.
func answered(answer *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s: %.300s", answer.Request.URL.Path, answer.Status, text)
	}
	return text, err
}

// cpu is the processor time of the server's process so far (proc(5), fields 14 and 15
// in ticks of 10 ms).
func (s *server) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // from field 3
	var ticks int
	for _, f := range fields[11:13] {
		n, _ := strconv.Atoi(f) // the kernel writes numbers
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// peak is the largest resident set of the server so far, MiB.
func (s *server) peak() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	kib, _ := strconv.Atoi(strings.TrimSuffix(after(string(text), "VmHWM"), " kB")) // the kernel writes a number
	return float64(kib) / 1024
}

// peers are the servers that scripts/peers.sh provides; absent ones are told.
func peers(r *result) []contender {
	var found []contender
	for _, c := range []contender{victoria(), influx()} {
		if _, err := exec.LookPath(c.program); err != nil {
			r.Notes = append(r.Notes, c.name+" is not here and was not measured; scripts/peers.sh gets it")
			continue
		}
		found = append(found, c)
	}
	return found
}

// victoria is VictoriaMetrics, single node.
func victoria() contender {
	return contender{name: "VictoriaMetrics 1.100.0", program: ".cache/peers/victoria-metrics",
		args: func(dir, address string) ([]string, error) {
			return []string{"-storageDataPath=" + filepath.Join(dir, "data"), "-httpListenAddr=" + address, "-retentionPeriod=100y"}, nil
		},
		alive: "/health", write: "/api/v2/write?precision=s", data: "data",
		count: func(s *server) (float64, error) {
			q := url.Values{"query": {`sum(count_over_time({__name__=~"power_meter_.+"}[1000d]))`}, "time": {strconv.FormatInt(fleetStart.Unix()+1000*86400-1, 10)}, "nocache": {"1"}}
			text, err := s.get("/api/v1/query?" + q.Encode())
			if err != nil {
				return 0, err
			}
			var x struct {
				Data struct{ Result []struct{ Value [2]any } }
			}
			if err := json.Unmarshal(text, &x); err != nil || len(x.Data.Result) == 0 {
				return 0, err
			}
			return strconv.ParseFloat(fmt.Sprint(x.Data.Result[0].Value[1]), 64)
		},
		tidy: func(s *server) error {
			if _, err := s.get("/internal/force_flush"); err != nil {
				return err
			}
			if _, err := s.get("/internal/force_merge"); err != nil {
				return err
			}
			return s.steady()
		},
	}
}

const influxConfig = `reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = %[1]q
[data]
  dir = %[2]q
  wal-dir = %[3]q
  query-log-enabled = false
  cache-snapshot-write-cold-duration = "5s"
  compact-full-write-cold-duration = "5s"
[http]
  bind-address = %[4]q
  log-enabled = false
[monitor]
  store-enabled = false
[ifql]
  enabled = false
`

// influx is InfluxDB 1.6, with its own settings but for shorter waits before it
// compacts what is no longer written to.
func influx() contender {
	return contender{name: "InfluxDB 1.6", program: "influxd",
		args: func(dir, address string) ([]string, error) {
			at := func(name string) string { return filepath.Join(dir, "data", name) }
			conf := filepath.Join(dir, "influxdb.conf")
			return []string{"run", "-config", conf}, os.WriteFile(conf, fmt.Appendf(nil, influxConfig, at("meta"), at("data"), at("wal"), address), 0o600)
		},
		alive: "/ping", create: "/query?q=CREATE+DATABASE+fleet", write: "/write?db=fleet&precision=s", data: "data",
		count: func(s *server) (float64, error) {
			text, err := s.get("/query?db=fleet&q=SELECT+count(*)+FROM+power_meter")
			if err != nil {
				return 0, err
			}
			var x struct {
				Results []struct{ Series []struct{ Values [][]any } }
			}
			if err := json.Unmarshal(text, &x); err != nil || len(x.Results) == 0 || len(x.Results[0].Series) == 0 {
				return 0, err
			}
			var sum float64
			for _, v := range x.Results[0].Series[0].Values[0][1:] {
				n, _ := v.(float64) // a count is a number
				sum += n
			}
			return sum, nil
		},
		tidy: (*server).steady,
	}
}

// steady waits until the server has been idle for some seconds, for at most a minute.
func (s *server) steady() error {
	idle, last := 0, s.cpu()
	for range 60 {
		time.Sleep(time.Second)
		now := s.cpu()
		if idle++; now-last > 100*time.Millisecond {
			idle = 0
		}
		if last = now; idle >= 8 {
			return nil
		}
	}
	return nil
}
