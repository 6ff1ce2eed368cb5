package proposal

import (
	"strings"
	"testing"

	"lingtan/alarm/rulefile"
	"lingtan/park"
)

// history is of so many hours that rise from 1 to n.
func history(n int) History {
	h := History{Key: "press.kwh", Name: park.Name{ZH: "压机", EN: "Press"}, Object: "press-use", Unit: "kWh", Step: 900,
		Intensity: 0.6, Source: "a factor", First: "2018-01-01", Last: "2018-12-31"}
	for i := range n {
		h.Hours = append(h.Hours, float64(i+1))
		h.Differences = append(h.Differences, float64(i)/float64(n))
		h.Gaps = append(h.Gaps, 900)
	}
	return h
}

// A limit is the quantile that it says it is, and the file is sound.
func TestLimitsAreQuantilesOfHistory(t *testing.T) {
	p, err := Propose("Asia/Shanghai", []History{history(8760)}, []Bus{{ID: "bus", Name: park.Name{EN: "Bus"}, Shares: history(8760).Differences, Floor: 2}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := rulefile.Parse([]byte(p.YAML))
	if err != nil {
		t.Fatalf("%v\n%s", err, p.YAML)
	}
	if len(set.Rules) != 4 || p.Rules != 4 || len(p.Left) != 0 {
		t.Fatalf("%d rules, %d left\n%s", len(set.Rules), len(p.Left), p.YAML)
	}
	if got := set.Rules[0].Parameters["limit"]; got != 8760 { // 8752nd of 8760, up to three digits
		t.Errorf("hourly limit %v", got)
	}
	if got := set.Rules[2].Parameters["after"]; got != 2700 {
		t.Errorf("silence %v s", got)
	}
	if !strings.Contains(set.Rules[0].Advice.EN, "99.9 % quantile of 8760 measured hours") {
		t.Errorf("the rule does not say where its limit is from: %q", set.Rules[0].Advice.EN)
	}
}

// Too little history proposes nothing, and says so.
func TestShortHistoryIsSaid(t *testing.T) {
	p, err := Propose("Asia/Shanghai", []History{history(20)}, []Bus{{ID: "bus"}})
	if err != nil {
		t.Fatal(err)
	}
	if set, err := rulefile.Parse([]byte(p.YAML)); err == nil && len(set.Rules) != 0 {
		t.Errorf("%d rules of nothing", len(set.Rules))
	}
	if len(p.Left) != 4 || !strings.Contains(p.Left[0].Reason.EN, "20 measured hours") {
		t.Errorf("left: %+v", p.Left)
	}
}

func TestIDsOfKeysDoNotMeet(t *testing.T) {
	a, b := id("hourly-use.A.kwh"), id("hourly-use.a.kwh")
	if a == b || len(id(strings.Repeat("x", 300))) > 80 {
		t.Errorf("%s %s", a, b)
	}
}
