package tariff

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/period"
)

func builtin(t testing.TB) *Book {
	t.Helper()
	b, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func date(s string) period.Day {
	d, err := period.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, beijing)
	if err != nil {
		panic(err)
	}
	return t
}

func TestShippedTables(t *testing.T) {
	b := builtin(t)
	if len(b.patterns) != 88 || len(b.ratios) != 32 || len(b.prices) != 11 || len(b.Regions()) != 34 {
		t.Errorf("%d patterns, %d ratios, %d prices, %d regions", len(b.patterns), len(b.ratios), len(b.prices), len(b.Regions()))
	}
	for _, r := range b.patterns {
		if r.grade != "B" {
			t.Errorf("%s has grade %q", r.id, r.grade)
		}
	}
	// Every region has a pattern on every day of 2026 for some customer.
	for _, region := range b.Regions() {
		for d := date("2026-01-01"); d <= date("2026-12-31"); d++ {
			if _, err := b.Pattern(Query{Region: region, Categories: []string{"两部制"}, Day: d}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestClassOfAnInstant(t *testing.T) {
	b := builtin(t)
	is := func(region, category, when string, want Class) {
		t.Helper()
		c, err := b.ClassAt(Query{Region: region, Categories: strings.Fields(category)}, at(when))
		if err != nil || c != want {
			t.Errorf("%s at %s = %v, %v; want %v", region, when, c, err, want)
		}
	}
	is("江苏", "", "2025-07-15 05:59", Valley)
	is("江苏", "", "2025-07-15 06:00", Flat)
	is("江苏", "", "2025-07-15 11:15", Valley)
	is("江苏", "", "2025-07-15 14:00", Peak)
	is("江苏", "", "2025-07-15 22:00", Flat)
	is("江苏", "", "2025-04-15 10:00", Valley)
	is("上海", "两部制", "2025-07-15 12:30", Sharp)
	is("上海", "单一制", "2025-07-15 12:30", Peak)
	is("广东", "", "2025-08-01 16:00", Sharp)
	is("蒙西", "", "2025-07-01 13:30", Deep)
	// The year turns in Beijing, not in UTC.
	c, err := b.ClassAt(Query{Region: "江苏"}, time.Date(2025, 2, 28, 16, 30, 0, 0, time.UTC))
	if err != nil || c != Flat { // 00:30 on 1 March: the spring pattern
		t.Errorf("%v %v", c, err)
	}
}

func TestSpecialDays(t *testing.T) {
	b := builtin(t)
	is := func(q Query, when string, want Class) {
		t.Helper()
		c, err := b.ClassAt(q, at(when))
		if err != nil || c != want {
			t.Errorf("%s at %s = %v, %v; want %v", q.Region, when, c, err, want)
		}
	}
	zhejiang := Query{Region: "浙江"}
	is(zhejiang, "2025-10-01 10:30", Deep)
	is(zhejiang, "2025-10-09 10:30", Peak)
	is(zhejiang, "2025-06-01 10:30", Peak) // 端午 is not listed
	jiangxi := Query{Region: "江西"}
	is(jiangxi, "2025-01-29 12:30", Deep)
	is(jiangxi, "2025-01-27 12:30", Flat)
	large := Query{Region: "上海", Categories: []string{"两部制", "大工业用电"}}
	is(large, "2025-10-01 23:00", Deep)
	is(large, "2025-03-08 03:00", Deep)   // a Saturday of March
	is(large, "2025-03-10 03:00", Valley) // a Monday
	is(large, "2025-04-27 03:00", Valley) // a Sunday worked for 劳动节
	is(large, "2025-07-12 03:00", Valley) // July is not listed
	is(Query{Region: "上海", Categories: []string{"两部制"}}, "2025-03-08 03:00", Valley)
	anhui := Query{Region: "安徽", Categories: []string{"两部制", "容量315千伏安及以上"}}
	is(anhui, "2025-10-03 12:00", Deep)
	is(anhui, "2026-01-01 12:00", Deep) // three days with the weekend
	is(anhui, "2025-01-01 12:00", Valley)
	guangdong := Query{Region: "广东"}
	is(guangdong, "2025-06-20 11:30", Peak)
	guangdong.Declared = true
	is(guangdong, "2025-06-20 11:30", Sharp)
	is(guangdong, "2025-06-20 10:30", Peak)
}

func TestNothingIsGuessed(t *testing.T) {
	b := builtin(t)
	missing := func(q Query, names string) {
		t.Helper()
		p, err := b.Pattern(q)
		if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), names) {
			t.Errorf("%v = %v, %v; want ErrMissing naming %q", q, p, err, names)
		}
	}
	missing(Query{Region: "江苏", Day: date("2018-02-15")}, "everyone from 2025-01-01")
	missing(Query{Region: "台湾", Day: date("2025-02-15")}, "江苏")
	missing(Query{Region: "河北", Day: date("2025-02-15")}, "河北(南网)")
	missing(Query{Region: "上海", Day: date("2025-02-15")}, "两部制 from 2024-01-01")
	p, err := b.Pattern(Query{Region: "江苏", Day: date("2018-02-15"), AnyYear: true})
	if err != nil || p.InForce || p.Rows[0] != "tou.036" || p.String() != "VVVVVVVVVVVVFFFFFFFFFFVVVVFFPPPPPPPPPPPPPPPPFFFF" {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := b.Pattern(Query{Region: "浙江", Day: date("2040-05-01")}); !errors.Is(err, ErrCalendar) {
		t.Errorf("the holidays of 2040 are not known: %v", err)
	}
	if _, err := b.Ratio(Query{Region: "浙江", Day: date("2025-05-01")}, Peak); !errors.Is(err, ErrMissing) {
		t.Errorf("浙江 has no ratio: %v", err)
	}
	if _, err := b.Ratio(Query{Region: "江苏", Categories: []string{"两部制"}, Day: date("2025-05-01")}, Sharp); !errors.Is(err, ErrMissing) {
		t.Errorf("江苏 has no sharp ratio: %v", err)
	}
}

func TestRatios(t *testing.T) {
	b := builtin(t)
	is := func(region, category, day string, class Class, want float64) {
		t.Helper()
		r, err := b.Ratio(Query{Region: region, Categories: strings.Fields(category), Day: date(day)}, class)
		if err != nil || math.Abs(r.Multiplier-want) > 1e-12 || r.Grade != "B" || !r.InForce {
			t.Errorf("%s %s %s = %+v, %v; want %v", region, category, class, r, err, want)
		}
	}
	is("江苏", "两部制", "2025-07-01", Peak, 1.8)
	is("江苏", "两部制", "2025-07-01", Valley, 0.35)
	is("江苏", "单一制 100千伏安以下", "2025-07-01", Peak, 1.6)
	is("江苏", "两部制", "2025-07-01", Flat, 1)
	is("广东", "", "2025-07-01", Sharp, 2.125) // 1.7 × 1.25
	is("上海", "两部制", "2025-07-01", Peak, 1.8)
	is("上海", "两部制", "2025-04-01", Peak, 1.6)
	is("上海", "两部制 大工业用电", "2025-10-01", Deep, 0.2)
	is("上海", "两部制 大工业用电", "2025-10-01", Valley, 0.5)
	is("安徽", "两部制", "2025-10-01", Deep, 0.382*0.8)
	is("新疆", "", "2025-07-01", Deep, 0.1)
}

// The price points of Fujian, August 2025, follow from its ratios with one floating base.
func TestFujianPricesFollowFromTheRatios(t *testing.T) {
	b := builtin(t)
	points := b.Prices("福建", date("2025-08-15"))
	if len(points) != 4 {
		t.Fatalf("%d price points, want 4", len(points))
	}
	var flat float64
	for _, p := range points {
		if p.Class == Flat {
			flat = p.CNYPerKWh
		}
	}
	const base = 0.3739 // purchase price, CNY/kWh
	for _, p := range points {
		r, err := b.Ratio(Query{Region: "福建", Day: date("2025-08-15")}, p.Class)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := r.Price(base, flat-base); math.Abs(got-p.CNYPerKWh) > 1e-4 {
			t.Errorf("%s: %v by ratio, %v published", p.Class, got, p.CNYPerKWh)
		}
	}
	class, price, err := b.PriceAt(Query{Region: "福建"}, at("2025-08-15 11:30"), base, flat-base)
	if err != nil || class != Sharp || math.Abs(price-0.883289) > 1e-4 {
		t.Errorf("%v %v %v", class, price, err)
	}
	if got := b.Prices("福建", date("2025-09-01")); len(got) != 0 {
		t.Errorf("September has none: %v", got)
	}
}

func TestReadRefuses(t *testing.T) {
	refuses := func(read func(*Book) error, why string) {
		t.Helper()
		var b Book
		if err := read(&b); !errors.Is(err, ErrTable) || !strings.Contains(err.Error(), why) || len(b.patterns)+len(b.ratios)+len(b.prices) > 0 {
			t.Errorf("%v, want ErrTable with %q", err, why)
		}
	}
	day := strings.Repeat("F", 48)
	patterns := func(s string) func(*Book) error {
		return func(b *Book) error {
			return b.ReadPatterns(strings.NewReader("id,region,source,valid_from,months,pattern,holidays\n" + s))
		}
	}
	refuses(patterns("a,r,s,2025,1,FF,\n"), "48 letters")
	refuses(patterns("a,r,s,2025,13,"+day+",\n"), "1 to 12")
	refuses(patterns("a,r,s,soon,1,"+day+",\n"), "not a date")
	refuses(patterns("a,r,s,2025,1,"+day[1:]+".,\n"), "not one of S")
	refuses(patterns("a,r,,2025,1,"+day+",\n"), "source")
	refuses(patterns("a,r,s,2025,1,"+day+",\nb,r,s,2025,1,X,\n"), "line 3")
	refuses(func(b *Book) error { return b.ReadPatterns(strings.NewReader("")) }, "pattern")
	ratios := func(s string) func(*Book) error {
		return func(b *Book) error {
			return b.ReadRatios(strings.NewReader("id,region,source,valid_from,base,peak,sharp_of_peak\n" + s))
		}
	}
	refuses(ratios("a,r,s,2025,b,NaN,\n"), "peak")
	refuses(ratios("a,r,s,2025,b,,1.2\n"), "ratio")
	refuses(ratios("a,r,s,2025,b,-101,\n"), "peak")
	refuses(func(b *Book) error {
		return b.ReadPrices(strings.NewReader("id,region,period,month,price\na,r,peak,2025,1\n"))
	}, "month")
}

// A user's own later notice goes before the shipped one; the shipped book stays as it was.
func TestOwnNotice(t *testing.T) {
	b := builtin(t)
	own := strings.Repeat("V", 24) + strings.Repeat("P", 24)
	if err := b.ReadPatterns(strings.NewReader("id,region,source,grade,valid_from,pattern\nown.1,江苏,notice,own,2027," + own + "\n")); err != nil {
		t.Fatal(err)
	}
	p, err := b.Pattern(Query{Region: "江苏", Day: date("2027-01-01")})
	if err != nil || p.String() != own || p.Grade != "own" {
		t.Errorf("%v %v", p, err)
	}
	p, err = builtin(t).Pattern(Query{Region: "江苏", Day: date("2027-01-01")})
	if err != nil || p.Rows[0] != "tou.036" {
		t.Errorf("%v %v", p, err)
	}
	if err := b.ReadPatterns(strings.NewReader("id,region,source,valid_from,pattern\nown.2,江苏,notice,2027," + own + "\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Pattern(Query{Region: "江苏", Day: date("2027-01-01")}); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("two notices of one day: %v", err)
	}
}

func TestPatternProperties(t *testing.T) {
	b := builtin(t)
	rapid.Check(t, func(t *rapid.T) {
		q := Query{
			Region:     rapid.SampledFrom(b.Regions()).Draw(t, "region"),
			Categories: []string{rapid.SampledFrom([]string{"两部制", "单一制"}).Draw(t, "category"), "大工业用电"},
			Declared:   rapid.Bool().Draw(t, "declared"),
		}
		when := time.Unix(rapid.Int64Range(1735660800, 1798732799).Draw(t, "when"), 0) // 2025 and 2026 in Beijing
		p, err := b.Pattern(q.On(when))
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.ClassAt(q, when)
		if err != nil || c != p.At(when) || !strings.ContainsRune("SPFVD", rune(c)) || c.Name().ZH == "未知" {
			t.Fatalf("%v %v", c, err)
		}
		if !p.InForce || len(p.Rows) == 0 || p.Source == "" {
			t.Fatalf("%+v", p)
		}
		if r, err := b.Ratio(q.On(when), Peak); err == nil && r.Multiplier <= 1 {
			t.Fatalf("peak below flat: %+v", r)
		}
	})
}

func FuzzReadPatterns(f *testing.F) {
	f.Add("id,region,source,valid_from,months,pattern,holidays\na,r,s,2025,1,FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF,\n")
	f.Add("pattern\n\n\"")
	f.Add("id,pattern,min_days,rest_months,valid_to\na,b,99,0 0,2024-13\n")
	f.Fuzz(func(t *testing.T, s string) {
		var b Book
		if err := b.ReadPatterns(strings.NewReader(s)); err != nil {
			if !errors.Is(err, ErrTable) || len(b.patterns) > 0 {
				t.Fatal(err)
			}
			return
		}
		for _, r := range b.patterns {
			_, err := b.Pattern(Query{Region: r.region, Categories: r.category, Day: date("2025-10-01"), AnyYear: true})
			if err != nil && !errors.Is(err, ErrMissing) && !errors.Is(err, ErrAmbiguous) {
				t.Fatal(err)
			}
		}
	})
}

func FuzzReadRatios(f *testing.F) {
	f.Add("id,region,source,valid_from,base,peak,valley\na,r,s,2025,b,80,-65\n")
	f.Add("base\n1e400\n")
	f.Fuzz(func(t *testing.T, s string) {
		var b Book
		if err := b.ReadRatios(strings.NewReader(s)); err != nil {
			if !errors.Is(err, ErrTable) {
				t.Fatal(err)
			}
			return
		}
		for _, r := range b.ratios {
			for _, c := range Classes() {
				if m := r.multiplier(c); math.IsNaN(m) || math.IsInf(m, 0) {
					t.Fatalf("%s %s = %v", r.id, c, m)
				}
			}
		}
	})
}

func FuzzReadPrices(f *testing.F) {
	f.Add("id,region,period,month,price\na,r,peak,2025-06,1.15\n")
	f.Fuzz(func(t *testing.T, s string) {
		var b Book
		if err := b.ReadPrices(strings.NewReader(s)); err != nil && !errors.Is(err, ErrTable) {
			t.Fatal(err)
		}
	})
}

func BenchmarkBuiltin(b *testing.B) {
	for b.Loop() {
		var book Book
		data, err := files.ReadFile("data/patterns.csv")
		if err != nil {
			b.Fatal(err)
		}
		if err := book.ReadPatterns(strings.NewReader(string(data))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClassAt(b *testing.B) {
	book := builtin(b)
	q, t := Query{Region: "江苏"}, at("2025-07-15 10:00")
	for b.Loop() {
		if _, err := book.ClassAt(q, t); err != nil {
			b.Fatal(err)
		}
	}
}
