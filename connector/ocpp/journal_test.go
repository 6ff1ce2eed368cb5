package ocpp

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What a journal gave, it gives after it was opened again, and no id comes twice.
func TestJournalOpensAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "journal")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		j, err := openJournal(dir)
		if err != nil {
			t.Fatal(err)
		}
		places := []place{{"a", "x"}, {"a", "y"}, {"b", "x"}}
		given := map[int]bool{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			p := rapid.SampledFrom(places).Draw(t, "place")
			now := clock.Add(time.Duration(rapid.IntRange(-5, 5).Draw(t, "clock")) * time.Second)
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				id := j.nextID(now)
				if given[id] {
					t.Fatalf("id %d comes again", id)
				}
				given[id] = true
				err = j.put(Session{Park: p.park, Device: p.device, ID: fmt.Sprint(id), Connector: 1, Begin: now})
			case 2:
				if s, ok := j.find(p, func(s Session) bool { return s.End.IsZero() }); ok {
					s.End, s.Reason = now, rapid.SampledFrom([]string{"Local", "断电\n\"x\""}).Draw(t, "reason")
					err = j.put(s)
				}
			case 3:
				before := j.sessions
				j.close()
				if j, err = openJournal(dir); err == nil && !reflect.DeepEqual(before, j.sessions) {
					t.Fatalf("kept %v, before %v", j.sessions, before)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		j.close()
	})
}

func TestJournalLimits(t *testing.T) {
	dir := t.TempDir()
	j := must[*journal](t)(openJournal(dir))
	defer j.close()
	for i := range keptOfCharger + 50 {
		if err := j.put(Session{Park: "demo", Device: "cp-1", ID: fmt.Sprint(i), Begin: clock.Add(time.Duration(i) * time.Second)}); err != nil {
			t.Fatal(err)
		}
	}
	list := j.of(place{"demo", "cp-1"})
	if len(list) != keptOfCharger || list[0].ID != fmt.Sprint(keptOfCharger+49) || list[keptOfCharger-1].ID != "50" {
		t.Errorf("%d kept, from %s to %s", len(list), list[0].ID, list[len(list)-1].ID)
	}
	s := list[0]
	for i := range slackLines * 3 { // one session that changes for ever does not fill the disk
		s.Tag = fmt.Sprint(i)
		if err := j.put(s); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, journalName))
	if err != nil || info.Size() > 1<<20 {
		t.Errorf("%v, %v", info.Size(), err)
	}
}

// Of all chargers together the oldest session goes first.
func TestJournalDropsOldest(t *testing.T) {
	j := must[*journal](t)(openJournal(""))
	for i, device := range []string{"a", "b", "a"} {
		if err := j.put(Session{Park: "demo", Device: device, ID: fmt.Sprint(i), Begin: clock.Add(time.Duration(i) * time.Second)}); err != nil {
			t.Fatal(err)
		}
	}
	j.dropOldest()
	j.dropOldest()
	if j.total != 1 || len(j.of(place{"demo", "b"})) != 0 || j.of(place{"demo", "a"})[0].ID != "2" {
		t.Errorf("%d left: %+v", j.total, j.sessions)
	}
}

func TestJournalIsSpoiled(t *testing.T) {
	spoiled := func(text, why string) {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, journalName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openJournal(dir); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %q", err, why)
		}
		if kept, _ := os.ReadFile(filepath.Join(dir, journalName)); string(kept) != text {
			t.Errorf("a journal that cannot be read was written over")
		}
	}
	spoiled("rubbish\n", "line 1 is not a session")
	spoiled("{\"last_id\":5}\n"+strings.Repeat("x", maxLine+1)+"\n", "line 2")
	if _, err := openJournal(filepath.Join(must[string](t)(os.Executable()), "x")); err == nil {
		t.Error("a folder that cannot be made")
	}
}

// An id counts from the seconds since 2020, so that a lost journal repeats none.
func TestFirstID(t *testing.T) {
	j := must[*journal](t)(openJournal(""))
	if id, want := j.nextID(clock), int(clock.Sub(epoch)/time.Second); id != want || want != 217497600 {
		t.Errorf("%d, want %d", id, want)
	}
	if a, b := j.nextID(clock), j.nextID(clock.Add(-time.Hour)); b != a+1 {
		t.Errorf("%d after %d, though the clock went back", b, a)
	}
}

// A charger that names its sessions with high numbers does not use up our ids.
func TestIDsOfChargersDoNotCount(t *testing.T) {
	dir := t.TempDir()
	j := must[*journal](t)(openJournal(dir))
	if err := j.put(Session{Park: "demo", Device: "cs-1", ID: "2147483647", Begin: clock}); err != nil {
		t.Fatal(err)
	}
	j.close()
	j = must[*journal](t)(openJournal(dir))
	defer j.close()
	if id := j.nextID(clock); id != 217497600 {
		t.Errorf("id %d", id)
	}
}
