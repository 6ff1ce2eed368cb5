package api

import (
	"context"
	"encoding/json"
	"slices"

	"lingtan/balance"
	"lingtan/ingest/readingfile"
	"lingtan/inventory"
	"lingtan/park"
	"lingtan/usage"
)

// rules are the names of validation rules.
var rules = map[string]park.Name{
	"range": {ZH: "超出合理范围", EN: "Out of range"}, "spike": {ZH: "尖峰", EN: "Spike"}, "flat": {ZH: "读数不变", EN: "Flat line"}, "sum": {ZH: "总分表不符", EN: "Parent and children differ"},
	"negative": {ZH: "负值", EN: "Negative"}, "drift": {ZH: "时钟漂移", EN: "Clock drift"}, "gap": {ZH: "缺口", EN: "Gap"}, "partial": {ZH: "时段不完整", EN: "Partly covered interval"},
	"rollover": {ZH: "计数器翻转", EN: "Rollover"}, "reset": {ZH: "计数器复位", EN: "Reset"}, "exchange": {ZH: "换表", EN: "Meter exchange"}, "overlap": {ZH: "时段重叠", EN: "Overlap"},
	"span": {ZH: "缺少时段长度", EN: "No interval length"}, "edit": {ZH: "人工修正", EN: "Edit"}, "late": {ZH: "迟到读数", EN: "Late reading"}, "duplicate": {ZH: "重复", EN: "Duplicate"}, "order": {ZH: "乱序", EN: "Out of order"},
}

// quality is the shares of metered intervals and the findings by rule and treatment.
func (sc *scene) quality(found []usage.FindingCount) quality {
	var s inventory.Shares
	p := sc.view.Profile
	if sc.own == nil {
		s = add(p.Quality[sc.from : sc.to+1])
	}
	for i, x := range p.Places {
		if sc.own != nil && x.Kind == balance.Use && sc.shown(x.Organization) {
			s.Add(add(p.PlaceDays[i][sc.from : sc.to+1]))
		}
	}
	q := quality{Measured: share(s.Measured, s.All()), Estimated: share(s.Estimated, s.All()), Edited: share(s.Edited, s.All()), Missing: share(s.Missing, s.All()), Findings: []findingCount{}}
	for _, f := range found {
		label, known := rules[f.Rule]
		if !known {
			label = park.Name{ZH: f.Rule, EN: f.Rule}
		}
		q.Findings = append(q.Findings, findingCount{Rule: f.Rule, Name: label, Treatment: f.Treatment, Count: f.Findings, Registers: f.Registers})
	}
	return q
}

// imported are the findings that imports reported: labels moved, readings clipped,
// repeats, rejects. Each file counts by the import that read it.
func (s *Server) imported(ctx context.Context, parkID string, sc *scene) ([]findingCount, error) {
	files, err := s.Records.Imports(ctx, parkID)
	if err != nil {
		return nil, err
	}
	list := tally{}
	for _, f := range files {
		var r readingfile.Report
		if f.State != "done" || json.Unmarshal([]byte(f.Admission), &r) != nil || r.Already {
			continue
		}
		if sc.holds(r) {
			list.report(r)
		}
	}
	return list, nil
}

// holds says whether a file has readings of the period.
func (sc *scene) holds(r readingfile.Report) bool {
	zone := sc.view.Profile.Zone
	from, to := sc.view.First.Start(zone), (sc.view.Last + 1).Start(zone)
	return slices.ContainsFunc(r.Registers, func(x readingfile.RegisterReport) bool { return x.First.Before(to) && x.Last.After(from) })
}

// tally sums findings by rule.
type tally []findingCount

func (t *tally) add(rule string, label park.Name, treatment string, count int64, registers int) {
	for i := range *t {
		if (*t)[i].Rule == rule {
			(*t)[i].Count += int(count)
			(*t)[i].Registers += registers
			return
		}
	}
	*t = append(*t, findingCount{Rule: rule, Name: label, Treatment: treatment, Count: int(count), Registers: registers})
}

// report adds what an import found, and what the store did with repeats.
func (t *tally) report(r readingfile.Report) {
	for _, x := range r.Findings {
		label, known := importRules[x.Code]
		if !known {
			label = park.Name{ZH: x.ZH, EN: x.EN}
		}
		t.add(x.Code, label, treatments[x.Code], x.Count, len(r.Registers))
	}
	if r.Admission.Duplicates > 0 {
		t.add("duplicate", rules["duplicate"], "dropped", r.Admission.Duplicates, len(r.Registers))
	}
	if r.Admission.Corrected > 0 {
		t.add("correction", park.Name{ZH: "更正的读数", EN: "Corrected readings"}, "restated", r.Admission.Corrected, len(r.Registers))
	}
}

// importRules are the names of what imports report.
var importRules = map[string]park.Name{
	"LT-3101": {ZH: "午夜标签早一天", EN: "Midnight labels a day early"},
	"LT-3102": {ZH: "午夜标签早一天", EN: "Midnight labels a day early"},
	"LT-3104": {ZH: "时间倒退", EN: "Rows out of order"},
	"LT-3105": {ZH: "文件内重复", EN: "Repeated in the file"},
	"LT-3106": {ZH: "步长不一致", EN: "Uneven steps"},
	"LT-3107": {ZH: "重复的地方时间", EN: "Local times that exist twice"},
	"LT-3108": {ZH: "核算期之外", EN: "Outside the period taken"},
	"LT-3109": {ZH: "被拒绝的行", EN: "Rejected rows"},
}

// treatments are what imports did about it.
var treatments = map[string]string{"LT-3101": "flagged", "LT-3102": "moved", "LT-3104": "flagged", "LT-3105": "flagged", "LT-3106": "flagged", "LT-3107": "flagged", "LT-3108": "clipped", "LT-3109": "dropped"}
