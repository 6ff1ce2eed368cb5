package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/node"
	"lingtan/period"
)

func (a *app) explainCommand() *cobra.Command {
	var output, register, day string
	c := &cobra.Command{Use: "explain ENTRY", Short: "从一吨碳追溯到读数和因子版本 · from a tonne down to its readings and factor versions", Args: cobra.ExactArgs(1),
		Long: `Prints the tree of an entry: formula, factors with version and source, activity data,
registers by month. With --register and --day it goes down to the day's settlement
intervals and the readings they were settled from.`,
		Example: "  lingtan explain e1a2b3c4d5e6f708\n  lingtan explain e1a2b3c4d5e6f708 --register steel-main.kwh --day 2018-03-05",
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				tree, err := a.explain(c, n, args[0], register, day)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(tree)
				}
				a.printTree(a.stdout, tree, "", "")
				return nil
			})
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	c.Flags().StringVar(&register, "register", "", "go down into this register's day")
	c.Flags().StringVar(&day, "day", "", "the day, YYYY-MM-DD")
	c.MarkFlagsRequiredTogether("register", "day")
	return c
}

func (a *app) explain(c *cobra.Command, n *node.Node, entry, register, day string) (inventory.Explanation, error) {
	if register == "" {
		return n.Explain(c.Context(), entry)
	}
	d, err := period.ParseDay(day)
	if err != nil {
		return inventory.Explanation{}, err
	}
	x, err := n.EntryOwner(c.Context(), entry)
	if err != nil {
		return inventory.Explanation{}, err
	}
	e, err := x.Inventory.Entry(strings.TrimSpace(entry))
	if err != nil {
		return inventory.Explanation{}, err
	}
	if !slices.Contains(e.Activity.Registers, register) {
		return inventory.Explanation{}, fmt.Errorf("%w: %s is not metered by %s; its registers are %s", inventory.ErrNoEntry, entry, register, strings.Join(e.Activity.Registers, ", "))
	}
	return n.ExplainDay(c.Context(), x.Inventory.Structure.Park.ID, register, d, x.Inventory.AsKnownAt)
}

// printTree draws an explanation as a tree.
func (a *app) printTree(w io.Writer, x inventory.Explanation, lead, below string) {
	line := x.Label.In(a.language)
	if x.Ref != "" && !strings.Contains(line, x.Ref) {
		line += " [" + x.Ref + "]"
	}
	line += ": " + strconv.FormatFloat(x.Value, 'g', 12, 64) + " " + x.Unit
	if q := x.Quality; q != nil && q.Total() != 0 {
		line += fmt.Sprintf(" (%s %.2f %%", a.say("实测", "measured"), 100*q.Measured/q.Total())
		if q.Missing > 0 {
			line += fmt.Sprintf(", %s %d", a.say("缺失时段", "missing intervals"), q.Missing)
		}
		line += ")"
	}
	fmt.Fprintln(w, lead+line)
	if x.Detail != "" {
		fmt.Fprintln(w, below+"    "+x.Detail)
	}
	for i, child := range x.Children {
		if i == len(x.Children)-1 {
			a.printTree(w, child, below+"└─ ", below+"   ")
		} else {
			a.printTree(w, child, below+"├─ ", below+"│  ")
		}
	}
}

func (a *app) verifyCommand() *cobra.Command {
	var output string
	var trust trusted
	c := &cobra.Command{Use: "verify FILE", Short: "离线核验导出的清单、报告或读数证明 · check an exported inventory, a report or a reading proof offline", Args: cobra.ExactArgs(1),
		Long: `Recomputes an exported inventory (lingtan inventory -o json) from its own evidence:
hash, Merkle root, every entry and total, to the last bit. A reading proof
(lingtan prove) is checked from the reading to the inventory's root. A file can only
be held against itself: give the hash or root that you trust, as the park published
it, with --hash or --root. A report (lingtan report build: JSON, workbook, PDF) is made
again from the inventory in it, or from --inventory. Needs no server and no data directory.`,
		RunE: func(c *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			checks, err := verifyFile(c, data, trust)
			if output == "json" {
				if e := a.printJSON(map[string]any{"equal": err == nil, "checks": checks}); e != nil {
					return e
				}
				return err
			}
			for _, x := range checks {
				mark := "=="
				if !x.Equal {
					mark = "!="
				}
				fmt.Fprintf(a.stdout, "%s %s %s\n", mark, x.Name.In(a.language), x.Detail)
			}
			if err == nil {
				fmt.Fprintln(a.stdout, a.say("一致", "equal"))
			}
			return err
		}}
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	c.Flags().StringVar(&trust.root, "root", "", "the inventory's root that you trust")
	c.Flags().StringVar(&trust.hash, "hash", "", "the inventory's content hash that you trust")
	c.Flags().StringVar(&trust.inventory, "inventory", "", "the exported inventory that a report is of, where it carries none")
	return c
}

// trusted is what a verifier knows from elsewhere; empty = nothing.
type trusted struct{ root, hash, inventory string }

// check holds a file's root and hash against what is trusted.
func (t trusted) check(root, hash string) error {
	switch {
	case t.root != "" && t.root != root:
		return fmt.Errorf("%w: the file's root is %s, not %s", evidence.ErrDifferent, root, t.root)
	case t.hash != "" && t.hash != hash:
		return fmt.Errorf("%w: the file's hash is %s, not %s", evidence.ErrDifferent, hash, t.hash)
	}
	return nil
}

func verifyFile(c *cobra.Command, data []byte, trust trusted) ([]evidence.Check, error) {
	p, ok, err := evidence.ReadProof(data)
	if err != nil {
		return nil, err
	}
	if ok {
		checks, err := p.Verify()
		if err == nil {
			err = trust.check(p.Root(), p.Hash)
		}
		return checks, err
	}
	if checks, ok, err := verifyReport(c, data, trust); ok {
		return checks, err
	}
	x, err := evidence.ReadExport(strings.NewReader(string(data)))
	if err != nil {
		return nil, err
	}
	checks, err := evidence.Verify(c.Context(), x)
	if err == nil {
		err = trust.check(x.Inventory.Root, x.Hash)
	}
	return checks, err
}

func (a *app) proveCommand() *cobra.Command {
	var id, register, at string
	c := &cobra.Command{Use: "prove", Short: "证明某个读数包含在清单中 · prove that a reading is part of an inventory", Args: cobra.NoArgs,
		Example: "  lingtan prove --inventory demo-2018-r1 --register steel-main.kwh --at 2018-03-05T10:15:00+08:00 > proof.json",
		RunE: func(c *cobra.Command, _ []string) error {
			t, err := time.Parse(time.RFC3339, at)
			if err != nil {
				return fmt.Errorf("%w: --at %q is not a time such as 2018-03-05T10:15:00+08:00", errUsage, at)
			}
			return a.with(c.Context(), func(n *node.Node) error {
				p, err := n.Prove(c.Context(), id, register, t)
				if err != nil {
					return err
				}
				return json.NewEncoder(a.stdout).Encode(p)
			})
		}}
	c.Flags().StringVar(&id, "inventory", "", "inventory id (required)")
	c.Flags().StringVar(&register, "register", "", "register (required)")
	c.Flags().StringVar(&at, "at", "", "the reading's time, end of its interval, RFC 3339 (required)")
	must(c.MarkFlagRequired("inventory"), c.MarkFlagRequired("register"), c.MarkFlagRequired("at"))
	return c
}
