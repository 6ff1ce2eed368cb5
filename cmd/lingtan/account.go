package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lingtan/accounting"
	"lingtan/accounting/casefile"
	"lingtan/factor"
	"lingtan/method"
)

func (a *app) accountCommand() *cobra.Command {
	var output string
	var packs []string
	c := &cobra.Command{Use: "account FILE", Short: "按方法核算一个活动数据文件，不需要服务器 · account a file of activities by a method, without a server", Args: cobra.ExactArgs(1),
		Long: `Reads a case of the format lingtan.account/v1 (docs/formats/account.md): activities of
organizations in a period, and one or several methods, which are applied side by side.
Every figure is told with its formula, factors, clause, source and grade. "-" reads
standard input. 读取活动数据文件，按一个或多个方法并列核算；每个数字都附公式、因子、条款、出处与等级。`,
		Example: "  lingtan account examples/account.json\n  lingtan account case.json -o json --pack my-method.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			if output != "text" && output != "json" && output != "csv" {
				return wrongFormat(output, "text", "json", "csv")
			}
			data, err := readCase(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			return a.library(c.Context(), func(lib *factor.Library) error { return a.account(data, packs, lib, output) })
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text, json or csv")
	c.Flags().StringArrayVar(&packs, "pack", nil, "a method of your own, a YAML file (repeatable) 自有方法文件")
	return c
}

// readCase reads a case file, or standard input for "-".
func readCase(name string, stdin io.Reader) ([]byte, error) {
	from := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	return io.ReadAll(io.LimitReader(from, casefile.MaxSize+1))
}

func (a *app) account(data []byte, files []string, lib *factor.Library, output string) error {
	c, err := casefile.Parse(data)
	if err != nil {
		return err
	}
	own, err := ownPacks(files)
	if err != nil {
		return err
	}
	var packs []method.Pack
	for _, ref := range c.Methods {
		p, err := findPack(ref, own)
		if err != nil {
			return err
		}
		packs = append(packs, p)
	}
	res := c.Account(packs, lib)
	switch output {
	case "json":
		err = a.printJSON(res)
	case "csv":
		err = writeEntries(a.stdout, res)
	default:
		a.printAccount(res)
	}
	if err != nil {
		return err
	}
	return res.Err()
}

// ownPacks reads methods from files.
func ownPacks(files []string) ([]method.Pack, error) {
	var list []method.Pack
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		p, err := method.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		list = append(list, p)
	}
	return list, nil
}

// findPack is a method by name: one's own before a shipped one.
func findPack(ref string, own []method.Pack) (method.Pack, error) {
	for _, p := range own {
		if p.Ref() == ref || p.ID == ref {
			return p, nil
		}
	}
	return method.Find(ref)
}

// entryColumns are the columns of a list of entries as CSV.
var entryColumns = []string{"method", "record", "organization", "rule", "scope", "basis", "category", "gas", "apart", "data", "data_unit", "emissions", "unit", "expression", "factors", "grades", "clause", "sources", "evidence"}

// writeEntries writes every entry of every method as CSV with a header.
func writeEntries(w io.Writer, res *casefile.Result) error {
	out := csv.NewWriter(w)
	if err := out.Write(entryColumns); err != nil {
		return err
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, m := range res.Methods {
		for _, e := range m.Entries {
			refs, grades, sources := factorTexts(e)
			row := []string{m.Method, e.Activity.Record, e.Activity.Organization, e.Rule, strconv.Itoa(e.Scope), string(e.Basis), e.Category, e.Gas, e.Apart,
				number(e.Data), e.DataUnit, number(e.Emissions), e.Unit, e.Expression, refs, grades, e.Clause, sources, e.Activity.Evidence}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func factorTexts(e accounting.Entry) (refs, grades, sources string) {
	var r, g, s []string
	for _, f := range e.Factors {
		r = append(r, f.Role+"="+f.Factor)
		g = append(g, f.Role+"="+string(f.Grade))
		s = append(s, f.Role+": "+f.Source)
	}
	return strings.Join(r, "; "), strings.Join(g, "; "), strings.Join(s, "; ")
}

func (a *app) printAccount(res *casefile.Result) {
	fmt.Fprintf(a.stdout, "%s  %s  %s  %s\n", res.Title, res.Period, res.Region, a.say("按 "+res.AsKnownAt+" 所知", "as known at "+res.AsKnownAt))
	for _, m := range res.Methods {
		fmt.Fprintf(a.stdout, "\n%s  %s\n", m.Method, a.say(m.Name.ZH, m.Name.EN))
		for _, e := range m.Entries {
			a.printAccountEntry(e)
		}
		for _, x := range m.Refused {
			fmt.Fprintf(a.stdout, "  ✗ %s (%s): %s\n", x.Record, x.Kind, x.Reason)
		}
		fmt.Fprintln(a.stdout, a.say("  合计", "  sums"))
		for _, s := range m.Sums {
			fmt.Fprintf(a.stdout, "    %s %d  %-9s %-24s %-8s %16.6f %s  %s\n", a.say("范围", "scope"), s.Scope, s.Basis, s.Category, s.Gas, s.Emissions, s.Unit, a.apart(s.Apart))
		}
		t := m.Totals
		fmt.Fprintf(a.stdout, "  %s %.6f · %s %.6f · %s %.6f · %s %.6f tCO2e\n", a.say("范围一", "scope 1"), t.Scope1, a.say("范围二（位置）", "scope 2 location"), t.Scope2Location,
			a.say("范围二（市场）", "scope 2 market"), t.Scope2Market, a.say("范围三", "scope 3"), t.Scope3)
		for _, n := range m.Notes {
			fmt.Fprintf(a.stdout, "  ! %s\n", strings.TrimSpace(strings.Join([]string{n.Record, n.Rule, n.Role, a.say(n.ZH, n.EN)}, " ")))
		}
	}
}

// apart says that a figure is in no total.
func (a *app) apart(kind string) string {
	if kind == "" {
		return ""
	}
	return a.say("另列、不计入合计：", "apart, in no total: ") + kind
}

func (a *app) printAccountEntry(e accounting.Entry) {
	fmt.Fprintf(a.stdout, "  %s  %s  %s %d  %s  %.6f %s  %s\n", e.ID, e.Activity.Organization, a.say("范围", "scope"), e.Scope, e.Basis, e.Emissions, e.Unit, a.apart(e.Apart))
	fmt.Fprintf(a.stdout, "      = %s\n      %s %s\n", e.Expression, a.say("条款：", "clause:"), e.Clause)
	for _, f := range e.Factors {
		fmt.Fprintf(a.stdout, "      %s = %v %s  %s  [%s]  %s\n", f.Role, f.Value, f.Unit, f.Factor, a.say(f.Grade.Label().ZH, f.Grade.Label().EN), f.Source)
	}
}
