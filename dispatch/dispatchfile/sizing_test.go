package dispatchfile

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"lingtan/dispatch"
	"lingtan/tariff"
)

// annual is the input of test/golden/dispatch-c06d-annual-sizing.
type annual struct {
	Years        int       `json:"analysis_years"`
	Escalation   float64   `json:"elec_escalation"`
	Discount     float64   `json:"discount"`
	Tax          float64   `json:"tax"`
	OMEscalation float64   `json:"om_escalation"`
	Energy       []float64 `json:"energy_rates"`
	TOU          []float64 `json:"tou_demand_rates"`
	Flat         float64   `json:"flat_monthly_demand_rate"`
	Fixed        float64   `json:"fixed_monthly"`
	PV           struct {
		Max         float64 `json:"max_kw"`
		Installed   float64 `json:"installed_per_kw"`
		OM          float64 `json:"om_per_kw"`
		Degradation float64
	}
	Battery struct {
		MaxKW        float64 `json:"max_kw"`
		MaxKWh       float64 `json:"max_kwh"`
		KW           float64 `json:"installed_per_kw"`
		KWh          float64 `json:"installed_per_kwh"`
		ReplaceKW    float64 `json:"replace_per_kw"`
		ReplaceKWh   float64 `json:"replace_per_kwh"`
		EtaCharge    float64 `json:"eta_charge"`
		EtaDischarge float64 `json:"eta_discharge"`
		Min          float64 `json:"soc_min"`
		Start        float64 `json:"soc_init"`
	}
	rows [][]string
}

func readAnnual(t *testing.T) annual {
	t.Helper()
	var a annual
	data, err := os.ReadFile("../../test/golden/dispatch-c06d-annual-sizing/input.json")
	if err == nil {
		err = json.Unmarshal(data, &a)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("../../test/golden/dispatch-c06d-annual-sizing/series.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if a.rows, err = csv.NewReader(f).ReadAll(); err != nil {
		t.Fatal(err)
	}
	a.rows = a.rows[1:]
	return a
}

// column is a column of the series, through a function.
func (a annual) column(k int, of func(float64) float64) dispatch.Series {
	var s dispatch.Series
	for _, row := range a.rows {
		v, err := strconv.ParseFloat(row[k], 64)
		if err != nil {
			v = math.NaN()
		}
		s = append(s, of(v))
	}
	return s
}

func (a annual) finance() tariff.Finance {
	return tariff.Finance{Years: a.Years, Discount: a.Discount, Tax: a.Tax}
}

// investment has the five-year depreciation, a credit of 30 % and a bonus of 40 %.
func (a annual) cost(t *testing.T, installed, replaced float64) float64 {
	t.Helper()
	x := tariff.Investment{Installed: installed, Credit: 0.3, CreditBasis: 0.5, Bonus: 0.4, Schedule: []float64{0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576}, Replacement: replaced}
	if replaced > 0 {
		x.ReplaceYear = 10
	}
	npc, err := a.finance().NetPresentCost(x)
	if err != nil {
		t.Fatal(err)
	}
	return npc
}

// levelled is the mean output of a panel over its life, weighed as the bills are.
func (a annual) levelled() float64 {
	var sum float64
	for y := 1; y <= a.Years; y++ {
		sum += math.Pow((1+a.Escalation)/(1+a.Discount), float64(y)) * math.Pow(1-a.PV.Degradation, float64(y-1))
	}
	return sum / a.finance().PresentWorth(a.Escalation)
}

func (a annual) problem(t *testing.T) *dispatch.Problem {
	worth := a.finance().LifeCycle(1, a.Escalation)
	same := func(v float64) float64 { return v }
	month, period := a.column(4, same), a.column(3, same)
	grid := dispatch.Supply{ID: "grid", Carrier: "electricity", Price: a.column(2, func(k float64) float64 { return worth * a.Energy[int(k)] })}
	for m := 1; m <= 12; m++ {
		windows := make([][]int, 1+len(a.TOU))
		for i := range month {
			if int(month[i]) == m {
				windows[0] = append(windows[0], i)
				windows[1+int(period[i])] = append(windows[1+int(period[i])], i)
			}
		}
		for k, steps := range windows {
			rate := a.Flat
			if k > 0 {
				rate = a.TOU[k-1]
			}
			if len(steps) > 0 && rate > 0 {
				grid.Demand = append(grid.Demand, dispatch.DemandCharge{ID: fmt.Sprintf("%d.%d", m, k), Rate: worth * rate, Steps: steps})
			}
		}
	}
	hours := make(dispatch.Series, len(a.rows))
	for i := range hours {
		hours[i] = 1
	}
	b := a.Battery
	return &dispatch.Problem{Title: "annual sizing", Currency: "USD", Hours: hours, Carriers: []dispatch.Carrier{{ID: "electricity"}}, Supplies: []dispatch.Supply{grid},
		Loads: []dispatch.Load{{ID: "site", Carrier: "electricity", Demand: a.column(0, same)}},
		Renewables: []dispatch.Renewable{{ID: "pv", Carrier: "electricity", Available: a.column(1, func(v float64) float64 { return v * a.levelled() }),
			Size: &dispatch.Sizing{Max: a.PV.Max, Cost: a.cost(t, a.PV.Installed, 0) + a.finance().LifeCycle(a.PV.OM, a.OMEscalation)}}},
		Storages: []dispatch.Storage{{ID: "battery", Carrier: "electricity", Energy: 1, Charge: 1, Discharge: 1, Mixed: true, Efficiency: dispatch.Pair{Charge: b.EtaCharge, Discharge: b.EtaDischarge},
			Level:      dispatch.Levels{Min: b.Min, Max: 1, Start: b.Start},
			EnergySize: &dispatch.Sizing{Max: b.MaxKWh, Cost: a.cost(t, b.KWh, b.ReplaceKWh)}, PowerSize: &dispatch.Sizing{Max: b.MaxKW, Cost: a.cost(t, b.KW, b.ReplaceKW)}}}}
}

// A year of 8,760 hours takes a quarter of a minute: LINGTAN_SLOW=1 runs it.
func TestAnnualSizing(t *testing.T) {
	a := readAnnual(t)
	near(t, "cost of a kW of panels", a.cost(t, a.PV.Installed, 0), 690.5002, 1e-6)
	near(t, "cost of a kW of battery", a.cost(t, a.Battery.KW, a.Battery.ReplaceKW), 341.5443, 1e-6)
	near(t, "levelled output", a.levelled(), 0.9620620960413236, 1e-6)
	slow(t)
	plan := solved(t, a.problem(t), 0)
	fixed := a.finance().LifeCycle(12*a.Fixed, a.Escalation)
	near(t, "life-cycle cost", plan.Total+fixed, 859822.446, 1e-6)
	near(t, "without either", plan.Today.Total+fixed, 947933.994, 1e-6)
	s := plan.Outcomes[0].Schedule
	near(t, "panels kW", s["pv"]["size"][0], 293.0125, 1e-3)
	near(t, "battery kW", s["battery"]["power"][0], 51.7206, 1e-3)
	near(t, "battery kWh", s["battery"]["energy"][0], 199.0616, 1e-3)
}
