package usage

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/meter"
	"lingtan/period"
)

// park15 is a settler of quarter hours in a zone.
func park15(t testing.TB, zone string) Settler {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	g, err := period.NewGrid(15*time.Minute, loc)
	if err != nil {
		t.Fatal(err)
	}
	return Settler{Grid: g, Policy: DefaultPolicy(), Calendar: Weekdays{}}
}

func day(t testing.TB, s string) period.Day {
	t.Helper()
	d, err := period.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func amounts(key string) meter.Register {
	return meter.Register{Key: key, Kind: meter.Amount, Carrier: "electricity", Unit: "kWh", SettleUnit: "kWh", Multiplier: 1, Step: 15 * time.Minute}
}

// quarterly is a track of one value per quarter hour over the days [first, last].
func quarterly(s Settler, first, last period.Day, value func(i int) float64) meter.Track {
	var tr meter.Track
	at := first.Start(s.Grid.Zone)
	end := (last + 1).Start(s.Grid.Zone)
	for i := 0; at.Before(end); i++ {
		at = at.Add(15 * time.Minute)
		tr.At = append(tr.At, at.UnixMilli())
		tr.Span = append(tr.Span, 900)
		tr.Value = append(tr.Value, value(i))
	}
	return tr
}

// without removes the readings i ≤ index < j.
func without(t meter.Track, i, j int) meter.Track {
	return meter.Track{At: slices.Delete(slices.Clone(t.At), i, j), Span: slices.Delete(slices.Clone(t.Span), i, j), Value: slices.Delete(slices.Clone(t.Value), i, j)}
}

func settle(t testing.TB, s Settler, reg meter.Register, first, last period.Day, tr meter.Track, edits ...Edit) ([]Day, []Finding) {
	t.Helper()
	if s.Expected.Duration() <= 0 {
		s.Expected = period.Interval{From: first.Start(s.Grid.Zone), To: (last + 1).Start(s.Grid.Zone)}
	}
	days, found, err := s.Settle(reg, first, last, tr, edits)
	if err != nil {
		t.Fatal(err)
	}
	return days, found
}

func total(days []Day) Totals {
	var sum Totals
	for _, d := range days {
		sum.Add(d.Totals())
	}
	return sum
}

func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tol {
		t.Errorf("%s: got %v, want %v ± %v", what, got, want, tol)
	}
}

func hasRule(found []Finding, rule, treatment string) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == rule && f.Treatment == treatment })
}

func TestDaylightSavingDays(t *testing.T) {
	s := park15(t, "Europe/Berlin")
	slots := func(date string, want int) {
		t.Helper()
		d := day(t, date)
		days, found := settle(t, s, amounts("a"), d, d, quarterly(s, d, d, func(i int) float64 { return 1.5 + float64(1-i%2*2)/4 }))
		if len(days) != 1 || len(days[0].Amount) != want || len(found) != 0 {
			t.Fatalf("%s: %d days, findings %v", date, len(days), found)
		}
		near(t, date, total(days).Measured, 1.5*float64(want), 1e-9)
	}
	slots("2018-03-25", 92)
	slots("2018-03-26", 96)
	slots("2018-10-28", 100)
}

func TestAmountsOfAnHourSpreadOverQuarters(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	var tr meter.Track
	for h := 1; h <= 24; h++ {
		tr.At = append(tr.At, d.Start(time.UTC).Add(time.Duration(h)*time.Hour).UnixMilli())
		tr.Span = append(tr.Span, 3600)
		tr.Value = append(tr.Value, float64(h))
	}
	reg := amounts("gas")
	reg.Step = time.Hour
	days, _ := settle(t, s, reg, d, d, tr)
	near(t, "third quarter of hour 5", days[0].Amount[4*4+2], 1.25, 1e-12)
	near(t, "day", total(days).Measured, 300, 1e-9)
	if days[0].Quality != nil || days[0].Coverage != nil {
		t.Error("an hour metered whole is measured in each of its quarters")
	}
}

func TestMeanPowerInWatts(t *testing.T) {
	s := park15(t, "Asia/Shanghai")
	d := day(t, "2018-01-01")
	reg := meter.Register{Key: "pv", Kind: meter.MeanPower, Unit: "W", SettleUnit: "kWh", Multiplier: 2, Step: 15 * time.Minute}
	days, _ := settle(t, s, reg, d, d, quarterly(s, d, d, func(int) float64 { return 500 }))
	near(t, "500 W × 2 for a day", total(days).Measured, 24, 1e-9)
}

func TestInstantaneousPowerByTrapezoid(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-02")
	reg := meter.Register{Key: "p", Kind: meter.Power, Unit: "kW", SettleUnit: "kWh", Multiplier: 1, Step: time.Minute}
	var tr meter.Track
	start := d.Start(time.UTC)
	for m := 0; m <= 24*60; m++ { // 0 kW rising to 240 kW
		tr.At = append(tr.At, start.Add(time.Duration(m)*time.Minute).UnixMilli())
		tr.Span = append(tr.Span, 0)
		tr.Value = append(tr.Value, float64(m)/6)
	}
	days, _ := settle(t, s, reg, d, d, tr)
	near(t, "triangle", total(days).Measured, 240*24/2, 1e-6)
	near(t, "first quarter", days[0].Amount[0], 0.5*(15.0/6)*0.25, 1e-9)
}

// counter is a track of counts at the given hours of 2018-01-01 UTC.
func counter(pairs ...float64) meter.Track {
	var tr meter.Track
	for i := 0; i < len(pairs); i += 2 {
		tr.At = append(tr.At, time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(pairs[i]*float64(time.Hour))).UnixMilli())
		tr.Span = append(tr.Span, 0)
		tr.Value = append(tr.Value, pairs[i+1])
	}
	return tr
}

func TestCounters(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	reg := meter.Register{Key: "c", Kind: meter.Counter, Unit: "kWh", SettleUnit: "kWh", Multiplier: 10, Step: 6 * time.Hour, Digits: 4}
	limit := 5000.0
	reg.Max = &limit
	count := func(name string, want Totals, rule, treatment string, tr meter.Track, x ...meter.Exchange) {
		t.Helper()
		r := reg
		r.Exchanges = x
		days, found := settle(t, s, r, d, d, tr)
		got := total(days)
		near(t, name+" measured", got.Measured, want.Measured, 1e-9)
		near(t, name+" estimated", got.Estimated, want.Estimated, 1e-9)
		if got.Missing != want.Missing {
			t.Errorf("%s: %d missing, want %d", name, got.Missing, want.Missing)
		}
		if rule != "" && !hasRule(found, rule, treatment) {
			t.Errorf("%s: no finding %s/%s in %+v", name, rule, treatment, found)
		}
	}
	count("plain", Totals{Measured: 400}, "", "", counter(0, 100, 6, 110, 12, 120, 18, 130, 24, 140))
	count("rollover", Totals{Measured: 400}, "rollover", "kept", counter(0, 9980, 6, 9990, 12, 0, 18, 10, 24, 20))
	count("reset", Totals{Measured: 300, Estimated: 50}, "reset", "estimated", counter(0, 100, 6, 110, 12, 5, 18, 15, 24, 25))
	count("exchange", Totals{Measured: 400}, "exchange", "kept", counter(0, 100, 6, 110, 12, 4, 18, 14, 24, 24),
		meter.Exchange{At: time.Date(2018, 1, 1, 9, 0, 0, 0, time.UTC), Last: 116, First: 0})
	count("long step", Totals{Measured: 200, Estimated: 200}, "gap", "estimated", counter(0, 100, 6, 110, 18, 130, 24, 140))
	count("negative", Totals{Measured: 200, Estimated: 200}, "negative", "dropped", counter(0, 100, 6, 110, 12, -5, 18, 130, 24, 140))
	count("impossible", Totals{Measured: 200, Missing: 24}, "range", "dropped", counter(0, 100, 6, 110, 12, 9000, 18, 9000, 24, 9010))
}

func TestShortGapIsInterpolated(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-03")
	tr := without(quarterly(s, d, d, func(i int) float64 { return float64(i) }), 10, 14)
	days, found := settle(t, s, amounts("a"), d, d, tr)
	for i := 10; i < 14; i++ {
		near(t, "interpolated", days[0].Amount[i], float64(i), 1e-9)
		if days[0].Quality[i] != meter.Estimated || days[0].Coverage[i] != 0 {
			t.Errorf("slot %d: %v, coverage %d", i, days[0].Quality[i], days[0].Coverage[i])
		}
	}
	if !hasRule(found, "gap", "estimated") || days[0].Quality[9] != meter.Measured {
		t.Errorf("findings %+v", found)
	}
}

func TestLongGapTakesTheProfileOfSimilarDays(t *testing.T) {
	s := park15(t, "UTC")
	first, last := day(t, "2018-01-01"), day(t, "2018-01-31") // a Monday to a Wednesday
	load := func(i int) float64 {
		d := first + period.Day(i/96)
		if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
			return 1
		}
		return 10 + float64(i%96)
	}
	gap := 15 * 96 // Tuesday 16 January, the whole day
	tr := without(quarterly(s, first, last, load), gap, gap+96)
	days, found := settle(t, s, amounts("a"), first, last, tr)
	got := days[15].Totals()
	near(t, "a working day's energy", got.Estimated, 96*10+95*96/2, 1e-9)
	if got.Missing != 0 || !hasRule(found, "gap", "estimated") {
		t.Errorf("totals %+v, findings %+v", got, found)
	}
}

func TestGapBeyondTheLimitStaysMissing(t *testing.T) {
	s := park15(t, "UTC")
	s.Policy.LongGap = 48 * time.Hour
	first, last := day(t, "2018-01-01"), day(t, "2018-01-31")
	tr := without(quarterly(s, first, last, func(int) float64 { return 2 }), 10*96, 14*96)
	days, found := settle(t, s, amounts("a"), first, last, tr)
	got := total(days)
	if got.Missing != 4*96 || got.Estimated != 0 || !hasRule(found, "gap", "missing") {
		t.Errorf("totals %+v, findings %+v", got, found)
	}
	near(t, "what is known", got.Total(), 27*96*2, 1e-9)
}

func TestNoReadingsIsMissingNotZero(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	days, _ := settle(t, s, amounts("a"), d, d, meter.Track{})
	if got := total(days); got.Missing != 96 || got.Total() != 0 {
		t.Errorf("totals %+v", got)
	}
	session := amounts("ev")
	session.Events, session.Step = true, 0
	days, _ = settle(t, s, session, d, d, meter.Track{})
	if got := total(days); got.Missing != 0 || days[0].Quality != nil {
		t.Errorf("a station without sessions uses nothing: %+v", got)
	}
}

func TestValidation(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	most := 100.0
	reg := amounts("a")
	reg.Max = &most
	wave := func(i int) float64 { return 2 + float64(i%7)/10 }
	check := func(name, rule, treatment string, change func(*meter.Track), missing, suspect int) {
		t.Helper()
		tr := quarterly(s, d, d+3, wave)
		change(&tr)
		days, found := settle(t, s, reg, d, d, tr)
		if !hasRule(found, rule, treatment) {
			t.Errorf("%s: findings %+v", name, found)
		}
		flagged := 0
		for i := range days[0].Amount {
			if days[0].At(i)&meter.Suspect != 0 {
				flagged++
			}
		}
		if flagged != suspect || total(days).Missing != missing {
			t.Errorf("%s: %d flagged, %+v", name, flagged, total(days))
		}
	}
	check("range", "range", "dropped", func(tr *meter.Track) { tr.Value[20] = 26 }, 0, 0)
	check("negative", "negative", "dropped", func(tr *meter.Track) { tr.Value[20] = -1 }, 0, 0)
	check("spike", "spike", "flagged", func(tr *meter.Track) { tr.Value[20] = 24.9 }, 0, 1)
	check("flat", "flat", "flagged", func(tr *meter.Track) {
		for i := range 200 {
			tr.Value[i] = 3
		}
	}, 0, 96)
	// the first quarter of the first day lacks its first minute
	check("drift", "partial", "estimated", func(tr *meter.Track) {
		for i := range tr.At {
			tr.At[i] += 60_000
		}
	}, 0, 0)
	check("drift", "drift", "split", func(tr *meter.Track) {
		for i := range tr.At {
			tr.At[i] += 60_000
		}
	}, 0, 0)
	check("overlap", "overlap", "clipped", func(tr *meter.Track) { tr.Span[20] = 1800 }, 0, 0)
}

func TestZerosAtNightAreNotFlat(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	_, found := settle(t, s, amounts("pv"), d, d+3, quarterly(s, d, d+3, func(int) float64 { return 0 }))
	if len(found) != 0 {
		t.Errorf("findings %+v", found)
	}
}

func TestSessionsAboveTheRangeAreKeptAndFlagged(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	most := 8.0
	reg := amounts("ev")
	reg.Events, reg.Step, reg.Max = true, 0, &most
	at := d.Start(time.UTC).Add(10*time.Hour + 7*time.Minute).UnixMilli()
	days, found := settle(t, s, reg, d, d, meter.Track{At: []int64{at}, Span: []int32{600}, Value: []float64{5}})
	near(t, "energy kept", total(days).Measured, 5, 1e-12)
	if !hasRule(found, "range", "flagged") {
		t.Errorf("findings %+v", found)
	}
}

func TestEditNeedsNameAndReason(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	from := d.Start(time.UTC).UnixMilli()
	e := Edit{Key: "a", From: from, To: from + 3600_000, Amount: 8, Who: "王工", Reason: "表计更换期间人工抄表"}
	days, found := settle(t, s, amounts("a"), d, d, quarterly(s, d, d, func(int) float64 { return 1 }), e)
	near(t, "edited", total(days).Edited, 8, 1e-12)
	near(t, "the rest", total(days).Measured, 92, 1e-12)
	if !hasRule(found, "edit", "edited") {
		t.Errorf("findings %+v", found)
	}
	e.Who = ""
	if _, _, err := s.Settle(amounts("a"), d, d, meter.Track{}, []Edit{e}); err == nil {
		t.Error("an edit without a name was taken")
	}
}

func TestOutOfServiceIsNoGap(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	reg := amounts("a")
	reg.ValidFrom = (d + 2).Start(time.UTC)
	days, found := settle(t, s, reg, d, d+3, quarterly(s, d+2, d+3, func(i int) float64 { return 1 + float64(i%3) }))
	if len(days) != 2 || total(days).Missing != 0 || len(found) != 0 {
		t.Errorf("%d days, %+v, %+v", len(days), total(days), found)
	}
}

// What is measured is conserved, whatever the labels, spans and gaps: the settled
// measured amount is the sum of the readings that were kept.
func TestMeasuredEnergyIsConserved(t *testing.T) {
	s := park15(t, "Europe/Berlin")
	rapid.Check(t, func(r *rapid.T) {
		d := period.Date(2018, time.Month(rapid.IntRange(1, 12).Draw(r, "month")), rapid.IntRange(1, 28).Draw(r, "day"))
		at := d.Start(s.Grid.Zone).UnixMilli()
		end := (d + 5).Start(s.Grid.Zone).UnixMilli()
		var tr meter.Track
		var sum float64
		for {
			span := int64(rapid.IntRange(1, 4000).Draw(r, "span"))
			at += span * 1000
			if rapid.IntRange(0, 9).Draw(r, "gap") == 0 {
				at += int64(rapid.IntRange(1, 20000).Draw(r, "pause")) * 1000
			}
			if at > end {
				break
			}
			v := float64(rapid.IntRange(0, 100000).Draw(r, "value")) / 100
			tr.At, tr.Span, tr.Value = append(tr.At, at), append(tr.Span, int32(span)), append(tr.Value, v)
			sum += v
		}
		reg := amounts("a")
		reg.Step, reg.Events = 0, true
		days, _, err := s.Settle(reg, d-1, d+5, tr, nil)
		if err != nil {
			r.Fatal(err)
		}
		if got := total(days).Total(); math.Abs(got-sum) > 1e-9*math.Max(1, sum) {
			r.Fatalf("settled %v of %v", got, sum)
		}
	})
}

// Settling one day gives what settling the whole span gives for that day.
func TestOneDayAsTheWhole(t *testing.T) {
	s := park15(t, "UTC")
	s.Policy.Window, s.Policy.LongGap = 8, 3*24*time.Hour
	first := day(t, "2018-01-01")
	last := first + 60
	s.Expected = period.Interval{From: first.Start(time.UTC), To: (last + 1).Start(time.UTC)}
	margin := s.Policy.Margin().Milliseconds()
	rapid.Check(t, func(r *rapid.T) {
		level := rapid.SliceOfN(rapid.Float64Range(0.5, 5), 20, 20).Draw(r, "level")
		full := quarterly(s, first, last, func(i int) float64 { return level[i%len(level)] + float64(i%11)/8 })
		for range rapid.IntRange(0, 5).Draw(r, "gaps") {
			i := rapid.IntRange(0, full.Len()-500).Draw(r, "at")
			full = without(full, i, i+rapid.IntRange(1, 400).Draw(r, "len"))
		}
		whole, _, err := s.Settle(amounts("a"), first, last, full, nil)
		if err != nil {
			r.Fatal(err)
		}
		k := rapid.IntRange(0, 60).Draw(r, "day")
		d := first + period.Day(k)
		from, to := d.Start(time.UTC).UnixMilli()-margin, (d+1).Start(time.UTC).UnixMilli()+margin
		i, _ := slices.BinarySearch(full.At, from)
		j, _ := slices.BinarySearch(full.At, to)
		alone, _, err := s.Settle(amounts("a"), d, d, full.Slice(i, j), nil)
		if err != nil {
			r.Fatal(err)
		}
		if !slices.Equal(alone[0].Amount, whole[k].Amount) || alone[0].Digest != whole[k].Digest {
			r.Fatalf("day %s alone %v, in the whole %v", d, alone[0].Amount, whole[k].Amount)
		}
	})
}

// A counter's gap that ends beside the window, or spans it, is bridged as it is in the
// whole: the amount is known, and no interval counts as covered that got none of it.
func TestCounterGapBesideTheWindow(t *testing.T) {
	s := park15(t, "UTC")
	s.Policy.Window, s.Policy.LongGap = 8, 3*24*time.Hour
	first := day(t, "2018-01-01")
	last := first + 40
	s.Expected = period.Interval{From: first.Start(time.UTC), To: (last + 1).Start(time.UTC)}
	margin := s.Policy.Margin().Milliseconds()
	reg := amounts("c")
	reg.Kind = meter.Counter
	rapid.Check(t, func(r *rapid.T) {
		full := quarterly(s, first, last, func(i int) float64 { return float64(i) + float64(i%7)/8 })
		clear(full.Span)
		for range rapid.IntRange(1, 5).Draw(r, "gaps") {
			i := rapid.IntRange(0, full.Len()-500).Draw(r, "at")
			full = without(full, i, i+rapid.IntRange(1, 400).Draw(r, "len"))
		}
		whole, _, err := s.Settle(reg, first, last, full, nil)
		if err != nil {
			r.Fatal(err)
		}
		k := rapid.IntRange(0, 40).Draw(r, "day")
		d := first + period.Day(k)
		cut := func(before, after int64) []Day {
			i, _ := slices.BinarySearch(full.At, d.Start(time.UTC).UnixMilli()-before)
			j, _ := slices.BinarySearch(full.At, (d+1).Start(time.UTC).UnixMilli()+after)
			alone, _, err := s.Settle(reg, d, d, full.Slice(i, j), nil)
			if err != nil {
				r.Fatal(err)
			}
			return alone
		}
		if alone := cut(margin, margin); !slices.Equal(alone[0].Amount, whole[k].Amount) {
			r.Fatalf("day %s alone %v, in the whole %v", d, alone[0].Amount, whole[k].Amount)
		}
		cut(rapid.Int64Range(0, margin).Draw(r, "before"), rapid.Int64Range(0, margin).Draw(r, "after")) // whatever is cut off, nothing breaks
	})
}

// Readings that come while a settlement runs lie beyond what it expects: a gap that ends
// there fills the window to its end, and a day before it is as it was.
func TestCounterBeyondWhatIsExpected(t *testing.T) {
	s := park15(t, "UTC")
	d := day(t, "2018-01-01")
	s.Expected = period.Interval{From: d.Start(time.UTC), To: (d + 1).Start(time.UTC)}
	reg := amounts("c")
	reg.Kind = meter.Counter
	noon := d.Start(time.UTC).Add(12 * time.Hour)
	track := func(times ...time.Duration) meter.Track {
		var tr meter.Track
		for i, x := range times {
			tr.At, tr.Span, tr.Value = append(tr.At, noon.Add(x).UnixMilli()), append(tr.Span, 0), append(tr.Value, float64(i)*48)
		}
		return tr
	}
	days, found := settle(t, s, reg, d, d, track(0, 24*time.Hour))
	if got := days[0].Totals(); math.Abs(got.Estimated-24) > 1e-9 || !hasRule(found, "gap", "estimated") {
		t.Errorf("of 48 over a day from noon 24 are of this day: %+v", got)
	}
	days, _ = settle(t, s, reg, d, d, track(20*time.Hour, 40*time.Hour))
	if got := days[0].Totals(); got.Total() != 0 || got.Missing != 96 {
		t.Errorf("what lies beyond is not of this day: %+v", got)
	}
	days, _ = settle(t, s, reg, d, d, track(-40*time.Hour, -20*time.Hour))
	if got := days[0].Totals(); got.Total() != 0 || got.Missing != 96 {
		t.Errorf("what lies before is not of this day: %+v", got)
	}
}
