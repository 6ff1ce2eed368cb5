package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"lingtan/connector"
	"lingtan/connector/gatewaydoor"
	"lingtan/gateway/frame"
	"lingtan/ingest"
	"lingtan/node"
)

// authorityDir holds the authority for gateways, in the data directory.
func (a *app) authorityDir() string { return filepath.Join(a.dir, "gateways") }

func (a *app) gatewayEnrolCommand() *cobra.Command {
	var park, out string
	var days int
	var listed bool
	c := parkFlag(&cobra.Command{Use: "enrol NAME", Short: "登记网关并生成证书包（在服务器上运行） · enrol a gateway and write its bundle (at the server)", Args: cobra.ExactArgs(1),
		Example: "  lingtan gateway enrol gw-east --park demo -o gw-east.pem",
		Long: `Makes key and certificate of a gateway, writes them into a bundle file, and pins the
certificate in the park's device list. A gateway that was enrolled before is refused
from then on until it has the new bundle. The bundle is secret: who has it is the gateway.
生成网关的密钥和证书写入证书包，并把证书指纹写入园区设备清单。重新登记后旧证书立即失效。证书包须保密。

While the server runs, the list cannot be changed from here: with --listed=false only
the bundle is written, and the token is printed for the list.
服务运行时无法在此修改清单：用 --listed=false 只生成证书包并打印 token，再写入清单。`,
		RunE: func(c *cobra.Command, args []string) error {
			id := frame.Identity{Park: park, Gateway: args[0]}
			if err := id.Check(); err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			if days < 1 || days > 3650 {
				return fmt.Errorf("%w: --days %d; 1 to 3650", errUsage, days)
			}
			if out == "" {
				out = args[0] + ".pem"
			}
			enrol := func(pin func(token string) error) error { return a.writeBundle(id, out, days, pin) }
			if !listed {
				return enrol(func(token string) error {
					fmt.Fprintf(a.stdout, "  - id: %s\n    protocol: gateway\n    token: %s\n", id.Gateway, token)
					return nil
				})
			}
			return a.withIngest(c.Context(), func(g *node.Ingest) error {
				return enrol(func(token string) error { return a.pinGateway(c.Context(), g, id, token) })
			})
		}}, &park)
	f := c.Flags()
	f.StringVarP(&out, "out", "o", "", "the bundle file; empty: NAME.pem 证书包文件")
	f.IntVar(&days, "days", 730, "days that the certificate is valid 证书有效天数")
	f.BoolVar(&listed, "listed", true, "pin the certificate in the park's device list 写入设备清单")
	return c
}

// writeBundle makes a bundle, writes it where no file is yet, and pins its certificate.
func (a *app) writeBundle(id frame.Identity, out string, days int, pin func(token string) error) error {
	now := time.Now()
	authority, err := gatewaydoor.OpenAuthority(a.authorityDir(), now)
	if err != nil {
		return err
	}
	data, token, err := authority.Enrol(id, now, time.Duration(days)*24*time.Hour)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: %s is there already; move it away or give another file with -o", errUsage, out)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = pin(token)
	}
	if err != nil {
		return errors.Join(err, os.Remove(out))
	}
	fmt.Fprintln(a.stderr, a.say(fmt.Sprintf("网关 %s 的证书包：%s（保密；复制到现场后从此处删除）。", id.Gateway, out),
		fmt.Sprintf("Bundle of gateway %s: %s (secret: copy it to the site and delete it here).", id.Gateway, out)))
	return nil
}

// pinGateway writes the token into the gateway's line of the device list, or adds it.
func (a *app) pinGateway(ctx context.Context, g *node.Ingest, id frame.Identity, token string) error {
	text, err := g.ExportDevices(ctx, id.Park)
	if err != nil {
		return err
	}
	list, err := ingest.ParseList(text, nil)
	if err != nil {
		return err
	}
	found := false
	for i := range list.Devices {
		d := &list.Devices[i]
		if d.ID != id.Gateway {
			continue
		}
		if d.Protocol != gatewaydoor.Protocol {
			return fmt.Errorf("%w: %s is in the list as a device of protocol %s; give the gateway another name", connector.ErrConfig, d.ID, d.Protocol)
		}
		d.Token, found = token, true
	}
	if !found {
		list.Devices = append(list.Devices, connector.Device{ID: id.Gateway, Protocol: gatewaydoor.Protocol, Token: token})
	}
	if text, err = list.YAML(); err != nil {
		return err
	}
	_, err = g.ImportDevices(ctx, a.act("gateway enrol"), id.Park, text)
	return err
}
