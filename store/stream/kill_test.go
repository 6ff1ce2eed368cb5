package stream

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lingtan/meter"
	"lingtan/store/series"
)

// The test binary plays a node of its own when this variable holds its Options.
const nodeVariable = "LINGTAN_STREAM_NODE"

func TestMain(m *testing.M) {
	if text := os.Getenv(nodeVariable); text != "" {
		if err := playNode(text); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// sendersANode append at the same time on each node.
const sendersANode = 2

// playNode is a node that appends batches of ten numbered rows until a line comes in,
// and says what was acknowledged. After "begin KEY…" of each sender it writes
//
//	ack KEY N     rows up to before N of KEY are acknowledged
//	leads         this node leads the stream
//	digest …      at the end: what it has
func playNode(text string) error {
	var o Options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	c, err := Start(o)
	if err != nil {
		return err
	}
	local, err := series.Open(filepath.Join(filepath.Dir(o.Dir), "series"), series.Options{Memory: 128 << 20, Threads: 1})
	if err != nil {
		return err
	}
	s, err := c.Open(bg, local)
	if err != nil {
		return err
	}
	var say sync.Mutex
	line := func(format string, v ...any) {
		say.Lock()
		defer say.Unlock()
		fmt.Printf(format+"\n", v...)
	}
	ctx, cancel := context.WithCancel(bg)
	var senders sync.WaitGroup
	for k := range sendersANode {
		key := fmt.Sprintf("%s.s%d.%d", o.Name, k, time.Now().UnixNano())
		senders.Go(func() { sendForEver(ctx, s, key, line) })
	}
	senders.Go(func() {
		for ctx.Err() == nil {
			if c.leads() {
				line("leads")
			}
			pause(ctx, 20*time.Millisecond)
		}
	})
	in := bufio.NewScanner(os.Stdin)
	in.Scan() // "stop"
	cancel()
	senders.Wait()
	line("stopped")
	in.Scan() // "dump"
	if err := dump(s, line); err != nil {
		return err
	}
	in.Scan() // the others may still need this node
	err = s.Close()
	c.Close()
	return err
}

// sendForEver appends ten rows after the other under one key; what failed is sent again.
func sendForEver(ctx context.Context, s *Store, key string, line func(string, ...any)) {
	for n := int64(0); ctx.Err() == nil; {
		b := &meter.Batch{Keys: []string{key}}
		for i := range int64(10) {
			b.Append(0, noon+n+i, 0, float64(n+i))
		}
		try, cancel := context.WithTimeout(bg, 10*time.Second)
		begun := time.Now()
		got, err := s.Append(try, "p", b)
		cancel()
		if err != nil {
			pause(ctx, 20*time.Millisecond)
			continue
		}
		if got.Stored+got.Duplicates != 10 || got.Corrected != 0 {
			line("wrong %s: %+v", key, got)
		}
		n += 10
		line("ack %s %d %d", key, n, time.Since(begun).Microseconds())
	}
}

// dump says, key by key, how many rows there are and a digest of all their columns.
func dump(s *Store, line func(string, ...any)) error {
	ctx, cancel := context.WithTimeout(bg, 2*time.Minute)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		return err
	}
	if _, err := s.Barrier(ctx); err != nil {
		return err
	}
	var keys []string
	if err := s.Readings(ctx, meter.Query{Park: "p", To: 1 << 45}, func(t meter.Track) error {
		keys = append(keys, strings.Clone(t.Key))
		return nil
	}); err != nil {
		return err
	}
	for _, key := range keys {
		list, err := s.Revisions(ctx, "p", key, 0, 1<<45)
		if err != nil {
			return err
		}
		sum := uint64(14695981039346656037)
		for i, r := range list {
			if r.At != noon+int64(i) || r.Value != float64(i) || r.Revision != 0 {
				return fmt.Errorf("%s: row %d is %+v", key, i, r)
			}
			if i > 0 && list[i-1].RecordedAt > r.RecordedAt {
				return fmt.Errorf("%s: row %d was recorded before row %d", key, i, i-1)
			}
			sum = (sum ^ uint64(r.RecordedAt)) * 1099511628211
		}
		line("digest %s %d %d", key, len(list), sum)
	}
	line("dumped")
	return nil
}

// child is a node in a process of its own.
type child struct {
	o   Options
	cmd *exec.Cmd
	in  io.WriteCloser
	log *watch
	end chan struct{} // closed when its output ends
}

// watch gathers what the children say.
type watch struct {
	sync.Mutex
	acked   map[string]int64
	took    []time.Duration
	leader  string
	lastAck time.Time
	stall   time.Duration // longest time without any acknowledgement since a kill
	digests map[string]map[string]string
	ready   map[string]string
	faults  []string
}

func (w *watch) hear(name, line string) {
	w.Lock()
	defer w.Unlock()
	words := strings.Fields(line)
	switch {
	case len(words) == 4 && words[0] == "ack":
		n, _ := strconv.ParseInt(words[2], 10, 64)
		us, _ := strconv.ParseInt(words[3], 10, 64)
		w.acked[words[1]] = n
		w.took = append(w.took, time.Duration(us)*time.Microsecond)
		if now := time.Now(); !w.lastAck.IsZero() {
			w.stall, w.lastAck = max(w.stall, now.Sub(w.lastAck)), now
		} else {
			w.lastAck = now
		}
	case line == "leads":
		w.leader = name
	case line == "stopped" || line == "dumped":
		w.ready[name] = line
	case len(words) == 4 && words[0] == "digest":
		if w.digests[name] == nil {
			w.digests[name] = map[string]string{}
		}
		w.digests[name][words[1]] = words[2] + " " + words[3]
	case strings.HasPrefix(line, "wrong") || strings.HasPrefix(line, "error"):
		w.faults = append(w.faults, name+": "+line)
	}
}

func (c *child) start(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(c.o)
	if err != nil {
		t.Fatal(err)
	}
	c.cmd = exec.Command(os.Args[0])
	c.cmd.Env = append(os.Environ(), nodeVariable+"="+string(text))
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		c.in, err = c.cmd.StdinPipe()
	}
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	c.end = make(chan struct{})
	go func() {
		defer close(c.end)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.log.hear(c.o.Name, lines.Text())
		}
	}()
}

// kill ends the process as a power switch would end it for its memory.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-c.end // all that it had said is heard
	_ = c.cmd.Wait()
}

func (c *child) tell(t *testing.T, line string) {
	t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

// until waits until all children have said line.
func (w *watch) until(t *testing.T, children []*child, line string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		w.Lock()
		n := 0
		for _, c := range children {
			if w.ready[c.o.Name] == line {
				n++
			}
		}
		faults := w.faults
		w.Unlock()
		if n == len(children) {
			return
		}
		if len(faults) > 0 || time.Now().After(end) {
			t.Fatalf("%d of %d nodes have %s; %v", n, len(children), line, faults)
		}
	}
}

func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("LINGTAN_CLUSTER_KILLS")
	if text == "" {
		return 4
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKills kills nodes, mostly the leader, while all three append. Every row that
// was acknowledged must be on every node once, in order, at the same recorded time.
func TestKills(t *testing.T) {
	w := &watch{acked: map[string]int64{}, digests: map[string]map[string]string{}, ready: map[string]string{}}
	var peers []Peer
	for i, address := range freePorts(t, 3) {
		peers = append(peers, Peer{Name: fmt.Sprintf("n%d", i+1), Address: address})
	}
	var children []*child
	for _, p := range peers {
		c := &child{log: w, o: Options{Name: p.Name, Dir: filepath.Join(t.TempDir(), "stream"), Peers: peers, ClusterListen: p.Address}}
		c.start(t)
		children = append(children, c)
		t.Cleanup(func() { _ = c.cmd.Process.Kill() }) // it has ended when all went well
	}
	w.flowing(t)
	var stalls []time.Duration
	leaders := 0
	for range kills(t) {
		time.Sleep(time.Duration(rand.IntN(1200)) * time.Millisecond)
		w.Lock()
		victim, name := children[rand.IntN(3)], w.leader
		w.stall, w.lastAck = 0, time.Now()
		w.Unlock()
		for _, c := range children {
			if c.o.Name == name && rand.IntN(5) > 0 {
				victim = c
				leaders++
			}
		}
		victim.kill(t)
		w.flowing(t) // the other two go on
		w.Lock()
		if victim.o.Name == name {
			stalls = append(stalls, w.stall)
		}
		w.Unlock()
		victim.start(t)
	}
	w.flowing(t)
	for _, line := range []string{"stop", "dump"} {
		for _, c := range children {
			c.tell(t, line)
		}
		w.until(t, children, map[string]string{"stop": "stopped", "dump": "dumped"}[line])
	}
	for _, c := range children {
		c.tell(t, "end")
		<-c.end
	}
	w.check(t, children)
	t.Logf("%d kills, %d of the leader; %s; stalls when the leader died: %s", kills(t), leaders, spread(w.took), spread(stalls))
}

// flowing waits until something is acknowledged that was not before.
func (w *watch) flowing(t *testing.T) {
	t.Helper()
	w.Lock()
	before := len(w.took)
	w.Unlock()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		w.Lock()
		n, faults := len(w.took), w.faults
		w.Unlock()
		if n > before+20 {
			return
		}
		if time.Now().After(end) || len(faults) > 0 {
			t.Fatalf("%d acknowledgements in a minute; %v", n-before, faults)
		}
	}
}

// check holds what the nodes have against what was acknowledged.
func (w *watch) check(t *testing.T, children []*child) {
	t.Helper()
	w.Lock()
	defer w.Unlock()
	if len(w.faults) > 0 {
		t.Fatal(w.faults)
	}
	rows := int64(0)
	for key, n := range w.acked {
		rows += n
		var first string
		for _, c := range children {
			got := w.digests[c.o.Name][key]
			has, _, _ := strings.Cut(got, " ")
			if count, _ := strconv.ParseInt(has, 10, 64); count < n {
				t.Errorf("node %s has %d rows of %s, %d were acknowledged", c.o.Name, count, key, n)
			}
			if first == "" {
				first = got
			}
			if got != first {
				t.Errorf("%s: %s has %q, %s has %q", key, children[0].o.Name, first, c.o.Name, got)
			}
		}
	}
	t.Logf("%d rows acknowledged under %d keys", rows, len(w.acked))
}
