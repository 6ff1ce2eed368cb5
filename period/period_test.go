package period

import (
	"errors"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParse(t *testing.T) {
	parse := func(text, zoneName, from, to string) {
		t.Helper()
		i, err := Parse(text, zone(t, zoneName))
		if err != nil || i.From.Format(time.RFC3339) != from || i.To.Format(time.RFC3339) != to {
			t.Errorf("%s in %s: %v, %v", text, zoneName, i, err)
		}
	}
	parse("2018", "Asia/Shanghai", "2017-12-31T16:00:00Z", "2018-12-31T16:00:00Z")
	parse("2018-02", "UTC", "2018-02-01T00:00:00Z", "2018-03-01T00:00:00Z")
	parse("2018-03-25", "Europe/Berlin", "2018-03-24T23:00:00Z", "2018-03-25T22:00:00Z")
	parse("2018-03-05..2018-03-11", "UTC", "2018-03-05T00:00:00Z", "2018-03-12T00:00:00Z")
	parse("2018-03..2018-04", "UTC", "2018-03-01T00:00:00Z", "2018-05-01T00:00:00Z")
	for _, bad := range []string{"", "18", "2018-13", "2018-02-30", "2018-03-11..2018-03-05", "..", "2018..x"} {
		if _, err := Parse(bad, time.UTC); !errors.Is(err, ErrSyntax) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestSlotsOfDays(t *testing.T) {
	slots := func(zoneName, day string, want int) {
		t.Helper()
		g, err := NewGrid(15*time.Minute, zone(t, zoneName))
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseDay(day)
		if err != nil || g.Slots(d) != want {
			t.Errorf("%s %s: %d, want %d (%v)", zoneName, day, g.Slots(d), want, err)
		}
	}
	slots("Asia/Shanghai", "2018-03-25", 96)
	slots("Europe/Berlin", "2018-03-25", 92)
	slots("Europe/Berlin", "2018-10-28", 100)
	slots("America/Sao_Paulo", "2018-11-04", 92) // its midnight does not exist
	slots("Australia/Lord_Howe", "2018-04-01", 98)
}

func TestDays(t *testing.T) {
	for _, s := range []string{"1969-12-31", "1970-01-01", "2000-02-29", "2018-12-31"} {
		d, err := ParseDay(s)
		if err != nil || d.String() != s || DayOf(d.Start(zone(t, "America/Sao_Paulo")), zone(t, "America/Sao_Paulo")) != d {
			t.Errorf("%s is %s (%v)", s, d, err)
		}
	}
	if _, err := NewGrid(7*time.Minute, time.UTC); !errors.Is(err, ErrStep) {
		t.Errorf("7 minutes: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2018", "2018-03", "2018-03-05", "2018..2019", "0000", "9999-12-31"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if i, err := Parse(s, time.UTC); err == nil && i.Duration() <= 0 {
			t.Fatalf("%q is %v", s, i)
		}
	})
}

// Every day begins where the one before ends, and its first instant is of its date,
// in zones that change their clocks at midnight too.
func TestDaysJoin(t *testing.T) {
	for _, name := range []string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Amman"} {
		z := zone(t, name)
		for d := Date(2014, 1, 1); d < Date(2020, 1, 1); d++ {
			s := d.Start(z)
			if DayOf(s, z) != d || DayOf(s.Add(-time.Nanosecond), z) != d-1 {
				t.Fatalf("%s: %s begins at %s", name, d, s.In(z))
			}
		}
	}
}
