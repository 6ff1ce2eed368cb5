package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lingtan/ingest/readingfile"
	"lingtan/node"
)

func (a *app) importCommand() *cobra.Command {
	c := &cobra.Command{Use: "import", Short: "导入读数 · import readings"}
	c.AddCommand(a.importReadingsCommand())
	return c
}

// importFlags are the flags of import readings.
type importFlags struct {
	park, mapping, rejects, output string
	check, noSettle, strict        bool
}

func (a *app) importReadingsCommand() *cobra.Command {
	var f importFlags
	c := &cobra.Command{Use: "readings FILE", Short: "按映射文件导入 CSV、Excel 或 Parquet · import CSV, Excel or Parquet by a mapping file", Args: cobra.ExactArgs(1),
		Long: `Imports a file of readings (CSV plain or gzip, Excel, Parquet) by a mapping file
(docs/formats/mapping.md). The same file twice changes nothing; an import that was
killed goes on where it was. Rejected rows go with their reasons to FILE.rejects.csv.`,
		Example: "  lingtan import readings steel.csv.gz --park demo --mapping steel.yaml",
		RunE:    func(c *cobra.Command, args []string) error { return a.importReadings(c, args[0], f) }}
	flags := c.Flags()
	flags.StringVar(&f.park, "park", "", "the park (required)")
	flags.StringVarP(&f.mapping, "mapping", "m", "", "mapping file (required)")
	flags.StringVar(&f.rejects, "rejects", "", "file for rejected rows (default FILE.rejects.csv)")
	flags.BoolVar(&f.check, "check", false, "read and check only, store nothing 只检查")
	flags.BoolVar(&f.noSettle, "no-settle", false, "do not settle afterwards 导入后不结算")
	flags.BoolVar(&f.strict, "strict", false, "fail with exit code 7 when a row is rejected 有拒收行即失败")
	flags.StringVarP(&f.output, "output", "o", "text", "text or json")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("mapping"))
	return c
}

func (a *app) importReadings(c *cobra.Command, path string, f importFlags) error {
	ctx := c.Context()
	return a.with(ctx, func(n *node.Node) error {
		var rejected bytes.Buffer
		bar := a.bar(a.say("导入", "import") + " " + filepath.Base(path))
		report, err := n.ImportReadings(ctx, a.act("import readings"), node.ReadingFile{Park: f.park, Path: path, Mapping: f.mapping, Rejects: &rejected,
			Progress: func(p readingfile.Progress) { bar.bytes(p.Bytes, p.TotalBytes, p.RowsPerSecond, p.Left) }, DryRun: f.check})
		bar.done()
		if e := a.saveRejects(path, f.rejects, &rejected, report); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
		if f.output == "json" {
			err = a.printJSON(report)
		} else {
			a.printReport(report)
		}
		if err != nil {
			return err
		}
		if !f.check && !f.noSettle {
			if _, err := a.settle(ctx, n, f.park, false); err != nil {
				return err
			}
		}
		if f.strict && report.Rejected > 0 {
			return fmt.Errorf("%w: %d rows or cells of %s rejected", errQuality, report.Rejected, path)
		}
		return nil
	})
}

// saveRejects writes the rejected rows beside the file, when there are any.
func (a *app) saveRejects(path, to string, rejected *bytes.Buffer, report readingfile.Report) error {
	if report.Listed == 0 {
		return nil
	}
	if to == "" {
		to = path + ".rejects.csv"
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, rejected); err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, a.say("拒收的行及原因见 ", "Rejected rows and reasons: ")+to)
	return out.Close()
}

func (a *app) printReport(r readingfile.Report) {
	if r.Already {
		fmt.Fprintf(a.stdout, "%s: %s\n", filepath.Base(r.File), a.say("此文件已按此映射导入过，未做更改。", "imported by this mapping before; nothing changed."))
		return
	}
	fmt.Fprintf(a.stdout, "%s: %s\n", filepath.Base(r.File), a.say(
		fmt.Sprintf("%d 行，%d 个读数（新增 %d，重复 %d，更正 %d），空值 %d，截去 %d，拒收 %d", r.Rows, r.Readings, r.Admission.Stored, r.Admission.Duplicates, r.Admission.Corrected, r.Gaps, r.Clipped, r.Rejected),
		fmt.Sprintf("%d rows, %d readings (%d new, %d duplicates, %d corrections), %d empty, %d clipped, %d rejected", r.Rows, r.Readings, r.Admission.Stored, r.Admission.Duplicates, r.Admission.Corrected, r.Gaps, r.Clipped, r.Rejected)))
	for _, x := range r.Findings {
		fmt.Fprintf(a.stdout, "  %s × %d: %s\n", x.Code, x.Count, strings.TrimSpace(a.say(x.ZH, x.EN)))
	}
}

// must stops on a programming error in the command tree.
func must(errs ...error) {
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
}
