package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/node"
	"lingtan/report"
)

// enterprisesAsked are the flags of lingtan inventory --all-enterprises.
type enterprisesAsked struct {
	park, organization, period, method, known, output, out string
}

// enterpriseTotals is one enterprise as --all-enterprises -o json shows it.
type enterpriseTotals struct {
	Organization string           `json:"organization"`
	Inventory    string           `json:"inventory,omitempty"`
	Method       string           `json:"method,omitempty"`
	Total        *inventory.Total `json:"total,omitempty"`
	Why          string           `json:"why,omitempty"` // there is no inventory
}

// allEnterprises compiles the inventory of every enterprise of a park in one pass over its usage.
func (a *app) allEnterprises(ctx context.Context, n *node.Node, q enterprisesAsked) error {
	if q.organization != "" {
		return fmt.Errorf("%w: --all-enterprises and --organization ask for different things; leave one out", errUsage)
	}
	if q.output != "text" && q.output != "json" {
		return wrongFormat(q.output, "text", "json")
	}
	at, err := knownAt(q.known)
	if err != nil {
		return err
	}
	members, err := n.CompileEnterprises(ctx, q.park, q.period, q.method, at)
	if err != nil {
		return err
	}
	list := []enterpriseTotals{}
	for _, m := range members {
		if m.Inventory == nil {
			list = append(list, enterpriseTotals{Organization: m.Organization, Why: m.Why.Error()})
			continue
		}
		total := m.Inventory.Total("")
		total.Organization = m.Organization
		list = append(list, enterpriseTotals{Organization: m.Organization, Inventory: m.Inventory.ID, Method: m.Inventory.Method.Ref(), Total: &total})
		if q.out == "" {
			continue
		}
		if err := writeEnterprise(q.out, m); err != nil {
			return err
		}
	}
	if q.output == "json" {
		return a.printJSON(list)
	}
	a.printEnterprises(list)
	return nil
}

// writeEnterprise writes an inventory without evidence into a folder.
func writeEnterprise(dir string, m node.Member) (err error) {
	x, err := evidence.NewExport(m.Inventory)
	if err == nil {
		err = os.MkdirAll(dir, 0o750)
	}
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, m.Inventory.ID+".json"))
	if err != nil {
		return err
	}
	if err = report.JSON(f, x); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func (a *app) printEnterprises(list []enterpriseTotals) {
	fmt.Fprintln(a.stdout, a.say("企业\t方法\t范围1\t范围2（位置）\t范围2（市场）\t范围3\t标准煤\t实测占比", "enterprise\tmethod\tscope 1\tscope 2 (location)\tscope 2 (market)\tscope 3\ttce\tmeasured"))
	made := 0
	for _, x := range list {
		if x.Total == nil {
			fmt.Fprintf(a.stdout, "%s\t%s: %s\n", x.Organization, a.say("无法编制", "none"), x.Why)
			continue
		}
		made++
		t := x.Total
		fmt.Fprintf(a.stdout, "%s\t%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.1f %%\n", x.Organization, x.Method, t.Scope1, t.Scope2Location, t.Scope2Market, t.Scope3, t.StandardCoal, 100*t.MeasuredShare)
	}
	fmt.Fprintf(a.stdout, a.say("共 %d 家企业，编制 %d 份清单；单位 tCO2、tce。\n", "%d enterprises, %d inventories; tCO2 and tce.\n"), len(list), made)
}
