package gateway

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lingtan/connector"
)

const (
	killTimes   = 50
	killDevices = 6
	killSamples = 24_000 // of each device
	killBatch   = 30
	childFolder = "LINGTAN_TEST_GATEWAY" // where the child process finds its files
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// counter is a driver of devices that count: it goes on after the last number that was
// acknowledged to it, and writes down what is acknowledged.
type counter struct{ dir string }

func (c counter) Protocol() string { return "modbus" }

func (c counter) Run(ctx context.Context, env connector.Environment) error {
	done := make(chan error, killDevices)
	for d := range killDevices {
		go func() { done <- c.device(ctx, env, fmt.Sprintf("d%d", d)) }()
	}
	for range killDevices {
		if err := <-done; err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(c.dir, "done"), nil, 0o600)
}

func (c counter) device(ctx context.Context, env connector.Environment, id string) error {
	path := filepath.Join(c.dir, id)
	last, err := acknowledged(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for last < killSamples && ctx.Err() == nil {
		var batch []connector.Sample
		for i := last + 1; i <= last+killBatch; i++ {
			for _, name := range []string{"plain", "summed"} {
				batch = append(batch, connector.Sample{Device: id, Name: name, At: at(float64(i) / 10), Value: float64(i)})
			}
		}
		if _, err := env.Sink.Admit(ctx, "p", batch); err != nil {
			continue
		}
		last += killBatch
		if _, err := fmt.Fprintln(f, last); err != nil {
			return err
		}
		sleep(ctx, time.Duration(rand.IntN(30))*time.Millisecond)
	}
	return nil
}

// acknowledged is the last whole line of a file, a number.
func acknowledged(path string) (int, error) {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return 0, nil
	}
	lines := strings.Split(string(data), "\n")
	if err != nil || len(lines) < 2 {
		return 0, err
	}
	return strconv.Atoi(lines[len(lines)-2])
}

// child is a gateway process as it is at a site, until its standard input ends.
func child(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "gateway.yaml"))
	if err != nil {
		return err
	}
	conf, err := ParseConfig(data, dir)
	if err != nil {
		return err
	}
	conf.Link.Every = 10 * time.Millisecond
	if data, err = os.ReadFile(conf.Bundle); err != nil {
		return err
	}
	b, err := ParseBundle(data)
	if err != nil {
		return err
	}
	g, err := Open(Options{Config: conf, Bundle: b, Parse: parseList, Drivers: []connector.Driver{counter{dir}}, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // its end says to stop
		cancel()
	}()
	if err := g.Run(ctx); err != nil {
		return err
	}
	return g.Close()
}

// TestKill kills the gateway by SIGKILL at random moments while devices bring samples
// and the server comes and goes. What was acknowledged to a device is at the server, in
// order, once; and the sums of its windows are the sum of all that it sent.
func TestKill(t *testing.T) {
	c := newCentral(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "gw.pem"), c.enrol("gw"))
	write(t, filepath.Join(dir, "gateway.yaml"), []byte("format: lingtan.gateway/v1\nserver: "+c.address+
		"\nbundle: gw.pem\nstate: state\nspool: {limit: 8MiB, linger: 2ms}\nlink: {batch: 500, backoff: 1s}\nfilter: [{match: summed, every: 7s, aggregates: [sum]}]\n"))
	c.start()
	finished := func() bool {
		_, err := os.Stat(filepath.Join(dir, "done"))
		return err == nil
	}
	kills := 0
	for ; kills < killTimes && !finished(); kills++ {
		cmd, _ := startChild(t, dir)
		time.Sleep(time.Duration(20+rand.IntN(400)) * time.Millisecond)
		if kills%5 == 4 {
			c.end()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		if kills%5 == 4 {
			c.start()
		}
	}
	cmd, stop := startChild(t, dir)
	for end := time.Now().Add(time.Minute); !finished() && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if kills < killTimes/2 {
		t.Fatalf("%d kills only", kills)
	}
	sendRest(t, c, dir)
	checkKilled(t, c, dir)
	t.Logf("%d kills, %d samples, %d came again", kills, len(c.store.all()), c.store.repeated)
}

// startChild starts the gateway; stop asks it to end.
func startChild(t *testing.T, dir string) (cmd *exec.Cmd, stop func()) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd, func() { _ = in.Close() }
}

// sendRest sends what the stopped gateway has in its spool.
func sendRest(t *testing.T, c *central, dir string) {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(dir, "gw.pem"))
	if err != nil {
		t.Fatal(err)
	}
	conf := config(t, c)
	conf.State = filepath.Join(dir, "state")
	conf.Filter = []Rule{{Match: "summed", Every: 7 * time.Second, Aggregates: []Aggregate{Sum}}}
	m := run(t, pem, Options{Config: conf})
	until(t, "the rest is sent", func() bool { return m.intake.spool.depth().waiting == 0 })
	if n := m.intake.spool.depth().damaged; n != 0 {
		t.Errorf("%d numbers could not be read", n)
	}
	m.end()
}

func checkKilled(t *testing.T, c *central, dir string) {
	t.Helper()
	next, sums := map[string]float64{}, map[string]float64{}
	for _, x := range c.store.all() {
		if x.Name == "summed.sum" {
			sums[x.Device] += x.Value
			continue
		}
		if x.Name != "plain" || x.Value != next[x.Device]+1 {
			t.Fatalf("%+v after %v", x, next[x.Device])
		}
		next[x.Device] = x.Value
	}
	for d := range killDevices {
		id := fmt.Sprintf("d%d", d)
		acked, err := acknowledged(filepath.Join(dir, id))
		if err != nil || acked < killSamples {
			t.Fatal(acked, err)
		}
		if next[id] != float64(acked) {
			t.Errorf("%s: %v of %d samples", id, next[id], acked)
		}
		if want := float64(acked) * float64(acked+1) / 2; sums[id] != want {
			t.Errorf("%s: its windows sum up to %v, want %v", id, sums[id], want)
		}
	}
}
