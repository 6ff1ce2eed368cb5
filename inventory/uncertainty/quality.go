package uncertainty

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lingtan/accounting"
	"lingtan/factor"
	"lingtan/inventory"
	"lingtan/method"
	"lingtan/park"
)

// The indicators of a pedigree (B. P. Weidema and M. S. Wesnæs, "Data quality management for life
// cycle inventories", Journal of Cleaner Production 4 (1996) 167–174; the GHG Protocol's
// standards took them over).
const (
	reliability  = "reliability"
	completeness = "completeness"
	timeliness   = "time"
	geography    = "geography"
	technology   = "technology"
)

// Score is a level of an indicator, from 1 (best) to 5, and why.
type Score struct {
	Indicator string    `json:"indicator"`
	Level     int       `json:"level"`
	Reason    park.Name `json:"reason"`
}

// EntryQuality is the pedigree of an entry: for each indicator the worse of its activity data
// and its factors.
type EntryQuality struct {
	Entry     string  `json:"entry"`
	Emissions float64 `json:"emissions"`
	Score     float64 `json:"score"` // mean of the five levels
	Scores    []Score `json:"scores"`
}

// Quality is the data quality of an inventory: the means over its entries, weighted by the
// size of their location-based emissions. 1 is best, 5 is worst; 0 where nothing was emitted.
type Quality struct {
	Score      float64            `json:"score"`
	Indicators map[string]float64 `json:"indicators"`
	Entries    []EntryQuality     `json:"entries"`
}

// qualityOf scores every entry that is in the totals.
func qualityOf(v *inventory.Inventory) (*Quality, error) {
	b := newBuilder(v)
	days, err := serviceDays(v)
	if err != nil {
		return nil, err
	}
	q := &Quality{Indicators: map[string]float64{}, Entries: []EntryQuality{}}
	var weight float64
	for _, e := range v.Entries {
		if e.Apart != "" {
			continue
		}
		x := b.score(e, days)
		q.Entries = append(q.Entries, x)
		w := math.Abs(e.Emissions)
		if e.Scope == 2 && e.Basis == method.Market {
			w = 0 // the same energy counts by the location-based entry
		}
		weight += w
		q.Score += w * x.Score
		for _, s := range x.Scores {
			q.Indicators[s.Indicator] += w * float64(s.Level)
		}
	}
	if weight == 0 {
		return &Quality{Indicators: map[string]float64{}, Entries: q.Entries}, nil
	}
	q.Score /= weight
	for k := range q.Indicators {
		q.Indicators[k] /= weight
	}
	return q, nil
}

// score is the pedigree of one entry.
func (b *builder) score(e accounting.Entry, days map[string]int) EntryQuality {
	q := EntryQuality{Entry: e.ID, Emissions: e.Emissions, Scores: []Score{amountReliability(e), b.amountCompleteness(e, days)}}
	same := park.Name{ZH: "活动数据属于核算期和园区本身", EN: "activity data of the period and the park itself"}
	for _, k := range []string{timeliness, geography, technology} {
		q.Scores = append(q.Scores, Score{k, 1, same})
	}
	for _, f := range e.Factors {
		if _, constant := exact[f.Role]; constant || e.Emissions == 0 {
			continue
		}
		for _, s := range b.pedigree(e, f) {
			at := slices.IndexFunc(q.Scores, func(x Score) bool { return x.Indicator == s.Indicator })
			if s.Level > q.Scores[at].Level {
				q.Scores[at] = s
			}
		}
	}
	for _, s := range q.Scores {
		q.Score += float64(s.Level) / float64(len(q.Scores))
	}
	return q
}

// amountReliability scores activity data by how they were won.
func amountReliability(e accounting.Entry) Score {
	share := 100 * e.MeasuredShare()
	level, zh, en := 4, "多为估计", "mostly estimated"
	switch {
	case e.Activity.Record != "" && e.MeasuredShare() >= 0.95 && e.Activity.Evidence != "":
		level, zh, en = 2, "申报且有凭证", "declared with evidence"
	case e.Activity.Record != "" && e.MeasuredShare() >= 0.95:
		level, zh, en = 3, "申报但无凭证", "declared without evidence"
	case e.MeasuredShare() >= 0.95:
		level, zh, en = 1, "计量", "metered"
	case e.MeasuredShare() >= 0.5:
		level, zh, en = 3, "部分为估计或修正", "partly estimated or edited"
	}
	return Score{reliability, level, park.Name{ZH: fmt.Sprintf("活动数据%s，实测 %.4g %%", zh, share), EN: fmt.Sprintf("activity data %s, %.4g %% measured", en, share)}}
}

// amountCompleteness scores activity data by the share of the period that they cover.
func (b *builder) amountCompleteness(e accounting.Entry, days map[string]int) Score {
	if e.Activity.Record != "" {
		return Score{completeness, 2, park.Name{ZH: "申报覆盖其时段，未经计量核对", EN: "declared for its span, not checked by a meter"}}
	}
	var missing, all float64
	for _, r := range e.Activity.Registers {
		x := gapOf(b.registers[r], r, days[r])
		missing, all = missing+x.MissingShare, all+1
	}
	share := 0.0
	if all > 0 {
		share = missing / all
	} else if t := e.Activity.Amount; t.Intervals > 0 {
		share = float64(t.Missing) / float64(t.Intervals)
	}
	level := 1
	for _, limit := range []float64{0, 0.05, 0.2, 0.5} {
		if share > limit {
			level++
		}
	}
	return Score{completeness, level, park.Name{ZH: fmt.Sprintf("缺失 %.4g %% 的时段", 100*share), EN: fmt.Sprintf("%.4g %% of the intervals are missing", 100*share)}}
}

// pedigree scores a factor: reliability, time, geography, technology.
func (b *builder) pedigree(e accounting.Entry, f accounting.Applied) []Score {
	return []Score{factorReliability(f), b.factorTime(f), b.factorGeography(f), factorTechnology(e, f)}
}

func factorReliability(f accounting.Applied) Score {
	level := 3
	if f.Grade.Confirmed() {
		level = 2
	}
	g := f.Grade.Label()
	return Score{reliability, level, park.Name{ZH: "因子" + f.Name.ZH + "：" + g.ZH, EN: "factor " + f.Name.EN + ": " + g.EN}}
}

// factorTime scores the years between the data and the period: less than 3, 6, 10 and 15, as
// Weidema and Wesnæs have it; an age that is not known is the fifth.
func (b *builder) factorTime(f accounting.Applied) Score {
	if f.Grade == factor.GradeOwn {
		return Score{timeliness, 1, park.Name{ZH: "自有数据，属于核算期", EN: "own data of the period"}}
	}
	year, err := strconv.Atoi(b.v.Period.First[:min(4, len(b.v.Period.First))])
	if f.DataYear == 0 || err != nil {
		return Score{timeliness, 5, park.Name{ZH: "因子" + f.Name.ZH + "未注明数据年份", EN: "factor " + f.Name.EN + " names no data year"}}
	}
	age := max(year-f.DataYear, f.DataYear-year)
	level := 1
	for _, limit := range []int{3, 6, 10, 15} {
		if age >= limit {
			level++
		}
	}
	return Score{timeliness, level, park.Name{ZH: fmt.Sprintf("因子%s的数据年份 %d，核算期 %d", f.Name.ZH, f.DataYear, year), EN: fmt.Sprintf("factor %s of data year %d, period %d", f.Name.EN, f.DataYear, year)}}
}

// factorGeography scores how near the factor's region is: the park's province, a region that
// holds it, the world, another place.
func (b *builder) factorGeography(f accounting.Applied) Score {
	here := b.v.Structure.Park.Region
	level, chain := 5, []string{here}
	if c, err := factor.RegionChain(here); err == nil {
		chain = c
	}
	switch {
	case f.Grade == factor.GradeOwn || f.Region == chain[0]:
		level = 1
	case slices.Contains(chain, f.Region) || f.Region == "CN" || strings.HasPrefix(f.Factor, "method:"): // a national standard prints it
		level = 2
	case f.Region == "GLOBAL":
		level = 3
	}
	region := f.Region
	if region == "" {
		region = "-"
	}
	return Score{geography, level, park.Name{ZH: fmt.Sprintf("因子%s的地域 %s，园区 %s", f.Name.ZH, region, here), EN: fmt.Sprintf("factor %s of %s, park in %s", f.Name.EN, region, here)}}
}

// factorTechnology scores whether the factor is of the process itself: the declarer's own, a
// default of the same fuel, material or grid, or a sector's mean.
func factorTechnology(e accounting.Entry, f accounting.Applied) Score {
	switch {
	case f.Grade == factor.GradeOwn:
		return Score{technology, 1, park.Name{ZH: "自有过程的数值", EN: "value of the process itself"}}
	case e.Scope == 3:
		return Score{technology, 3, park.Name{ZH: "因子" + f.Name.ZH + "为行业平均", EN: "factor " + f.Name.EN + " is a mean of its sector"}}
	}
	return Score{technology, 2, park.Name{ZH: "因子" + f.Name.ZH + "为同类燃料、物料或电网的缺省值", EN: "factor " + f.Name.EN + " is a default of the same fuel, material or grid"}}
}
