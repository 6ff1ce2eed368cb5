package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"lingtan/ingest"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/store/record"
)

// IngestOptions tune the admission of samples.
type IngestOptions struct {
	Admission  ingest.Options
	Settle     time.Duration                            // between settlements of what came; 0 = 30 s
	Live       time.Duration                            // between two calls of OnAdmitted; 0 = 1 s
	OnAdmitted func(park string, latest []LatestSample) // the newest value of each register that got one; may be nil
	Log        *slog.Logger                             // nil = none
}

// LatestSample is the newest value of a register among those admitted since the last call.
type LatestSample struct {
	Register string
	At       time.Time
	Value    float64
}

// Ingest is the way in for samples: the admission, the device lists that route it, and
// the settlement of what came. Its methods may be called from many goroutines.
type Ingest struct {
	Admission *ingest.Admission // the sink of all doors
	Registry  *ingest.Registry  // devices and routes of all parks

	node  *Node
	o     IngestOptions
	lists sync.Mutex // one change of a device list at a time
	mu    sync.Mutex
	fresh map[string]map[string]LatestSample // park → register → newest, since the last OnAdmitted
	dirty map[string]bool                    // parks with readings since their last settlement

	loaded map[string]loaded // park → what routes its samples now
}

// loaded is the version of a park and of its device list that are in use.
type loaded struct {
	layout *layout.Layout
	list   int64
}

// OpenIngest loads the device lists of all parks, moves kept samples that are mapped by
// now, and gives the way in. Run must run beside it for settlement and live values.
// Open it once a node.
func (n *Node) OpenIngest(ctx context.Context, o IngestOptions) (*Ingest, error) {
	if o.Settle <= 0 {
		o.Settle = 30 * time.Second
	}
	if o.Live <= 0 {
		o.Live = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	g := &Ingest{Registry: ingest.NewRegistry(), node: n, o: o, fresh: map[string]map[string]LatestSample{}, dirty: map[string]bool{}, loaded: map[string]loaded{}}
	if o.Admission.Now == nil {
		o.Admission.Now = n.now
	}
	n.taking.Store(g)
	if n.member == nil {
		o.Admission.Committed = g.committed
		g.Admission = ingest.New(n.Series, g.Registry, o.Admission)
	} else { // the cluster tells what it applied, whoever took it in
		g.Admission = ingest.New(admitting{n.member.store}, g.Registry, o.Admission)
	}
	parks, err := n.Records.Parks(ctx)
	if err != nil {
		return nil, err
	}
	for park := range parks {
		if err := g.Refresh(ctx, park); err != nil {
			return nil, err
		}
		if err := g.notice(ctx, park); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// notice marks the park for settlement when readings came that no settlement saw,
// such as before a kill.
func (g *Ingest) notice(ctx context.Context, park string) error {
	mark, err := g.node.settledUpTo(ctx, park)
	if err != nil {
		return err
	}
	touched, err := g.node.Series.Touched(ctx, park, mark.Recorded)
	if len(touched) > 0 {
		g.mu.Lock()
		g.dirty[park] = true
		g.mu.Unlock()
	}
	return err
}

// committed notes what was stored, for Run. It must be quick: the next commit waits.
func (g *Ingest) committed(park string, b *meter.Batch) {
	if w := g.node.watching.Load(); w != nil {
		w.committed(park, b)
	}
	newest := make([]int, len(b.Keys))
	for i, k := range b.Ref {
		if j := newest[k]; j == 0 || b.At[i] >= b.At[j-1] {
			newest[k] = i + 1
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dirty[park] = true
	if g.o.OnAdmitted == nil {
		return
	}
	of := g.fresh[park]
	if of == nil {
		of = map[string]LatestSample{}
		g.fresh[park] = of
	}
	for k, key := range b.Keys {
		if newest[k] == 0 {
			continue
		}
		i := newest[k] - 1
		if at := time.UnixMilli(b.At[i]).UTC(); !at.Before(of[key].At) {
			of[key] = LatestSample{Register: key, At: at, Value: b.Value[i]}
		}
	}
}

// Run settles what came, at most every Options.Settle, compacts months that ended, and
// hands live values out, until ctx ends. A settlement that fails is told to the log and tried again.
func (g *Ingest) Run(ctx context.Context) error {
	live := time.NewTicker(g.o.Live)
	defer live.Stop()
	var work sync.WaitGroup
	work.Go(func() { g.settleOften(ctx) })
	work.Go(func() { g.compactOften(ctx) })
	if g.node.member != nil {
		work.Go(func() { g.follow(ctx) })
	}
	for {
		select {
		case <-ctx.Done():
			work.Wait()
			return nil
		case <-live.C:
			g.publish()
		}
	}
}

// settleOften settles again and again. It rests four times as long as a settlement
// takes, at least, so that a large park's settlements leave the machine to the senders.
func (g *Ingest) settleOften(ctx context.Context) {
	for {
		begun := time.Now()
		if err := g.SettleNow(ctx); err != nil && ctx.Err() == nil {
			g.o.Log.Error("settlement failed; it is tried again", "error", err.Error())
		}
		rest := time.NewTimer(max(g.o.Settle, 4*time.Since(begun)))
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-rest.C:
		}
	}
}

// follow takes into use what other nodes recorded: parks and device lists, every few
// seconds.
func (g *Ingest) follow(ctx context.Context) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := g.catchUp(ctx); err != nil && ctx.Err() == nil {
			g.o.Log.Error("what other nodes recorded was not taken into use; it is tried again", "error", err.Error())
		}
	}
}

// catchUp refreshes the parks whose park file or device list is not the one in use.
func (g *Ingest) catchUp(ctx context.Context) error {
	parks, err := g.node.Records.Parks(ctx)
	if err != nil {
		return err
	}
	for park := range parks {
		l, err := g.node.Layout(ctx, park)
		if err != nil {
			return err
		}
		v, err := g.node.Records.Devices(ctx, park)
		if err != nil {
			return err
		}
		g.mu.Lock()
		now := g.loaded[park]
		g.mu.Unlock()
		if now.layout == l && now.list == v.Number {
			continue
		}
		if err := g.Refresh(ctx, park); err != nil {
			return err
		}
	}
	return nil
}

// compactEvery is the time between two looks for months that ended.
const compactEvery = time.Hour

// compactOften moves the readings of months that ended into their month files.
func (g *Ingest) compactOften(ctx context.Context) {
	tick := time.NewTicker(compactEvery)
	defer tick.Stop()
	for {
		err := g.node.Series.CompactAll(ctx, func(park, month string, readings int64) {
			g.o.Log.Info("month compacted", "park", park, "month", month, "readings", readings)
		})
		if err != nil && ctx.Err() == nil {
			g.o.Log.Error("compaction failed; it is tried again", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// SettleNow settles the parks that got readings since they were last settled.
func (g *Ingest) SettleNow(ctx context.Context) error {
	g.mu.Lock()
	parks := g.dirty
	g.dirty = map[string]bool{}
	g.mu.Unlock()
	var failed []error
	for park := range parks {
		if _, err := g.node.Settle(ctx, park, SettleOptions{}); err != nil {
			failed = append(failed, fmt.Errorf("park %s: %w", park, err))
			g.mu.Lock()
			g.dirty[park] = true
			g.mu.Unlock()
		}
	}
	return errors.Join(failed...)
}

// publish hands out the newest values since the last time.
func (g *Ingest) publish() {
	g.mu.Lock()
	fresh := g.fresh
	g.fresh = map[string]map[string]LatestSample{}
	g.mu.Unlock()
	for park, of := range fresh {
		latest := make([]LatestSample, 0, len(of))
		for _, x := range of {
			latest = append(latest, x)
		}
		slices.SortFunc(latest, func(a, b LatestSample) int { return strings.Compare(a.Register, b.Register) })
		g.o.OnAdmitted(park, latest)
	}
}

// Refresh takes the newest device list and the registers of a park into use. Call it
// when a park file was imported; the methods that change a list do so themselves.
func (g *Ingest) Refresh(ctx context.Context, park string) error {
	l, err := g.node.Layout(ctx, park)
	if err != nil {
		return err
	}
	list, number, err := g.recorded(ctx, park)
	if err != nil {
		return err
	}
	g.mu.Lock()
	g.loaded[park] = loaded{l, number}
	g.mu.Unlock()
	keys := make([]string, 0, len(l.Registers()))
	for _, r := range l.Registers() {
		keys = append(keys, r.Key)
	}
	g.Registry.Set(park, list, keys)
	moved, err := g.Admission.Adopt(ctx, park)
	if moved.Samples > 0 {
		g.o.Log.Info("kept samples became readings", "park", park, "names", moved.Names, "samples", moved.Samples)
	}
	return err
}

// recorded is the newest recorded device list of a park and its number; 0 = none.
func (g *Ingest) recorded(ctx context.Context, park string) (ingest.List, int64, error) {
	v, err := g.node.Records.Devices(ctx, park)
	if err != nil || v.Number == 0 {
		return ingest.List{}, 0, err
	}
	// The park may have lost registers since: they route nowhere, the list still holds.
	list, err := ingest.ParseList([]byte(v.YAML), nil)
	if err != nil {
		return list, 0, fmt.Errorf("device list of park %s, version %d: %w", park, v.Number, err)
	}
	return list, v.Number, nil
}

// ImportDevices records a device list as the park's newest and takes it into use at
// once. A list that is not sound is refused whole with ingest.Faults.
func (g *Ingest) ImportDevices(ctx context.Context, act record.Act, park string, data []byte) (record.DeviceVersion, error) {
	l, err := g.node.Layout(ctx, park)
	if err != nil {
		return record.DeviceVersion{}, err
	}
	list, err := ingest.ParseList(data, func(key string) bool { _, ok := l.Register(key); return ok })
	if err != nil {
		return record.DeviceVersion{}, err
	}
	g.lists.Lock()
	defer g.lists.Unlock()
	return g.save(ctx, act, park, list, -1)
}

func (g *Ingest) save(ctx context.Context, act record.Act, park string, list ingest.List, after int64) (record.DeviceVersion, error) {
	text, err := list.YAML()
	if err != nil {
		return record.DeviceVersion{}, err
	}
	place, err := g.node.Records.ParkOrganization(ctx, park)
	if err != nil {
		return record.DeviceVersion{}, err
	}
	v, err := g.node.Records.SaveDevices(ctx, act, park, text, after, place.Path)
	if err != nil {
		return v, err
	}
	return v, g.Refresh(ctx, park)
}

// ExportDevices is the newest device list of a park as a file.
func (g *Ingest) ExportDevices(ctx context.Context, park string) ([]byte, error) {
	if _, err := g.node.Layout(ctx, park); err != nil {
		return nil, err
	}
	list, _, err := g.recorded(ctx, park)
	if err != nil {
		return nil, err
	}
	return list.YAML()
}

// Unmapped is what came for a park and is of no known register.
func (g *Ingest) Unmapped(ctx context.Context, park string) ([]ingest.Unmapped, error) {
	if _, err := g.node.Layout(ctx, park); err != nil {
		return nil, err
	}
	return g.Admission.Unmapped(ctx, park)
}

// MapPoint gives a device's value its register: in the device's map, or in the
// mappings of devices that are not in the list. What was kept of it becomes readings
// of the register; a time at which the register has a reading is left as it is. When
// it is interrupted after the list was recorded, the next OpenIngest goes on.
func (g *Ingest) MapPoint(ctx context.Context, act record.Act, park, device, name, register string) (record.DeviceVersion, error) {
	l, err := g.node.Layout(ctx, park)
	if err != nil {
		return record.DeviceVersion{}, err
	}
	if _, ok := l.Register(register); !ok {
		return record.DeviceVersion{}, fmt.Errorf("%w: %q of park %s; see lingtan park export", meter.ErrRegister, register, park)
	}
	g.lists.Lock()
	defer g.lists.Unlock()
	list, number, err := g.recorded(ctx, park)
	if err != nil {
		return record.DeviceVersion{}, err
	}
	put(&list, device, name, register)
	text, err := list.YAML()
	if err == nil {
		_, err = ingest.ParseList(text, nil)
	}
	if err != nil {
		return record.DeviceVersion{}, err
	}
	return g.save(ctx, act, park, list, number)
}

// put writes a mapping into the list, in the place of one that is there.
func put(list *ingest.List, device, name, register string) {
	for i := range list.Devices {
		d := &list.Devices[i]
		if d.ID != device {
			continue
		}
		if d.Map == nil {
			d.Map = map[string]string{}
		}
		d.Map[name] = register
		return
	}
	for i := range list.Mappings {
		if m := &list.Mappings[i]; m.Device == device && m.Name == name {
			m.Register = register
			return
		}
	}
	list.Mappings = append(list.Mappings, ingest.Mapping{Device: device, Name: name, Register: register})
}
