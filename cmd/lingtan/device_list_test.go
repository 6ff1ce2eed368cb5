package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"lingtan/connector"
	"lingtan/node"
	"lingtan/test/parktest"
)

// The commands on a device list, from a file with a fault to a mapped value.
func TestDeviceListCommands(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	var out bytes.Buffer
	a := &app{dir: filepath.Join(dir, "data"), language: "en", stdout: &out, stderr: &out}
	if err := a.with(ctx, func(n *node.Node) error {
		_, err := n.ImportPark(ctx, a.act("test"), parktest.New().Enterprise("mill").Check(t).Document.YAML())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	device := func(args ...string) (string, error) {
		out.Reset()
		root := &cobra.Command{Use: "device", SilenceErrors: true, SilenceUsage: true}
		root.AddCommand(a.deviceListCommands()...)
		root.SetArgs(args)
		err := root.ExecuteContext(ctx)
		return out.String(), err
	}
	says := func(want string, args ...string) {
		t.Helper()
		if got, err := device(args...); err != nil || got != want {
			t.Errorf("device %s: %q, %v; want %q", strings.Join(args, " "), got, err, want)
		}
	}
	file := filepath.Join(dir, "devices.yaml")
	put := func(protocol string) {
		text := "format: lingtan.devices/v1\ndevices:\n- id: gw\n  protocol: " + protocol + "\n  address: 10.0.0.1:502\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("modbuss")
	if _, err := device("import", file, "--park", "test"); !errors.Is(err, connector.ErrConfig) || !strings.Contains(err.Error(), "4:3: devices[0].protocol") {
		t.Errorf("a list with a fault: %v", err)
	}
	put("modbus")
	if got, err := device("import", file, "--park", "test"); err != nil || !strings.HasPrefix(got, "Device list of park test version 1, 1 devices, hash ") {
		t.Errorf("%q, %v", got, err)
	}
	says("gw\tmodbus\t10.0.0.1:502\t\t0\tenabled\n", "list", "--park", "test")
	says("", "unmapped", "--park", "test")
	if err := a.withIngest(ctx, func(g *node.Ingest) error {
		_, err := g.Admission.Admit(ctx, "test", []connector.Sample{{Device: "gw", Name: "kwh", At: a.act("").At.Truncate(0), Value: 12.5}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := device("unmapped", "--park", "test"); err != nil || !strings.HasPrefix(got, "gw\tkwh\t12.5\t") || !strings.HasSuffix(got, "\t× 1\n") {
		t.Errorf("%q, %v", got, err)
	}
	says("Mapped kwh of gw → mill.kwh (device list version 2).\n", "map", "--park", "test", "--device", "gw", "--name", "kwh", "--register", "mill.kwh")
	says("", "unmapped", "--park", "test")
	says("format: lingtan.devices/v1\ndevices:\n- id: gw\n  protocol: modbus\n  address: 10.0.0.1:502\n  map:\n    kwh: mill.kwh\n", "export", "--park", "test")
	for _, name := range []string{"list", "export", "unmapped"} {
		if _, err := device(name, "--park", "nowhere"); !errors.Is(err, node.ErrNoPark) {
			t.Errorf("%s of a park that is not there: %v", name, err)
		}
	}
}
