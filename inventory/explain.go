package inventory

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"lingtan/accounting"
	"lingtan/park"
	"lingtan/period"
	"lingtan/usage"
)

// Explanation is a node of the tree from a tonne down to its readings.
type Explanation struct {
	Kind     string        `json:"kind"` // entry, formula, factor, instrument, activity, record, given, register, month, statement, day, readings
	Label    park.Name     `json:"label"`
	Value    float64       `json:"value"`
	Unit     string        `json:"unit"`
	Detail   string        `json:"detail,omitempty"`
	Ref      string        `json:"ref,omitempty"` // id@version of a factor, key of a register, date of a day
	Quality  *usage.Totals `json:"quality,omitempty"`
	Children []Explanation `json:"children,omitempty"`
}

// daySource tells the totals of settled days.
type daySource interface {
	DayTotals(ctx context.Context, q usage.Query, fn func(key string, day period.Day, t usage.Totals) error) error
}

// Explain walks an entry down: its formula, its factors with version and source,
// its activity data, and the registers that were metered, by month. The tree says
// whether evaluating the formula again gives the same bits.
func Explain(ctx context.Context, v *Inventory, id string, src daySource) (Explanation, error) {
	e, err := v.Entry(id)
	if err != nil {
		return Explanation{}, fmt.Errorf("%w: %q in %s", err, id, v.ID)
	}
	again := e
	if err := again.Evaluate(); err != nil {
		return Explanation{}, err
	}
	equal := "recomputed: equal to the last bit · 重算：逐位相等"
	if again.Emissions != e.Emissions {
		equal = fmt.Sprintf("recomputed: DIFFERENT, %v · 重算：不一致", again.Emissions)
	}
	top := Explanation{Kind: "entry", Ref: e.ID, Value: e.Emissions, Unit: e.Unit, Detail: equal, Label: v.entryLabel(e)}
	top.Children = append(top.Children, Explanation{Kind: "formula", Ref: v.Method.Ref(), Value: e.Emissions, Unit: e.Unit, Detail: e.Expression,
		Label: park.Name{ZH: "公式 " + string(e.Formula) + "，" + e.Clause, EN: "formula " + string(e.Formula) + ", " + e.Clause}})
	for _, f := range e.Factors {
		top.Children = append(top.Children, explainFactor(e, f))
	}
	act, err := v.explainActivity(ctx, e, src)
	if err != nil {
		return Explanation{}, err
	}
	top.Children = append(top.Children, act)
	return top, nil
}

func (v *Inventory) entryLabel(e accounting.Entry) park.Name {
	if e.Activity.Record != "" {
		return v.declaredLabel(e)
	}
	org, node, source := v.organization(e.Activity.Organization), v.node(e.Activity.Node), v.node(e.Activity.Source)
	basis := map[string]park.Name{"location": {ZH: "基于位置", EN: "location-based"}, "market": {ZH: "基于市场", EN: "market-based"}, "both": {ZH: "两种口径", EN: "both bases"}}[string(e.Basis)]
	return park.Name{ZH: fmt.Sprintf("%s · %s · 来自%s · 范围%d · %s", org.ZH, node.ZH, source.ZH, e.Scope, basis.ZH),
		EN: fmt.Sprintf("%s · %s · from %s · scope %d · %s", org.EN, node.EN, source.EN, e.Scope, basis.EN)}
}

// withinPark is whose the entries are that take off what two members both count.
var withinPark = park.Name{ZH: "园区内部抵扣", EN: "taken off within the park"}

func (v *Inventory) organization(id string) park.Name {
	if id == "" {
		return withinPark
	}
	for _, o := range v.Structure.Organizations {
		if o.ID == id {
			return o.Name
		}
	}
	return park.Name{ZH: id, EN: id}
}

// node is the name of a node; a part of a conversion, conversion.edge, has the conversion's.
func (v *Inventory) node(id string) park.Name {
	of, _, part := strings.Cut(id, ".")
	for _, n := range v.Structure.Network.Nodes {
		if n.ID == id || part && n.ID == of && n.Kind == "conversion" {
			return n.Name
		}
	}
	return park.Name{ZH: id, EN: id}
}

func explainFactor(e accounting.Entry, f accounting.Applied) Explanation {
	kind := "factor"
	if e.Instrument != "" {
		kind = "instrument"
	}
	year := ""
	if f.DataYear != 0 {
		year = ", data year " + strconv.Itoa(f.DataYear)
	}
	return Explanation{Kind: kind, Ref: f.Factor, Value: f.Value, Unit: f.Unit, Label: park.Name(f.Name),
		Detail: fmt.Sprintf("%s, %s%s, grade %s (%s · %s), %s", f.Role, f.Region, year, f.Grade, f.Grade.Label().EN, f.Grade.Label().ZH, f.Source)}
}

// explainActivity is the activity data and the registers below it.
func (v *Inventory) explainActivity(ctx context.Context, e accounting.Entry, src daySource) (Explanation, error) {
	a := e.Activity
	if a.Record != "" {
		return v.explainRecord(e), nil
	}
	amount := a.Amount
	x := Explanation{Kind: "activity", Value: amount.Total(), Unit: a.Unit, Quality: &amount, Label: park.Name{ZH: "活动数据：" + v.node(a.Node).ZH + " 取自 " + v.node(a.Source).ZH, EN: "activity data: " + v.node(a.Node).EN + " from " + v.node(a.Source).EN}}
	switch a.Place {
	case accounting.Lost:
		x.Detail = "what the balance of the bus leaves over: losses and what is not metered · 母线平衡差额：损耗与未计量"
	default:
		x.Detail = "the metered amount × the source's share in the mixture at the node, interval by interval (proportional sharing) · 逐时段计量值 × 该来源在节点中的占比"
	}
	if len(a.Registers) == 0 {
		return x, nil
	}
	first, last, err := v.Period.Days()
	if err != nil {
		return x, err
	}
	months := map[string]map[string]*usage.Totals{}
	q := usage.Query{Park: v.Structure.Park.ID, Keys: a.Registers, First: first, Last: last, AsKnownAt: v.AsKnownAt}
	err = src.DayTotals(ctx, q, func(key string, day period.Day, t usage.Totals) error {
		m := day.String()[:7]
		if months[key] == nil {
			months[key] = map[string]*usage.Totals{}
		}
		if months[key][m] == nil {
			months[key][m] = &usage.Totals{}
		}
		months[key][m].Add(t)
		return nil
	})
	if err != nil {
		return x, err
	}
	for _, key := range a.Registers {
		x.Children = append(x.Children, v.explainRegister(key, months[key]))
	}
	return x, nil
}

func (v *Inventory) explainRegister(key string, months map[string]*usage.Totals) Explanation {
	x := Explanation{Kind: "register", Ref: key, Label: v.registerName(key)}
	for _, r := range v.Registers {
		if r.Register == key {
			totals := r.Totals
			x.Value, x.Unit, x.Quality = totals.Total(), r.Unit, &totals
			x.Detail = fmt.Sprintf("%d readings on %d days, evidence root %s", r.Readings, r.Days, r.Root)
		}
	}
	names := make([]string, 0, len(months))
	for m := range months {
		names = append(names, m)
	}
	sort.Strings(names)
	for _, m := range names {
		x.Children = append(x.Children, Explanation{Kind: "month", Ref: m, Value: months[m].Total(), Unit: x.Unit, Quality: months[m], Label: park.Name{ZH: m, EN: m}})
	}
	return x
}

func (v *Inventory) registerName(key string) park.Name {
	for _, p := range v.Structure.Points {
		for _, r := range p.Registers {
			if p.ID+"."+r.ID == key {
				return park.Name{ZH: p.Name.ZH + "（" + key + "）", EN: p.Name.EN + " (" + key + ")"}
			}
		}
	}
	return park.Name{ZH: key, EN: key}
}
