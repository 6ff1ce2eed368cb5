package record

import (
	"context"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/uptrace/bun"
)

const (
	maxDocument = 256 << 20 // bytes of an inventory document
	maxEntries  = 1_000_000
	entryBatch  = 500
)

// Inventory is an inventory of a park and period as it was assembled.
type Inventory struct {
	bun.BaseModel `bun:"table:inventory" json:"-"`
	ID            string
	Park          string
	Period        string // 2018-03
	Revision      int64  // from 1 for a park and period; set by SaveInventory
	State         string // open, closed, superseded
	Hash          string // of Document
	Root          string // Merkle root over the entries
	RecordedAt    time.Time
	ClosedAt      time.Time // zero while open
	ClosedBy      string
	Location      float64 // location-based total, tCO2e
	Market        float64 // market-based total, tCO2e
	Packed        []byte  `json:"-"` // Document, zstd; set by SaveInventory
	Document      []byte  `bun:"-"`  // canonical JSON, the very bytes that Hash is of
}

// SaveInventory stores an inventory with the ids of its entries, state open or
// closed. An open one takes the place of the open one of its park and period. A
// closed one takes that place too, and supersedes the closed ones, which stay.
// Errors wrap ErrTooLarge (document over 256 MiB, over a million entries) or
// ErrConflict (id taken, or another state).
func (s *Store) SaveInventory(ctx context.Context, act Act, inventory Inventory, entries []string) (Inventory, error) {
	if len(inventory.Document) > maxDocument || len(entries) > maxEntries {
		return Inventory{}, fmt.Errorf("%w: inventory of %d bytes and %d entries", ErrTooLarge, len(inventory.Document), len(entries))
	}
	if inventory.State != "open" && inventory.State != "closed" {
		return Inventory{}, fmt.Errorf("%w: inventory %s of state %q: want open or closed", ErrConflict, inventory.ID, inventory.State)
	}
	place, err := s.ParkOrganization(ctx, inventory.Park)
	if err != nil {
		return Inventory{}, err
	}
	if inventory.Packed, err = pack(inventory.Document); err != nil {
		return Inventory{}, err
	}
	inventory.RecordedAt = act.At
	err = s.write(ctx, func(tx bun.Tx) error {
		if err := makeRoom(ctx, tx, &inventory); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&inventory).Exec(ctx); err != nil {
			return added(err, "inventory", inventory.ID)
		}
		if err := indexEntries(ctx, tx, inventory.ID, entries); err != nil {
			return err
		}
		return s.audit(ctx, tx, act, event{
			action: "inventory.close", organization: place.Path, resource: "inventory/" + inventory.ID,
			detail: fmt.Sprintf("%s of %s, revision %d, %s, hash %s", inventory.Park, inventory.Period,
				inventory.Revision, inventory.State, inventory.Hash),
		})
	})
	return inventory, err
}

// makeRoom removes the open inventory of the park and period, supersedes the
// closed ones when this one is closed, and numbers it.
func makeRoom(ctx context.Context, tx bun.Tx, inventory *Inventory) error {
	const same = "park = ? AND period = ?"
	_, err := tx.NewRaw(`DELETE FROM inventory_entry WHERE inventory IN
		(SELECT id FROM inventory WHERE `+same+` AND state = 'open')`, inventory.Park, inventory.Period).Exec(ctx)
	if err != nil {
		return fmt.Errorf("record: inventory %s: %w", inventory.ID, err)
	}
	_, err = tx.NewDelete().Model((*Inventory)(nil)).Where(same+" AND state = 'open'", inventory.Park, inventory.Period).Exec(ctx)
	if err != nil {
		return fmt.Errorf("record: inventory %s: %w", inventory.ID, err)
	}
	if inventory.State == "closed" {
		_, err = tx.NewUpdate().Model((*Inventory)(nil)).Set("state = 'superseded'").
			Where(same+" AND state = 'closed'", inventory.Park, inventory.Period).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: inventory %s: %w", inventory.ID, err)
		}
	}
	var last int64
	err = tx.NewRaw("SELECT coalesce(max(revision), 0) FROM inventory WHERE "+same, inventory.Park, inventory.Period).Scan(ctx, &last)
	inventory.Revision = last + 1
	return found(err, "revisions of inventory", inventory.ID)
}

func indexEntries(ctx context.Context, tx bun.Tx, inventory string, entries []string) error {
	for len(entries) > 0 {
		n := min(entryBatch, len(entries))
		rows := make([]entryRow, n)
		for i, entry := range entries[:n] {
			rows[i] = entryRow{Entry: entry, Inventory: inventory}
		}
		if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
			return added(err, "an entry of inventory", inventory)
		}
		entries = entries[n:]
	}
	return nil
}

type entryRow struct {
	bun.BaseModel `bun:"table:inventory_entry"`
	Entry         string
	Inventory     string
}

// Inventory finds an inventory by id, with its document; ErrNotFound.
func (s *Store) Inventory(ctx context.Context, id string) (Inventory, error) {
	var inventory Inventory
	err := s.db.NewSelect().Model(&inventory).Where("id = ?", id).Scan(ctx)
	if err := found(err, "inventory", id); err != nil {
		return Inventory{}, err
	}
	document, err := unpack(inventory.Packed)
	if err != nil {
		return Inventory{}, fmt.Errorf("record: inventory %s: %w", id, err)
	}
	inventory.Document = document
	return inventory, nil
}

// InventoryPark finds the park of an inventory without reading its document; ErrNotFound.
func (s *Store) InventoryPark(ctx context.Context, id string) (string, error) {
	var row Inventory
	err := s.db.NewSelect().Model(&row).Column("park").Where("id = ?", id).Scan(ctx)
	return row.Park, found(err, "inventory", id)
}

// InventoriesOf lists the inventories of a park without documents, the latest
// period and revision first.
func (s *Store) InventoriesOf(ctx context.Context, parkID string) ([]Inventory, error) {
	inventories := []Inventory{}
	err := s.db.NewSelect().Model(&inventories).ExcludeColumn("packed").Where("park = ?", parkID).
		OrderExpr("period DESC, revision DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("record: inventories of %s: %w", parkID, err)
	}
	return inventories, nil
}

// EntryInventory finds the id and the park of the inventory that holds an entry:
// of several, the one that is not superseded, then the latest revision. ErrNotFound.
func (s *Store) EntryInventory(ctx context.Context, entry string) (inventory, parkID string, err error) {
	var row Inventory
	err = s.db.NewSelect().Model(&row).Column("id", "park").
		Where("id IN (SELECT inventory FROM inventory_entry WHERE entry = ?)", entry).
		OrderExpr("CASE state WHEN 'superseded' THEN 1 ELSE 0 END, revision DESC").Limit(1).Scan(ctx)
	return row.ID, row.Park, found(err, "entry", entry)
}

func pack(document []byte) ([]byte, error) {
	writer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("record: zstd: %w", err)
	}
	defer writer.Close()
	return writer.EncodeAll(document, []byte{}), nil
}

func unpack(packed []byte) ([]byte, error) {
	reader, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDocument))
	if err != nil {
		return nil, fmt.Errorf("record: zstd: %w", err)
	}
	defer reader.Close()
	return reader.DecodeAll(packed, nil)
}
