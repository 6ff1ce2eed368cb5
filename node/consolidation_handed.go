package node

import (
	"math"
	"slices"
	"strings"

	"lingtan/accounting"
	"lingtan/inventory"
	"lingtan/inventory/consolidation"
	"lingtan/method"
	"lingtan/park"
)

// sale is what a member took of an output of another's conversion.
type sale struct {
	transfer consolidation.Transfer
	inputs   string // the conversion's identifier, and of its first input
}

// handed takes what members took of conversions that others run. Who runs one keeps all that
// went into it, fuel in scope 1; the buyer counts what it took in scope 2: counted twice, and
// taken off where both are seen.
func (b *members) handed(doc *park.Document, v *inventory.Inventory) {
	runner := map[string]string{}
	for _, n := range doc.Network.Nodes {
		if n.Conversion != nil {
			runner[n.ID] = n.Organization
		}
	}
	var list []*sale
	at := map[string]*sale{}
	for _, e := range v.Entries {
		id, output, _ := strings.Cut(e.Activity.Source, ".")
		seller, buyer := b.path[runner[id]], b.path[e.Activity.Organization]
		if output == "" || runner[id] == "" || buyer == "" || seller == "" || seller == buyer || e.Apart != "" || e.Scope != 2 {
			continue
		}
		key := e.Activity.Source + "|" + e.Activity.Organization
		if at[key] == nil {
			at[key] = &sale{inputs: id, transfer: consolidation.Transfer{ID: runner[id] + " → " + e.Activity.Organization + ", " + e.Activity.Source, From: seller, To: buyer,
				Carrier: e.Activity.Carrier, Unit: e.Activity.Unit, Treatment: consolidation.Kept}}
			list = append(list, at[key])
		}
		at[key].take(e)
	}
	b.without(list)
	for _, s := range list {
		s.transfer.Amount, s.transfer.Carbon.Location, s.transfer.Carbon.Market = max(s.transfer.Amount, 0), max(s.transfer.Carbon.Location, 0), max(s.transfer.Carbon.Market, 0)
		s.transfer.Supplier = suppliers(v, s, runner[s.inputs])
		b.c.Transfers = append(b.c.Transfers, s.transfer)
	}
}

// without takes the entries of sales out of the transfers that follow the trace; one that had
// nothing else, and no carbon of its own, is told as the sale alone.
func (b *members) without(list []*sale) {
	sold := map[string]bool{}
	for _, s := range list {
		for _, p := range s.transfer.Buyer {
			sold[p.Entry] = true
		}
	}
	b.c.Transfers = slices.DeleteFunc(b.c.Transfers, func(t consolidation.Transfer) bool {
		return t.Carbon == (consolidation.Tonnes{}) && slices.ContainsFunc(t.Buyer, func(p consolidation.Part) bool { return sold[p.Entry] })
	})
	for i := range b.c.Transfers {
		t := &b.c.Transfers[i]
		t.Buyer = slices.DeleteFunc(t.Buyer, func(p consolidation.Part) bool { return sold[p.Entry] })
	}
}

// take adds the buyer's entry; the amount is counted on one basis.
func (s *sale) take(e accounting.Entry) {
	t := &s.transfer
	on := declaredOn(e)
	t.Carbon.Location += on.Location
	t.Carbon.Market += on.Market
	if e.Basis != method.Market {
		t.Amount += e.Data
	}
	t.Buyer = append(t.Buyer, consolidation.Part{Entry: e.ID})
}

// suppliers are the seller's entries of what went into the conversion, each with the share that
// went on to the buyer.
func suppliers(v *inventory.Inventory, s *sale, seller string) []consolidation.Part {
	var parts []consolidation.Part
	var sum consolidation.Tonnes
	for _, e := range v.Entries {
		a := e.Activity
		if a.Organization != seller || a.Node != s.inputs && !strings.HasPrefix(a.Node, s.inputs+".") || e.Apart != "" || e.Scope != 1 && e.Scope != 2 || e.Emissions == 0 {
			continue
		}
		on := declaredOn(e)
		sum.Location += on.Location
		sum.Market += on.Market
		parts = append(parts, consolidation.Part{Entry: e.ID})
	}
	share := 0.0
	if sum.Location > 0 {
		share = math.Min(1, s.transfer.Carbon.Location/sum.Location)
	} else if sum.Market > 0 {
		share = math.Min(1, s.transfer.Carbon.Market/sum.Market)
	}
	if share <= 0 {
		return nil
	}
	for i := range parts {
		parts[i].Share = share
	}
	return parts
}
