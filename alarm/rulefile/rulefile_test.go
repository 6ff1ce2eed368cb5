package rulefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lingtan/alarm"
)

const good = `format: lingtan.alarm/v1
zone: Asia/Shanghai
hold: 30s
flood: {alarms: 10, window: 10m, end: 5, escalation: duty}
calendars:
  - id: day
    shifts:
      - {days: [mon, tue, wed, thu, fri], from: "08:00", to: "20:00", people: [li]}
      - {from: "20:00", to: "08:00", people: [wang]}
escalations:
  - id: duty
    returns: true
    steps:
      - {after: 0s, calendar: day, channels: [wecom]}
      - {after: 15m, people: [zhao], channels: [mail]}
rules:
  - id: press-hour
    kind: hourly_use
    name: {zh: 压机小时用电超限, en: Press over its hourly limit}
    priority: high
    object: press
    inputs: {usage: "usage:press.energy", intensity: "intensity:press"}
    parameters: {limit: 1200}
    on_delay: 5m
    escalation: duty
  - id: free
    kind: expression
    name: {en: Off its baseline}
    priority: low
    inputs: {usage: "usage:press.energy", baseline: "forecast:press.energy"}
    expression: usage > baseline * 1.2 && hour >= 8
    max_age: 2h
`

func TestGood(t *testing.T) {
	s, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rules) != 2 || s.Rules[0].OnDelay.Minutes() != 5 || s.Rules[0].Parameters["limit"] != 1200 || s.Escalations[0].Steps[1].After.Minutes() != 15 || s.Rules[1].MaxAge.Hours() != 2 {
		t.Errorf("%+v", s)
	}
	if _, err := alarm.New(s, nil); err != nil {
		t.Error(err)
	}
}

// wrong replaces a text in the good file and wants a fault at a place with words.
func wrong(t *testing.T, old, new, place, words string) {
	t.Helper()
	if !strings.Contains(good, old) {
		t.Fatalf("%q is not in the file", old)
	}
	_, err := Parse([]byte(strings.Replace(good, old, new, 1)))
	var faults Faults
	if !errors.As(err, &faults) || !errors.Is(err, alarm.ErrRule) {
		t.Errorf("%q → %q: %v", old, new, err)
		return
	}
	for _, f := range faults {
		if fmt.Sprintf("%d:%d", f.Line, f.Column) == place && strings.Contains(f.Message.EN, words) && f.Message.ZH != "" {
			return
		}
	}
	t.Errorf("%q → %q: want %s %q in\n%v", old, new, place, words, err)
}

func TestWrong(t *testing.T) {
	wrong(t, "lingtan.alarm/v1", "lingtan.alarm/v2", "1:9", "lingtan.alarm/v1")
	wrong(t, "Asia/Shanghai", "Asia/Shangri-La", "2:7", "IANA")
	wrong(t, "hold: 30s", "hold: soon", "3:7", "90s")
	wrong(t, "end: 5", "end: 11", "4:8", "end")
	wrong(t, "escalation: duty}", "escalation: nobody}", "4:54", "no such escalation")
	wrong(t, `from: "08:00"`, `from: "8am"`, "8:9", "08:00")
	wrong(t, "days: [mon", "days: [moon", "8:16", "mon, tue")
	wrong(t, "after: 15m", "after: 0s", "15:17", "follow each other")
	wrong(t, "calendar: day,", "calendar: night,", "14:31", "no such calendar")
	wrong(t, "kind: hourly_use", "kind: hourly", "18:11", "one of: air_leak")
	wrong(t, "priority: high", "priority: urgent", "20:15", "low, medium, high, critical")
	wrong(t, "usage:press.energy\", intensity", "press.energy\", intensity", "22:21", "reading:POINT")
	wrong(t, "{usage: \"usage:press.energy\", intensity", "{use: \"usage:press.energy\", intensity", "22:13", "the input usage is missing")
	wrong(t, "limit: 1200", "limit: -1", "23:25", "not within")
	wrong(t, "{limit: 1200}", "{}", "23:17", "limit (kWh in a clock hour) is missing")
	wrong(t, "{limit: 1200}", "{limit: 1, cap: 2}", "23:33", "no such parameter")
	wrong(t, "on_delay: 5m", "on_delay: 8d", "24:15", "0 to 168h")
	wrong(t, "on_delay: 5m", "ondelay: 5m", "24:5", "unknown field")
	wrong(t, "id: free", "id: press-hour", "26:9", "stands twice")
	wrong(t, "usage > baseline", "usage > basline", "31:25", "undeclared reference to 'basline'")
	wrong(t, "usage > baseline * 1.2 && hour >= 8", "usage >> baseline", "31:24", "Syntax error")
	wrong(t, "usage > baseline * 1.2 && hour >= 8", `"usage + 'a' > 2.0"`, "31:24", "no matching overload")
	wrong(t, "usage > baseline * 1.2 && hour >= 8", "hour", "31:17", "must give true or false")
	wrong(t, "usage > baseline * 1.2 && hour >= 8", "'[1,2].exists(x, x > 1)'", "31:30", "undeclared reference")
	wrong(t, "rules:", "rules: &r", "16:8", "anchors")
}

// TestCostLimit: an expression whose work has no small bound is refused.
func TestCostLimit(t *testing.T) {
	costly := "'" + strings.Repeat("a", 900) + "'.matches('" + strings.Repeat("a?", 200) + "') && usage > 1.0"
	_, err := Parse([]byte(strings.Replace(good, "expression: usage > baseline * 1.2 && hour >= 8", "expression: \""+costly+"\"", 1)))
	if !errors.Is(err, alarm.ErrRule) || !strings.Contains(err.Error(), "cost") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("format: lingtan.alarm/v1\nrules: [{}]"))
	f.Add([]byte("rules:\n  - expression: |\n      a >\n       1"))
	f.Add([]byte("{"))
	list, _ := filepath.Glob(filepath.Join("..", "..", "test", "golden", "alarm-*", "*.yaml"))
	for _, name := range list {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 || faults[0].Line < 1 || faults[0].Column < 1 {
				t.Fatalf("%v", err)
			}
			return
		}
		if _, err := alarm.New(s, nil); err != nil {
			t.Fatal(err)
		}
	})
}
