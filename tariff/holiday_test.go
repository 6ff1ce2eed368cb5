package tariff

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/period"
)

// The State Council's notice for 2018 (国办发明电〔2017〕12号).
func TestCalendar2018(t *testing.T) {
	is := func(day string, kind DayKind, name string) {
		t.Helper()
		c, err := Calendar(date(day))
		if err != nil || c.Kind != kind || name != "" && !slices.Contains(c.Names, name) {
			t.Errorf("%s = %v, %v; want %s %s", day, c, err, kind, name)
		}
	}
	is("2018-02-11", MakeupDay, "春节") // a Sunday
	is("2018-02-14", Workday, "")
	for d := date("2018-02-15"); d <= date("2018-02-21"); d++ {
		is(d.String(), PublicHoliday, "春节")
	}
	is("2018-02-22", Workday, "")
	is("2018-02-24", MakeupDay, "春节") // a Saturday
	is("2018-02-25", Weekend, "")
	is("2018-09-24", PublicHoliday, "中秋节")
	is("2018-09-29", MakeupDay, "国庆节")
	is("2018-09-30", MakeupDay, "国庆节")
	for d := date("2018-10-01"); d <= date("2018-10-07"); d++ {
		is(d.String(), PublicHoliday, "国庆节")
	}
	is("2018-10-08", Workday, "")
	is("2018-12-29", MakeupDay, "元旦")
	is("2020-10-01", PublicHoliday, "中秋节") // joint with 国庆节
	is("2026-02-17", PublicHoliday, "春节")
}

func TestCalendarKnowsItsLimits(t *testing.T) {
	_, last := schedule()
	if last < 2026 {
		t.Errorf("the schedule ends in %d; it must reach 2026", last)
	}
	for _, day := range []period.Day{date("2001-12-31"), period.Date(last+1, time.January, 1), -1 << 20} {
		if c, err := Calendar(day); !errors.Is(err, ErrCalendar) {
			t.Errorf("%s = %v, %v", day, c, err)
		}
	}
}

func TestCalendarProperties(t *testing.T) {
	_, last := schedule()
	rapid.Check(t, func(t *rapid.T) {
		day := period.Day(rapid.Int32Range(int32(date("2002-01-01")), int32(period.Date(last, time.December, 31))).Draw(t, "day"))
		c, err := Calendar(day)
		if err != nil {
			t.Fatal(err)
		}
		w := day.Civil().Weekday()
		end := w == time.Saturday || w == time.Sunday
		switch c.Kind {
		case MakeupDay, Weekend:
			if !end {
				t.Fatalf("%s is a %s, not a %s", day, w, c.Kind)
			}
		case Workday:
			if end {
				t.Fatalf("%s is a %s, not a workday", day, w)
			}
		}
		if (c.Kind == PublicHoliday || c.Kind == MakeupDay) != (len(c.Names) > 0) {
			t.Fatalf("%s: %v", day, c)
		}
	})
}
