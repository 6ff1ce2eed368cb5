package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	modbusserver "github.com/simonvetter/modbus"

	"lingtan/connector"
	"lingtan/connector/gatewaydoor"
	"lingtan/gateway"
	"lingtan/gateway/frame"
	"lingtan/ingest"
	"lingtan/node"
)

// meters is a Modbus address with meters behind it, whose every float rises with time.
type meters struct{ begun time.Time }

func startMeters(t testing.TB) string {
	t.Helper()
	address := freeAddress(t)
	server, err := modbusserver.NewServer(&modbusserver.ServerConfiguration{URL: "tcp://" + address, Timeout: time.Minute, MaxClients: 4,
		Logger: log.New(io.Discard, "", 0)}, meters{time.Now()})
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	return address
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// HandleInputRegisters gives floats of two registers, high word first.
func (m meters) HandleInputRegisters(r *modbusserver.InputRegistersRequest) ([]uint16, error) {
	list := make([]uint16, r.Quantity)
	for i := range list {
		register := int(r.Addr) + i
		bits := math.Float32bits(float32(register/2) + float32(r.UnitId)/100 + float32(time.Since(m.begun).Seconds()))
		if list[i] = uint16(bits >> 16); register%2 == 1 {
			list[i] = uint16(bits)
		}
	}
	return list, nil
}

func (meters) HandleHoldingRegisters(*modbusserver.HoldingRegistersRequest) ([]uint16, error) {
	return nil, modbusserver.ErrIllegalFunction
}
func (meters) HandleCoils(*modbusserver.CoilsRequest) ([]bool, error) {
	return nil, modbusserver.ErrIllegalFunction
}
func (meters) HandleDiscreteInputs(*modbusserver.DiscreteInputsRequest) ([]bool, error) {
	return nil, modbusserver.ErrIllegalFunction
}

// started starts a command that runs until it is told to stop; its words go to the test's log.
func (l lingtan) started(t *testing.T, args ...string) (stop func()) {
	t.Helper()
	var words bytes.Buffer
	c := l.command(args...)
	c.Stderr = &words
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, words.String())
		}
	})
	t.Cleanup(stop)
	return stop
}

// TestGateway takes the way that a user takes: enrol, list the devices, serve, run the
// gateway at the site; and the meter's values are in the park's registers.
func TestGateway(t *testing.T) {
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS(filepath.Join("..", "..", "test", "script", "mill"))); err != nil {
		t.Fatal(err)
	}
	l := lingtan{work, filepath.Join(work, "data")}
	l.must(t, "park", "import", "mill.yaml")
	l.must(t, "gateway", "enrol", "gw-east", "--park", "mill", "-o", "gw.pem")
	if out, err := l.command("gateway", "enrol", "gw-east", "--park", "mill", "-o", "gw.pem").CombinedOutput(); err == nil || !strings.Contains(string(out), "is there already") {
		t.Errorf("%s, %v", out, err)
	}
	list := string(l.must(t, "device", "export", "--park", "mill"))
	if !regexp.MustCompile(`id: gw-east\n\s+protocol: gateway\n\s+token: [0-9a-f]{64}`).MatchString(list) {
		t.Fatal(list)
	}
	list += "- {id: m1, protocol: modbus, address: " + startMeters(t) + ", profile: eastron-sdm630, interval: 200ms, gateway: gw-east, map: {active_energy: mill.kwh}}\n"
	write(t, filepath.Join(work, "devices.yaml"), list)
	l.must(t, "device", "import", "devices.yaml", "--park", "mill")
	door := freeAddress(t)
	write(t, filepath.Join(work, "gateway.yaml"), "format: lingtan.gateway/v1\nserver: "+door+"\nbundle: gw.pem\nstate: site\nlink: {heartbeat: 1s, every: 100ms}\n")
	if out := l.must(t, "gateway", "check", "--config", "gateway.yaml"); !strings.Contains(string(out), "mill/gw-east → "+door) {
		t.Errorf("%s", out)
	}
	if out, err := l.command("gateway", "status").CombinedOutput(); err == nil || !strings.Contains(string(out), "LT-7202") {
		t.Errorf("%s, %v", out, err)
	}
	serving := l.started(t, "serve", "--listen", "127.0.0.1:0", "--gateway", door)
	running := l.started(t, "gateway", "--config", "gateway.yaml")
	var s gateway.Status
	for end := time.Now().Add(30 * time.Second); s.State.Counts["sent"] < 100 && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if out, err := l.command("gateway", "status", "-o", "json").Output(); err == nil {
			if err := json.Unmarshal(out, &s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out, err := l.command("gateway", "run").CombinedOutput(); err == nil || !strings.Contains(string(out), "LT-7205") {
		t.Errorf("a second one: %s, %v", out, err)
	}
	if out := string(l.must(t, "gateway", "status")); !strings.Contains(out, "mill/gw-east") || !strings.Contains(out, "m1") {
		t.Error(out)
	}
	running()
	serving()
	if !s.Linked || s.State.Counts["sent"] < 100 || len(s.Devices) != 1 || !s.Devices[0].OK {
		t.Errorf("%+v", s)
	}
	n, err := node.Open(context.Background(), node.Options{Dir: l.data})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	last, err := n.Series.Last(context.Background(), "mill")
	if err != nil || len(last) != 1 || last[0].Key != "mill.kwh" || last[0].Value < 36 {
		t.Errorf("%+v, %v", last, err)
	}
}

func TestGatewayFaults(t *testing.T) {
	l := lingtan{t.TempDir(), t.TempDir()}
	fails := func(want string, args ...string) {
		t.Helper()
		if out, err := l.command(args...).CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %s, %v", args, out, err)
		}
	}
	fails("LT-7003", "gateway", "run", "--config", "none.yaml")
	write(t, filepath.Join(l.work, "bad.yaml"), "format: lingtan.gateway/v1\nserver: x:1\nbundle: b\nstate: s\nlink: {every: 0s}\n")
	fails("line 5: link.every", "gateway", "run", "--config", "bad.yaml")
	fails("LT-7105", "gateway", "enrol", "gw", "--park", "none")
	fails("LT-7001", "gateway", "enrol", "a/b", "--park", "p")
	if _, err := os.Stat(filepath.Join(l.work, "gw.pem")); err == nil {
		t.Error("the bundle of a gateway that was not enrolled is there")
	}
	out := string(l.must(t, "gateway", "enrol", "gw", "--park", "p", "--listed=false"))
	if !regexp.MustCompile(`^  - id: gw\n    protocol: gateway\n    token: [0-9a-f]{64}\n$`).MatchString(out) {
		t.Errorf("%q", out)
	}
}

// counting is a sink that counts.
type counting struct{ n atomic.Int64 }

func (c *counting) Admit(_ context.Context, _ string, samples []connector.Sample) (connector.Receipt, error) {
	c.n.Add(int64(len(samples)))
	return connector.Receipt{Stored: len(samples)}, nil
}

const (
	siteMeters  = 106 // of 19 values: 2,014 points
	siteSeconds = 60
)

// BenchmarkGatewayMemory runs the real program at a site of 2,014 points that are polled
// every second over Modbus, for a minute, then half a minute without the server and a
// quarter with it again, and tells its resident memory (Linux). Run it by
// go test -run '^$' -bench GatewayMemory -benchtime 1x ./cmd/lingtan
func BenchmarkGatewayMemory(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "lingtan")
	if out, err := exec.Command("go", "build", "-o", program, "lingtan/cmd/lingtan").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	sink, door, openDoor := siteServer(b, dir)
	closeDoor := openDoor()
	defer func() { closeDoor() }()
	config := "format: lingtan.gateway/v1\nserver: " + door + "\nbundle: gw.pem\nstate: site\nlink: {backoff: 5s}\n"
	if err := os.WriteFile(filepath.Join(dir, "gateway.yaml"), []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c := exec.Command(program, "gateway", "run", "--config", filepath.Join(dir, "gateway.yaml"))
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		before, most, sum := sink.n.Load(), 0.0, 0.0
		for range siteSeconds {
			time.Sleep(time.Second)
			rss := resident(b, c.Process.Pid)
			most, sum = max(most, rss), sum+rss
		}
		got := sink.n.Load() - before
		broken := 0.0
		for i := range 45 {
			switch i {
			case 0:
				closeDoor()
			case 30:
				closeDoor = openDoor()
			}
			time.Sleep(time.Second)
			broken = max(broken, resident(b, c.Process.Pid))
		}
		if all := float64(sink.n.Load()-before) / (siteSeconds + 45); all < 0.95*float64(got)/siteSeconds {
			b.Errorf("%v samples/s with the break in it", all)
		}
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			b.Fatal(err)
		}
		if err := c.Wait(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(most, "MiB-most")
		b.ReportMetric(broken, "MiB-most-broken")
		b.ReportMetric(sum/siteSeconds, "MiB-mean")
		b.ReportMetric(float64(got)/siteSeconds, "samples/s")
		cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		b.ReportMetric(100*cpu.Seconds()/(siteSeconds+55), "%cpu")
	}
}

// siteServer is a server with a gateway gw, whose bundle is in dir, and its meters.
func siteServer(b *testing.B, dir string) (sink *counting, door string, open func() (end func())) {
	b.Helper()
	authority, err := gatewaydoor.OpenAuthority(filepath.Join(dir, "authority"), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	pem, token, err := authority.Enrol(frame.Identity{Park: "p", Gateway: "gw"}, time.Now(), time.Hour)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "gw.pem"), pem, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	list := ingest.List{Devices: []connector.Device{{ID: "gw", Protocol: "gateway", Token: token}}}
	address := ""
	for i := range siteMeters {
		if i%10 == 0 {
			address = startMeters(b)
		}
		list.Devices = append(list.Devices, connector.Device{ID: fmt.Sprintf("meter-%03d", i), Protocol: "modbus", Address: address, Profile: "eastron-sdm630",
			Interval: time.Second, Gateway: "gw", Options: map[string]string{"unit": strconv.Itoa(i%10 + 1)}})
	}
	registry := ingest.NewRegistry()
	registry.Set("p", list, nil)
	sink, door = &counting{}, freeAddress(b)
	driver := gatewaydoor.New(gatewaydoor.Options{Listen: door, CertDir: filepath.Join(dir, "authority"),
		List: func(string) []connector.Device { return registry.Of("p").Devices }})
	return sink, door, func() func() {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			done <- driver.Run(ctx, connector.Environment{Devices: registry, Sink: sink, Log: slog.New(slog.DiscardHandler), Now: time.Now, Report: func(connector.Status) {}})
		}()
		return sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				b.Error(err)
			}
		})
	}
}

// resident is VmRSS of a process in MiB.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	found := regexp.MustCompile(`VmRSS:\s+([0-9]+) kB`).FindSubmatch(text)
	if found == nil {
		b.Fatalf("no VmRSS in %s", text)
	}
	kib, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
