package modbus

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lingtan/connector"
)

const serveEnv = "LINGTAN_TEST_MODBUS_DEVICES"

// TestServeDevices is the other process of the benchmark: it simulates devices of 60
// registers, each at an address of its own, until its input is closed.
func TestServeDevices(t *testing.T) {
	var count int
	if fmt.Sscan(os.Getenv(serveEnv), &count); count == 0 {
		return
	}
	for range count {
		regs := make(map[uint16]uint16, 60)
		for i := range uint16(60) {
			regs[i] = i
		}
		fmt.Println("at", newPlant(t, map[uint8]*device{1: {holding: regs}}).address)
	}
	bufio.NewReader(os.Stdin).ReadString('\n')
}

// simulate starts that process.
func simulate(b *testing.B, count int) []string {
	b.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestServeDevices$", "-test.v")
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", serveEnv, count))
	stdin, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); c.Wait() })
	var addresses []string
	for lines := bufio.NewScanner(stdout); len(addresses) < count && lines.Scan(); {
		if _, address, ok := strings.Cut(lines.Text(), "at 127"); ok {
			addresses = append(addresses, "127"+address)
		}
	}
	if len(addresses) < count {
		b.Fatalf("%d of %d devices were simulated", len(addresses), count)
	}
	return addresses
}

// counter counts what it admits.
type counter struct{ samples, calls atomic.Int64 }

func (c *counter) Admit(_ context.Context, _ string, samples []connector.Sample) (connector.Receipt, error) {
	c.samples.Add(int64(len(samples)))
	c.calls.Add(1)
	return connector.Receipt{Stored: len(samples)}, nil
}

func processor() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// One iteration is a second of polls of devices × 60 registers; the simulated devices
// run in another process. Reported are values a second and the share of one core.
func BenchmarkPolls(b *testing.B) {
	body := "values:\n"
	for i := range 60 {
		body += fmt.Sprintf("  - {name: v%d, quantity: voltage, kind: state, unit: V, modbus: {function: holding, register: %d, type: uint16, scale: 0.1}}\n", i, i)
	}
	lib := library(b, map[string]string{"sixty": body})
	for _, count := range []int{200, 1000} {
		b.Run(fmt.Sprintf("devices=%d", count), func(b *testing.B) {
			var list []connector.Device
			for i, address := range simulate(b, count) {
				list = append(list, connector.Device{ID: fmt.Sprint("d", i), Park: "p", Protocol: Protocol, Address: address, Profile: "sixty", Interval: time.Second})
			}
			c := &counter{}
			run(b, New(lib), newLists(list...), c)
			time.Sleep(2 * time.Second) // all connected
			before, spent, began := c.samples.Load(), processor(), time.Now()
			b.ResetTimer()
			for range b.N {
				time.Sleep(time.Second)
			}
			elapsed := time.Since(began).Seconds()
			b.ReportMetric(float64(c.samples.Load()-before)/elapsed, "values/s")
			b.ReportMetric(100*(processor()-spent).Seconds()/elapsed, "%core")
			b.ReportMetric(0, "ns/op")
		})
	}
}
