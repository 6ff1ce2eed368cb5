package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"lingtan/connector"
	"lingtan/connector/cjt188"
	"lingtan/connector/dlt645"
	"lingtan/connector/folder"
	"lingtan/connector/hj212"
	"lingtan/connector/iec104"
	"lingtan/connector/modbus"
	"lingtan/connector/mqtt"
	"lingtan/connector/ocpp"
	"lingtan/connector/opcua"
	"lingtan/connector/profile"
	"lingtan/connector/pull"
	"lingtan/gateway"
	"lingtan/ingest"
)

// gatewayCommand is the machine at a site, and at the server what makes one. Its
// --config is the gateway's own file, in the place of the program's settings.
func (a *app) gatewayCommand() *cobra.Command {
	var config string
	c := &cobra.Command{Use: "gateway", Short: "网关：现场采集、断网续传 · gateway: read devices at a site, keep and forward", Args: cobra.NoArgs,
		Example: "  lingtan gateway --config gateway.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("config") {
				return c.Help()
			}
			return a.runGateway(c.Context(), config)
		}}
	c.PersistentFlags().StringVar(&config, "config", "gateway.yaml", "the gateway's configuration, docs/formats/gateway.md 网关配置文件")
	run := &cobra.Command{Use: "run", Short: "在现场运行网关 · run the gateway at a site", Args: cobra.NoArgs,
		Example: "  lingtan gateway run --config gateway.yaml",
		RunE:    func(c *cobra.Command, _ []string) error { return a.runGateway(c.Context(), config) }}
	check := &cobra.Command{Use: "check", Short: "检查网关配置和证书 · check the configuration and the bundle", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			conf, b, err := readGateway(config)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s %s/%s → %s, %s %s\n", a.say("配置有效：", "The configuration is valid:"), b.Park, b.Gateway, conf.Server,
				a.say("证书有效期至", "certificate until"), b.Until.Format(time.RFC3339))
			return nil
		}}
	c.AddCommand(run, check, a.gatewayEnrolCommand(), a.gatewayStatusCommand(&config))
	return c
}

// readGateway reads a gateway's configuration and its bundle.
func readGateway(path string) (*gateway.Config, *gateway.Bundle, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	conf, err := gateway.ParseConfig(data, filepath.Dir(path))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	data, err = os.ReadFile(conf.Bundle)
	if err != nil {
		return nil, nil, err
	}
	b, err := gateway.ParseBundle(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", connector.ErrConfig, conf.Bundle, err)
	}
	return conf, b, nil
}

// runGateway runs until the context ends. Without home no store is opened: what is on
// disk is the spool alone.
func (a *app) runGateway(ctx context.Context, path string) error {
	conf, b, err := readGateway(path)
	if err != nil {
		return err
	}
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	if conf.Home.Data != "" {
		return a.runHome(ctx, conf, b, log)
	}
	stayBelow(conf.Memory)
	library := &profile.Library{}
	watch := &profileWatch{library: library, folder: filepath.Join(conf.State, "profiles"), changed: func() {}, log: log}
	watch.look() // device profiles of the site's own, beside the built-in ones
	drivers := []connector.Driver{modbus.New(library), dlt645.New(), cjt188.New(), iec104.New(), opcua.New(), mqtt.New(mqtt.Options{Listen: conf.Listen.MQTT}),
		folder.New(folder.Options{Inbox: filepath.Join(conf.State, "inbox"), Mappings: filepath.Join(conf.State, "mappings")}),
		pull.New(pull.Options{Secrets: filepath.Join(conf.State, "secrets")})}
	if conf.Listen.OCPP != "" {
		drivers = append(drivers, ocpp.New(ocpp.Options{Listen: conf.Listen.OCPP}))
	}
	if conf.Listen.HJ212 != "" {
		drivers = append(drivers, hj212.New(conf.Listen.HJ212))
	}
	return a.linked(ctx, gateway.Options{Config: conf, Bundle: b, Drivers: drivers, Parse: parseDevices, Version: version, Log: log})
}

// linked runs a gateway until the context ends.
func (a *app) linked(ctx context.Context, o gateway.Options) (err error) {
	g, err := gateway.Open(o)
	if errors.Is(err, gateway.ErrLocked) {
		return fmt.Errorf("%w: %w", connector.ErrBusy, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	conf, b := o.Config, o.Bundle
	fmt.Fprintln(a.stderr, a.say(fmt.Sprintf("网关 %s（园区 %s）已启动，服务器 %s；状态：lingtan gateway status。", b.Gateway, b.Park, conf.Server),
		fmt.Sprintf("Gateway %s of park %s runs, server %s; see lingtan gateway status.", b.Gateway, b.Park, conf.Server)))
	return g.Run(ctx)
}

// stayBelow tells the collector to keep the program small, unless the environment says
// otherwise: rather collect often than hold a site's little memory.
func stayBelow(memory gateway.Size) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(memory))
	}
}

// parseDevices reads the list that the server gives a gateway.
func parseDevices(list []byte) ([]connector.Device, error) {
	l, err := ingest.ParseList(list, nil)
	return l.Devices, err
}

func (a *app) gatewayStatusCommand(config *string) *cobra.Command {
	var output string
	c := &cobra.Command{Use: "status", Short: "本机网关的状态 · how the gateway of this machine does", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, _, err := readGateway(*config)
			if err != nil {
				return err
			}
			s, err := gateway.AskStatus(c.Context(), conf.State)
			if err != nil {
				return fmt.Errorf("no gateway runs on %s: %w", conf.State, err)
			}
			switch output {
			case "json":
				return a.printJSON(s)
			case "text":
				a.printGateway(s)
				return nil
			}
			return wrongFormat(output, "text", "json")
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) printGateway(s gateway.Status) {
	line := func(zh, en, format string, args ...any) {
		fmt.Fprintf(a.stdout, "%s\t%s\n", a.say(zh, en), fmt.Sprintf(format, args...))
	}
	line("网关", "gateway", "%s/%s", s.Park, s.Gateway)
	link := a.say("断开 ", "down ") + s.Fault
	if s.Linked {
		link = a.say("正常", "up")
	}
	line("链路", "link", "%s, %s, %s", s.Server, link, s.Since.Format(time.RFC3339))
	h := s.State
	line("队列", "spool", a.say("%d 个样本待传，%d / %d 字节 %s", "%d samples wait, %d of %d bytes %s"), h.Waiting, h.Bytes, h.Limit, s.Spool)
	if !h.Oldest.IsZero() {
		line("最早待传", "oldest waiting", "%s", h.Oldest.Format(time.RFC3339))
	}
	clock := a.say("未与服务器比对", "not compared with the server's yet")
	if h.Synced {
		clock = fmt.Sprintf("%s (± %s)", h.Offset, h.RoundTrip/2)
	}
	if h.Corrected {
		clock += a.say("，已校正", ", corrected")
	}
	line("时钟偏差", "clock offset", "%s", clock)
	line("证书有效期至", "certificate until", "%s", s.Until.Format(time.RFC3339))
	line("设备", "devices", "%d", s.Behind)
	for _, d := range s.Devices {
		state := a.say("正常", "ok")
		if !d.OK {
			state = d.Error
		}
		line("  "+d.Device, "  "+d.Device, "%s\t%s", d.At.Format(time.RFC3339), state)
	}
}
