package record

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"

	"lingtan/access"
	"lingtan/park"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func at(after time.Duration) Act {
	return Act{Who: "system", Name: "System", From: "test", At: start.Add(after)}
}

// eachStore runs a test over SQLite, and over PostgreSQL where the environment
// names one: LINGTAN_TEST_POSTGRES=postgres://user@host/database?sslmode=disable
func eachStore(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		test(t, open(t, filepath.Join(t.TempDir(), "record store.db")))
	})
	dsn := os.Getenv("LINGTAN_TEST_POSTGRES")
	if dsn == "" {
		return
	}
	t.Run("postgres", func(t *testing.T) {
		schema := fmt.Sprintf("lingtan_test_%d", rand.Uint64())
		db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(dsn)))
		defer db.Close()
		if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
			t.Fatal(err)
		}
		defer db.Exec("DROP SCHEMA " + schema + " CASCADE")
		test(t, open(t, dsn+"&search_path="+schema))
	})
}

func open(t *testing.T, place string) *Store {
	t.Helper()
	s, err := Open(context.Background(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func demo() *park.Document {
	return &park.Document{
		Park: park.Park{ID: "demo", Region: "江苏", Name: park.Name{ZH: "示范园区", EN: "Demonstration park"}},
		Organizations: []park.Organization{
			{ID: "operator", Kind: "operator", Name: park.Name{ZH: "园区公司", EN: "Operator"}},
			{ID: "works", Kind: "enterprise", Parent: "operator", Name: park.Name{ZH: "化工厂", EN: "Works"}},
			{ID: "lab", Kind: "enterprise", Parent: "works", Name: park.Name{ZH: "实验室", EN: "Laboratory"}},
			{ID: "bureau", Kind: "regulator", Name: park.Name{ZH: "发改委", EN: "Bureau"}},
		},
		Sites: []park.Site{
			{ID: "east", Organization: "works", Name: park.Name{ZH: "东区", EN: "East"}},
			{ID: "gate", Organization: "operator", Name: park.Name{ZH: "大门", EN: "Gate"}},
		},
	}
}

func savePark(t *testing.T, s *Store, yaml string, after time.Duration) ParkVersion {
	t.Helper()
	tree, err := PlaceOrganizations(demo())
	ok(t, err)
	version, err := s.SaveParkVersion(context.Background(), at(after), "demo", []byte(yaml), tree)
	ok(t, err)
	return version
}

func TestPlaceOrganizations(t *testing.T) {
	tree, err := PlaceOrganizations(demo())
	ok(t, err)
	place := func(id string, want access.Path) {
		t.Helper()
		if tree.Paths[id] != want {
			t.Errorf("%s stands at %q, want %q", id, tree.Paths[id], want)
		}
	}
	place("operator", "/江苏/demo")
	place("works", "/江苏/demo/works")
	place("lab", "/江苏/demo/works/lab")
	place("bureau", "/江苏/demo")
	var paths []string
	for _, node := range tree.Nodes {
		paths = append(paths, node.Kind+string(node.Path))
	}
	want := "region/江苏 park/江苏/demo enterprise/江苏/demo/works enterprise/江苏/demo/works/lab site/江苏/demo/works/east site/江苏/demo/gate"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("tree %s", got)
	}

	fails := func(change func(*park.Document), want error) {
		t.Helper()
		doc := demo()
		change(doc)
		_, err := PlaceOrganizations(doc)
		is(t, err, want)
	}
	fails(func(d *park.Document) { d.Park.ID = "no/park" }, access.ErrPath)
	fails(func(d *park.Document) { d.Sites[1].ID = "works" }, ErrConflict)
	fails(func(d *park.Document) { d.Organizations[1].Parent = "lab" }, ErrConflict)
	fails(func(d *park.Document) { d.Sites[0].Organization = "nobody" }, ErrNotFound)
}

func TestOrganizations(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		savePark(t, s, "a: 1", 0)
		ok(t, s.SaveOrganizations(ctx, at(0), []access.Organization{{Path: "/江苏2", Kind: "region", NameZH: "别处", NameEN: "Elsewhere"}}))
		count := func(within []access.Path, want int) {
			t.Helper()
			nodes, err := s.Organizations(ctx, within)
			ok(t, err)
			if len(nodes) != want {
				t.Errorf("within %v: %v", within, nodes)
			}
		}
		count(nil, 0)
		count([]access.Path{"/"}, 7)
		count([]access.Path{"/江苏"}, 6)
		count([]access.Path{"/江苏/demo/works"}, 3)
		count([]access.Path{"/江苏/demo/work"}, 0)
		count([]access.Path{"/江苏/demo/gate", "/江苏2"}, 2)

		node, err := s.ParkOrganization(ctx, "demo")
		ok(t, err)
		if node.Path != "/江苏/demo" || node.NameZH != "示范园区" {
			t.Errorf("park %+v", node)
		}
		_, err = s.ParkOrganization(ctx, "nowhere")
		is(t, err, ErrNotFound)
		_, err = s.Organization(ctx, "/nowhere")
		is(t, err, ErrNotFound)
	})
}

func TestParkVersions(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		one := savePark(t, s, "a: 1", 0)
		again := savePark(t, s, "a: 1", time.Hour)
		two := savePark(t, s, "a: 2 # 零碳's", 2*time.Hour)
		if one.Number != 1 || again.Number != 1 || two.Number != 2 {
			t.Fatalf("numbers %d %d %d", one.Number, again.Number, two.Number)
		}
		known := func(after time.Duration, want string) {
			t.Helper()
			version, err := s.ParkVersionAsKnownAt(ctx, "demo", start.Add(after))
			ok(t, err)
			if version.YAML != want {
				t.Errorf("known after %v: %q", after, version.YAML)
			}
		}
		known(0, "a: 1")
		known(2*time.Hour-time.Microsecond, "a: 1")
		known(2*time.Hour, "a: 2 # 零碳's")
		_, err := s.ParkVersionAsKnownAt(ctx, "demo", start.Add(-time.Second))
		is(t, err, ErrNotFound)
		version, err := s.ParkVersion(ctx, "demo", 2)
		ok(t, err)
		if version.Hash != two.Hash || !version.RecordedAt.Equal(start.Add(2*time.Hour)) {
			t.Errorf("%+v", version)
		}
		versions, err := s.ParkVersions(ctx, "demo")
		ok(t, err)
		if len(versions) != 2 || versions[0].Number != 2 || versions[0].YAML != "" {
			t.Errorf("versions %+v", versions)
		}
		parks, err := s.Parks(ctx)
		ok(t, err)
		if len(parks) != 1 || parks["demo"] != "/江苏/demo" {
			t.Errorf("parks %v", parks)
		}

		tree, _ := PlaceOrganizations(demo())
		_, err = s.SaveParkVersion(ctx, at(time.Hour), "demo", []byte("a: 3"), tree)
		is(t, err, ErrConflict) // before the latest
		tree.Park = "/浙江/demo"
		_, err = s.SaveParkVersion(ctx, at(3*time.Hour), "demo", []byte("a: 3"), tree)
		is(t, err, ErrConflict) // moved
		_, err = s.SaveParkVersion(ctx, at(3*time.Hour), "demo", make([]byte, maxPark+1), tree)
		is(t, err, ErrTooLarge)
	})
}

// saveInventory stores an inventory of the demo park an hour after the start.
func saveInventory(t *testing.T, s *Store, id, period, state string, document []byte, entries ...string) Inventory {
	t.Helper()
	inventory, err := s.SaveInventory(context.Background(), at(time.Hour), Inventory{
		ID: id, Park: "demo", Period: period, State: state, Hash: "h-" + id, Location: 12.5, Market: 0.1, Document: document,
	}, entries)
	ok(t, err)
	return inventory
}

func TestInventories(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		savePark(t, s, "a: 1", 0)
		large := bytes.Repeat([]byte(`{"entry":"零碳 '?' \u0000"}`), 200_000) // 5 MB
		saveInventory(t, s, "closed1", "2018-03", "closed", large, "e1", "e2")
		if got := saveInventory(t, s, "closed2", "2018-03", "closed", []byte(`{"v":2}`), "e1", "e4"); got.Revision != 2 {
			t.Errorf("revision %d", got.Revision)
		}
		saveInventory(t, s, "april", "2018-04", "closed", []byte(`{}`), "e9")

		state := func(id, want string, document []byte) {
			t.Helper()
			inventory, err := s.Inventory(ctx, id)
			ok(t, err)
			if inventory.State != want || inventory.Location != 12.5 || inventory.Market != 0.1 || !bytes.Equal(inventory.Document, document) {
				t.Errorf("%s: %s %v %v, %d bytes", id, inventory.State, inventory.Location, inventory.Market, len(inventory.Document))
			}
		}
		state("closed1", "superseded", large)
		state("closed2", "closed", []byte(`{"v":2}`))
		holds := func(entry, want string) {
			t.Helper()
			inventory, parkID, err := s.EntryInventory(ctx, entry)
			ok(t, err)
			if inventory != want || parkID != "demo" {
				t.Errorf("entry %s is in %s of %s, want %s", entry, inventory, parkID, want)
			}
		}
		holds("e1", "closed2")
		holds("e2", "closed1")
		holds("e9", "april")
		list, err := s.InventoriesOf(ctx, "demo")
		ok(t, err)
		if len(list) != 3 || list[0].ID != "april" || list[1].ID != "closed2" || list[2].Packed != nil {
			t.Errorf("list %+v", list)
		}
		parkID, err := s.InventoryPark(ctx, "april")
		if err != nil || parkID != "demo" {
			t.Errorf("april is of %q, %v", parkID, err)
		}
	})
}

func TestOpenInventoryIsReplaced(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		savePark(t, s, "a: 1", 0)
		saveInventory(t, s, "open1", "2018-03", "open", []byte("{}"), "e1", "e2")
		if got := saveInventory(t, s, "open2", "2018-03", "open", []byte("{}"), "e1", "e3"); got.Revision != 1 {
			t.Errorf("an open inventory counts as revision %d", got.Revision)
		}
		_, err := s.Inventory(ctx, "open1")
		is(t, err, ErrNotFound)
		_, _, err = s.EntryInventory(ctx, "e2")
		is(t, err, ErrNotFound)
		if got := saveInventory(t, s, "closed", "2018-03", "closed", []byte("{}"), "e1"); got.Revision != 1 {
			t.Errorf("the first closed inventory is revision %d", got.Revision)
		}
		_, err = s.Inventory(ctx, "open2")
		is(t, err, ErrNotFound)
	})
}

func TestInventoryRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		savePark(t, s, "a: 1", 0)
		saveInventory(t, s, "april", "2018-04", "closed", []byte("{}"), "e9")
		refused := func(want error, inventory Inventory, entries ...string) {
			t.Helper()
			_, err := s.SaveInventory(ctx, at(0), inventory, entries)
			is(t, err, want)
		}
		refused(ErrConflict, Inventory{ID: "april", Park: "demo", Period: "2018-05", State: "closed"})
		refused(ErrNotFound, Inventory{ID: "x", Park: "nowhere", State: "closed"})
		refused(ErrConflict, Inventory{ID: "x", Park: "demo", State: "superseded"})
		refused(ErrConflict, Inventory{ID: "x", Park: "demo", Period: "2018-04", State: "closed"}, "a", "a")
		// The whole change is undone:
		if april, err := s.Inventory(ctx, "april"); err != nil || april.State != "closed" {
			t.Errorf("april is %s, %v", april.State, err)
		}
	})
}

func TestManyEntries(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		savePark(t, s, "a: 1", 0)
		entries := make([]string, 1201)
		for i := range entries {
			entries[i] = fmt.Sprintf("entry-%d", i)
		}
		_, err := s.SaveInventory(context.Background(), at(0), Inventory{ID: "i", Park: "demo", Period: "2018", State: "closed"}, entries)
		ok(t, err)
		for _, entry := range []string{"entry-0", "entry-500", "entry-1200"} {
			if id, _, err := s.EntryInventory(context.Background(), entry); id != "i" {
				t.Errorf("%s: %q, %v", entry, id, err)
			}
		}
	})
}

func TestFactors(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		save := func(version string, after time.Duration) error {
			return s.SaveFactor(ctx, at(after), UserFactor{ID: "steam", Version: version, Organization: "/", Content: `{"v":1}`})
		}
		ok(t, save("1", 0))
		ok(t, save("2", time.Hour))
		is(t, save("2", 2*time.Hour), ErrConflict)
		known, err := s.FactorsAsKnownAt(ctx, start.Add(time.Hour-1000))
		ok(t, err)
		if len(known) != 1 || known[0].Version != "1" || known[0].Author != "system" {
			t.Errorf("%+v", known)
		}
		is(t, s.SaveFactor(ctx, at(0), UserFactor{Content: strings.Repeat("x", maxFactor+1)}), ErrTooLarge)
	})
}

func TestImports(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		savePark(t, s, "a: 1", 0)
		file, err := s.StartImport(ctx, at(0), Import{Park: "demo", File: "steel.csv", SHA256: "ab", Size: 10, Mapping: `{"a":"b"}`})
		ok(t, err)
		file.State, file.Rows, file.Rejected, file.Admission = "done", 35040, 3, `{"batches":1}`
		ok(t, s.FinishImport(ctx, at(time.Minute), file))
		is(t, s.FinishImport(ctx, at(time.Minute), file), ErrNotFound)
		got, err := s.Import(ctx, file.ID)
		ok(t, err)
		if got.State != "done" || got.Rows != 35040 || got.Rejected != 3 || got.Mapping != `{"a":"b"}` || !got.FinishedAt.Equal(start.Add(time.Minute)) {
			t.Errorf("%+v", got)
		}
		list, err := s.Imports(ctx, "demo")
		ok(t, err)
		if len(list) != 1 || list[0].ID != file.ID {
			t.Errorf("%+v", list)
		}
	})
}

func TestSettings(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		var basis string
		is(t, s.Setting(ctx, "basis", &basis), ErrNotFound)
		ok(t, s.SetSetting(ctx, at(0), "basis", "location"))
		ok(t, s.SetSetting(ctx, at(0), "basis", "market"))
		ok(t, s.Setting(ctx, "basis", &basis))
		if basis != "market" {
			t.Errorf("basis %q", basis)
		}
	})
}

func TestAuditChain(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for i := range 5 {
			path := access.Path("/江苏")
			if i%2 == 1 {
				path = "/浙江/other"
			}
			ok(t, s.Note(ctx, at(time.Duration(i)*time.Second+time.Nanosecond), "park.read", path, fmt.Sprintf("park/%d", i), "refused", "it's ? $1"))
		}
		lines, last, err := s.VerifyAudit(ctx)
		ok(t, err)
		if lines != 5 || len(last) != 64 {
			t.Errorf("%d lines to %q", lines, last)
		}
		page, err := s.Audit(ctx, []access.Path{"/"}, 0, 3)
		ok(t, err)
		if len(page) != 3 || page[0].Number != 5 || page[0].Hash != last || page[0].Detail != "it's ? $1" {
			t.Errorf("page %+v", page)
		}
		page, err = s.Audit(ctx, []access.Path{"/浙江"}, 4, 100)
		ok(t, err)
		if len(page) != 1 || page[0].Resource != "park/1" {
			t.Errorf("page %+v", page)
		}

		refuses := func(statement string) {
			t.Helper()
			if _, err := s.db.ExecContext(ctx, statement); err == nil {
				t.Errorf("%s was let through", statement)
			}
		}
		refuses("UPDATE audit SET outcome = 'done' WHERE number = 2")
		refuses("DELETE FROM audit WHERE number = 5")
		if s.dialect == "sqlite" {
			_, err = s.db.ExecContext(ctx, "DROP TRIGGER audit_update")
		} else {
			_, err = s.db.ExecContext(ctx, "DROP TRIGGER audit_stays ON audit")
		}
		ok(t, err)
		_, err = s.db.ExecContext(ctx, "UPDATE audit SET outcome = 'done' WHERE number = 3")
		ok(t, err)
		lines, _, err = s.VerifyAudit(ctx)
		is(t, err, ErrTampered)
		if lines != 2 || !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%d lines hold: %v", lines, err)
		}
	})
}

func TestManyWriters(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 10 {
					if err := s.Note(ctx, at(0), "park.read", "/", "park/demo", "done", ""); err != nil {
						t.Error(err)
					}
					if _, err := s.Audit(ctx, []access.Path{"/"}, 0, 5); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if lines, _, err := s.VerifyAudit(ctx); err != nil || lines != 80 {
			t.Errorf("%d lines, %v", lines, err)
		}
	})
}

func TestReopen(t *testing.T) {
	ctx := context.Background()
	place := filepath.Join(t.TempDir(), "lingtan.db")
	first := open(t, place)
	ok(t, first.SetSetting(ctx, at(0), "a", 1))
	ok(t, first.Close())
	second := open(t, place)
	var value int
	ok(t, second.Setting(ctx, "a", &value))
	ok(t, second.Ping(ctx))
	var mode, synchronous string
	ok(t, second.db.NewRaw("PRAGMA journal_mode").Scan(ctx, &mode))
	ok(t, second.db.NewRaw("PRAGMA synchronous").Scan(ctx, &synchronous))
	if mode != "wal" || synchronous != "2" {
		t.Errorf("journal %s, synchronous %s", mode, synchronous)
	}
	_, err := second.db.ExecContext(ctx, "INSERT INTO migration VALUES (99, 'future', 'x', '2030-01-01')")
	ok(t, err)
	ok(t, second.Close())
	_, err = Open(ctx, place)
	is(t, err, ErrVersion)
}
