package node

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"lingtan/accounting"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// Stating says what an installation states to a park. Gateway, Organization and
// Registers are kept from one call to the next where they are left empty.
type Stating struct {
	Park         string
	Gateway      string   // this installation, as the park knows it
	Organization string   // of the park file
	Registers    []string // empty: all settled registers of the organization
	First, Last  string   // days, YYYY-MM-DD; empty: from the first settled to yesterday
	Inventory    string   // id of an inventory whose entries of the organization go along; empty: none
}

// stating is what is kept of it.
type stating struct {
	Gateway      string   `json:"gateway"`
	Organization string   `json:"organization"`
	Registers    []string `json:"registers"`
}

// IssuedStatement is a statement that this installation made.
type IssuedStatement struct {
	Head         statement.Head `json:"head"`
	Hash         string         `json:"hash"`
	Acknowledged bool           `json:"acknowledged"` // the park has it
	Document     []byte         `json:"-"`            // where it is asked for
}

// statedBytes bounds the usage blocks of one statement, so that its document goes
// through narrow links; what is left goes into the next.
const statedBytes = 2 << 20

// errEnough stops a read.
var errEnough = errors.New("enough")

// InstallationKey is the key by which this installation signs, made on first use and
// kept in the data directory with mode 0600.
func (n *Node) InstallationKey() (ed25519.PrivateKey, error) {
	n.keying.Lock()
	defer n.keying.Unlock()
	path := filepath.Join(n.Dir, "statement.key")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newInstallationKey(path)
	}
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s can be read by others (mode %o); chmod 600 it, and make a new key if others may have seen it", fs.ErrPermission, path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%w: %s is no PEM file", statement.ErrFormat, path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", statement.ErrFormat, path, err)
	}
	own, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: %s holds no Ed25519 key", statement.ErrFormat, path)
	}
	return own, nil
}

func newInstallationKey(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writeDurably(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// BuildStatement makes, signs and keeps the next statement of what was settled and not
// stated yet, or was revised since; more says that days are left for another. It is nil
// when there is nothing to state. It returns when the statement is durable.
func (n *Node) BuildStatement(ctx context.Context, act record.Act, o Stating) (s *statement.Statement, more bool, err error) {
	l, err := n.Layout(ctx, o.Park)
	if err != nil {
		return nil, false, err
	}
	key, err := n.InstallationKey()
	if err != nil {
		return nil, false, err
	}
	n.settling.Lock()
	defer n.settling.Unlock()
	who, err := n.stating(ctx, act, l, o)
	if err != nil {
		return nil, false, err
	}
	dir := n.issuedDir(o.Park, who.Gateway)
	count, err := documentsIn(dir)
	if err != nil {
		return nil, false, err
	}
	have, err := n.statementsIn(dir, count)
	if err != nil {
		return nil, false, err
	}
	days, more, err := n.unstated(ctx, l, who.Registers, o, have)
	if err != nil || len(days) == 0 {
		return nil, false, err
	}
	h := statement.Head{Park: o.Park, Gateway: who.Gateway, Organization: who.Organization, Number: count + 1, IssuedAt: n.Now().UnixMilli(), Zone: l.Document.Park.Zone, Interval: l.Document.Park.Interval}
	if count > 0 {
		if h.Previous, err = have.list[count-1].Head.Hash(); err != nil {
			return nil, false, err
		}
	}
	for _, k := range who.Registers {
		reg, _ := l.Register(k)
		h.Registers = append(h.Registers, statement.Register{Register: k, Kind: reg.Kind, Carrier: reg.Carrier, Unit: reg.SettleUnit})
	}
	entries, err := n.entriesOf(ctx, l, o.Inventory, who.Organization)
	if err != nil {
		return nil, false, err
	}
	if s, err = statement.Build(h, days, entries); err != nil {
		return nil, false, err
	}
	return s, more, n.issue(s, key, documentName(dir, count+1))
}

// issue signs a statement and keeps it.
func (n *Node) issue(s *statement.Statement, key ed25519.PrivateKey, path string) error {
	if err := s.Sign(key); err != nil {
		return err
	}
	doc, err := s.Document()
	if err != nil {
		return err
	}
	return writeDurably(path, doc)
}

// stating merges what is asked for with what is kept, and keeps it.
func (n *Node) stating(ctx context.Context, act record.Act, l *layout.Layout, o Stating) (stating, error) {
	var kept stating
	if err := n.Records.Setting(ctx, "stating/"+o.Park, &kept); err != nil && !errors.Is(err, record.ErrNotFound) {
		return kept, err
	}
	want := kept
	if o.Gateway != "" {
		want.Gateway = o.Gateway
	}
	if o.Organization != "" {
		want.Organization = o.Organization
	}
	if len(o.Registers) > 0 {
		want.Registers = slices.Compact(slices.Sorted(slices.Values(o.Registers)))
	}
	if !gatewaySyntax.MatchString(want.Gateway) || want.Organization == "" {
		return want, fmt.Errorf("%w: gateway %q of organization %q; name this installation (a-z, 0-9, ., _ and -) and the organization as the park knows them", ErrUntrusted, want.Gateway, want.Organization)
	}
	own, err := registersOf(l, want.Organization)
	if err != nil {
		return want, err
	}
	for _, k := range want.Registers {
		if !slices.Contains(own, k) {
			return want, fmt.Errorf("%w: %q is no settled register of organization %s of park %s", meter.ErrRegister, k, want.Organization, o.Park)
		}
	}
	if kept.Gateway != want.Gateway || kept.Organization != want.Organization || !slices.Equal(kept.Registers, want.Registers) {
		if err := n.Records.SetSetting(ctx, act, "stating/"+o.Park, want); err != nil {
			return want, err
		}
	}
	if len(want.Registers) == 0 {
		want.Registers = own
	}
	return want, nil
}

// unstated are the settled days that no statement holds in their revision, the earliest
// first, as many as one statement takes.
func (n *Node) unstated(ctx context.Context, l *layout.Layout, keys []string, o Stating, have *statements) (days []usage.Day, more bool, err error) {
	q := usage.Query{Park: o.Park, Keys: keys, First: period.Date(1, 1, 1), Last: period.DayOf(n.Now(), l.Zone) - 1} // today is not over
	if o.First != "" {
		if q.First, err = period.ParseDay(o.First); err != nil {
			return nil, false, err
		}
	}
	if o.Last != "" {
		last, err := period.ParseDay(o.Last)
		if err != nil {
			return nil, false, err
		}
		q.Last = min(q.Last, last)
	}
	size := 0
	err = n.Series.UsageByDay(ctx, q, func(d usage.Day) error {
		if newest, ok := have.newest[registerDay{d.Key, d.Day}]; ok && newest >= d.Revision {
			return nil
		}
		if size += 10*len(d.Amount) + 64 + len(d.Key); size > statedBytes || len(days) == statement.MaxDays {
			more = true
			return errEnough
		}
		d.Amount, d.Quality, d.Coverage = slices.Clone(d.Amount), slices.Clone(d.Quality), slices.Clone(d.Coverage)
		days = append(days, d)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return days, more, err
}

// entriesOf are an organization's entries in a stored inventory.
func (n *Node) entriesOf(ctx context.Context, l *layout.Layout, inventory, organization string) ([]accounting.Entry, error) {
	if inventory == "" {
		return nil, nil
	}
	x, err := n.Inventory(ctx, inventory)
	if err != nil {
		return nil, err
	}
	var list []accounting.Entry
	under := l.OrganizationsOf(organization)
	for _, e := range x.Inventory.Entries {
		if slices.Contains(under, e.Activity.Organization) {
			list = append(list, e)
		}
	}
	return list, nil
}

// IssuedStatements are the statements that this installation made for a park, number 1
// first, without their documents.
func (n *Node) IssuedStatements(ctx context.Context, park string) ([]IssuedStatement, error) {
	who, acknowledged, have, err := n.issued(ctx, park)
	if err != nil || who.Gateway == "" {
		return nil, err
	}
	var list []IssuedStatement
	for _, x := range have.list {
		hash, err := x.Head.Hash()
		if err != nil {
			return nil, err
		}
		list = append(list, IssuedStatement{Head: x.Head, Hash: hash, Acknowledged: x.Head.Number <= acknowledged})
	}
	return list, nil
}

// issued is who states to a park from here, the last number that was acknowledged and
// what was stated.
func (n *Node) issued(ctx context.Context, park string) (who stating, acknowledged int, have *statements, err error) {
	if err = n.Records.Setting(ctx, "stating/"+park, &who); errors.Is(err, record.ErrNotFound) {
		return who, 0, nil, nil
	} else if err != nil {
		return who, 0, nil, err
	}
	text, err := n.Series.Mark(ctx, "stating/"+park+"/"+who.Gateway)
	if err == nil && len(text) > 0 {
		err = json.Unmarshal(text, &acknowledged)
	}
	if err != nil {
		return who, 0, nil, err
	}
	dir := n.issuedDir(park, who.Gateway)
	count, err := documentsIn(dir)
	if err != nil {
		return who, 0, nil, err
	}
	have, err = n.statementsIn(dir, count)
	return who, acknowledged, have, err
}

// PendingStatement is the oldest statement for a park that it has not acknowledged,
// with its document; nil when there is none. Send it, then AcknowledgeStatement.
func (n *Node) PendingStatement(ctx context.Context, park string) (*IssuedStatement, error) {
	who, acknowledged, have, err := n.issued(ctx, park)
	if err != nil || have == nil || acknowledged >= len(have.list) {
		return nil, err
	}
	x := have.list[acknowledged]
	hash, err := x.Head.Hash()
	if err != nil {
		return nil, err
	}
	doc, err := os.ReadFile(documentName(n.issuedDir(park, who.Gateway), x.Head.Number))
	return &IssuedStatement{Head: x.Head, Hash: hash, Document: doc}, err
}

// AcknowledgeStatement notes that the park has a statement and those before it.
func (n *Node) AcknowledgeStatement(ctx context.Context, park string, number int) error {
	who, acknowledged, have, err := n.issued(ctx, park)
	if err != nil {
		return err
	}
	if have == nil || number < 1 || number > len(have.list) {
		return fmt.Errorf("%w: statement %d for park %s", record.ErrNotFound, number, park)
	}
	if number <= acknowledged {
		return nil
	}
	text, err := json.Marshal(number)
	if err != nil {
		return err
	}
	return n.Series.PutUsage(ctx, park, nil, meter.Mark{Name: "stating/" + park + "/" + who.Gateway, Value: text})
}

func (n *Node) issuedDir(park, gateway string) string {
	return filepath.Join(n.Dir, "statements-issued", park, gateway)
}
