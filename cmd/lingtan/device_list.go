package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lingtan/ingest"
	"lingtan/node"
)

// deviceListCommands are the commands of device on the list of a park's devices.
func (a *app) deviceListCommands() []*cobra.Command {
	return []*cobra.Command{a.deviceImportCommand(), a.deviceExportCommand(), a.deviceListCommand(), a.deviceUnmappedCommand(), a.deviceMapCommand()}
}

// withIngest runs fn on the opened data directory with its device lists.
func (a *app) withIngest(ctx context.Context, fn func(*node.Ingest) error) error {
	return a.with(ctx, func(n *node.Node) error {
		g, err := n.OpenIngest(ctx, node.IngestOptions{})
		if err != nil {
			return err
		}
		return fn(g)
	})
}

func parkFlag(c *cobra.Command, park *string) *cobra.Command {
	c.Flags().StringVar(park, "park", "", "the park (required)")
	must(c.MarkFlagRequired("park"))
	return c
}

func (a *app) deviceImportCommand() *cobra.Command {
	var park string
	return parkFlag(&cobra.Command{Use: "import FILE", Short: "导入园区的设备清单 · record a device list as the park's newest", Args: cobra.ExactArgs(1),
		Example: "  lingtan device import devices.yaml --park demo",
		RunE: func(c *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			return a.withIngest(c.Context(), func(g *node.Ingest) error {
				v, err := g.ImportDevices(c.Context(), a.act("device import"), park, data)
				if err != nil {
					return err
				}
				n := len(g.Registry.Of(park).Devices)
				fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("园区 %s 设备清单第 %d 版，%d 台设备，哈希 %s", park, v.Number, n, v.Hash),
					fmt.Sprintf("Device list of park %s version %d, %d devices, hash %s", park, v.Number, n, v.Hash)))
				return nil
			})
		}}, &park)
}

func (a *app) deviceExportCommand() *cobra.Command {
	var park string
	return parkFlag(&cobra.Command{Use: "export", Short: "导出园区的设备清单 · write a park's newest device list as a file", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withIngest(c.Context(), func(g *node.Ingest) error {
				text, err := g.ExportDevices(c.Context(), park)
				if err != nil {
					return err
				}
				_, err = a.stdout.Write(text)
				return err
			})
		}}, &park)
}

func (a *app) deviceListCommand() *cobra.Command {
	var park, output string
	c := parkFlag(&cobra.Command{Use: "list", Short: "列出园区的设备 · list a park's devices", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.withIngest(c.Context(), func(g *node.Ingest) error {
				if !g.Registry.Knows(park) {
					return fmt.Errorf("%w: %q", node.ErrNoPark, park)
				}
				list := g.Registry.Of(park)
				if output == "json" {
					return a.printJSON(list)
				}
				for _, d := range list.Devices {
					state := a.say("启用", "enabled")
					if d.Disabled {
						state = a.say("停用", "disabled")
					}
					fmt.Fprintf(a.stdout, "%s\t%s\t%s\t%s\t%d\t%s\n", d.ID, d.Protocol, d.Address, d.Profile, len(d.Map), state)
				}
				for _, m := range list.Mappings {
					fmt.Fprintf(a.stdout, "%s\t%s → %s\n", m.Device, m.Name, m.Register)
				}
				return nil
			})
		}}, &park)
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) deviceUnmappedCommand() *cobra.Command {
	var park, output string
	c := parkFlag(&cobra.Command{Use: "unmapped", Short: "列出尚未映射的数值 · list values that came and are of no known register", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			return a.withIngest(c.Context(), func(g *node.Ingest) error {
				list, err := g.Unmapped(c.Context(), park)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(list)
				}
				for _, u := range list {
					a.printUnmapped(u)
				}
				return nil
			})
		}}, &park)
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) printUnmapped(u ingest.Unmapped) {
	fmt.Fprintf(a.stdout, "%s\t%s\t%v\t%s\t%s\t× %d\n", u.Device, u.Name, u.Value, u.First.Format(time.RFC3339), u.Last.Format(time.RFC3339), u.Count)
}

func (a *app) deviceMapCommand() *cobra.Command {
	var park, device, name, register string
	c := parkFlag(&cobra.Command{Use: "map", Short: "把设备的数值映射到寄存器，已保留的样本随之入库 · give a device's value its register; kept samples become its readings", Args: cobra.NoArgs,
		Example: "  lingtan device map --park demo --device gw-1 --name kwh --register mill.kwh",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withIngest(c.Context(), func(g *node.Ingest) error {
				v, err := g.MapPoint(c.Context(), a.act("device map"), park, device, name, register)
				if err != nil {
					return err
				}
				if err := g.SettleNow(c.Context()); err != nil {
					return err
				}
				fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("已映射 %s 的 %s → %s（设备清单第 %d 版）。", device, name, register, v.Number),
					fmt.Sprintf("Mapped %s of %s → %s (device list version %d).", name, device, register, v.Number)))
				return nil
			})
		}}, &park)
	f := c.Flags()
	f.StringVar(&device, "device", "", "the device, as it names itself (required)")
	f.StringVar(&name, "name", "", "the value's name at the device (required)")
	f.StringVar(&register, "register", "", "the park's register (required)")
	for _, flag := range []string{"device", "name", "register"} {
		must(c.MarkFlagRequired(flag))
	}
	return c
}
