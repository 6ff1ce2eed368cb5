package node

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/store/series"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// AcceptStatement takes a statement that came from a gateway: when it returns, its
// days are the park's usage and the signed document is kept, both durably. The same
// statement again changes nothing. Nothing of a refused statement is stored.
//
// Errors: statement.ErrFormat and ErrLimit; statement.ErrDifferent when it is not what
// was signed; statement.ErrChain for a gap, naming the number that is missing, for
// another statement under a number that was accepted, and for a day whose revision
// does not rise; ErrUntrusted for a gateway, key, register or day that the park does
// not take from it.
func (n *Node) AcceptStatement(ctx context.Context, act record.Act, park, gateway string, doc []byte) (AcceptedStatement, error) {
	var none AcceptedStatement
	s, err := statement.Parse(doc)
	if err != nil {
		return none, err
	}
	l, err := n.Layout(ctx, park)
	if err != nil {
		return none, err
	}
	n.settling.Lock()
	defer n.settling.Unlock()
	x, key, err := n.issuerOf(ctx, park, gateway, s.Head)
	if err != nil {
		return none, err
	}
	mark, err := n.chain(ctx, park, gateway)
	if err != nil {
		return none, err
	}
	var previous *statement.Head
	if mark.Number > 0 {
		last, err := readStatement(n.statementFile(park, gateway, min(mark.Number, s.Head.Number)))
		if err != nil {
			return none, err
		}
		previous = &last.Head
	}
	if s.Head.Number <= mark.Number {
		return repeated(s, previous)
	}
	if err := s.Verify(key.PublicKey, previous); err != nil {
		return none, err
	}
	days, err := takenDays(l, x, s)
	if err != nil {
		return none, err
	}
	return n.storeStatement(ctx, act, l, s, doc, days, mark)
}

// issuerOf finds who may have issued a statement with this head, and by which key.
func (n *Node) issuerOf(ctx context.Context, park, gateway string, h statement.Head) (StatementIssuer, IssuerKey, error) {
	list, err := n.Issuers(ctx, park)
	if err != nil {
		return StatementIssuer{}, IssuerKey{}, err
	}
	i := slices.IndexFunc(list, func(x StatementIssuer) bool { return x.Gateway == gateway })
	if i < 0 {
		return StatementIssuer{}, IssuerKey{}, fmt.Errorf("%w: gateway %q is not known at park %s; let the park trust it with lingtan statement trust", ErrUntrusted, gateway, park)
	}
	x := list[i]
	if h.Park != park || h.Gateway != gateway || h.Organization != x.Organization {
		return x, IssuerKey{}, fmt.Errorf("%w: it is of %s (%s) for park %s; gateway %s is of %s at park %s", ErrUntrusted, h.Gateway, h.Organization, h.Park, gateway, x.Organization, park)
	}
	k := slices.IndexFunc(x.Keys, func(k IssuerKey) bool { return k.ID == h.Key })
	if k < 0 {
		return x, IssuerKey{}, fmt.Errorf("%w: key %s is not registered for gateway %s; its newest is %s", ErrUntrusted, h.Key, gateway, x.Keys[len(x.Keys)-1].ID)
	}
	return x, x.Keys[k], nil
}

// repeated answers a statement whose number was accepted before.
func repeated(s *statement.Statement, before *statement.Head) (AcceptedStatement, error) {
	a, err := accepted(s)
	if err != nil {
		return a, err
	}
	hash, err := before.Hash()
	if err != nil {
		return a, err
	}
	if hash != a.Hash {
		return AcceptedStatement{}, fmt.Errorf("%w: statement %d of %s was accepted as %s, now it is %s; a day is restated by a new number", statement.ErrChain, s.Head.Number, s.Head.Gateway, hash, a.Hash)
	}
	if err := s.VerifySignature(); err != nil {
		return AcceptedStatement{}, err
	}
	a.Repeated = true
	return a, s.Check()
}

func accepted(s *statement.Statement) (AcceptedStatement, error) {
	h := s.Head
	hash, err := h.Hash()
	return AcceptedStatement{Gateway: h.Gateway, Organization: h.Organization, Number: h.Number, Hash: hash, Root: h.Root, Key: h.Key, First: h.First, Last: h.Last, Days: h.Days}, err
}

// takenDays are a statement's days as the park keeps them, each on the park's grid and
// of a register that the park takes from this issuer.
func takenDays(l *layout.Layout, x StatementIssuer, s *statement.Statement) ([]usage.Day, error) {
	h := s.Head
	step, err := time.ParseDuration(h.Interval)
	if err != nil || h.Zone != l.Document.Park.Zone || step != l.Grid.Step {
		return nil, fmt.Errorf("%w: it is settled every %s in %s, the park every %s in %s", ErrUntrusted, h.Interval, h.Zone, l.Document.Park.Interval, l.Document.Park.Zone)
	}
	own, err := registersOf(l, x.Organization)
	if err != nil {
		return nil, err
	}
	after := map[string]uint16{}
	since := map[string]string{}
	for _, r := range x.Registers {
		if r.Before == 0 { // else another gateway states it now
			after[r.Register], since[r.Register] = r.After, r.Since
		}
	}
	for _, r := range h.Registers {
		if _, ok := after[r.Register]; !ok || !slices.Contains(own, r.Register) {
			return nil, fmt.Errorf("%w: register %s is not one that gateway %s states for %s", ErrUntrusted, r.Register, x.Gateway, x.Organization)
		}
		reg, ok := l.Register(r.Register)
		if !ok || reg.SettleUnit != r.Unit || reg.Carrier != r.Carrier || reg.Kind != r.Kind {
			return nil, fmt.Errorf("%w: register %s is stated as %s of %q in %s; in the park file it is %s of %q in %s", ErrUntrusted, r.Register, r.Kind, r.Carrier, r.Unit, reg.Kind, reg.Carrier, reg.SettleUnit)
		}
	}
	days, err := s.Days()
	if err != nil {
		return nil, err
	}
	for i := range days {
		d := &days[i]
		if len(d.Amount) != l.Grid.Slots(d.Day) || d.Day.String() < since[d.Key] {
			return nil, fmt.Errorf("%w: %s on %s with %d intervals; the park takes days since %q and has %d intervals on this one", ErrUntrusted, d.Key, d.Day, len(d.Amount), since[d.Key], l.Grid.Slots(d.Day))
		}
		if int(d.Revision)+int(after[d.Key]) > 0xffff {
			return nil, fmt.Errorf("%w: %s on %s: revision %d is too high", ErrUntrusted, d.Key, d.Day, d.Revision)
		}
		d.Revision += after[d.Key]
	}
	return days, nil
}

// storeStatement keeps the document, then its days with the mark of the chain in one
// transaction. A kill between the two leaves a document that the same statement,
// sent again, overwrites: the mark says what was accepted.
func (n *Node) storeStatement(ctx context.Context, act record.Act, l *layout.Layout, s *statement.Statement, doc []byte, days []usage.Day, mark chainMark) (AcceptedStatement, error) {
	a, err := accepted(s)
	if err != nil {
		return a, err
	}
	park := l.Document.Park.ID
	first, last := days[0].Day, days[0].Day
	for _, d := range days {
		first, last = min(first, d.Day), max(last, d.Day)
	}
	if a.Stored, a.Revised, err = n.risen(ctx, park, days, first, last); err != nil {
		return AcceptedStatement{}, fmt.Errorf("statement %d of %s: %w", a.Number, a.Gateway, err)
	}
	if err := writeDurably(n.statementFile(park, a.Gateway, a.Number), doc); err != nil {
		return AcceptedStatement{}, err
	}
	next := chainMark{Number: a.Number, Hash: a.Hash, First: first, Last: last}
	if mark.Number > 0 {
		next.First, next.Last = min(first, mark.First), max(last, mark.Last)
	}
	text, err := json.Marshal(next)
	if err != nil {
		return AcceptedStatement{}, err
	}
	if err := n.Series.PutUsage(ctx, park, days, meter.Mark{Name: chainName(park, a.Gateway), Value: text}); err != nil {
		return AcceptedStatement{}, fmt.Errorf("statement %d of %s: %w", a.Number, a.Gateway, err)
	}
	n.forgetTraces(park)
	if err := n.findStated(ctx, l, s, first, last); err != nil {
		return a, err
	}
	if err := n.checkSums(ctx, l, first, last); err != nil {
		return a, err
	}
	return a, n.noteStatement(ctx, act, park, a)
}

// findStated puts in the place of what the park found at the stated registers, such as
// the gap that their silence was, which days are stated again.
func (n *Node) findStated(ctx context.Context, l *layout.Layout, s *statement.Statement, first, last period.Day) error {
	days, err := s.Days()
	if err != nil {
		return err
	}
	park := l.Document.Park.ID
	var keys []string
	for _, r := range s.Head.Registers {
		keys = append(keys, r.Register)
	}
	from, to := first.Start(l.Zone).UnixMilli(), (last + 1).Start(l.Zone).UnixMilli()
	late := map[string]map[int64]usage.Finding{}
	for _, k := range keys {
		late[k] = map[int64]usage.Finding{}
	}
	known, err := n.Series.Findings(ctx, park, series.FindingFilter{Keys: keys, Rules: []string{"late"}, From: from, To: to})
	if err != nil {
		return err
	}
	for _, f := range known {
		if f.From >= from && f.From < to {
			late[f.Key][f.From] = f
		}
	}
	for _, d := range days {
		if i := d.Day.Interval(l.Zone); d.Revision > 0 {
			late[d.Key][i.From.UnixMilli()] = usage.Finding{Key: d.Key, Rule: "late", From: i.From.UnixMilli(), To: i.To.UnixMilli(), Count: 1, Value: float64(d.Revision),
				Treatment: "restated", Detail: fmt.Sprintf("the enterprise stated the day again in statement %d; the value is its revision there", s.Head.Number)}
		}
	}
	var found []usage.Finding
	for _, k := range keys {
		for _, at := range slices.Sorted(maps.Keys(late[k])) {
			found = append(found, late[k][at])
		}
	}
	return n.Series.PutFindings(ctx, park, keys, from, to, found)
}

// risen counts the days that are new to the park and those of which it knew an earlier
// revision; a revision that comes again with another content, or before the known one,
// is an error.
func (n *Node) risen(ctx context.Context, park string, days []usage.Day, first, last period.Day) (stored, revised int, err error) {
	var keys []string
	came := map[registerDay]usage.Day{}
	for _, d := range days { // by register
		if len(keys) == 0 || keys[len(keys)-1] != d.Key {
			keys = append(keys, d.Key)
		}
		came[registerDay{d.Key, d.Day}] = d
	}
	stored = len(days)
	err = n.Series.Usage(ctx, usage.Query{Park: park, Keys: keys, First: first, Last: last}, func(known usage.Day) error {
		d, ok := came[registerDay{known.Key, known.Day}]
		switch {
		case !ok:
		case known.Revision > d.Revision:
			return fmt.Errorf("%w: %s on %s: revision %d is known, %d came; a revision rises", statement.ErrChain, d.Key, d.Day, known.Revision, d.Revision)
		case known.Revision < d.Revision:
			revised++
		case !bytes.Equal(usage.Block(nil, known), usage.Block(nil, d)):
			return fmt.Errorf("%w: %s on %s: revision %d is known with another content; a day is restated by its next revision", statement.ErrChain, d.Key, d.Day, d.Revision)
		default:
			stored--
		}
		return nil
	})
	return stored, revised, err
}

func (n *Node) statementDir(park, gateway string) string {
	return filepath.Join(n.Dir, "statements", park, gateway)
}

func (n *Node) statementFile(park, gateway string, number int) string {
	return documentName(n.statementDir(park, gateway), number)
}
