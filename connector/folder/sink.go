package folder

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"lingtan/connector"
	"lingtan/ingest/readingfile"
	"lingtan/meter"
)

// names is what readingfile takes for the registers of a park: every name is known, and
// the park's list maps it, or it goes to the unmapped ones like a name of any door. As a
// state, a value has the span of the mapping's step, or none where there is no step.
type names struct{ instants map[string]bool }

func (n names) Register(key string) (meter.Register, bool) {
	kind := meter.State
	if n.instants[key] {
		kind = meter.Power // belongs to the label itself, whatever the step
	}
	return meter.Register{Key: key, Kind: kind}, isName(key)
}

// admission hands the batches of one file to the sink, and notes in the ledger how far
// the file is admitted.
type admission struct {
	device connector.Device
	sink   connector.Sink
	ledger *ledger
	counts *counts
	entry  entry
	mark   string    // name of the file's entry
	final  []byte    // progress of the whole file, for the entry that closes it
	newest time.Time // latest time admitted
	handed int       // values admitted by this run
}

var _ readingfile.Store = (*admission)(nil)

// admitRows is how many values go to the sink at once.
const admitRows = 20_000

// Append admits a batch in the order of time, then notes the mark. An empty batch closes
// the file: its mark waits for the receipt.
func (a *admission) Append(ctx context.Context, park string, b *meter.Batch, marks ...meter.Mark) (meter.Admission, error) {
	if b.Len() == 0 {
		if len(marks) > 0 {
			a.final = marks[0].Value
		}
		return meter.Admission{}, nil
	}
	got, err := a.admit(ctx, park, samples(a.device.ID, b))
	if err != nil {
		return meter.Admission{}, err
	}
	for _, m := range marks {
		a.entry.Progress = m.Value
	}
	// Not noted: the batch is admitted again after a kill, as duplicates.
	if err := a.ledger.save(a.mark, a.entry); err != nil {
		return meter.Admission{}, fmt.Errorf("folder: how far the file is read cannot be noted: %w", err)
	}
	return got, nil
}

// Mark is how far a file is read.
func (a *admission) Mark(_ context.Context, name string) (_ []byte, err error) {
	a.mark = name
	a.entry, err = a.ledger.load(name)
	return a.entry.Progress, err
}

// admit hands samples on; while the sink is busy it waits.
func (a *admission) admit(ctx context.Context, park string, list []connector.Sample) (meter.Admission, error) {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, maxBusy) {
		r, err := a.sink.Admit(ctx, park, list)
		if err == nil {
			a.note(r, list)
			return meter.Admission{Stored: int64(r.Stored), Duplicates: int64(r.Duplicates), Corrected: int64(r.Corrected)}, nil
		}
		if !errors.Is(err, connector.ErrBusy) {
			return meter.Admission{}, fmt.Errorf("%w: %w", errSink, err)
		}
		a.counts.add("busy", 1)
		if !sleep(ctx, pause) {
			return meter.Admission{}, fmt.Errorf("%w: %w", errSink, err)
		}
	}
}

func (a *admission) note(r connector.Receipt, list []connector.Sample) {
	sum := &a.entry.Sum
	sum.Stored += r.Stored
	sum.Duplicates += r.Duplicates
	sum.Corrected += r.Corrected
	sum.Unmapped += r.Unmapped
	sum.Refused += r.Refused
	a.handed += len(list)
	a.counts.add("samples", int64(len(list)))
	a.counts.add("duplicates", int64(r.Duplicates))
	a.counts.add("corrected", int64(r.Corrected))
	a.counts.add("unmapped", int64(r.Unmapped))
	a.counts.add("refused", int64(r.Refused))
	if last := list[len(list)-1].At; last.After(a.newest) {
		a.newest = last
	}
}

// samples are a batch's values in the order of time.
func samples(device string, b *meter.Batch) []connector.Sample {
	list := make([]connector.Sample, b.Len())
	for i := range list {
		list[i] = connector.Sample{Device: device, Name: b.Keys[b.Ref[i]], At: time.UnixMilli(b.At[i]).UTC(),
			Span: time.Duration(b.Span[i]) * time.Second, Value: b.Value[i]}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].At.Before(list[j].At) })
	return list
}

// glance takes the first values of a file and stores nothing.
type glance struct {
	device string
	list   []connector.Sample
}

var errEnough = errors.New("enough seen")

func (g *glance) Append(_ context.Context, _ string, b *meter.Batch, _ ...meter.Mark) (meter.Admission, error) {
	g.list = append(g.list, samples(g.device, b)...)
	if len(g.list) >= readRows {
		return meter.Admission{}, errEnough
	}
	return meter.Admission{}, nil
}

func (g *glance) Mark(context.Context, string) ([]byte, error) { return nil, nil }
