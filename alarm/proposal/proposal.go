// Package proposal proposes alarm rules for a park out of what its meters did: every
// limit is a quantile of history, and says so.
//
// A limit is the nearest-rank quantile (Hyndman and Fan 1996, definition 1) of measured
// history, rounded up to three digits. Where history is too short no rule is proposed,
// and the proposal says which and why. Nothing is a norm: people judge what they adopt.
package proposal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lingtan/alarm/rulefile"
	"lingtan/park"
)

// The quantiles that limits are, and the history that they want.
const (
	hourQuantile  = 0.999 // of clock hours: about nine in a year are over it
	dayQuantile   = 0.99  // of day-to-day differences
	gapQuantile   = 0.999 // of the time between readings
	shareQuantile = 0.999 // of a bus's imbalance
	leastHours    = 14 * 24
	leastDays     = 28
	leastGaps     = 100
)

// History is what a register did, of measured intervals alone.
type History struct {
	Key         string
	Name        park.Name // of its point
	Object      string    // node that it meters; empty where none
	Unit        string    // of an amount
	Hours       []float64 // use of clock hours, all of whose intervals were measured
	Differences []float64 // |day − day before| ÷ day before, of full days
	Gaps        []float64 // s between readings
	Step        float64   // s, its expected cadence; 0 = none
	Events      bool      // no reading means no use: silence tells nothing
	Intensity   float64   // kgCO2e in a unit; 0 = not known
	Source      string    // of Intensity
	First, Last string    // civil days of the history
}

// Bus is what a bus left over, of intervals in which all its meters were measured.
type Bus struct {
	ID          string
	Name        park.Name
	Shares      []float64 // |in − out| ÷ in
	Floor       float64   // median of what came in over an interval, ÷ 10
	First, Last string
}

// Left is a rule that is not proposed, and why.
type Left struct {
	Kind   string    `json:"kind"`
	Object string    `json:"object"`
	Reason park.Name `json:"reason"`
}

// Proposal is a rule file to look at and adopt.
type Proposal struct {
	YAML  string `json:"yaml" doc:"lingtan.alarm/v1"`
	Rules int    `json:"rules"`
	Left  []Left `json:"left" nullable:"false" doc:"What was not proposed, and why"`
}

// Propose writes a rule file in the park's zone.
func Propose(zone string, registers []History, buses []Bus) (*Proposal, error) {
	p := &proposer{}
	fmt.Fprintf(&p.text, "format: %s\nzone: %s\n", rulefile.Format, quoted(zone))
	p.text.WriteString("# Proposed: limits are quantiles of this park's own history. 建议规则：限值取自本园区历史读数的分位数。\n")
	p.text.WriteString("rules:\n")
	for _, h := range registers {
		p.hourly(h)
		p.daily(h)
		p.silent(h)
	}
	for _, b := range buses {
		p.bus(b)
	}
	text := p.text.String()
	if p.rules == 0 {
		text = strings.TrimSuffix(text, "rules:\n") + "rules: []\n"
	}
	if p.left == nil {
		p.left = []Left{}
	}
	return &Proposal{YAML: text, Rules: p.rules, Left: p.left}, nil
}

type proposer struct {
	text  strings.Builder
	rules int
	left  []Left
}

func (p *proposer) leave(kind, object, zh, en string) {
	p.left = append(p.left, Left{kind, object, park.Name{ZH: zh, EN: en}})
}

// rule is one rule to write.
type rule struct {
	id, kind, priority, object string
	name, basis                park.Name
	inputs                     [][2]string
	parameters                 [][2]string
	more                       string
}

func (p *proposer) write(r rule) {
	p.rules++
	fmt.Fprintf(&p.text, "  - id: %s\n    kind: %s\n    name: {zh: %s, en: %s}\n    advice: {zh: %s, en: %s}\n    priority: %s\n",
		id(r.id), r.kind, quoted(r.name.ZH), quoted(r.name.EN), quoted(r.basis.ZH), quoted(r.basis.EN), r.priority)
	if r.object != "" {
		fmt.Fprintf(&p.text, "    object: %s\n", quoted(r.object))
	}
	fmt.Fprintf(&p.text, "    inputs: {%s}\n    parameters: {%s}\n%s", pairs(r.inputs), pairs(r.parameters), r.more)
}

func pairs(list [][2]string) string {
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = x[0] + ": " + x[1]
	}
	return strings.Join(parts, ", ")
}

func (p *proposer) hourly(h History) {
	if h.Unit == "" {
		return
	}
	if h.Events {
		p.leave("hourly_use", h.Key, "事件型计量：单次事件的用量不宜设限", "a register of events: what single events use makes no sensible limit")
		return
	}
	if len(h.Hours) < leastHours {
		p.leave("hourly_use", h.Key, fmt.Sprintf("实测整小时只有 %d 个，至少需要 %d 个", len(h.Hours), leastHours),
			fmt.Sprintf("%d measured hours, at least %d are needed", len(h.Hours), leastHours))
		return
	}
	limit := roundUp(quantile(h.Hours, hourQuantile))
	if limit <= 0 {
		p.leave("hourly_use", h.Key, "历史用量为零", "its history is zero")
		return
	}
	more := "    max_age: 3h\n" // settled usage comes after the interval
	if h.Intensity > 0 && h.Unit == "kWh" {
		more += "    intensity: " + number(h.Intensity) + " # " + strings.ReplaceAll(h.Source, "\n", " ") + "\n"
	}
	p.write(rule{"hourly-use." + h.Key, "hourly_use", "medium", h.Object,
		park.Name{ZH: h.Name.In("zh") + "：小时用量超限", EN: h.Name.In("en") + ": hourly use over its limit"},
		park.Name{ZH: fmt.Sprintf("限值 %s %s：%s 至 %s %d 个实测小时的 99.9%% 分位数。检查同时运行的设备与待机负荷。", number(limit), h.Unit, h.First, h.Last, len(h.Hours)),
			EN: fmt.Sprintf("Limit %s %s: 99.9 %% quantile of %d measured hours, %s to %s. See what runs at once, and what stands by.", number(limit), h.Unit, len(h.Hours), h.First, h.Last)},
		[][2]string{{"usage", quoted("usage:" + h.Key)}}, [][2]string{{"limit", number(limit)}}, more})
}

func (p *proposer) daily(h History) {
	if h.Unit == "" {
		return
	}
	if h.Events {
		p.leave("day_difference", h.Key, "事件型计量：单次事件的用量不宜设限", "a register of events: what single events use makes no sensible limit")
		return
	}
	if len(h.Differences) < leastDays {
		p.leave("day_difference", h.Key, fmt.Sprintf("可比较的相邻整日只有 %d 对，至少需要 %d 对", len(h.Differences), leastDays),
			fmt.Sprintf("%d pairs of full days, at least %d are needed", len(h.Differences), leastDays))
		return
	}
	rate := roundUp(quantile(h.Differences, dayQuantile))
	if rate <= 0 || rate > 1000 {
		p.leave("day_difference", h.Key, "日间差异的分位数不可用", "the quantile of its differences serves no limit")
		return
	}
	p.write(rule{"day-difference." + h.Key, "day_difference", "low", h.Object,
		park.Name{ZH: h.Name.In("zh") + "：日用量突变", EN: h.Name.In("en") + ": unlike the day before"},
		park.Name{ZH: fmt.Sprintf("限值 %s：%s 至 %s %d 对相邻日差异率的 99%% 分位数。核对生产安排与计量。", number(rate), h.First, h.Last, len(h.Differences)),
			EN: fmt.Sprintf("Limit %s: 99 %% quantile of %d day-to-day differences, %s to %s. Compare with the production plan and the meter.", number(rate), len(h.Differences), h.First, h.Last)},
		[][2]string{{"usage", quoted("usage:" + h.Key)}}, [][2]string{{"rate", number(rate)}}, "    max_age: 26h\n"})
}

func (p *proposer) silent(h History) {
	switch {
	case h.Events:
		p.leave("stale", h.Key, "事件型计量：没有读数即没有用量", "a register of events: no reading means no use")
		return
	case len(h.Gaps) < leastGaps:
		p.leave("stale", h.Key, fmt.Sprintf("读数间隔只有 %d 个，至少需要 %d 个", len(h.Gaps), leastGaps),
			fmt.Sprintf("%d intervals between readings, at least %d are needed", len(h.Gaps), leastGaps))
		return
	}
	usual := quantile(h.Gaps, gapQuantile)
	after := min(math.Ceil(max(2*usual, 3*h.Step, 300)), 30*86400)
	p.write(rule{"stale." + h.Key, "stale", "high", pointOf(h.Key),
		park.Name{ZH: h.Name.In("zh") + "：数据中断", EN: h.Name.In("en") + ": silent"},
		park.Name{ZH: fmt.Sprintf("限值 %s 秒：读数间隔 99.9%% 分位数（%s 秒，%d 个）的两倍，且不少于三个周期。检查表计、网关与网络。", number(after), number(usual), len(h.Gaps)),
			EN: fmt.Sprintf("Limit %s s: twice the 99.9 %% quantile of the time between readings (%s s, %d of them), at least three steps. Look at meter, gateway and network.", number(after), number(usual), len(h.Gaps))},
		[][2]string{{"value", quoted("reading:" + h.Key)}}, [][2]string{{"after", number(after)}}, ""})
}

func (p *proposer) bus(b Bus) {
	if len(b.Shares) < leastHours {
		p.leave("imbalance", b.ID, fmt.Sprintf("全部表计均实测的时段只有 %d 个，至少需要 %d 个", len(b.Shares), leastHours),
			fmt.Sprintf("%d intervals with all meters measured, at least %d are needed", len(b.Shares), leastHours))
		return
	}
	limit := roundUp(quantile(b.Shares, shareQuantile))
	if limit <= 0 || limit > 1 {
		p.leave("imbalance", b.ID, "不平衡率的分位数不可用", "the quantile of its imbalance serves no limit")
		return
	}
	p.write(rule{"imbalance." + b.ID, "imbalance", "medium", b.ID,
		park.Name{ZH: b.Name.In("zh") + "：不平衡", EN: b.Name.In("en") + ": does not balance"},
		park.Name{ZH: fmt.Sprintf("限值 %s：%s 至 %s %d 个时段不平衡率的 99.9%% 分位数。检查缺失的表计与倍率。", number(limit), b.First, b.Last, len(b.Shares)),
			EN: fmt.Sprintf("Limit %s: 99.9 %% quantile of the imbalance of %d intervals, %s to %s. Look for meters that are missing or scaled wrongly.", number(limit), len(b.Shares), b.First, b.Last)},
		[][2]string{{"balance", quoted("balance:" + b.ID)}, {"through", quoted("balance:" + b.ID + "/in")}},
		[][2]string{{"limit", number(limit)}, {"floor", number(b.Floor)}}, "    max_age: 3h\n"})
}

// quantile is the nearest-rank quantile of values, 0 of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, min(len(sorted)-1, int(math.Ceil(q*float64(len(sorted))))-1))]
}

// roundUp rounds up to three digits, so that the value itself is within the limit.
func roundUp(x float64) float64 {
	if x <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-2)
	up := math.Ceil(x/unit) * unit
	clean, _ := strconv.ParseFloat(strconv.FormatFloat(up, 'g', 3, 64), 64) // of our own making
	return max(clean, x)
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func quoted(text string) string {
	out, _ := json.Marshal(text) // a text always marshals
	return string(out)
}

func pointOf(key string) string {
	point, _, _ := strings.Cut(key, ".")
	return point
}

// id makes a rule's id of a key: lower-case letters, digits, dot, dash and underscore,
// at most 80; what had to change gets a short hash, so that no two are one.
func id(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, strings.ToLower(text))
	if clean == text && len(clean) <= 80 {
		return clean
	}
	sum := sha256.Sum256([]byte(text))
	return clean[:min(len(clean), 70)] + "-" + hex.EncodeToString(sum[:4])
}
