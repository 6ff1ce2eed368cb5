package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/method"
	"lingtan/period"
	"lingtan/store/record"
)

// Compile assembles the inventory of a park and period as known at a recorded time;
// the zero time is now. It stores nothing.
func (n *Node) Compile(ctx context.Context, park, text string, asKnownAt time.Time) (*inventory.Inventory, error) {
	id := fmt.Sprintf("%s-%s-open", park, text)
	if !asKnownAt.IsZero() {
		id = fmt.Sprintf("%s-%s-at-%d", park, text, asKnownAt.UnixMilli())
	}
	return n.compile(ctx, id, 0, park, text, asKnownAt)
}

func (n *Node) compile(ctx context.Context, id string, revision int, park, text string, at time.Time) (*inventory.Inventory, error) {
	in, err := n.inputs(ctx, park, text, at)
	if err != nil {
		return nil, err
	}
	in.ID, in.Revision = id, revision
	return inventory.Compile(ctx, in)
}

// inputs are those of the inventories of a park and period as known at a recorded time, by
// the park's own method; the zero time is now.
func (n *Node) inputs(ctx context.Context, park, text string, at time.Time) (inventory.Inputs, error) {
	if at.IsZero() {
		at = n.known()
	}
	in := inventory.Inputs{Factors: n.Factors, Usage: n.Series, Period: text, AsKnownAt: at.UnixMilli()}
	l, err := n.LayoutAsKnownAt(ctx, park, at)
	if err != nil {
		return in, err
	}
	in.Structure = l.Document
	span, err := period.Parse(text, l.Zone)
	if err != nil {
		return in, err
	}
	if in.Method, err = method.Find(l.Document.Park.Method); err != nil {
		return in, fmt.Errorf("park %s: %w", park, err)
	}
	if in.Declared, err = n.declared(ctx, park, text, at); err != nil {
		return in, err
	}
	in.Parts, err = n.partsOf(ctx, l, span, in.AsKnownAt)
	return in, err
}

// Open compiles the inventory as known now and keeps it as the open one of the
// period, so that its entries can be explained.
func (n *Node) Open(ctx context.Context, act record.Act, park, period string) (*evidence.Export, error) {
	v, err := n.Compile(ctx, park, period, time.Time{})
	if err != nil {
		return nil, err
	}
	return n.save(ctx, act, v, "open")
}

// Shut compiles and closes the inventory of a period as its next revision: the
// first closing, or a restatement that supersedes the one before. A restatement that would change nothing is not made: the closed one is returned.
func (n *Node) Shut(ctx context.Context, act record.Act, park, period string) (*evidence.Export, error) {
	release, err := n.alone(ctx, park)
	if err != nil {
		return nil, err
	}
	defer release()
	rows, err := n.Records.InventoriesOf(ctx, park)
	if err != nil {
		return nil, err
	}
	revision := 1
	var last *record.Inventory
	for i, r := range rows {
		if r.Period != period || r.State == "open" {
			continue
		}
		revision = max(revision, int(r.Revision)+1)
		if r.State == "closed" {
			last = &rows[i]
		}
	}
	v, err := n.compile(ctx, fmt.Sprintf("%s-%s-r%d", park, period, revision), revision, park, period, time.Time{})
	if err != nil {
		return nil, err
	}
	if last != nil {
		before, err := n.Inventory(ctx, last.ID)
		if err != nil {
			return nil, err
		}
		// Another engine's last bits are no change: Compare passes over them.
		d := inventory.Compare(before.Inventory, v)
		if before.Inventory.Root == v.Root && len(d.Entries)+len(d.Records) == 0 {
			return before, nil
		}
	}
	return n.save(ctx, act, v, "closed")
}

// save keeps an inventory as a record.
func (n *Node) save(ctx context.Context, act record.Act, v *inventory.Inventory, state string) (*evidence.Export, error) {
	document, err := v.Canonical()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(document) // as proof.Hash has it
	hash := hex.EncodeToString(sum[:])
	total := v.Total("")
	row := record.Inventory{ID: v.ID, Park: v.Structure.Park.ID, Period: v.Period.Text, State: state, Hash: hash, Root: v.Root,
		Location: total.Scope1 + total.Scope2Location, Market: total.Scope1 + total.Scope2Market, Document: document}
	if state == "closed" {
		row.ClosedAt, row.ClosedBy = act.At, act.Name
	}
	ids := make([]string, len(v.Entries))
	for i, e := range v.Entries {
		ids[i] = e.ID
	}
	row, err = n.Records.SaveInventory(ctx, act, row, ids)
	if err != nil {
		return nil, err
	}
	x := exported(v, row)
	n.mu.Lock()
	clear(n.closed) // one of them may have been superseded
	if state == "closed" {
		y := *x
		n.closed[v.ID] = &y
	}
	n.mu.Unlock()
	n.changed(row.Park)
	return x, nil
}

func exported(v *inventory.Inventory, row record.Inventory) *evidence.Export {
	x := &evidence.Export{Inventory: v, Hash: row.Hash, State: row.State, ClosedBy: row.ClosedBy}
	if !row.ClosedAt.IsZero() {
		x.ClosedAt = row.ClosedAt.UnixMilli()
	}
	return x
}

// keptInventories is how many decoded inventories are kept in memory: closed ones
// never change.
const keptInventories = 16

// Inventory is a stored inventory, without its evidence. It is not to be changed.
func (n *Node) Inventory(ctx context.Context, id string) (*evidence.Export, error) {
	n.mu.Lock()
	have, ok := n.closed[id]
	n.mu.Unlock()
	if ok {
		x := *have
		return &x, nil
	}
	x, err := n.readInventory(ctx, id)
	if err == nil && x.State == "closed" {
		n.mu.Lock()
		defer n.mu.Unlock()
		if len(n.closed) >= keptInventories {
			clear(n.closed)
		}
		y := *x
		n.closed[id] = &y
	}
	return x, err
}

func (n *Node) readInventory(ctx context.Context, id string) (*evidence.Export, error) {
	row, err := n.Records.Inventory(ctx, id)
	if err != nil {
		return nil, err
	}
	var v inventory.Inventory
	if err := json.Unmarshal(row.Document, &v); err != nil {
		return nil, fmt.Errorf("inventory %s: %w", id, err)
	}
	return exported(&v, row), nil
}

// Closed is the closed inventory of a park and period, nil when there is none.
func (n *Node) Closed(ctx context.Context, park, period string) (*evidence.Export, error) {
	rows, err := n.Records.InventoriesOf(ctx, park)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Period == period && r.State == "closed" {
			return n.Inventory(ctx, r.ID)
		}
	}
	return nil, nil
}

// Pack adds the evidence to an inventory, so that it can be verified offline, and the
// signed statements under which enterprises settled their part of it.
func (n *Node) Pack(ctx context.Context, x *evidence.Export) error {
	var err error
	if x.Evidence, err = evidence.Pack(ctx, x.Inventory, n.Series); err != nil {
		return err
	}
	return n.packStated(ctx, x)
}

// EntryOwner is the inventory that holds an entry.
func (n *Node) EntryOwner(ctx context.Context, entry string) (*evidence.Export, error) {
	id, _, err := n.Records.EntryInventory(ctx, strings.TrimSpace(entry))
	if err != nil {
		return nil, fmt.Errorf("%w: %q (%w); list them with lingtan inventory --park PARK --period PERIOD", inventory.ErrNoEntry, entry, err)
	}
	return n.Inventory(ctx, id)
}
