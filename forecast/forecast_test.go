package forecast_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lingtan/forecast"
	"lingtan/period"
)

const day = 24 * time.Hour

// hospital are the first days of the hospital's load, with a temperature made up for it: the
// load's own swing of the day after, so that it is worth knowing.
func hospital(t testing.TB, days int) forecast.Data {
	t.Helper()
	_, d := load(t, "hospital")
	d.Series.Values = d.Series.Values[:24*days]
	return d
}

func warm(d forecast.Data, ahead bool) forecast.Data {
	c := forecast.Covariate{Name: "temperature", Unit: "°C", Ahead: ahead}
	for i, v := range d.Series.Values {
		c.Values = append(c.Values, v/10+3*math.Sin(float64(i)/17))
	}
	d.Covariates = []forecast.Covariate{c}
	return d
}

func end(d forecast.Data) time.Time {
	return d.Series.Start.Add(time.Duration(len(d.Series.Values)) * d.Series.Step)
}

func fit(t testing.TB, d forecast.Data, opt forecast.Options) *forecast.Model {
	t.Helper()
	m, err := forecast.Fit(d, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func predict(t testing.TB, m *forecast.Model, d forecast.Data, origin time.Time) *forecast.Forecast {
	t.Helper()
	f, err := m.Predict(d, origin, day)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// only are options with one kind, or all without a name.
func only(kinds ...string) forecast.Options { return forecast.Options{Kinds: kinds} }

// A forecast is told with its parts, rising quantiles, model, training and inputs.
func TestForecastOfEveryKind(t *testing.T) {
	d := warm(hospital(t, 70), true)
	origin := end(d).Add(-day)
	for _, kind := range forecast.Kinds() {
		cut := d
		cut.Series.Values = d.Series.Values[:len(d.Series.Values)-24]
		m := fit(t, cut, only(kind))
		f := predict(t, m, d, origin)
		if f.Model != kind || len(f.Steps) != 24 || !f.TrainedTo.Equal(origin) || len(f.Inputs) != 1 || f.Inputs[0].Known != 1 {
			t.Fatalf("%s: %+v", kind, f)
		}
		for _, s := range f.Steps {
			complete(t, kind, s, len(f.Levels), len(f.Drivers))
		}
	}
}

func complete(t *testing.T, kind string, s forecast.Step, levels, drivers int) {
	t.Helper()
	if s.Mean == nil || len(s.Quantiles) != levels || len(s.Parts) != drivers || !slices.IsSorted(s.Quantiles) {
		t.Fatalf("%s at %s: %+v", kind, s.Time, s)
	}
	var sum float64
	for _, p := range s.Parts {
		sum += p
	}
	if math.Abs(sum-*s.Mean) > 1e-9*math.Abs(*s.Mean) {
		t.Errorf("%s at %s: parts sum to %g, forecast %g", kind, s.Time, sum, *s.Mean)
	}
}

// What comes after the origin changes nothing, except what is known ahead.
func TestNothingLaterIsLookedAt(t *testing.T) {
	d := warm(hospital(t, 63), false)
	m := fit(t, d, only("mean"))
	origin := end(d).Add(-2 * day)
	want := predict(t, m, d, origin)
	other := d
	other.Series.Values = slices.Clone(d.Series.Values)
	other.Covariates = []forecast.Covariate{d.Covariates[0]}
	other.Covariates[0].Values = slices.Clone(d.Covariates[0].Values)
	for i := len(other.Series.Values) - 48; i < len(other.Series.Values); i++ {
		other.Series.Values[i], other.Covariates[0].Values[i] = 1e6, -1e6
	}
	if got := predict(t, m, other, origin); !reflect.DeepEqual(got, want) {
		t.Error("values after the origin change the forecast")
	}
}

// A backtest's early forecasts do not change with the values after them.
func TestBacktestDoesNotLookAhead(t *testing.T) {
	d := hospital(t, 60)
	from := d.Series.Start.Add(50 * day)
	first := func(values []float64) *forecast.Table {
		x := d
		x.Series.Values = values
		table, err := forecast.Backtest(x, from, forecast.Options{Kinds: []string{"ridge"}, Refit: 365 * day})
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	short := first(d.Series.Values[:24*51])
	long := slices.Clone(d.Series.Values)
	for i := 24 * 51; i < len(long); i++ {
		long[i] = math.NaN() // known later, and not scored
	}
	got := first(long)
	if *figureOf(short, "ridge").MAE != *figureOf(got, "ridge").MAE || figureOf(got, "ridge").Targets != 24 {
		t.Errorf("%v, %v", figureOf(short, "ridge"), figureOf(got, "ridge"))
	}
}

func figureOf(t *forecast.Table, model string) forecast.Row {
	for _, m := range t.Models {
		if m.Model == model {
			return m
		}
	}
	return forecast.Row{}
}

// A kept model forecasts the same to the last bit, and fitting is repeatable.
func TestKeptModel(t *testing.T) {
	d := warm(hospital(t, 60), true)
	m := fit(t, d, only("mean"))
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(fit(t, d, only("mean")))
	if err != nil || string(again) != string(text) {
		t.Errorf("fitted twice, two models (%v)", err)
	}
	var kept forecast.Model
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(predict(t, m, d, end(d)), predict(t, &kept, d, end(d))) {
		t.Error("the kept model forecasts otherwise")
	}
	refused := func(old, new string) {
		t.Helper()
		var x forecast.Model
		if err := json.Unmarshal([]byte(strings.Replace(string(text), old, new, 1)), &x); !errors.Is(err, forecast.ErrModel) {
			t.Errorf("%s: %v", new, err)
		}
	}
	refused("lingtan.forecast-model/v1", "lingtan.forecast-model/v9")
	refused(`"step_seconds":3600`, `"step_seconds":7`)
	refused(`"step_seconds":3600`, `"step_seconds":1800`)
	refused(`"inputs":[`, `"inputs":[{"name":"x","ahead":true},`)
}

// A gap stays a gap, and covariates that are missing are left out and told.
func TestMissingInputs(t *testing.T) {
	d := warm(hospital(t, 70), true)
	m := fit(t, d, only("trees", "ridge"))
	has := func(f *forecast.Forecast, code string) bool {
		return slices.ContainsFunc(f.Notes, func(n forecast.Note) bool { return n.Code == code })
	}
	without := d
	without.Covariates = nil
	f := predict(t, m, without, end(d))
	if !has(f, "covariate_missing") || f.Inputs[0].Known != 0 || f.Steps[0].Mean == nil {
		t.Errorf("%+v %+v", f.Inputs, f.Notes)
	}
	d.Covariates[0].Values = append(slices.Clone(d.Covariates[0].Values), 10, 10, 10, 10, 10, 10)
	if f = predict(t, m, d, end(d)); f.Inputs[0].Known != 0.25 {
		t.Errorf("%+v", f.Inputs)
	}
	gap := d
	gap.Series.Values = slices.Clone(d.Series.Values)
	for i := len(gap.Series.Values) - 30; i < len(gap.Series.Values); i++ {
		gap.Series.Values[i] = math.NaN()
	}
	if f = predict(t, m, gap, end(d)); !has(f, "behind") || f.Steps[0].Mean == nil {
		t.Errorf("%+v", f.Notes)
	}
	for i := range gap.Series.Values {
		if i%24 == 3 {
			gap.Series.Values[i] = math.NaN() // never known at three
		}
	}
	naive := fit(t, gap, only("naive_week"))
	if f = predict(t, naive, gap, end(d)); !has(f, "no_forecast") || f.Steps[3].Mean != nil || f.Steps[4].Mean == nil {
		t.Errorf("a gap was filled in: %+v", f.Steps[3])
	}
}

// Wrong use is told.
func TestRefused(t *testing.T) {
	d := hospital(t, 60)
	refused := func(want error, change func(*forecast.Data, *forecast.Options)) {
		t.Helper()
		x, o := d, forecast.Options{}
		change(&x, &o)
		if _, err := forecast.Fit(x, o); !errors.Is(err, want) {
			t.Errorf("fit: %v, want %v", err, want)
		}
	}
	refused(forecast.ErrSeries, func(d *forecast.Data, _ *forecast.Options) { d.Series.Step = 7 * time.Minute })
	refused(forecast.ErrSeries, func(d *forecast.Data, _ *forecast.Options) {
		d.Series.Values = append(slices.Clone(d.Series.Values), math.Inf(1))
	})
	refused(forecast.ErrSeries, func(d *forecast.Data, _ *forecast.Options) { d.Covariates = make([]forecast.Covariate, 13) })
	refused(forecast.ErrSeries, func(d *forecast.Data, _ *forecast.Options) { d.Covariates = make([]forecast.Covariate, 1) })
	refused(forecast.ErrHistory, func(d *forecast.Data, _ *forecast.Options) { d.Series.Values = d.Series.Values[:24*20] })
	refused(forecast.ErrOptions, func(_ *forecast.Data, o *forecast.Options) { o.Horizon = 8 * day })
	refused(forecast.ErrOptions, func(_ *forecast.Data, o *forecast.Options) { o.Every = 7 * time.Hour })
	refused(forecast.ErrOptions, func(_ *forecast.Data, o *forecast.Options) { o.Issue = time.Minute })
	refused(forecast.ErrOptions, func(_ *forecast.Data, o *forecast.Options) { o.Kinds = []string{"oracle"} })
	refused(forecast.ErrOptions, func(_ *forecast.Data, o *forecast.Options) { o.Quantiles = []float64{0.5, 0.5} })
	m := fit(t, d, only("naive_week"))
	late := func(want error, origin time.Time, horizon time.Duration) {
		t.Helper()
		if _, err := m.Predict(d, origin, horizon); !errors.Is(err, want) {
			t.Errorf("predict: %v, want %v", err, want)
		}
	}
	late(forecast.ErrOptions, end(d).Add(time.Hour), day)
	late(forecast.ErrOptions, end(d).Add(-time.Minute), day)
	late(forecast.ErrOptions, end(d), 2*day)
	late(forecast.ErrHistory, d.Series.Start.Add(10*day), day)
}

// A holiday is forecast like a Sunday, a worked Saturday like a weekday.
func TestHolidays(t *testing.T) {
	d := forecast.Data{Series: forecast.Series{Name: "shift", Start: time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC), Step: time.Hour}, Calendar: forecast.Listed{
		period.Date(2018, 4, 30): true, period.Date(2018, 3, 10): false}}
	for i := range 24 * 119 { // to 29 April, a Sunday
		at := d.Series.Start.Add(time.Duration(i) * time.Hour)
		v := 20 + float64(i%7)
		if w := at.Weekday(); w != time.Saturday && w != time.Sunday && at.Hour() >= 8 && at.Hour() < 18 {
			v += 80
		}
		d.Series.Values = append(d.Series.Values, v)
	}
	noon := func(d forecast.Data) float64 {
		m := fit(t, d, only("ridge"))
		return *predict(t, m, d, end(d)).Steps[12].Mean
	}
	if x := noon(d); math.Abs(x-23) > 6 {
		t.Errorf("the holiday's noon is %g, Sundays have 20 to 26", x)
	}
	d.Calendar = nil
	if x := noon(d); x < 80 {
		t.Errorf("the Monday's noon is %g, Mondays have 100 and more", x)
	}
	if rests, known := (forecast.China{}).Rests(period.Date(2018, 5, 1)); !rests || !known {
		t.Error("Labour Day is worked")
	}
	if rests, known := (forecast.China{}).Rests(period.Date(2018, 4, 28)); rests || !known {
		t.Error("the Saturday that makes up for it is not worked")
	}
	if _, known := (forecast.China{}).Rests(period.Date(1990, 5, 1)); known {
		t.Error("1990 is known")
	}
}

// The clock's change in Berlin moves the habit, not its time of day.
func TestClockChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2018, 2, 1, 0, 0, 0, 0, berlin)
	d := forecast.Data{Series: forecast.Series{Start: start, Step: time.Hour}, Zone: berlin}
	stop := time.Date(2018, 3, 26, 0, 0, 0, 0, berlin) // the day after the change
	for at := start; at.Before(stop); at = at.Add(time.Hour) {
		d.Series.Values = append(d.Series.Values, float64(at.In(berlin).Hour()))
	}
	f := predict(t, fit(t, d, only("naive_week")), d, end(d))
	for i, s := range f.Steps {
		if *s.Mean != float64(i) {
			t.Errorf("%s: %g", s.Time.In(berlin), *s.Mean)
		}
	}
}

// Whatever the values and gaps, no forecast holds NaN, none is negative where no value was, and
// shifting and scaling the values shifts and scales naive forecasts.
func TestAnySeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "slots")
		n := slots * rapid.IntRange(30, 60).Draw(t, "days")
		d := forecast.Data{Series: forecast.Series{Start: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Step: day / time.Duration(slots)}}
		for range n {
			v := rapid.Float64Range(0, 1000).Draw(t, "value")
			if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
				v = math.NaN()
			}
			d.Series.Values = append(d.Series.Values, v)
		}
		m, err := forecast.Fit(d, forecast.Options{Kinds: []string{"naive_day", "smoothing", "ridge"}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := m.Predict(d, end(d), day)
		if errors.Is(err, forecast.ErrHistory) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(f); err != nil { // refuses NaN
			t.Fatal(err)
		}
		for _, s := range f.Steps {
			if s.Mean != nil && *s.Mean < 0 || len(s.Quantiles) > 0 && s.Quantiles[0] < 0 {
				t.Fatalf("negative: %+v", s)
			}
		}
	})
}

// Many series are done at once as one after another.
func TestMany(t *testing.T) {
	d := hospital(t, 60)
	cases := make([]forecast.Case, 6)
	for i := range cases {
		cases[i] = forecast.Case{Data: d, From: d.Series.Start.Add(45 * day), Options: only("smoothing", "ridge")}
	}
	cases[3].Data.Series.Step = time.Second
	tables, errs := forecast.BacktestAll(cases, 2)
	if errs[3] == nil || tables[3] != nil || errs[0] != nil || !reflect.DeepEqual(tables[0], tables[5]) {
		t.Fatalf("%v", errs)
	}
	models, errs := forecast.FitAll(cases, 2)
	if errs[3] == nil || models[3] != nil || errs[5] != nil {
		t.Fatalf("%v", errs)
	}
	data := make([]forecast.Data, len(cases))
	for i := range data {
		data[i] = d
	}
	list, errs := forecast.PredictAll(models, data, end(d), day, 3)
	if list[3] != nil || errs[3] != nil || !reflect.DeepEqual(list[0], list[5]) {
		t.Fatalf("%v", errs)
	}
	kind, table, err := forecast.Choose(d, only("naive_day", "ridge"))
	if err != nil || kind != "ridge" || table.Choice != kind {
		t.Errorf("%s %v", kind, err)
	}
}
