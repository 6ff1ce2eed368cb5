package tariff

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"

	"lingtan/period"
)

// DayKind says what a civil day is in China.
type DayKind string

const (
	// Workday is a Monday to Friday that is worked.
	Workday DayKind = "workday"
	// Weekend is a Saturday or Sunday that is not worked.
	Weekend DayKind = "weekend"
	// PublicHoliday is a day off by the State Council's yearly notice, adjusted weekends included.
	PublicHoliday DayKind = "public_holiday"
	// MakeupDay is a Saturday or Sunday worked in exchange for a holiday.
	MakeupDay DayKind = "makeup_day"
)

// CivilDay is a day of the Chinese calendar of work and rest.
type CivilDay struct {
	Kind  DayKind  `json:"kind"`
	Names []string `json:"names,omitempty"` // 春节, 国庆节, 中秋节 ...: of the holiday or of the one made up for
}

// Working reports whether the day is worked.
func (c CivilDay) Working() bool { return c.Kind == Workday || c.Kind == MakeupDay }

// The first year with a complete schedule in the holiday data; the last is what the data reaches.
const firstHolidayYear = 2002

// schedule is the holiday data of github.com/6tail/lunar-go by day, read once.
var schedule = sync.OnceValues(func() (days map[period.Day]CivilDay, lastYear int) {
	days = make(map[period.Day]CivilDay)
	for year := firstHolidayYear; ; year++ {
		list := HolidayUtil.GetHolidaysByYear(year)
		if list.Len() == 0 {
			return days, year - 1
		}
		for e := list.Front(); e != nil; e = e.Next() {
			h, ok := e.Value.(*HolidayUtil.Holiday)
			if !ok {
				continue
			}
			day, err := period.ParseDay(h.GetDay())
			if err != nil {
				continue
			}
			c := CivilDay{Kind: PublicHoliday, Names: holidayNames(h.GetName())}
			if h.IsWork() {
				c.Kind = MakeupDay
			}
			days[day] = c
		}
	}
})

// holidayNames splits the name of a joint holiday and spells it as the notices do.
func holidayNames(name string) []string {
	switch {
	case name == "国庆中秋":
		return []string{"国庆节", "中秋节"}
	case strings.HasPrefix(name, "元旦"):
		return []string{"元旦"}
	}
	return []string{name}
}

// Calendar returns what a civil day is in mainland China by the State Council's yearly notices.
// Errors wrap ErrCalendar for a year before 2002 or one whose notice is not in the data yet.
func Calendar(day period.Day) (CivilDay, error) {
	days, last := schedule()
	year := day.Civil().Year()
	if year < firstHolidayYear || year > last {
		return CivilDay{}, fmt.Errorf("%w for %s: the schedule covers %d to %d; a year's notice appears in the November before it",
			ErrCalendar, day, firstHolidayYear, last)
	}
	if c, ok := days[day]; ok {
		c.Names = slices.Clone(c.Names)
		return c, nil
	}
	if w := day.Civil().Weekday(); w == time.Saturday || w == time.Sunday {
		return CivilDay{Kind: Weekend}, nil
	}
	return CivilDay{Kind: Workday}, nil
}

// restRun counts the days off in a row around a day, adjoining weekends included.
func restRun(day period.Day) (int, error) {
	n := 0
	for _, step := range [2]period.Day{-1, 1} {
		d := day
		if step == 1 {
			d++
		}
		for ; ; d += step {
			c, err := Calendar(d)
			if err != nil && n == 0 {
				return 0, err
			}
			if err != nil || c.Working() {
				break
			}
			n++
		}
	}
	return n, nil
}
