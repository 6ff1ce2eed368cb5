package readingfile

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"lingtan/meter"
)

const (
	maxRegisters = 100_000   // registers of one file
	maxNames     = 200_000   // different register names in one file, known or not
	runBudget    = 1_000_000 // runs of instants that all tracks may keep
	maxSpan      = 366 * dayMs
)

// register is one register of the park that the file fills.
type register struct {
	key     string
	known   bool
	counter bool
	instant bool  // counter or power: a value belongs to the label itself
	span    int64 // milliseconds; 0 for instants and where no step is known
	needs   bool  // an amount or a mean: a value without a span says nothing
	ref     uint32
	batch   int // number of the batch in which ref holds
	track   track
	tally   registerTally
}

// parser turns rows into readings, in batches.
type parser struct {
	m      *Mapping
	plan   *plan
	src    source
	stamp  *stamp
	clock  clock
	clip   span
	shift  int64
	park   Registers
	byKey  map[string]*register
	byName map[string]*register // text of the naming columns → register; nil = no name
	wide   []*register          // per value column
	shared track                // times of a wide file
	budget int
	nulls  map[string]bool
	scrap  []byte // for joined texts

	rejects *rejects
	counts  counts
	from    int64 // rows up to this one are in the store already
	batch   *meter.Batch
	batchNo int
}

// counts are the sums of a run.
type counts struct {
	rows, readings, gaps, clipped int64
	dayNumbers                    tally // times of a workbook that are day numbers, which the layout cannot read
}

func newParser(m *Mapping, p *plan, src source, park Registers, rej *rejects) (*parser, error) {
	zone, err := openZone(m.Time.Zone)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMapping, err)
	}
	q := &parser{m: m, plan: p, src: src, park: park, rejects: rej, budget: runBudget,
		byKey: map[string]*register{}, byName: map[string]*register{}, nulls: map[string]bool{},
		shift: (int64(m.Time.Shift.Days)*24 + int64(m.Time.Shift.Hours)) * hourMs,
		clock: clock{zone: zone, zoneName: m.Time.Zone, dayEnds: m.Time.Midnight == dayEnds, hi: -1}}
	if q.clip, err = m.Time.clip(zone); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMapping, err)
	}
	if m.Time.Columns.Year == "" {
		if q.stamp, err = newStamp(m.Time.Layout, m.Time.YearAdd); err != nil {
			return nil, fmt.Errorf("%w: %v", ErrMapping, err)
		}
		if book, ok := src.(*workbook); ok {
			q.stamp.dated = book.dated
		}
	}
	src.widen(p.width)
	for _, n := range m.Nulls {
		q.nulls[strings.TrimSpace(n)] = true
	}
	for _, c := range p.columns {
		if c.key == "" {
			continue
		}
		reg, err := q.register(c.key)
		if err != nil {
			return nil, err
		}
		if err := reg.mustFill(c); err != nil {
			return nil, err
		}
		q.wide = append(q.wide, reg)
	}
	return q, nil
}

// mustFill refuses a wide file whose mapping names what cannot be filled.
func (r *register) mustFill(c column) error {
	if !r.known {
		return fmt.Errorf("%w: column %q goes to %q; describe that register in the park file, or correct the mapping", ErrRegister, c.name, c.key)
	}
	if r.needs && r.span == 0 {
		return fmt.Errorf("%w: column %q goes to %q, which holds amounts of an interval, but no step is known; set time.step in the mapping", ErrMapping, c.name, c.key)
	}
	return nil
}

// register is the state of a register key, asked of the park once.
func (p *parser) register(key string) (*register, error) {
	if reg, ok := p.byKey[key]; ok {
		return reg, nil
	}
	if len(p.byKey) >= maxRegisters {
		return nil, fmt.Errorf("%w: the file names more than %d registers; is the template right?", ErrLimit, maxRegisters)
	}
	key = strings.Clone(key)
	def, known := p.park.Register(key)
	step := p.m.Time.Step
	if step == 0 {
		step = def.Step
	}
	reg := &register{key: key, known: known, batch: -1,
		counter: def.Kind == meter.Counter,
		instant: def.Kind == meter.Counter || def.Kind == meter.Power,
		needs:   def.Kind == meter.Amount || def.Kind == meter.MeanPower}
	reg.tally.unit = def.Unit
	if !reg.instant {
		reg.span = step.Milliseconds()
	}
	p.byKey[key] = reg
	return reg, nil
}

// errCutRow says that the last row is not whole.
var errCutRow = fmt.Errorf("%w in the row", errBroken)

// next takes one row; errEnd after the last. Rows to leave out are rejected here.
func (p *parser) next() error {
	cells, err := p.src.next()
	if err != nil && !errors.Is(err, errQuote) {
		return err
	}
	line := p.src.line()
	if p.counts.rows >= p.m.Limits.Rows {
		return fmt.Errorf("%w: more than limits.rows = %d rows", ErrLimit, p.m.Limits.Rows)
	}
	switch {
	case err != nil:
		p.rejects.add(codeQuote, line, "", "", "")
	case len(cells) < p.plan.width && p.src.open():
		return errCutRow
	case len(cells) < p.plan.width:
		p.rejects.add(codeFew, line, "", strings.Join(cells, p.m.Delimiter), fmt.Sprintf("%d < %d", len(cells), p.plan.width))
	case len(cells) > p.plan.width && strings.TrimSpace(strings.Join(cells[p.plan.width:], "")) != "":
		p.rejects.add(codeMany, line, "", strings.Join(cells, p.m.Delimiter), fmt.Sprintf("%d > %d", len(cells), p.plan.width))
	case p.plan.end >= 0:
		err = p.session(cells, line)
	case p.wide == nil:
		err = p.long(cells, line)
	default:
		p.wideRow(cells, line)
	}
	if err != nil && !errors.Is(err, errQuote) {
		return err
	}
	p.counts.rows++
	return nil
}

func (p *parser) wideRow(cells []string, line int64) {
	l, why := p.label(cells)
	if why != 0 {
		p.rejectTime(why, cells, line)
		return
	}
	p.clock.midnight(&l)
	at, why := p.clock.instant(l, &p.shared)
	if why != 0 {
		p.rejectTime(why, cells, line)
		return
	}
	p.shared.observe(l.wall, at, line, &p.budget)
	for i := range p.plan.columns {
		c := &p.plan.columns[i]
		reg := p.wide[i]
		end, span := p.interval(reg, l, at)
		p.put(reg, c, cells[c.index], line, end, span)
	}
}

func (p *parser) long(cells []string, line int64) error {
	l, why := p.label(cells)
	if why != 0 {
		p.rejectTime(why, cells, line)
		return nil
	}
	reg, err := p.named(cells, line)
	if reg == nil {
		return err
	}
	p.clock.midnight(&l)
	at, why := p.clock.instant(l, &reg.track)
	if why != 0 {
		p.rejectTime(why, cells, line)
		return nil
	}
	reg.track.observe(l.wall, at, line, &p.budget)
	c := &p.plan.columns[0]
	if reg.needs && reg.span == 0 {
		p.rejects.add(codeStep, line, c.name, cells[c.index], reg.key)
		return nil
	}
	end, span := p.interval(reg, l, at)
	p.put(reg, c, cells[c.index], line, end, span)
	return nil
}

// interval is the end and the length of the interval that a label names, both in
// milliseconds: a start label with step s means [label, label + s), an end label
// [label − s, label). A step of whole days means days of the zone's calendar,
// which have 23 or 25 hours where the clock changes.
func (p *parser) interval(reg *register, l label, at int64) (end, span int64) {
	span = reg.span
	start := p.m.Time.Label == labelStart
	if span > 0 && span%dayMs == 0 && !l.fixed {
		wall := l.wall - span
		if start {
			wall = l.wall + span
		}
		if other, why := p.clock.instant(label{wall: wall}, &track{}); why == 0 {
			span = max(at-other, other-at)
		}
	}
	if start {
		at += span
	}
	return at + p.shift, span
}

func (p *parser) session(cells []string, line int64) error {
	reg, err := p.named(cells, line)
	if reg == nil {
		return err
	}
	ends := [2]int64{}
	var near track
	for i, index := range []int{p.plan.time[0], p.plan.end} {
		l, why := p.stamp.read(trim(cells[index]))
		if why == 0 {
			ends[i], why = p.clock.instant(l, &near)
			near = track{begun: true, lastWall: l.wall, lastAt: ends[i]}
		}
		if why != 0 {
			name := p.m.Session.StartColumn
			if i == 1 {
				name = p.m.Session.EndColumn
			}
			p.rejects.add(why, line, name, cells[index], p.timeDetail(why))
			return nil
		}
	}
	length := ends[1] - ends[0]
	if length < secondMs || length > maxSpan {
		p.rejects.add(codeSession, line, p.m.Session.EndColumn, cells[p.plan.end], "")
		return nil
	}
	if reg.track.seen.add(ends[1], &p.budget) {
		reg.track.twice.add(line)
	}
	c := &p.plan.columns[0]
	p.put(reg, c, cells[c.index], line, ends[1]+p.shift, length)
	return nil
}

// put checks a value and appends it as a reading.
func (p *parser) put(reg *register, c *column, cell string, line, at, span int64) {
	if p.empty(cell) {
		if c.rejectEmpty {
			p.rejects.add(codeEmpty, line, c.name, cell, "")
			return
		}
		p.counts.gaps++
		return
	}
	v, why := readFloat(cell, c.decimal)
	if why == 0 && reg.counter && v < 0 {
		why = codeNegative
	}
	if why != 0 {
		p.rejects.add(why, line, c.name, cell, "")
		return
	}
	if at-span < p.clip.from || at > p.clip.to {
		p.counts.clipped++
		return
	}
	p.counts.readings++
	reg.tally.add(at, v)
	if p.counts.rows < p.from {
		return
	}
	if reg.batch != p.batchNo {
		reg.batch, reg.ref = p.batchNo, uint32(len(p.batch.Keys))
		p.batch.Keys = append(p.batch.Keys, reg.key)
	}
	p.batch.Append(reg.ref, at, int32(span/secondMs), v)
}

func (p *parser) empty(cell string) bool {
	if cell == "" {
		return true
	}
	cell = trim(cell)
	return cell == "" || len(p.nulls) > 0 && p.nulls[cell]
}

// trim is strings.TrimSpace with a short way for the usual cell.
func trim(s string) string {
	if s == "" || s[0] > ' ' && s[0] < 0x80 && s[len(s)-1] > ' ' && s[len(s)-1] < 0x80 {
		return s
	}
	return strings.TrimSpace(s)
}

// label reads the label of a row.
func (p *parser) label(cells []string) (label, code) {
	switch len(p.plan.time) {
	case 1:
		return p.stamp.read(trim(cells[p.plan.time[0]]))
	case 2:
		return p.stamp.read(p.joined(cells, p.plan.time, ' '))
	}
	var f [6]int
	for i, index := range p.plan.time {
		if index < 0 {
			continue
		}
		v, ok := wholeNumber(cells[index])
		if !ok {
			return label{}, codeTime
		}
		f[i] = v
	}
	return fields{y: f[0], m: f[1], d: f[2], h: f[3], i: f[4], s: f[5]}.label(p.m.Time.YearAdd)
}

// joined is the text of several cells with a sign between them, valid until the next call.
func (p *parser) joined(cells []string, indexes []int, sign byte) string {
	p.scrap = p.scrap[:0]
	for i, index := range indexes {
		if i > 0 {
			p.scrap = append(p.scrap, sign)
		}
		p.scrap = append(p.scrap, trim(cells[index])...)
	}
	return unsafe.String(unsafe.SliceData(p.scrap), len(p.scrap))
}

func (p *parser) rejectTime(why code, cells []string, line int64) {
	var texts []string
	if _, isBook := p.src.(*workbook); isBook && why == codeTime && len(p.plan.time) == 1 {
		if _, bad := readFloat(cells[p.plan.time[0]], '.'); bad == 0 {
			p.counts.dayNumbers.add(line)
		}
	}
	for _, index := range p.plan.time {
		if index >= 0 {
			texts = append(texts, cells[index])
		}
	}
	name := p.m.Time.Column
	if name == "" {
		name = p.m.Time.Columns.Date + p.m.Time.Columns.Year
	}
	p.rejects.add(why, line, name, strings.Join(texts, " "), p.timeDetail(why))
}

func (p *parser) timeDetail(why code) string {
	switch {
	case why == codeGap:
		return p.clock.zoneName
	case why == codeTime && p.stamp == nil:
		return "year, month, day, hour, minute, second"
	case why == codeTime:
		return p.stamp.name
	}
	return ""
}

// named is the register that a row of a long or session file names; nil when the
// row is rejected for it.
func (p *parser) named(cells []string, line int64) (*register, error) {
	var name string
	if len(p.plan.names) == 1 {
		name = trim(cells[p.plan.names[0]])
	} else {
		name = p.joined(cells, p.plan.names, 0x1f)
	}
	reg, met := p.byName[name]
	if !met {
		if len(p.byName) >= maxNames {
			return nil, fmt.Errorf("%w: the file holds more than %d register names; is the register column right?", ErrLimit, maxNames)
		}
		key, ok := p.key(cells)
		if ok {
			var err error
			if reg, err = p.register(key); err != nil {
				return nil, err
			}
		}
		p.byName[strings.Clone(name)] = reg
	}
	switch {
	case reg == nil:
		p.rejects.add(codeName, line, "", name, "")
	case !reg.known:
		p.rejects.add(codeRegister, line, "", name, reg.key)
		reg = nil
	}
	return reg, nil
}

// key is the register key that the table or the template makes of a row.
func (p *parser) key(cells []string) (string, bool) {
	if p.plan.table != nil {
		key, ok := p.plan.table[trim(cells[p.plan.names[0]])]
		return key, ok
	}
	key := p.plan.parts[0]
	for i, index := range p.plan.names {
		if p.empty(cells[index]) {
			return "", false
		}
		key += trim(cells[index]) + p.plan.parts[i+1]
	}
	return key, len(key) <= 512
}
