package node

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// shownStatements is how many statements of a register an explanation names.
const shownStatements = 31

// statedSource is a gateway's statements of a register.
type statedSource struct {
	evidence.StatedRegister
	*statements
}

// statedOf finds who stated a register to a park; none of one that is settled here.
func (n *Node) statedOf(ctx context.Context, park, key string) ([]statedSource, error) {
	list, err := n.Issuers(ctx, park)
	var sources []statedSource
	for _, x := range list {
		for _, r := range x.Registers {
			if r.Register != key {
				continue
			}
			all, err := n.accepted(ctx, park, x.Gateway)
			if err != nil {
				return nil, err
			}
			sources = append(sources, statedSource{r, all})
		}
	}
	return sources, err
}

// accepted are the statements that a park accepted from a gateway.
func (n *Node) accepted(ctx context.Context, park, gateway string) (*statements, error) {
	mark, err := n.chain(ctx, park, gateway)
	if err != nil {
		return nil, err
	}
	return n.statementsIn(n.statementDir(park, gateway), mark.Number)
}

// AcceptedStatements are the heads of the statements that a park accepted from a
// gateway, number 1 first.
func (n *Node) AcceptedStatements(ctx context.Context, park, gateway string) ([]statement.Head, error) {
	all, err := n.accepted(ctx, park, gateway)
	if err != nil {
		return nil, err
	}
	heads := make([]statement.Head, len(all.list))
	for i, x := range all.list {
		heads[i] = x.Head
	}
	return heads, nil
}

// explainStated gives every register in the tree whose days were stated the statements
// they came with.
func (n *Node) explainStated(ctx context.Context, v *inventory.Inventory, x *inventory.Explanation) error {
	if x.Kind != "register" {
		for i := range x.Children {
			if err := n.explainStated(ctx, v, &x.Children[i]); err != nil {
				return err
			}
		}
		return nil
	}
	first, last, err := v.Period.Days()
	if err != nil {
		return err
	}
	q := usage.Query{Park: v.Structure.Park.ID, Keys: []string{x.Ref}, First: first, Last: last, AsKnownAt: v.AsKnownAt}
	list, err := n.statementNodes(ctx, q, x.Unit)
	x.Children = append(x.Children, list...)
	return err
}

// statementNodes are the statements that one register's days of q came with, each with
// the amount of its days.
func (n *Node) statementNodes(ctx context.Context, q usage.Query, unit string) ([]inventory.Explanation, error) {
	sources, err := n.statedOf(ctx, q.Park, q.Keys[0])
	var list []inventory.Explanation
	for _, s := range sources {
		sums := map[int]*usage.Totals{}
		err := n.Series.Usage(ctx, q, func(d usage.Day) error {
			if _, stated := s.StatedBlock(d); !stated {
				return nil
			}
			number := s.number(d, d.Revision-s.After)
			if sums[number] == nil {
				sums[number] = &usage.Totals{}
			}
			sums[number].Add(d.Totals())
			return nil
		})
		if err != nil {
			return nil, err
		}
		nodes, err := s.nodes(sums, unit)
		if err != nil {
			return nil, err
		}
		list = append(list, nodes...)
	}
	return list, err
}

// nodes are statements by number with the amounts that they stand for.
func (s *statements) nodes(sums map[int]*usage.Totals, unit string) ([]inventory.Explanation, error) {
	numbers := slices.Sorted(maps.Keys(sums))
	var list []inventory.Explanation
	if more := len(numbers) - shownStatements; more > 0 {
		numbers = numbers[more:]
		list = append(list, inventory.Explanation{Kind: "statement", Value: float64(more), Unit: "statements", Label: park.Name{ZH: "更早的声明", EN: "earlier statements"}})
	}
	for _, number := range numbers {
		if number == 0 {
			return nil, fmt.Errorf("%w: a statement of days that are stored is gone", evidence.ErrDifferent)
		}
		h := s.list[number-1].Head
		hash, err := h.Hash()
		if err != nil {
			return nil, err
		}
		list = append(list, inventory.Explanation{Kind: "statement", Ref: hash, Value: sums[number].Total(), Unit: unit, Quality: sums[number], Label: statementLabel(h)})
	}
	return list, nil
}

func statementLabel(h statement.Head) park.Name {
	return park.Name{
		ZH: fmt.Sprintf("在企业现场结算（%s）；原始读数留在企业；默克尔根 %s；第 %d 号声明，由密钥 %s 签名", h.Gateway, h.Root, h.Number, h.Key),
		EN: fmt.Sprintf("settled at the enterprise (%s); raw readings stay there; Merkle root %s; statement no. %d signed by key %s", h.Gateway, h.Root, h.Number, h.Key)}
}

// packStated adds to an export the statements that its evidence came with.
func (n *Node) packStated(ctx context.Context, x *evidence.Export) error {
	parkID := x.Inventory.Structure.Park.ID
	list, err := n.Issuers(ctx, parkID)
	if err != nil {
		return err
	}
	packed := map[string]evidence.Evidence{}
	for _, e := range x.Evidence {
		packed[e.Register] = e
	}
	x.Stated = nil
	for _, issuer := range list {
		s := evidence.Stated{Gateway: issuer.Gateway, Organization: issuer.Organization}
		all, err := n.accepted(ctx, parkID, issuer.Gateway)
		if err != nil {
			return err
		}
		numbers := map[int]bool{}
		for _, r := range issuer.Registers {
			e, counted := packed[r.Register]
			if !counted {
				continue
			}
			s.Registers = append(s.Registers, r)
			if err := statementsUnder(e, r, all, numbers); err != nil {
				return err
			}
		}
		for _, number := range slices.Sorted(maps.Keys(numbers)) {
			s.Statements = append(s.Statements, all.list[number-1])
		}
		if len(s.Statements) > 0 {
			x.Stated = append(x.Stated, s)
		}
	}
	return nil
}

// statementsUnder notes the statements that a register's evidence came with.
func statementsUnder(e evidence.Evidence, r evidence.StatedRegister, all *statements, numbers map[int]bool) error {
	days, err := e.Days()
	if err != nil {
		return err
	}
	for _, d := range days {
		if _, stated := r.StatedBlock(d); !stated {
			continue
		}
		number := all.number(d, d.Revision-r.After)
		if number == 0 {
			return fmt.Errorf("%w: the statement of %s on %s is gone", evidence.ErrDifferent, d.Key, d.Day)
		}
		numbers[number] = true
	}
	return nil
}

// Disclose proves that the reading of a register at an instant is part of a statement
// that this installation issued to a park: the newest that holds its day. It shows the
// readings of this register and day, and no others. Errors: evidence.ErrNoReading;
// evidence.ErrDifferent when the day's readings were corrected since and are not
// restated yet.
func (n *Node) Disclose(ctx context.Context, parkID, key string, at time.Time) (*evidence.ReadingProof, error) {
	_, _, have, err := n.issued(ctx, parkID)
	if err != nil {
		return nil, err
	}
	l, err := n.Layout(ctx, parkID)
	if err != nil {
		return nil, err
	}
	day := period.DayOf(at.Add(-time.Millisecond), l.Zone) // a reading at midnight closes the day before
	if have == nil {
		return nil, fmt.Errorf("%w: nothing was stated to park %s from here", evidence.ErrNoReading, parkID)
	}
	revision, ok := have.newest[registerDay{key, day}]
	if !ok {
		return nil, fmt.Errorf("%w: %s on %s is in no statement to park %s", evidence.ErrNoReading, key, day, parkID)
	}
	number := have.at[statedRevision{registerDay{key, day}, revision}]
	s, err := readStatement(documentName(n.issuedDir(parkID, have.list[number-1].Head.Gateway), number))
	if err != nil {
		return nil, err
	}
	var failed error
	for _, known := range []int64{0, s.Head.IssuedAt} { // as they are, or as they were when it was stated
		t, err := n.dayReadings(ctx, parkID, key, day, l.Zone, known)
		if err != nil {
			return nil, err
		}
		i, ok := slices.BinarySearch(t.At, at.UnixMilli())
		if !ok {
			return nil, fmt.Errorf("%w: %s at %s", evidence.ErrNoReading, key, at.Format(time.RFC3339))
		}
		p, err := evidence.NewDisclosure(s, key, day, t.At[i], t.Value[i], usage.CanonicalReadings(nil, t))
		if err == nil {
			return p, nil
		}
		failed = err
	}
	return nil, fmt.Errorf("%w; state the day again and disclose from that statement", failed)
}
