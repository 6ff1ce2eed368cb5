package inventory

import (
	"fmt"
	"maps"
	"slices"

	"lingtan/accounting"
	"lingtan/park"
)

// declaredLabel names an entry of a declared record.
func (v *Inventory) declaredLabel(e accounting.Entry) park.Name {
	org, a := v.organization(e.Activity.Organization), e.Activity
	return park.Name{ZH: fmt.Sprintf("%s · 申报记录 %s · %s · 范围%d", org.ZH, a.Record, a.Kind, e.Scope),
		EN: fmt.Sprintf("%s · declared record %s · %s · scope %d", org.EN, a.Record, a.Kind, e.Scope)}
}

// explainRecord is the activity data of a declared amount: the record with its days,
// evidence and uncertainty, and the values that the declarer brought.
func (v *Inventory) explainRecord(e accounting.Entry) Explanation {
	a := e.Activity
	amount := a.Amount
	x := Explanation{Kind: "activity", Value: amount.Total(), Unit: a.Unit, Quality: &amount, Detail: "declared by the organization · 由企业申报",
		Label: park.Name{ZH: "活动数据：申报记录 " + a.Record, EN: "activity data: declared record " + a.Record}}
	if d := v.declaredRecord(e); d != nil {
		x.Children = append(x.Children, explainDeclared(*d))
	}
	for _, role := range slices.Sorted(maps.Keys(a.Given)) {
		g := a.Given[role]
		value, unit := g.Value, g.Unit
		if g.Pressure > 0 {
			value, unit = g.Pressure, fmt.Sprintf("MPa, %v degC", g.Temperature)
		}
		x.Children = append(x.Children, Explanation{Kind: "given", Ref: role, Value: value, Unit: unit, Detail: g.Source + uncertain(g.Uncertainty),
			Label: park.Name{ZH: "申报方自有数值 " + role, EN: "the declarer's own value of " + role}})
	}
	for _, role := range slices.Sorted(maps.Keys(a.Choose)) {
		x.Children = append(x.Children, Explanation{Kind: "given", Ref: role, Detail: a.Choose[role],
			Label: park.Name{ZH: "在方法的备选值中选择 " + role, EN: "alternative of the method chosen for " + role}})
	}
	return x
}

// explainDeclared is a record as it was declared, for its whole span.
func explainDeclared(d accounting.Declared) Explanation {
	whole := d.Activity.Amount
	detail := fmt.Sprintf("%s to %s · %s 至 %s; evidence · 凭证: %s%s", d.First, d.Last, d.First, d.Last, d.Activity.Evidence, uncertain(d.Activity.Uncertainty))
	if d.Activity.Evidence == "" {
		detail = fmt.Sprintf("%s to %s · %s 至 %s; no evidence named: estimated · 未注明凭证：按估计计%s", d.First, d.Last, d.First, d.Last, uncertain(d.Activity.Uncertainty))
	}
	if d.Note != "" {
		detail += "; " + d.Note
	}
	return Explanation{Kind: "record", Ref: fmt.Sprintf("%s@%d", d.Activity.Record, d.Revision), Value: whole.Total(), Unit: d.Activity.Unit, Quality: &whole, Detail: detail,
		Label: park.Name{ZH: fmt.Sprintf("申报记录 %s，第 %d 版", d.Activity.Record, d.Revision), EN: fmt.Sprintf("declared record %s, revision %d", d.Activity.Record, d.Revision)}}
}

// uncertain tells half of a 95 % interval, relative.
func uncertain(u float64) string {
	if u == 0 {
		return ""
	}
	return fmt.Sprintf("; ±%v %% (95 %%)", u*100)
}
