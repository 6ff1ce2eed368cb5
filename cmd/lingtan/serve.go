package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"lingtan/api"
	"lingtan/node"
	"lingtan/web"
)

func (a *app) serveCommand() *cobra.Command {
	c := &cobra.Command{Use: "serve", Short: "提供控制台和 API · serve the console and the API", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				_, err := os.Stat(filepath.Join(a.dir, demoMark))
				return a.serve(c.Context(), n, err == nil)
			})
		}}
	serveFlags(c)
	return c
}

// serve answers until the context ends.
func (a *app) serve(ctx context.Context, n *node.Node, demo bool) error {
	var console fs.FS
	if built, ok := web.Console(); ok {
		console = built
	} else {
		fmt.Fprintln(a.stderr, a.say("未内置控制台：请先运行 make web 再编译；API 可用。", "No console in this binary: run make web and build again; the API works."))
	}
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	hub := api.NewHub()
	doors, err := a.openDoors(ctx, n, hub, log)
	if err != nil {
		return err
	}
	alarms, err := a.openAlarms(ctx, n, hub, doors, log)
	if err != nil {
		return err
	}
	server, err := api.New(api.Options{Records: n.Records, Alarms: alarms, Control: n.Desk(), Console: console, Version: version, Now: n.Now, Parks: n, Devices: deviceSource{doors.ingest, doors.board, doors}, Metrics: doors.metrics(n), Demo: demo, Live: hub, Secure: a.ports.certificate != "", Front: doors.http.Handler, Log: log})
	if err != nil {
		return err
	}
	secure, err := a.ports.tls()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: %s is in use by another program; give another address with --listen 127.0.0.1:8081", errUsage, a.listen)
	}
	if err != nil {
		return err
	}
	go n.Warm(ctx) // so that the first page need not wait for the year to be traced
	address := "http://" + listener.Addr().String()
	if secure != nil {
		listener, address = tls.NewListener(listener, secure), "https://"+listener.Addr().String()
	}
	if err := a.greet(ctx, n, address); err != nil {
		return errors.Join(err, listener.Close())
	}
	controlled, err := a.runControl(ctx, n, doors)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	stop := doors.run(ctx)
	watched := runAlarms(ctx, alarms, log)
	err = server.Serve(ctx, listener)
	stop()
	watched()
	controlled()
	return err
}

// greet says where the server is and how to sign in.
func (a *app) greet(ctx context.Context, n *node.Node, address string) error {
	path, err := api.FirstRun(ctx, n.Records, n.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s %s/\n", a.say("控制台和 API：", "Console and API:"), address)
	if path != "" {
		fmt.Fprintf(a.stderr, "%s %s%s\n", a.say("一次性登录链接（30 分钟）：", "One-time link to sign in (30 minutes):"), address, path)
		return nil
	}
	fmt.Fprintln(a.stderr, a.say("用已有账号登录；忘记密码：lingtan user reset LOGIN。", "Sign in with your account; forgotten: lingtan user reset LOGIN."))
	return nil
}
