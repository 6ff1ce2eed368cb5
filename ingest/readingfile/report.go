package readingfile

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"lingtan/meter"
)

// Report is what an import, or a check, found and did.
type Report struct {
	File             string           `json:"file"`
	SHA256           string           `json:"sha256"` // of the file as it lies on disk
	Park             string           `json:"park"`
	Complete         bool             `json:"complete"`         // the whole file was read
	Already          bool             `json:"already_imported"` // nothing was done: this file was imported by this mapping before
	ResumedAt        int64            `json:"resumed_at_row"`   // data rows that an earlier run had stored; 0 = from the start
	Rows             int64            `json:"rows"`             // data rows
	Bytes            int64            `json:"bytes"`            // of the unpacked text; rows for Excel and Parquet
	Readings         int64            `json:"readings"`
	Gaps             int64            `json:"gaps"`            // empty cells: no reading
	Clipped          int64            `json:"clipped"`         // readings outside from … to
	Moved            int64            `json:"moved_midnights"` // labels moved by midnight: day-ends
	Rejected         int64            `json:"rejected"`        // rows or cells
	Listed           int              `json:"rejects_listed"`  // of them in the rejects file
	RejectedBy       map[string]int64 `json:"rejected_by_code"`
	Registers        []RegisterReport `json:"registers"` // by key
	Findings         []Finding        `json:"findings"`
	Admission        meter.Admission  `json:"admission"`
	AdmissionUnknown int64            `json:"admission_unknown"` // readings stored by a run that was killed before it learned how they were admitted
}

// RegisterReport is what the file holds of one register.
type RegisterReport struct {
	Key   string    `json:"key"`
	Unit  string    `json:"unit"`
	Count int64     `json:"count"`
	First time.Time `json:"first"` // earliest At
	Last  time.Time `json:"last"`  // latest At
	Sum   float64   `json:"sum"`   // of the values as read, in the unit; compensated (Neumaier 1974)
}

// Finding is something about a file that a person should know, with what to do.
type Finding struct {
	Code  string `json:"code"`
	Count int64  `json:"count"`
	Line  int64  `json:"line"` // where it was first met; 0 = no one place
	ZH    string `json:"zh"`
	EN    string `json:"en"`
}

// registerTally sums a register's readings as they come.
type registerTally struct {
	unit             string
	n                int64
	first, last      int64
	sum, compensated float64
}

func (t *registerTally) add(at int64, v float64) {
	if t.n == 0 {
		t.first, t.last = at, at
	}
	t.n++
	t.first, t.last = min(t.first, at), max(t.last, at)
	sum := t.sum + v
	if abs(t.sum) >= abs(v) {
		t.compensated += t.sum - sum + v
	} else {
		t.compensated += v - sum + t.sum
	}
	t.sum = sum
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}

// report sums up what the parser has seen.
func (p *parser) report(r *Report) {
	r.Rows, r.Readings, r.Gaps, r.Clipped = p.counts.rows, p.counts.readings, p.counts.gaps, p.counts.clipped
	r.Bytes = p.src.offset()
	r.Moved = p.clock.moved
	r.Rejected, r.Listed = p.rejects.total, p.rejects.listed
	r.RejectedBy = map[string]int64{}
	for c, n := range p.rejects.count {
		if n > 0 {
			r.RejectedBy[rulings[c].name] = n
		}
	}
	r.Registers = []RegisterReport{}
	for _, reg := range p.byKey {
		t := reg.tally
		if !reg.known || t.n == 0 {
			continue
		}
		r.Registers = append(r.Registers, RegisterReport{Key: reg.key, Unit: t.unit, Count: t.n, Sum: t.sum + t.compensated,
			First: time.UnixMilli(t.first).UTC(), Last: time.UnixMilli(t.last).UTC()})
	}
	slices.SortFunc(r.Registers, func(a, b RegisterReport) int { return cmp.Compare(a.Key, b.Key) })
	r.Findings = p.findings()
}

// findings are what the tracks and counts say about the file.
func (p *parser) findings() []Finding {
	f := []Finding{}
	add := func(code string, t tally, zh, en string, args ...any) {
		if t.n > 0 {
			f = append(f, Finding{code, t.n, t.line, fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)})
		}
	}
	var late, twice, back, odd tally
	usual := map[int64]int64{}
	p.tracks(func(t *track) {
		late.sum(t.late)
		twice.sum(t.twice)
		back.sum(t.back)
		length, o := t.steps.usual()
		if o.n > 0 {
			usual[length] += o.n
			odd.sum(o)
		}
	})
	add("LT-3101", back, "%d 个 00:00 标签回跳到刚读完那一天的开头：文件把一天的最后一个区间记在当天日期下。在映射中设置 time.midnight: day-ends，这些标签将后移一天。",
		"%d labels of 00:00 jump back to the start of the day just read: the file writes the last interval of a day under that day's date. Set time.midnight: day-ends in the mapping to move them a day forward.", back.n)
	add("LT-3111", p.counts.dayNumbers, "%d 个时间单元格是 Excel 日期序号：在映射中设置 time.layout: excel。",
		"%d time cells are Excel day numbers: set time.layout: excel in the mapping.", p.counts.dayNumbers.n)
	add("LT-3102", tally{n: p.clock.moved}, "按 time.midnight: day-ends，%d 个 00:00 标签后移了一天。",
		"%d labels of 00:00 were moved a day forward, as time.midnight: day-ends says.", p.clock.moved)
	if p.clock.dayEnds && late.n*2 >= p.clock.moved && p.clock.moved > 0 {
		add("LT-3103", late, "后移后仍有 %d 行时间倒退：该文件可能不需要 time.midnight: day-ends，去掉后再检查。",
			"after the move %d rows still run backwards: this file may not need time.midnight: day-ends; leave it out and check again.", late.n)
	} else if back.n < late.n {
		add("LT-3104", late, "%d 行的时间早于前一行。读数仍按各自时间入库。", "%d rows are earlier than the row before them. Their readings are stored at their own times.", late.n)
	}
	add("LT-3105", twice, "%d 行与文件中已有的寄存器和时间重复：数值相同则忽略，不同则成为更正。",
		"%d rows repeat a register and time of this file: the same value is left out, another one becomes a correction.", twice.n)
	if back.n > 0 {
		odd = tally{} // its jumps are told above
	}
	add("LT-3106", odd, "%d 处步长与常见步长（%s）不同：可能有缺口。", "%d steps differ from the usual one (%s): there may be gaps.", odd.n, lengths(usual))
	add("LT-3107", tally{n: p.clock.ambiguous}, "%d 个地方时间在时区 %s 中出现两次：文件中的第一次取前一时刻，第二次取后一时刻。",
		"%d local times occur twice in zone %s: the first in the file was taken as the earlier instant, the second as the later.", p.clock.ambiguous, p.clock.zoneName)
	add("LT-3108", tally{n: p.counts.clipped}, "%d 个读数在 time.from 与 time.to 之外，未入库。", "%d readings lie outside time.from and time.to and were not stored.", p.counts.clipped)
	if p.rejects.total > 0 {
		add("LT-3109", tally{n: p.rejects.total}, "%d 行或单元格被拒绝，见拒绝清单（列出 %d 条）。", "%d rows or cells were rejected; see the rejects file (%d listed).", p.rejects.total, p.rejects.listed)
	}
	return f
}

// tracks calls see with every series of times in the file.
func (p *parser) tracks(see func(*track)) {
	if p.wide != nil {
		see(&p.shared)
		return
	}
	for _, reg := range p.byKey {
		see(&reg.track)
	}
}

// lengths names up to three usual steps, the one with most exceptions first.
func lengths(usual map[int64]int64) string {
	var list []int64
	for length := range usual {
		list = append(list, length)
	}
	slices.SortFunc(list, func(a, b int64) int { return cmp.Or(cmp.Compare(usual[b], usual[a]), cmp.Compare(a, b)) })
	out := ""
	for i, length := range list[:min(len(list), 3)] {
		if i > 0 {
			out += ", "
		}
		out += (time.Duration(length) * time.Millisecond).String()
	}
	return out
}
