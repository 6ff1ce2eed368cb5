package node

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lingtan/inventory"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/proof"
	"lingtan/store/record"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// later is after everything that the tests record.
var later = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// site is an enterprise's own node with two months of readings, settled.
func site(t *testing.T) (*Node, *clock) {
	t.Helper()
	n, c, _ := opened(t)
	twoMonths(t, n, c)
	settled(t, n, SettleOptions{})
	return n, c
}

// states builds every statement that there is to build.
func states(t *testing.T, n *Node, c *clock, o Stating) [][]byte {
	t.Helper()
	var docs [][]byte
	for {
		s, more, err := n.BuildStatement(context.Background(), act(c), o)
		if err != nil {
			t.Fatal(err)
		}
		if s == nil {
			return docs
		}
		doc, err := s.Document()
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc)
		if !more {
			return docs
		}
	}
}

func trusts(t *testing.T, park *Node, c *clock, home *Node, o Trust) StatementIssuer {
	t.Helper()
	key, err := home.InstallationKey()
	if err != nil {
		t.Fatal(err)
	}
	o.Park, o.Key = "test", key.Public().(ed25519.PublicKey)
	x, err := park.TrustIssuer(context.Background(), act(c), o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func accepts(t *testing.T, park *Node, c *clock, gateway string, docs ...[]byte) AcceptedStatement {
	t.Helper()
	var got AcceptedStatement
	for _, doc := range docs {
		var err error
		if got, err = park.AcceptStatement(context.Background(), act(c), "test", gateway, doc); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func refuses(t *testing.T, park *Node, c *clock, gateway string, doc []byte, want error, text string) {
	t.Helper()
	_, err := park.AcceptStatement(context.Background(), act(c), "test", gateway, doc)
	if !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
		t.Errorf("%v; want %v with %q", err, want, text)
	}
}

// bytesOf is the inventory of May as known at a time, in canonical form.
func bytesOf(t *testing.T, n *Node, at time.Time) string {
	t.Helper()
	v, err := n.Compile(context.Background(), "test", "2023-05", at)
	if err != nil {
		t.Fatal(err)
	}
	text, err := proof.Canonical(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A park that has its park file and signed statements, and not one reading, makes the
// very inventory that the readings make; it verifies offline and explains itself.
func TestStatedInventoryIsThatOfTheReadings(t *testing.T) {
	ctx := context.Background()
	home, hc := site(t)
	park, c, _ := opened(t)
	trusts(t, park, c, home, Trust{Gateway: "home-1", Organization: "operator"})
	docs := states(t, home, hc, Stating{Park: "test", Gateway: "home-1", Organization: "operator"})
	got := accepts(t, park, c, "home-1", docs...)
	if got.Days != 3*61 || got.Stored != 3*61 || got.Revised != 0 || got.First != "2023-05-01" || got.Last != "2023-06-30" {
		t.Errorf("%+v", got)
	}
	if s := settled(t, park, SettleOptions{All: true}); s.Days != 0 {
		t.Errorf("a park without readings settled %+v", s)
	}
	if first, last, ok, err := park.Extent(ctx, "test"); err != nil || !ok || first.String() != "2023-05-01" || last.String() != "2023-06-30" {
		t.Errorf("extent %s to %s, %v: %v", first, last, ok, err)
	}
	if a, b := bytesOf(t, home, later), bytesOf(t, park, later); a != b {
		t.Errorf("from readings %s\nfrom statements %s", a, b)
	}
	x := shut(t, park, c)
	if err := park.Pack(ctx, x); err != nil {
		t.Fatal(err)
	}
	checks, err := evidence.Verify(ctx, x)
	if err != nil || len(x.Stated) != 1 || !strings.Contains(text(checks), "statements of home-1: 1") || !strings.Contains(text(checks), "over 93 register-days") {
		t.Errorf("%v: %s", err, text(checks))
	}
	tree, err := park.Explain(ctx, x.Inventory.Entries[0].ID)
	if err != nil || !strings.Contains(text(tree), "raw readings stay there") || !strings.Contains(text(tree), "原始读数留在企业") || !strings.Contains(text(tree), got.Root) {
		t.Errorf("%v: %s", err, text(tree))
	}
}

// packs exports an inventory and verifies it; a check must say so.
func packs(t *testing.T, n *Node, x *evidence.Export, says string) {
	t.Helper()
	if err := n.Pack(context.Background(), x); err != nil {
		t.Fatal(err)
	}
	if checks, err := evidence.Verify(context.Background(), x); err != nil || !strings.Contains(text(checks), says) {
		t.Errorf("%v: %s", err, text(checks))
	}
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// What an export says of statements is held against signature, root and evidence.
func TestForgedStatedEvidence(t *testing.T) {
	ctx := context.Background()
	home, hc := site(t)
	park, c, _ := opened(t)
	trusts(t, park, c, home, Trust{Gateway: "mill-1", Organization: "mill"})
	accepts(t, park, c, "mill-1", states(t, home, hc, Stating{Park: "test", Gateway: "mill-1", Organization: "mill"})...)
	x := shut(t, park, c)
	if err := park.Pack(ctx, x); err != nil {
		t.Fatal(err)
	}
	plain := text(x)
	forged := func(name string, change func(s *evidence.Stated)) {
		t.Helper()
		var y evidence.Export
		if err := json.Unmarshal([]byte(plain), &y); err != nil {
			t.Fatal(err)
		}
		change(&y.Stated[0])
		if _, err := evidence.Verify(ctx, &y); (err == nil) != (name == "") {
			t.Errorf("%q: %v", name, err)
		}
	}
	forged("", func(*evidence.Stated) {})
	forged("leaves", func(s *evidence.Stated) { s.Statements[0].Leaves[5] ^= 1 })
	forged("half a leaf", func(s *evidence.Stated) { s.Statements[0].Leaves = s.Statements[0].Leaves[:40] })
	forged("signature", func(s *evidence.Stated) { s.Statements[0].Signature[5] ^= 1 })
	forged("total", func(s *evidence.Stated) { s.Statements[0].Head.Registers[0].Totals.Measured++ })
	forged("gateway", func(s *evidence.Stated) { s.Gateway = "mill-2" })
	forged("none", func(s *evidence.Stated) { s.Statements = nil })
	forged("twice", func(s *evidence.Stated) { s.Statements = append(s.Statements, s.Statements[0]) })
	forged("revision", func(s *evidence.Stated) {
		s.Registers = append(s.Registers, evidence.StatedRegister{Register: "bakery.kwh"})
		s.Statements[0].Head.Number = 2
	})
}

func TestChainOfStatements(t *testing.T) {
	home, hc := site(t)
	park, c, dir := opened(t)
	o := Stating{Park: "test", Gateway: "mill-1", Organization: "mill", Last: "2023-05-10"}
	first := states(t, home, hc, o)[0]
	o.Last = "2023-05-20"
	second := states(t, home, hc, o)[0]
	third := states(t, home, hc, Stating{Park: "test"})[0]
	refuses(t, park, c, "mill-1", first, ErrUntrusted, "not known")
	trusts(t, park, c, home, Trust{Gateway: "mill-1", Organization: "mill"})
	refuses(t, park, c, "mill-1", second, statement.ErrChain, "number 1 is missing")
	accepts(t, park, c, "mill-1", first)
	refuses(t, park, c, "mill-1", third, statement.ErrChain, "number 2 is missing")
	if got := accepts(t, park, c, "mill-1", first); !got.Repeated {
		t.Errorf("the same again: %+v", got)
	}

	// A kill between document and days leaves a document that was not accepted.
	if err := writeDurably(park.statementFile("test", "mill-1", 2), []byte("cut")); err != nil {
		t.Fatal(err)
	}
	if err := park.Close(); err != nil {
		t.Fatal(err)
	}
	park = reopened(t, dir, c)
	if heads, err := park.AcceptedStatements(context.Background(), "test", "mill-1"); err != nil || len(heads) != 1 {
		t.Errorf("accepted after a restart: %+v, %v", heads, err)
	}
	accepts(t, park, c, "mill-1", second, third)
	if got := accepts(t, park, c, "mill-1", second); !got.Repeated {
		t.Errorf("an earlier one again: %+v", got)
	}

	refusesForgeries(t, park, c, home, second, third)
}

// refusesForgeries: documents that a site signs and that do not go on from its second and
// third statement, which were accepted.
func refusesForgeries(t *testing.T, park *Node, c *clock, home *Node, second, third []byte) {
	t.Helper()
	// Another statement under an accepted number, signed by the right key.
	s, err := statement.Parse(second)
	if err != nil {
		t.Fatal(err)
	}
	s.Head.IssuedAt++
	refuses(t, park, c, "mill-1", signedBy(t, home, s), statement.ErrChain, "was accepted as")
	// A statement that states a known revision with another content.
	last, err := statement.Parse(third)
	if err != nil {
		t.Fatal(err)
	}
	days, err := s.Days()
	if err != nil {
		t.Fatal(err)
	}
	days[0].Amount[0]++
	h := last.Head
	h.Number, h.Previous = 4, hashOf(t, last.Head)
	other, err := statement.Build(h, days, nil)
	if err != nil {
		t.Fatal(err)
	}
	refuses(t, park, c, "mill-1", signedBy(t, home, other), statement.ErrChain, "another content")
	if _, err := os.Stat(park.statementFile("test", "mill-1", 4)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a refused statement is kept: %v", err)
	}
}

func signedBy(t *testing.T, n *Node, s *statement.Statement) []byte {
	t.Helper()
	key, err := n.InstallationKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sign(key); err != nil {
		t.Fatal(err)
	}
	doc, err := s.Document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func hashOf(t *testing.T, h statement.Head) string {
	t.Helper()
	hash, err := h.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// A gateway speaks for its organization's registers, on the park's grid, by a
// registered key.
func TestStatementsBeyondTrust(t *testing.T) {
	home, hc := site(t)
	park, c, _ := opened(t)
	all := states(t, home, hc, Stating{Park: "test", Gateway: "mill-1", Organization: "operator"})[0]
	s, err := statement.Parse(all)
	if err != nil {
		t.Fatal(err)
	}
	trusts(t, park, c, home, Trust{Gateway: "mill-1", Organization: "mill"})
	refuses(t, park, c, "mill-1", all, ErrUntrusted, "operator")
	s.Head.Organization = "mill"
	refuses(t, park, c, "mill-1", signedBy(t, home, s), ErrUntrusted, "bakery.kwh")
	days, err := s.Days()
	if err != nil {
		t.Fatal(err)
	}
	mill := days[61:122] // bakery, mill, pv
	variant := func(change func(h *statement.Head)) []byte {
		t.Helper()
		h := s.Head
		h.Registers = []statement.Register{s.Head.Registers[1]}
		change(&h)
		v, err := statement.Build(h, mill, nil)
		if err != nil {
			t.Fatal(err)
		}
		return signedBy(t, home, v)
	}
	refuses(t, park, c, "mill-1", variant(func(h *statement.Head) { h.Interval = "1h" }), ErrUntrusted, "every 1h")
	refuses(t, park, c, "mill-1", variant(func(h *statement.Head) { h.Zone = "Asia/Tokyo" }), ErrUntrusted, "Tokyo")
	refuses(t, park, c, "mill-1", variant(func(h *statement.Head) { h.Registers[0].Unit = "MWh" }), ErrUntrusted, "MWh")
	refuses(t, park, c, "mill-1", variant(func(h *statement.Head) { h.Park = "other" }), ErrUntrusted, "other")
	stranger, sc := site(t)
	refuses(t, park, c, "mill-1", states(t, stranger, sc, Stating{Park: "test", Gateway: "mill-1", Organization: "mill"})[0], ErrUntrusted, "not registered")
	good := variant(func(*statement.Head) {})
	x := trusts(t, park, c, stranger, Trust{Gateway: "mill-1", Organization: "mill"})
	if len(x.Keys) != 2 || len(x.Registers) != 1 {
		t.Errorf("a second key: %+v", x)
	}
	accepts(t, park, c, "mill-1", good)
	refusesTrust(t, park, c, home)
}

// refusesTrust: what cannot be registered beside mill-1, which states for the mill.
func refusesTrust(t *testing.T, park *Node, c *clock, home *Node) {
	t.Helper()
	ctx := context.Background()
	key, err := home.InstallationKey()
	if err != nil {
		t.Fatal(err)
	}
	bad := func(want error, o Trust) {
		t.Helper()
		o.Park = "test"
		if o.Key == nil {
			o.Key = key.Public().(ed25519.PublicKey)
		}
		if _, err := park.TrustIssuer(ctx, act(c), o); !errors.Is(err, want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	bad(ErrUntrusted, Trust{Gateway: "../x", Organization: "mill"})
	bad(ErrUntrusted, Trust{Gateway: "x", Organization: "mill", Key: []byte{1}})
	bad(record.ErrConflict, Trust{Gateway: "mill-1", Organization: "bakery"})
	bad(record.ErrConflict, Trust{Gateway: "mill-2", Organization: "mill", Registers: []string{"mill.kwh"}})
	bad(meter.ErrRegister, Trust{Gateway: "mill-2", Organization: "mill"})
	bad(meter.ErrRegister, Trust{Gateway: "mill-1", Organization: "mill", Registers: []string{"bakery.kwh"}})
	bad(record.ErrNotFound, Trust{Gateway: "x", Organization: "nobody"})
}

// bakeryAndFiveDays are two months of the bakery and the first five days of the mill.
func bakeryAndFiveDays(write func(time.Time, string, float64)) {
	for i := range 61 * 96 {
		at := start.Add(time.Duration(i+1) * 15 * time.Minute)
		write(at, "bakery.kwh", 5+float64(i%7))
		if i < 5*96 {
			write(at, "mill.kwh", 20+float64(i%96)/10)
		}
	}
}

// A park that settled a register before it was stated: what it made of the silence is
// restated by the first statement; days before since stay its own.
func TestStatedAfterTheParkHadSettled(t *testing.T) {
	ctx := context.Background()
	home, hc := site(t)
	park, c, _ := opened(t)
	load(t, park, c, "bakery.csv", bakeryAndFiveDays)
	settled(t, park, SettleOptions{})
	before := park.Series.Recorded()
	was := bytesOf(t, park, time.UnixMilli(before).UTC())
	x := trusts(t, park, c, home, Trust{Gateway: "mill-1", Organization: "mill", Since: "2023-05-06"})
	if x.Registers[0].After != 1 {
		t.Errorf("%+v", x.Registers)
	}
	doc := states(t, home, hc, Stating{Park: "test", Gateway: "mill-1", Organization: "mill"})[0]
	refuses(t, park, c, "mill-1", doc, ErrUntrusted, "2023-05-01")
	if err := os.RemoveAll(home.issuedDir("test", "mill-1")); err != nil {
		t.Fatal(err)
	}
	got := accepts(t, park, c, "mill-1", states(t, home, hc, Stating{Park: "test", First: "2023-05-06"})...)
	if got.Stored != 56 || got.Revised != 56 {
		t.Errorf("%+v", got)
	}
	if gaps, err := park.Findings(ctx, "test", "2023-06", []string{"mill.kwh"}, nil, 0); err != nil || len(gaps) != 0 {
		t.Errorf("gaps at the park that the statement closed: %+v, %v", gaps, err)
	}
	if s := settled(t, park, SettleOptions{All: true}); s.Revised != 0 {
		t.Errorf("settled again: %+v", s)
	}
	totals := func(n *Node) (list []float64) {
		err := n.Days(ctx, "test", "mill.kwh", "2023-05", func(d usage.Day) error {
			list = append(list, d.Totals().Total())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if a, b := totals(park), totals(home); len(a) != 31 || !slices.Equal(a, b) {
		t.Errorf("days at the park %v, at the site %v", a, b)
	}
	load(t, park, c, "late.csv", func(write func(time.Time, string, float64)) { write(start.Add(15*time.Minute), "mill.kwh", 21) })
	if s := settled(t, park, SettleOptions{}); s.Revised != 1 || s.Days > 5 {
		t.Errorf("a late reading of a day that is settled here: %+v", s)
	}
	packs(t, park, shut(t, park, c), "over 26 register-days")
	if now := bytesOf(t, park, time.UnixMilli(before).UTC()); now != was {
		t.Error("what was known before the statement is not reproduced")
	}
	e := usage.Edit{Key: "mill.kwh", From: start.Add(10 * 24 * time.Hour).UnixMilli(), To: start.Add(11 * 24 * time.Hour).UnixMilli(), Amount: 1, Who: "王工", Reason: "抄表"}
	if _, err := park.Edit(ctx, act(c), "test", e); !errors.Is(err, usage.ErrEdit) || !strings.Contains(err.Error(), "edit it there") {
		t.Errorf("edited at the park: %v", err)
	}
}

// A correction at the site is stated as the day's next revision; what was closed stays
// as it was, and one reading can be disclosed before and after.
func TestRestatementByStatement(t *testing.T) {
	ctx := context.Background()
	home, hc := site(t)
	park, c, _ := opened(t)
	trusts(t, park, c, home, Trust{Gateway: "home-1", Organization: "operator"})
	accepts(t, park, c, "home-1", states(t, home, hc, Stating{Park: "test", Gateway: "home-1", Organization: "operator"})...)
	first := shut(t, park, c)
	known := time.UnixMilli(park.Series.Recorded()).UTC()
	was := bytesOf(t, park, known)
	at := start.Add(15 * time.Minute)
	p, err := home.Disclose(ctx, "test", "mill.kwh", at)
	if err != nil || p.Value != 20 {
		t.Fatalf("%+v: %v", p, err)
	}
	load(t, home, hc, "late.csv", func(write func(time.Time, string, float64)) { write(at, "mill.kwh", 99) })
	if p, err = home.Disclose(ctx, "test", "mill.kwh", at); err != nil || p.Value != 20 {
		t.Errorf("disclosed after a correction that is not stated: %+v, %v", p, err)
	}
	settled(t, home, SettleOptions{})
	docs := states(t, home, hc, Stating{Park: "test"})
	if got := accepts(t, park, c, "home-1", docs...); len(docs) != 1 || got.Revised != 1 || got.Stored != 1 {
		t.Errorf("%d statements, %+v", len(docs), got)
	}
	if late, err := park.Findings(ctx, "test", "2023-05", nil, nil, 0); err != nil || len(late) != 1 || late[0].Rule != "late" || late[0].Treatment != "restated" {
		t.Errorf("findings %+v: %v", late, err)
	}
	if p, err = home.Disclose(ctx, "test", "mill.kwh", at); err != nil || p.Value != 99 || p.Statement.Head.Number != 2 {
		t.Errorf("disclosed after the restatement: %+v, %v", p, err)
	}
	if _, err := home.Disclose(ctx, "test", "mill.kwh", at.Add(time.Second)); !errors.Is(err, evidence.ErrNoReading) {
		t.Errorf("no such reading: %v", err)
	}
	if _, err := park.Disclose(ctx, "test", "mill.kwh", at); !errors.Is(err, evidence.ErrNoReading) {
		t.Errorf("the park discloses: %v", err)
	}
	second := shut(t, park, c)
	if second.Inventory.Revision != 2 || len(inventory.Compare(first.Inventory, second.Inventory).Usage) != 1 {
		t.Errorf("restated: %+v", inventory.Compare(first.Inventory, second.Inventory).Usage)
	}
	if bytesOf(t, park, known) != was {
		t.Error("what was closed is not reproduced")
	}
	if a, b := bytesOf(t, home, later), bytesOf(t, park, later); a != b {
		t.Error("after the restatement the inventories differ")
	}
}
