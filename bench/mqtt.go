package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lingtan/meter"
	"lingtan/node"
	"lingtan/park"
)

const (
	pushEvery   = 99 * time.Millisecond // between two messages of a device; a little more than 10 a second
	pushWarm    = 5 * time.Second
	pushMeasure = 20 * time.Second
	pushedLeast = 10     // messages a second and device
	pushedP99   = 100    // ms
	tickHz      = 100.0  // of /proc/pid/stat (USER_HZ)
	perPoint    = 5      // devices for each of -points: 5,000 of 1,000
	pushedMost  = 15_000 // sockets of one process
	stopWithin  = time.Minute
)

// pushed measures the MQTT door of the program itself: listed devices, connected each by
// a socket of its own, publish at QoS 1, ten messages a second each; what was acknowledged
// is counted in the store afterwards.
func pushed(ctx context.Context, o options, r *result) error {
	count := min(perPoint*o.Points, pushedMost)
	dir := filepath.Join(o.Dir, "mqtt")
	if err := pushPark(ctx, o, dir, count); err != nil {
		return err
	}
	web, err := freeAddress()
	if err != nil {
		return err
	}
	door, err := freeAddress()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(o.Dir, "mqtt.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	server := exec.CommandContext(ctx, o.program(), "serve", "--data", dir, "--listen", web, "--mqtt", door)
	server.Stderr = log
	if err := server.Start(); err != nil {
		return err
	}
	sent, err := pushLoad(door, server.Process.Pid, count, r)
	if err = errors.Join(err, stopProgram(server)); err != nil {
		return err
	}
	return pushStored(ctx, dir, sent, r)
}

// pushPark makes a park whose points are meters that tell their power, and the list of
// their devices.
func pushPark(ctx context.Context, o options, dir string, count int) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	n, err := node.Open(ctx, node.Options{Dir: dir})
	if err != nil {
		return err
	}
	points := layPoints(count, o.Seed)
	doc := document(points)
	lo, hi := -20000.0, 20000.0
	for i := range doc.Points {
		doc.Points[i].Registers = []park.Register{{ID: "r", Quantity: "active_power", Kind: string(meter.Power), Carrier: "electricity", Unit: "kW", Min: &lo, Max: &hi}}
		if points[i].role == roleGas {
			doc.Points[i].Registers[0].Carrier = "natural_gas"
		}
	}
	list := []byte("format: lingtan.devices/v1\ndevices:\n")
	for i, p := range points {
		list = fmt.Appendf(list, "  - {id: d%d, protocol: mqtt, token: %x, map: {kw: %s}}\n", i, sha256.Sum256([]byte(pushToken(i))), p.key())
	}
	_, err = n.ImportPark(ctx, act(), doc.YAML())
	if err == nil {
		var in *node.Ingest
		if in, err = n.OpenIngest(ctx, node.IngestOptions{}); err == nil {
			_, err = in.ImportDevices(ctx, act(), benchPark, list)
		}
	}
	return errors.Join(err, n.Close())
}

func pushToken(i int) string { return "bench-token-" + strconv.Itoa(i) }

// pushLoad connects the devices, publishes and measures; it gives the messages that were
// acknowledged, which are all that were sent.
func pushLoad(address string, pid, count int, r *result) (int64, error) {
	if err := listening(address); err != nil {
		return 0, err
	}
	began := time.Now()
	f, err := connectPushers(address, count, pushEvery, pushToken)
	if err != nil {
		return 0, err
	}
	defer f.close()
	r.add("devices, each with a connection and a session", float64(count), "")
	r.add("connecting them one after the other", time.Since(began).Seconds(), "s")
	if err := f.run(pushWarm); err != nil {
		return 0, err
	}
	before, used, spent, began := f.acknowledged, cpu(), processTime(pid), time.Now()
	if err := f.run(pushMeasure); err != nil {
		return 0, err
	}
	took := time.Since(began).Seconds()
	rate := float64(f.acknowledged-before) / took
	own, server := (cpu()-used).Seconds()/took, (processTime(pid)-spent)/took
	if err := f.drain(); err != nil {
		return 0, err
	}
	waits := make(times, len(f.waits))
	for i, w := range f.waits {
		waits[i] = float64(w) / 1000
	}
	r.limit("messages acknowledged at QoS 1", rate, "messages/s", float64(pushedLeast*count), true)
	r.add("acknowledgement after the message was due, p50", waits.at(0.5), "ms")
	r.limit("acknowledgement after the message was due, p99", waits.at(0.99), "ms", pushedP99, false)
	r.add("acknowledgement after the message was due, the longest", waits.at(1), "ms")
	r.add("processor time of the program", 100*server, "% of a core")
	r.add("processor time of the load", 100*own, "% of a core")
	r.add("processor time of the program, a message", 1e6*server/rate, "µs")
	return f.acknowledged, nil
}

// stopProgram interrupts the program, which is to end by itself.
func stopProgram(server *exec.Cmd) error {
	late := time.AfterFunc(stopWithin, func() { server.Process.Kill() })
	err := errors.Join(server.Process.Signal(os.Interrupt), ended(server.Wait()))
	if !late.Stop() {
		err = errors.Join(err, fmt.Errorf("the program did not end within %v of its interrupt", stopWithin))
	}
	return err
}

// pushStored counts the readings in the store: as many as were acknowledged, none twice.
func pushStored(ctx context.Context, dir string, sent int64, r *result) error {
	n, err := node.Open(ctx, node.Options{Dir: dir})
	if err != nil {
		return err
	}
	stats, err := n.Series.Stats(ctx)
	if err = errors.Join(err, n.Close()); err != nil {
		return err
	}
	if stats.Readings != sent {
		return fmt.Errorf("%d messages were acknowledged and %d readings are stored", sent, stats.Readings)
	}
	r.add("messages acknowledged in all, and readings in the store", float64(sent), "")
	return nil
}

// listening waits until something listens at an address, for at most a minute.
func listening(address string) error {
	var err error
	for range 600 {
		var c net.Conn
		if c, err = net.Dial("tcp", address); err == nil {
			return c.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// processTime is the processor time that a process took so far, seconds, of user and
// system together (fields 14 and 15 of /proc/pid/stat).
func processTime(pid int) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	text := string(raw)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / tickHz
}
