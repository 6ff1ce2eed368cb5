package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"lingtan/node"
	"lingtan/web"
)

// finding is one line of the doctor.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func (a *app) doctorCommand() *cobra.Command {
	var output string
	c := &cobra.Command{Use: "doctor", Short: "检查数据目录和程序 · check the data directory and the program", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list []finding
			err := a.with(c.Context(), func(n *node.Node) error {
				list = a.examine(c, n)
				return nil
			})
			if err != nil {
				list = append(list, finding{"data directory", false, err.Error()})
			}
			if output == "json" {
				if e := a.printJSON(list); e != nil {
					return e
				}
			} else {
				for _, f := range list {
					fmt.Fprintf(a.stdout, "%-5v %s: %s\n", f.OK, f.Name, f.Detail)
				}
			}
			if err == nil && slices.ContainsFunc(list, func(f finding) bool { return !f.OK }) {
				return fmt.Errorf("doctor: %s", a.say("有检查未通过，见上。", "a check failed, see above."))
			}
			return err
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) examine(c *cobra.Command, n *node.Node) []finding {
	ctx := c.Context()
	var list []finding
	add := func(name string, err error, detail string) {
		if err != nil {
			detail = err.Error()
		}
		list = append(list, finding{name, err == nil, detail})
	}
	s, err := n.Series.Stats(ctx)
	add("series store", err, fmt.Sprintf("%d parks, %d registers, %d readings, %d settled days, %d month files", s.Parks, s.Registers, s.Readings, s.Days, s.Months))
	lines, _, err := n.Records.VerifyAudit(ctx)
	add("audit log", err, fmt.Sprintf("%d lines, chain unbroken", lines))
	parks, err := n.Records.Parks(ctx)
	add("parks", err, fmt.Sprint(sortedKeys(parks)))
	for id := range parks {
		_, err := n.Layout(ctx, id)
		add("park "+id, err, "compiles")
	}
	add("factor library", nil, "loaded")
	_, ok := web.Console()
	detail := "built in"
	if !ok {
		detail = "not built in: run make web, then build again"
	}
	list = append(list, finding{"console", true, detail})
	return list
}

func (a *app) versionCommand() *cobra.Command {
	var output string
	c := &cobra.Command{Use: "version", Short: "版本 · version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info := map[string]string{"version": version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			if b, ok := debug.ReadBuildInfo(); ok {
				for _, s := range b.Settings {
					if s.Key == "vcs.revision" {
						info["revision"] = s.Value
					}
				}
			}
			if output == "json" {
				return a.printJSON(info)
			}
			fmt.Fprintf(a.stdout, "lingtan %s %s %s\n", info["version"], info["go"], info["platform"])
			return nil
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}
