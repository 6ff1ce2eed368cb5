package report

import (
	"strconv"
	"time"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/method"
	"lingtan/park"
)

// terms are the words of an inventory's codes.
var terms = map[string]park.Name{
	string(method.Location):       {ZH: "位置法", EN: "location"},
	string(method.Market):         {ZH: "市场法", EN: "market"},
	string(method.Both):           {ZH: "两种口径", EN: "both bases"},
	string(accounting.Consumed):   {ZH: "使用", EN: "use"},
	string(accounting.Lost):       {ZH: "损耗与未计量", EN: "loss and unmetered"},
	string(accounting.Exported):   {ZH: "外送", EN: "export"},
	string(method.ActivityFactor): {ZH: "活动数据 × 因子", EN: "activity × factor"},
	string(method.FuelCombustion): {ZH: "燃料燃烧", EN: "fuel combustion"},
	string(method.Zero):           {ZH: "零", EN: "zero"},
	"open":                        {ZH: "未关账", EN: "open"},
	"closed":                      {ZH: "已关账", EN: "closed"},
	"superseded":                  {ZH: "已被更正取代", EN: "superseded"},
}

// term is a code in the reader's language, or the code itself where it has no word.
func (d *document) term(code string) string {
	if n, ok := terms[code]; ok {
		return d.lang.of(n)
	}
	return code
}

// grade is how well a factor is sourced, with the mark that a reader must not miss.
func (d *document) grade(g factor.Grade) string {
	label := d.lang.of(park.Name(g.Label()))
	if g == factor.GradeOwn {
		return label
	}
	return string(g) + " " + label
}

// factorLine is an applied factor in one line.
func (d *document) factorLine(f accounting.Applied) string {
	line := f.Factor + ": " + number(f.Value) + " " + f.Unit
	if f.Region != "" {
		line += ", " + f.Region
	}
	if f.DataYear != 0 {
		line += ", " + strconv.Itoa(f.DataYear)
	}
	return line + ", " + d.grade(f.Grade)
}

// number is v with all its digits and without an exponent, so that every
// spreadsheet reads the same value.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// china is the civil time of the factors' dates.
var china = time.FixedZone("UTC+8", 8*3600)

// civil is the civil day of a factor's date; nil for an open end.
func civil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	y, m, d := t.In(china).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// assembled is what an assembled park says of itself before anything else.
var assembled = park.Name{ZH: "真实读数，组合园区", EN: "Real readings, assembled park"}

// factorName is a factor's name in the reader's language.
func (d *document) factorName(f accounting.Applied) string { return d.lang.of(park.Name(f.Name)) }
