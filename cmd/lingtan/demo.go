package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"lingtan/examples"
	"lingtan/inventory/evidence"
	"lingtan/node"
	"lingtan/report"
)

const (
	demoPark   = "demo"
	demoPeriod = "2018"
	demoMark   = "DEMO"

	demoAlarmDays = 56 // of the year, over which rules are replayed
)

// demoImports are the demo's reading files and their mappings, in the order of import.
var demoImports = [][2]string{
	{"steel_15min.csv.gz", "steel.yaml"}, {"metalworks_2018_15min.csv.gz", "metalworks.yaml"}, {"furniture_shop_2015_15min.csv.gz", "furniture.yaml"},
	{"office_2015_15min.csv.gz", "office.yaml"}, {"pv_golden_15min.csv.gz", "pv.yaml"}, {"uk_electricity_hourly.csv.gz", "uk_electricity.yaml"},
	{"uk_gas_hourly.csv.gz", "uk_gas.yaml"}, {"ev_sessions.csv.gz", "ev.yaml"},
}

func (a *app) demoCommand() *cobra.Command {
	var once bool
	var output string
	c := &cobra.Command{Use: "demo", Short: "演示园区：真实读数，组合园区 · the demo park: real readings, assembled park", Args: cobra.NoArgs,
		Long: `Makes the demo park in a data directory of its own out of real, openly licensed
metering data (sources: examples/demo/README.md), settles a year, closes its
inventory, prints a summary and serves the console. Run it again at any time.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.config.origin["data"] == "default" {
				a.dir = "demo-data"
			}
			if output != "text" && output != "json" {
				return wrongFormat(output, "text", "json")
			}
			if err := a.demoDirectory(); err != nil {
				return err
			}
			return a.with(c.Context(), func(n *node.Node) error {
				if err := a.demo(c.Context(), n, output); err != nil || once {
					return err
				}
				return a.serve(c.Context(), n, true)
			})
		}}
	c.Flags().BoolVar(&once, "once", false, "print the summary and end 只打印摘要")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	serveFlags(c)
	return c
}

// demoDirectory refuses a directory that holds something else than a demo: demo and
// real data never mix.
func (a *app) demoDirectory() error {
	if err := os.MkdirAll(a.dir, 0o750); err != nil {
		return err
	}
	list, err := os.ReadDir(a.dir)
	if err != nil {
		return err
	}
	mark := filepath.Join(a.dir, demoMark)
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if len(list) > 0 {
		return fmt.Errorf("%w: %s holds something else than a demo; give an empty directory with --data", errUsage, a.dir)
	}
	return os.WriteFile(mark, []byte("A demo park: real readings, assembled park. 演示数据。\n"), 0o640)
}

// demo makes the demo park and prints its summary.
func (a *app) demo(ctx context.Context, n *node.Node, output string) error {
	began := time.Now()
	yaml, err := examples.Demo.ReadFile("demo/park.yaml")
	if err != nil {
		return err
	}
	if _, err := n.ImportPark(ctx, a.act("demo"), yaml); err != nil {
		return err
	}
	if err := a.demoReadings(ctx, n); err != nil {
		return err
	}
	if _, err := a.settle(ctx, n, demoPark, false); err != nil {
		return err
	}
	x, err := n.Shut(ctx, a.act("demo"), demoPark, demoPeriod)
	if err != nil {
		return err
	}
	if _, err := n.ReplayAlarms(ctx, a.act("demo"), demoPark, demoAlarmDays); err != nil {
		return err
	}
	if err := a.demoSummary(x, output); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s %.1f s\n", a.say("用时", "took"), time.Since(began).Seconds())
	return nil
}

func (a *app) demoSummary(x *evidence.Export, output string) error {
	s := report.Summarize(x)
	if output == "json" {
		return a.printJSON(s)
	}
	return report.TextSummary(a.stdout, s, a.language)
}

// demoReadings imports the embedded files by their mappings.
func (a *app) demoReadings(ctx context.Context, n *node.Node) error {
	tmp, err := os.MkdirTemp("", "lingtan-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	for _, x := range demoImports {
		for _, part := range []struct{ dir, name string }{{"data", x[0]}, {"mapping", x[1]}} {
			data, err := fs.ReadFile(examples.Demo, "demo/"+part.dir+"/"+part.name)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(tmp, part.name), data, 0o600); err != nil {
				return err
			}
		}
		r, err := n.ImportReadings(ctx, a.act("demo"), node.ReadingFile{Park: demoPark, Path: filepath.Join(tmp, x[0]), Mapping: filepath.Join(tmp, x[1])})
		if err != nil {
			return err
		}
		quiet := *a
		quiet.stdout = a.stderr // the summary alone goes to standard output
		quiet.printReport(r)
	}
	return nil
}
