package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/connector"
	"lingtan/connector/cjt188"
	"lingtan/connector/dlt645"
	"lingtan/connector/folder"
	"lingtan/connector/iec104"
	"lingtan/connector/modbus"
	"lingtan/connector/mqtt"
	"lingtan/connector/opcua"
	"lingtan/connector/profile"
	"lingtan/connector/pull"
	"lingtan/ingest"
)

func (a *app) deviceCommand() *cobra.Command {
	c := &cobra.Command{Use: "device", Short: "设备：清单、探测、试读、映射 · devices: list, detect, test, map"}
	c.AddCommand(a.deviceListCommands()...)
	c.AddCommand(a.deviceDetectCommand(), a.deviceReadCommand("test"), a.deviceReadCommand("read"), a.deviceProfilesCommand())
	return c
}

// profiles is the library of shipped profiles and those of the data directory.
func (a *app) profiles() (*profile.Library, error) {
	library := &profile.Library{}
	return library, library.Load(filepath.Join(a.dir, "profiles"))
}

// calling are drivers that go to a device by themselves, new ones.
func (a *app) calling() ([]connector.Driver, error) {
	library, err := a.profiles()
	if err != nil {
		return nil, err
	}
	return []connector.Driver{modbus.New(library), dlt645.New(), cjt188.New(), iec104.New(), mqtt.New(mqtt.Options{}), opcua.New(),
		folder.New(folder.Options{Inbox: filepath.Join(a.dir, "inbox"), Mappings: filepath.Join(a.dir, "mappings")}),
		pull.New(pull.Options{Secrets: filepath.Join(a.dir, "secrets")})}, nil
}

// words are the protocols of drivers, as a person is told them.
func words[T any](drivers []connector.Driver) string {
	var list []string
	for _, d := range drivers {
		if _, ok := d.(T); ok {
			list = append(list, d.Protocol())
		}
	}
	return strings.Join(list, ", ")
}

func (a *app) deviceDetectCommand() *cobra.Command {
	var output, protocol string
	var timeout time.Duration
	c := &cobra.Command{Use: "detect ADDRESS", Short: "在地址上寻找设备 · look for devices at an address", Args: cobra.ExactArgs(1),
		Example: "  lingtan device detect 192.0.2.10:502\n  lingtan device detect 192.0.2.11:4001 --protocol dlt645",
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), timeout)
			defer cancel()
			found, err := a.detect(ctx, protocol, args[0])
			if output == "json" {
				if e := a.printJSON(found); err == nil {
					err = e
				}
				return err
			}
			for _, f := range found {
				fmt.Fprintf(a.stdout, "%s\t%v\t%s\t%s\n", f.Address, f.Options, f.Profile, f.Detail)
			}
			return err
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	c.Flags().StringVar(&protocol, "protocol", "", "ask by this protocol alone; empty: by each in turn 协议")
	c.Flags().DurationVar(&timeout, "timeout", 2*time.Minute, "for the whole search")
	return c
}

// detect asks an address by one protocol or by each in turn. It fails when nothing
// was found.
func (a *app) detect(ctx context.Context, protocol, address string) ([]connector.Found, error) {
	drivers, err := a.calling()
	if err != nil {
		return nil, err
	}
	var found []connector.Found
	var faults []error
	asked := 0
	for _, d := range drivers {
		detector, ok := d.(connector.Detector)
		if !ok || protocol != "" && d.Protocol() != protocol {
			continue
		}
		asked++
		got, err := detector.Detect(ctx, address)
		found = append(found, got...)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", d.Protocol(), err))
		}
	}
	if asked == 0 {
		return nil, fmt.Errorf("%w: --protocol %q; devices are detected by %s", errUsage, protocol, words[connector.Detector](drivers))
	}
	if len(found) > 0 && ctx.Err() == nil {
		return found, nil
	}
	return found, errors.Join(faults...)
}

// deviceReadCommand reads a device of a list file once and shows its values; nothing
// is stored and no data directory is needed. test says besides whether all came.
func (a *app) deviceReadCommand(use string) *cobra.Command {
	var output string
	short := map[string]string{"test": "试读设备并核对映射 · read a device once and look at its mapping", "read": "读取设备的当前值 · show a device's values as they are now"}[use]
	c := &cobra.Command{Use: use + " FILE DEVICE", Short: short, Args: cobra.ExactArgs(2),
		Example: "  lingtan device " + use + " devices.yaml meter-1",
		RunE: func(c *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			list, err := ingest.ParseList(data, nil)
			if err != nil {
				return err
			}
			for _, d := range list.Devices {
				if d.ID == args[1] {
					return a.readDevice(c.Context(), d, output, use == "test")
				}
			}
			return fmt.Errorf("%w: %s has no device %q", connector.ErrConfig, args[0], args[1])
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) readDevice(ctx context.Context, d connector.Device, output string, test bool) error {
	drivers, err := a.calling()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(drivers, func(x connector.Driver) bool { return x.Protocol() == d.Protocol })
	if i < 0 {
		return fmt.Errorf("%w: devices of protocol %q push by themselves; watch their values in the console, or by: lingtan device unmapped. Read by hand: %s", connector.ErrConfig, d.Protocol, words[connector.Reader](drivers))
	}
	reader, ok := drivers[i].(connector.Reader)
	if !ok {
		return fmt.Errorf("%w: devices of protocol %q cannot be read by hand; these can: %s", connector.ErrConfig, d.Protocol, words[connector.Reader](drivers))
	}
	samples, err := reader.Read(ctx, d)
	if output == "json" {
		if e := a.printJSON(samples); err == nil {
			err = e
		}
		return err
	}
	for _, s := range samples {
		to := d.Map[s.Name]
		if to == "" && test {
			to = a.say("（未映射）", "(not mapped)")
		}
		fmt.Fprintf(a.stdout, "%s\t%v\t%s\n", s.Name, s.Value, to)
	}
	return err
}

func (a *app) deviceProfilesCommand() *cobra.Command {
	return &cobra.Command{Use: "profiles", Short: "列出设备模板及出处 · list the device profiles and where their tables are from", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			library, err := a.profiles()
			if err != nil {
				return err
			}
			for _, p := range library.All() {
				source := ""
				if len(p.Source) > 0 {
					source = p.Source[0].Title
				}
				fmt.Fprintf(a.stdout, "%s\t%s\t%s %s\t%d\t%s\n", p.ID, p.Kind, p.Maker, p.Model, len(p.Values), source)
			}
			return nil
		}}
}
