package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lingtan/node"
	"lingtan/park/parkfile"
)

func (a *app) parkCommand() *cobra.Command {
	c := &cobra.Command{Use: "park", Short: "园区文件：检查、导入、导出 · park files: check, import, export"}
	c.AddCommand(a.parkCheckCommand(), a.parkImportCommand(), a.parkExportCommand(), a.parkListCommand(), a.parkHistoryCommand(),
		&cobra.Command{Use: "schema", Short: "JSON Schema of park files · 园区文件的 JSON Schema", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := a.stdout.Write(parkfile.Schema())
				return err
			}})
	return c
}

func (a *app) parkCheckCommand() *cobra.Command {
	var output string
	c := &cobra.Command{Use: "check FILE", Short: "检查园区文件，列出每处错误的行列 · name every fault of a park file with line and column", Args: cobra.ExactArgs(1),
		Example: "  lingtan park check examples/demo/park.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			doc, faults := parkfile.Parse(data)
			if output == "json" {
				if err := a.printJSON(faults); err != nil {
					return err
				}
			}
			if err := faults.Err(); err != nil {
				return err
			}
			if output != "json" {
				fmt.Fprintf(a.stdout, "%s: %s\n", args[0], a.say(fmt.Sprintf("有效：%d 个组织，%d 个计量点，%d 个网络节点，%d 条边", len(doc.Organizations), len(doc.Points), len(doc.Network.Nodes), len(doc.Network.Edges)),
					fmt.Sprintf("valid: %d organizations, %d points, %d network nodes, %d edges", len(doc.Organizations), len(doc.Points), len(doc.Network.Nodes), len(doc.Network.Edges))))
			}
			return nil
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func (a *app) parkImportCommand() *cobra.Command {
	return &cobra.Command{Use: "import FILE", Short: "导入园区文件为新版本 · record a park file as the park's newest version", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			return a.with(c.Context(), func(n *node.Node) error {
				got, err := n.ImportPark(c.Context(), a.act("park import"), data)
				if err != nil {
					return err
				}
				if got.Same {
					fmt.Fprintf(a.stdout, "%s\n", a.say(fmt.Sprintf("园区 %s 与第 %d 版相同，未做更改。", got.Park, got.Version), fmt.Sprintf("Park %s is as in version %d; nothing changed.", got.Park, got.Version)))
					return nil
				}
				fmt.Fprintf(a.stdout, "%s\n", a.say(fmt.Sprintf("园区 %s 第 %d 版，哈希 %s", got.Park, got.Version, got.Hash), fmt.Sprintf("Park %s version %d, hash %s", got.Park, got.Version, got.Hash)))
				for _, x := range got.Changes {
					fmt.Fprintf(a.stdout, "  %s: %s → %s\n", x.Path, x.Old, x.New)
				}
				return nil
			})
		}}
}

func (a *app) parkExportCommand() *cobra.Command {
	return &cobra.Command{Use: "export PARK", Short: "导出园区文件 · write a park's newest version as a park file", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				text, err := n.ParkYAML(c.Context(), args[0])
				if err != nil {
					return err
				}
				_, err = a.stdout.Write(text)
				return err
			})
		}}
}

func (a *app) parkListCommand() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "列出园区 · list the parks", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				parks, err := n.Records.Parks(c.Context())
				if err != nil {
					return err
				}
				for _, id := range sortedKeys(parks) {
					l, err := n.Layout(c.Context(), id)
					if err != nil {
						return err
					}
					p := l.Document.Park
					fmt.Fprintf(a.stdout, "%s\t%s\t%s\t%s\n", id, p.Name.In(a.language), p.Region, p.Zone)
				}
				return nil
			})
		}}
}

func (a *app) parkHistoryCommand() *cobra.Command {
	return &cobra.Command{Use: "history PARK", Short: "列出园区的各版本 · list a park's versions", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				versions, err := n.Records.ParkVersions(c.Context(), args[0])
				if err != nil {
					return err
				}
				if len(versions) == 0 {
					return fmt.Errorf("%w: %q", node.ErrNoPark, args[0])
				}
				for _, v := range versions {
					fmt.Fprintf(a.stdout, "%d\t%s\t%s\t%s\n", v.Number, v.RecordedAt.Format("2006-01-02T15:04:05Z07:00"), v.Author, v.Hash)
				}
				return nil
			})
		}}
}
