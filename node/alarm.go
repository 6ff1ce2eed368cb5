package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"lingtan/access"
	"lingtan/alarm"
	"lingtan/alarm/picture"
	"lingtan/alarm/rulefile"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/store/record"
)

// AlarmOptions tune the watch over alarms.
type AlarmOptions struct {
	Every  time.Duration // between two ticks without samples; 0 = 1 min
	Linger time.Duration // for which samples are gathered before they are judged; 0 = 200 ms
	// Told is told of every transition, for live streams; nil = nobody.
	Told func(park string, organization access.Path, change picture.Change)
	// Address is that of the console, for links in messages; empty = no links.
	Address string
	Log     *slog.Logger // nil = none
}

// Alarms watches the parks' rules. Its methods may be called from many goroutines. Open
// it once a node; Run must run beside it for anything to be watched.
type Alarms struct {
	node *Node
	o    AlarmOptions
	mu   sync.Mutex
	park map[string]*watched
	wake chan struct{}
}

const (
	saveEvery   = 5 * time.Minute // at most so old is the stored state of an engine
	catchMargin = time.Minute     // by which a state may be older than what it saw
	inboxMost   = 2_000_000       // samples that wait; beyond, they are read from the store
)

// live is a value on its way to an engine.
type live struct {
	at     int64
	signal string
	value  float64
}

// inbox holds what was admitted and not yet judged.
type inbox struct {
	mu      sync.Mutex
	signals map[string]string // register that a rule reads → its signal
	heard   map[string]bool   // signals of gateways that a rule reads
	waiting []live
	spilled bool // more came than may wait: read it from the store
}

// watched is a park whose alarms are watched. The engine is for one at a time: mu.
type watched struct {
	inbox    inbox
	mu       sync.Mutex
	id       string
	place    access.Path
	layout   *layout.Layout
	version  record.AlarmRules
	rules    map[string]*alarm.Rule
	order    []string
	engine   *alarm.Engine // nil = the park has no rules
	broken   bool          // its outcome could not be stored: to be loaded anew
	settled  int64         // recorded time of the settlement that was seen
	usageEnd map[string]int64
	saved    time.Time
	seen     int64 // newest reading that was observed, ms
	replay   *picture.Replay
	assigned map[string]string // rule → who it was handed to
	sender   *sender
}

// OpenAlarms takes up the rules of all parks and their alarms as they were stored, and
// reads what came since. Samples that are admitted from then on are judged by Run.
func (n *Node) OpenAlarms(ctx context.Context, o AlarmOptions) (*Alarms, error) {
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	if o.Linger <= 0 {
		o.Linger = 200 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	w := &Alarms{node: n, o: o, park: map[string]*watched{}, wake: make(chan struct{}, 1)}
	n.watching.Store(w)
	parks, err := n.Records.Parks(ctx)
	if err != nil {
		return nil, err
	}
	for id := range parks {
		p, err := w.of(ctx, id)
		if err != nil {
			return nil, err
		}
		p.mu.Lock()
		err = w.load(ctx, p)
		p.mu.Unlock()
		if err != nil { // one park's rules do not keep the server from starting
			o.Log.Error("alarms of a park are not watched", "park", id, "error", err.Error())
		}
	}
	return w, nil
}

// of is the watch of a park that exists, made when it is new.
func (w *Alarms) of(ctx context.Context, id string) (*watched, error) {
	l, err := w.node.Layout(ctx, id)
	if err != nil {
		return nil, err
	}
	place, err := w.node.Records.ParkOrganization(ctx, id)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.park[id]
	if p == nil {
		p = &watched{id: id, place: place.Path, layout: l, assigned: map[string]string{}, usageEnd: map[string]int64{}}
		w.park[id] = p
	}
	return p, nil
}

// load makes the engine of the park's newest rules, gives it its stored memory, and lets
// it see what came since, before its first tick. The caller holds p.mu.
func (w *Alarms) load(ctx context.Context, p *watched) error {
	rules, err := w.node.Records.AlarmRules(ctx, p.id)
	if err != nil {
		return err
	}
	p.engine, p.version, p.broken = nil, rules, false
	if err := w.reopen(ctx, p); err != nil {
		return err
	}
	if rules.Number == 0 {
		return nil
	}
	set, err := rulefile.Parse([]byte(rules.YAML))
	if err != nil {
		return err
	}
	if p.layout, err = w.node.Layout(ctx, p.id); err != nil {
		return err
	}
	engine, err := alarm.New(set, w.node.feeding(ctx, p.id, p.layout))
	if err != nil {
		return err
	}
	state, at, err := w.node.Records.AlarmState(ctx, p.id)
	if err != nil {
		return err
	}
	if state != nil {
		if err := engine.Restore(state); err != nil {
			w.o.Log.Error("the stored state of alarms does not serve; they start anew", "park", p.id, "error", err.Error())
		}
	}
	p.take(set, engine)
	if err := p.remember(ctx, w.node.Records); err != nil {
		return err
	}
	return w.catchUp(ctx, p, at)
}

// take puts an engine into use.
func (p *watched) take(set *alarm.Set, engine *alarm.Engine) {
	p.engine, p.rules, p.order, p.settled = engine, map[string]*alarm.Rule{}, nil, 0
	signals, heard := map[string]string{}, map[string]bool{}
	for i := range set.Rules {
		r := &set.Rules[i]
		p.rules[r.ID] = r
		p.order = append(p.order, r.ID)
		for _, signal := range r.Inputs {
			if key, ok := strings.CutPrefix(signal, "reading:"); ok {
				signals[key] = signal
			}
			if strings.HasPrefix(signal, "gateway:") {
				heard[signal] = true
			}
		}
	}
	p.inbox.mu.Lock()
	p.inbox.signals, p.inbox.heard, p.inbox.waiting, p.inbox.spilled = signals, heard, nil, false
	p.inbox.mu.Unlock()
}

// remember reads who alarms were handed to, of the newest lines of the journal, and
// whether the park is a replay.
func (p *watched) remember(ctx context.Context, records *record.Store) error {
	lines, err := records.AlarmTransitions(ctx, record.AlarmQuery{Park: p.id})
	if err != nil {
		return err
	}
	for _, x := range slices.Backward(lines) {
		p.note(x)
	}
	var r picture.Replay
	switch err := records.Setting(ctx, "alarm.replay/"+p.id, &r); {
	case err == nil:
		p.replay = &r
		p.seen = max(p.seen, r.To.UnixMilli())
	case !errors.Is(err, record.ErrNotFound):
		return err
	}
	return nil
}

// note keeps who an alarm was handed to, until it is raised anew.
func (p *watched) note(x alarm.Transition) {
	switch who, ok := handedTo(x); {
	case ok:
		p.assigned[x.Rule] = who
	case x.Event == "raise" && x.From == alarm.Normal:
		delete(p.assigned, x.Rule)
	}
}

// clock is the time by which the park's alarms stand: that of a replay stands still at
// its newest reading.
func (w *Alarms) clock(p *watched) time.Time {
	if p.replay != nil {
		return time.UnixMilli(p.seen).UTC()
	}
	return w.node.Now()
}

// committed notes what was stored. It must be quick: the next commit waits.
func (w *Alarms) committed(park string, b *meter.Batch) {
	w.mu.Lock()
	p := w.park[park]
	w.mu.Unlock()
	if p == nil || !p.inbox.put(b) {
		return
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// put lines up the values that a rule reads.
func (in *inbox) put(b *meter.Batch) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.signals) == 0 {
		return false
	}
	of := make([]string, len(b.Keys))
	any := false
	for i, k := range b.Keys {
		of[i] = in.signals[k]
		any = any || of[i] != ""
	}
	if !any {
		return false
	}
	if len(in.waiting)+b.Len() > inboxMost {
		in.waiting, in.spilled = nil, true
		return true
	}
	for i, k := range b.Ref {
		if of[k] != "" {
			in.waiting = append(in.waiting, live{b.At[i], of[k], b.Value[i]})
		}
	}
	return true
}

func (in *inbox) drain() (list []live, spilled bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	list, spilled = in.waiting, in.spilled
	in.waiting, in.spilled = nil, false
	return list, spilled
}

// Run judges what comes and lets the clock run, until ctx ends; then it stores the
// state of all engines. What fails is told to the log and tried again.
func (w *Alarms) Run(ctx context.Context) error {
	tick := time.NewTicker(w.o.Every)
	defer tick.Stop()
	for {
		full := false
		select {
		case <-ctx.Done():
			w.stop(context.WithoutCancel(ctx))
			return nil
		case <-tick.C:
			full = true
		case <-w.wake:
			if !sleep(ctx, w.o.Linger) {
				continue
			}
		}
		begun := time.Now()
		w.round(ctx, full)
		sleep(ctx, min(2*time.Since(begun), time.Second)) // a large park's rules leave the machine to the senders
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// round judges every park that has something to judge; a full one lets the clock run
// everywhere and looks for what was settled.
func (w *Alarms) round(ctx context.Context, full bool) {
	if full {
		w.discover(ctx)
	}
	for _, p := range w.watches() {
		if err := w.judge(ctx, p, full); err != nil && ctx.Err() == nil {
			w.o.Log.Error("alarms were not judged; it is tried again", "park", p.id, "error", err.Error())
		}
	}
}

// discover takes up parks and rules that others recorded.
func (w *Alarms) discover(ctx context.Context) {
	parks, err := w.node.Records.Parks(ctx)
	if err != nil {
		return // the records are away: told by whoever needs them next
	}
	for id := range parks {
		if _, err := w.of(ctx, id); err != nil {
			w.o.Log.Error("a park is not watched", "park", id, "error", err.Error())
		}
	}
}

func (w *Alarms) watches() []*watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]*watched, 0, len(w.park))
	for _, p := range w.park {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *watched) int { return strings.Compare(a.id, b.id) })
	return list
}

// judge lets a park's engine see what came, and keeps what it comes to.
func (w *Alarms) judge(ctx context.Context, p *watched, full bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken {
		if err := w.load(ctx, p); err != nil {
			return err
		}
	}
	if p.engine == nil {
		return nil
	}
	came, spilled := p.inbox.drain()
	if len(came) == 0 && !spilled && !full {
		return nil
	}
	now := w.node.Now()
	if spilled {
		return w.catchUp(ctx, p, p.saved)
	}
	slices.SortStableFunc(came, func(a, b live) int { return cmp.Compare(a.at, b.at) })
	p.observe(now, came)
	if full {
		if err := w.feedSettled(ctx, p); err != nil {
			w.o.Log.Error("settled usage was not judged; it is tried again", "park", p.id, "error", err.Error())
		}
	}
	return w.keep(ctx, p, record.Act{Who: "system", Name: "alarms", At: now}, p.engine.Tick(w.clock(p)), false)
}

// observe hands values to the engine in the order of time.
func (p *watched) observe(now time.Time, list []live) {
	for _, x := range list {
		if p.engine.Observe(now, x.signal, time.UnixMilli(x.at).UTC(), x.value) {
			p.seen = max(p.seen, x.at)
		}
	}
}

// keep stores an outcome with the engine's state, then tells of it. When it cannot be
// stored it never happened: the engine goes back to what is stored. Caller holds p.mu.
func (w *Alarms) keep(ctx context.Context, p *watched, act record.Act, o alarm.Outcome, must bool) error {
	if len(o.Transitions) == 0 && len(o.Notices) == 0 && !must && act.At.Sub(p.saved) < saveEvery {
		return nil
	}
	state, err := p.engine.Save()
	if err == nil {
		err = w.node.Records.SaveAlarms(ctx, act, record.AlarmTick{Park: p.id, Organization: p.place, Outcome: o, State: state})
	}
	if err != nil {
		p.engine, p.broken = nil, true // the next round takes up what is stored
		return fmt.Errorf("alarms of park %s: %w", p.id, err)
	}
	p.saved = act.At
	for _, x := range o.Transitions {
		p.note(x)
		if w.o.Told != nil {
			w.o.Told(p.id, p.place, picture.Change{Rule: x.Rule, Event: x.Event, State: x.To, At: x.At})
		}
	}
	if p.replay == nil {
		w.tell(ctx, p, o.Notices)
	}
	return nil
}

// stop stores the engines' states.
func (w *Alarms) stop(ctx context.Context) {
	for _, p := range w.watches() {
		p.mu.Lock()
		if p.engine != nil {
			act := record.Act{Who: "system", Name: "alarms", At: w.node.Now()}
			if err := w.keep(ctx, p, act, alarm.Outcome{}, true); err != nil {
				w.o.Log.Error("the state of alarms was not stored; it is made again from the readings", "park", p.id, "error", err.Error())
			}
		}
		p.sender.close()
		p.mu.Unlock()
	}
}
