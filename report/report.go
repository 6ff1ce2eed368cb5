// Package report writes an inventory for people and for other programs: as a
// workbook, as CSV, as JSON, as tables for a terminal and as a short summary.
//
// Every form is made of the export alone and of nothing else: no clock, no store.
// The same export gives the same bytes.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/park"
)

// ErrLanguage says that a report was asked for in a language that it is not
// written in; the text names those that it is.
var ErrLanguage = errors.New("report: no such language")

// JSON writes the export as an indented document that evidence.ReadExport reads
// and evidence.Verify accepts. Errors: evidence.ErrFormat when x is no inventory,
// or what w gives.
func JSON(w io.Writer, x *evidence.Export) error {
	if err := whole(x); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(x)
}

// whole refuses an export without an inventory or without its park.
func whole(x *evidence.Export) error {
	if x == nil || x.Inventory == nil || x.Inventory.Structure == nil {
		return fmt.Errorf("%w: there is no inventory or no park in it; compile or read one first", evidence.ErrFormat)
	}
	return nil
}

// language is what a report is written in: zh, en or both.
type language string

const both language = "both"

func parseLanguage(s string) (language, error) {
	switch s {
	case "zh", "en", "both":
		return language(s), nil
	}
	return "", fmt.Errorf("%w: %q; write zh, en or both", ErrLanguage, s)
}

// of is a name in the language; in both, Chinese first.
func (l language) of(n park.Name) string {
	if l == both && n.ZH != "" && n.EN != "" && n.ZH != n.EN {
		return n.ZH + " " + n.EN
	}
	return n.In(string(l))
}

// say is of for a pair of texts.
func (l language) say(zh, en string) string { return l.of(park.Name{ZH: zh, EN: en}) }

// document is an export with what its reader looks up: names and owners.
type document struct {
	*inventory.Inventory
	export        *evidence.Export
	lang          language
	zone          *time.Location
	organizations map[string]park.Name
	nodes         map[string]park.Name
	carriers      map[string]park.Name
	registers     map[string]registered
}

// registered says where a register stands.
type registered struct {
	point        park.Name
	organization string
	carrier      string
}

func open(x *evidence.Export, lang language) (*document, error) {
	if err := whole(x); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(x.Inventory.Structure.Park.Zone)
	if err != nil {
		return nil, fmt.Errorf("report of %s: the park's time zone: %w", x.Inventory.ID, err)
	}
	d := &document{Inventory: x.Inventory, export: x, lang: lang, zone: zone}
	d.index()
	return d, nil
}

func (d *document) index() {
	d.organizations, d.nodes, d.carriers = map[string]park.Name{}, map[string]park.Name{}, map[string]park.Name{}
	d.registers = map[string]registered{}
	for _, o := range d.Structure.Organizations {
		d.organizations[o.ID] = o.Name
	}
	for _, n := range d.Structure.Network.Nodes {
		d.nodes[n.ID] = n.Name
	}
	for _, c := range d.Structure.Carriers {
		d.carriers[c.ID] = c.Name
	}
	for _, p := range d.Structure.Points {
		for _, r := range p.Registers {
			d.registers[p.ID+"."+r.ID] = registered{point: p.Name, organization: p.Organization, carrier: r.Carrier}
		}
	}
}

// named is the name of id, or id where it has none.
func (d *document) named(names map[string]park.Name, id string) string {
	if n := d.lang.of(names[id]); n != "" {
		return n
	}
	return id
}

// moment is Unix milliseconds in the park's civil time; empty for 0.
func (d *document) moment(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(d.zone).Format("2006-01-02T15:04:05.000Z07:00")
}

// members are the totals of the organizations, without the park's.
func (d *document) members() []inventory.Total {
	var list []inventory.Total
	for _, t := range d.Totals {
		if t.Organization != "" {
			list = append(list, t)
		}
	}
	return list
}
