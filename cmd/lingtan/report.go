package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lingtan/inventory/evidence"
	"lingtan/node"
	"lingtan/report/form"
)

func (a *app) reportCommand() *cobra.Command {
	c := &cobra.Command{Use: "report", Short: "按标准出具报告 · reports by standard"}
	c.AddCommand(a.reportBuildCommand(), a.reportListCommand())
	return c
}

// reportFlags say what a report is to be.
type reportFlags struct {
	form, lang, format, inputs, rating, out string
	bare                                    bool
}

func (a *app) reportBuildCommand() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{Use: "build INVENTORY", Short: "由清单出具报告 · build a report of an inventory", Args: cobra.ExactArgs(1),
		Long: `Builds a report of an inventory by a form (lingtan report list). INVENTORY is the JSON
that lingtan inventory -o json wrote, which needs no data directory, or the id of an
inventory in the data directory. What a form asks for beside the inventory (goods,
precursors, statements) is read with --inputs; docs/formats/report.md describes it.
lingtan verify accepts the report as JSON, workbook and PDF.`,
		Example: "  lingtan report build inventory.json --form gbt32150 --lang zh --format xlsx -o report.xlsx\n  lingtan report build demo-2018-r1 --form energy --format pdf -o energy.pdf",
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains([]string{"zh", "en", "both"}, f.lang) {
				return fmt.Errorf("%w: --lang %q; write zh, en or both", errUsage, f.lang)
			}
			x, err := a.exported(c, args[0])
			if err != nil {
				return err
			}
			return reportOutcome(a.buildReport(x, f))
		}}
	flags := c.Flags()
	flags.StringVar(&f.form, "form", "", "the form 报告格式 (required)")
	flags.StringVar(&f.lang, "lang", "zh", "zh, en or both")
	flags.StringVar(&f.format, "format", "xlsx", "xlsx, pdf, json, or xml of the form cbam")
	flags.StringVar(&f.inputs, "inputs", "", "what is stated beside the inventory, YAML or JSON")
	flags.StringVar(&f.rating, "rating", "", "the rating of the park (lingtan rating zero-carbon-park … -o json), for the form zero-carbon-park")
	flags.StringVarP(&f.out, "out", "o", "", "write to this file instead of standard output")
	flags.BoolVar(&f.bare, "bare", false, "JSON without the inventory 不含清单")
	must(c.MarkFlagRequired("form"))
	return c
}

// exported is the inventory of a file, or else of the data directory by its id.
func (a *app) exported(c *cobra.Command, name string) (x *evidence.Export, err error) {
	data, err := os.ReadFile(name)
	if err == nil {
		return evidence.ReadExport(bytes.NewReader(data))
	}
	if !os.IsNotExist(err) || strings.ContainsAny(name, `./\`) {
		return nil, err
	}
	err = a.with(c.Context(), func(n *node.Node) error {
		if x, err = n.Inventory(c.Context(), name); err != nil {
			return err
		}
		return n.Pack(c.Context(), x)
	})
	return x, err
}

func (a *app) buildReport(x *evidence.Export, f reportFlags) error {
	in, err := f.stated()
	if err != nil {
		return err
	}
	r, err := form.Build(f.form, x, in)
	if err != nil {
		return err
	}
	var buf bytes.Buffer // nothing is left half written
	if f.format == "json" {
		err = r.WriteJSON(&buf, f.bare)
	} else {
		err = r.Write(&buf, f.format, f.lang)
	}
	if err != nil {
		return err
	}
	if f.out == "" {
		_, err = a.stdout.Write(buf.Bytes())
		return err
	}
	return os.WriteFile(f.out, buf.Bytes(), 0o644)
}

// stated is what the files of inputs and of the rating say; nil without them.
func (f reportFlags) stated() (in *form.Inputs, err error) {
	if f.inputs != "" {
		data, err := os.ReadFile(f.inputs)
		if err != nil {
			return nil, err
		}
		if in, err = form.ReadInputs(data); err != nil {
			return nil, err
		}
	}
	if f.rating == "" {
		return in, nil
	}
	data, err := os.ReadFile(f.rating)
	if err != nil {
		return nil, err
	}
	return form.Rated(in, data)
}

func (a *app) reportListCommand() *cobra.Command {
	var output string
	c := &cobra.Command{Use: "list", Short: "列出报告格式 · list the forms of reports", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if output == "json" {
				return a.printJSON(form.Forms())
			}
			for _, f := range form.Forms() {
				fmt.Fprintf(a.stdout, "%-18s %-22s %s\n", f.ID, strings.Join(f.Formats, ","), f.Title.In(a.language))
			}
			return nil
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// verifyReport checks a report in any of its forms; ok is false when data are none.
func verifyReport(c *cobra.Command, data []byte, trust trusted) (checks []evidence.Check, ok bool, err error) {
	r, ok, err := form.Open(data)
	if !ok || err != nil {
		return nil, ok, reportOutcome(err)
	}
	var x *evidence.Export
	if trust.inventory != "" {
		file, err := os.ReadFile(trust.inventory)
		if err != nil {
			return nil, true, err
		}
		if x, err = evidence.ReadExport(bytes.NewReader(file)); err != nil {
			return nil, true, err
		}
	}
	if checks, err = form.Verify(c.Context(), r, x); err == nil {
		err = trust.check(r.Inventory.Root, r.Inventory.Hash)
	}
	return checks, true, reportOutcome(err)
}

// reportOutcome gives an error of reports the exit code of its kind.
func reportOutcome(err error) error {
	switch {
	case errors.Is(err, form.ErrForm), errors.Is(err, form.ErrWrite):
		return fmt.Errorf("%w: %w", errUsage, err)
	case errors.Is(err, form.ErrInputs):
		return fmt.Errorf("%w: %w", errConfig, err)
	case errors.Is(err, form.ErrFormat):
		return fmt.Errorf("%w: %w", evidence.ErrFormat, err)
	}
	return err
}
