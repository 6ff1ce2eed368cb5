package carbon

import (
	"fmt"
	"sync"
)

// Tracer traces the intervals of a network in time order; it remembers what each storage
// holds and what was found. One goroutine may use it at a time.
type Tracer struct {
	plan    *plan
	held    []float64 // storage: energy
	carbon  []float64 // storage × column
	done    int       // intervals traced
	found   findings
	workers []*solver
}

// NewTracer makes a network ready; ErrNetwork names what cannot be traced. The network
// must not be changed while the tracer is used.
func NewTracer(n Network) (*Tracer, error) {
	p, err := newPlan(n)
	if err != nil {
		return nil, err
	}
	t := &Tracer{plan: p, held: make([]float64, len(n.Storages)), carbon: make([]float64, len(n.Storages)*p.columns), found: findings{}}
	for i, s := range n.Storages {
		t.held[i] = s.Held
		row := p.row(t.carbon, int32(i))
		if s.Carbon == nil {
			row[p.unexplained()] = s.Held
			continue
		}
		for k, x := range s.Carbon {
			row[k] = s.Held * x
		}
		if p.split >= 0 {
			row[p.originStorage(i)] = row[p.split]
		}
	}
	return t, nil
}

// Columns name what stands in Result.Node and Booking.Carbon: the footprints,
// "unexplained", and where the network is split the origins.
func (t *Tracer) Columns() []string {
	n := t.plan.net
	list := append([]string{}, n.Footprints...)
	list = append(list, "unexplained")
	if t.plan.split < 0 {
		return list
	}
	for _, s := range n.Sources {
		list = append(list, "source "+s.ID)
	}
	for _, c := range n.Converters {
		list = append(list, "converter "+c.ID)
	}
	for _, s := range n.Storages {
		list = append(list, "storage "+s.ID)
	}
	return list
}

// Findings are what was found in the data so far.
func (t *Tracer) Findings() []Finding { return t.found.list() }

// batchMemory bounds the results that wait for their turn, in numbers of 8 bytes.
const batchMemory = 16 << 20

// Trace traces the next intervals. read fills in the flows of one, whose fields hold what
// the last call left there; write gets the results. Both are called in time order and never
// at once. Intervals are solved by up to workers goroutines where no storage links them;
// the results are the same to the last bit whatever their number. It stops at the first
// error of read or write, and with ErrConservation.
func (t *Tracer) Trace(intervals, workers int, read func(i int, f *Flows) error, write func(r *Result) error) error {
	p := t.plan
	size := 1
	if len(p.net.Storages) > 0 {
		workers = 1
	} else {
		workers = max(1, min(workers, intervals))
		size = max(workers, min(32*workers, batchMemory/(2*p.vertices*p.columns+1)))
	}
	for len(t.workers) < workers {
		t.workers = append(t.workers, newSolver(p))
	}
	flows, results := make([]*Flows, size), make([]*Result, size)
	for i := range results {
		flows[i], results[i] = NewFlows(p.net), newResult(p)
	}
	for first := 0; first < intervals; first += size {
		batch := min(size, intervals-first)
		for i := range batch {
			if err := read(first+i, flows[i]); err != nil {
				return fmt.Errorf("interval %d: %w", first+i, err)
			}
			if err := t.fits(flows[i]); err != nil {
				return fmt.Errorf("interval %d: %w", first+i, err)
			}
		}
		t.batch(flows[:batch], results[:batch], workers)
		for _, r := range results[:batch] {
			if err := t.finish(r, write); err != nil {
				return err
			}
		}
	}
	return nil
}

// fits refuses flows of another size than the network's.
func (t *Tracer) fits(f *Flows) error {
	n := t.plan.net
	ok := len(f.Sent) == len(n.Edges) && len(f.Received) == len(n.Edges) && len(f.Source) == len(n.Sources) && len(f.Factor) == len(n.Sources) &&
		len(f.Use) == len(n.Uses) && len(f.Charge) == len(n.Storages) && len(f.Discharge) == len(n.Storages) && len(f.Level) == len(n.Storages) &&
		len(f.Input) == len(n.Converters) && len(f.Output) == len(n.Converters)
	for i := 0; ok && i < len(n.Converters); i++ {
		ok = len(f.Input[i]) == len(n.Converters[i].Inputs) && len(f.Output[i]) == len(n.Converters[i].Outputs)
	}
	if !ok {
		return fmt.Errorf("%w: the flows have not the size of the network; make them by NewFlows", ErrNetwork)
	}
	return nil
}

// batch solves intervals: worker w every so many-th, each into its own result.
func (t *Tracer) batch(flows []*Flows, results []*Result, workers int) {
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(results); i += workers {
				results[i].load(flows[i], t.held, t.carbon)
				t.workers[w].solve(results[i])
			}
		})
	}
	wait.Wait()
}

// finish books an interval and hands it on.
func (t *Tracer) finish(r *Result, write func(r *Result) error) error {
	r.Interval = t.done
	if err := r.conserved(); err != nil {
		return err
	}
	t.found.add(t.plan.net, t.done, r.found)
	for i := range t.held {
		t.held[i] = r.level[i]
		for k, x := range r.times(r.storage(i), r.level[i]) {
			if x < nothing {
				x = 0
			}
			t.carbon[i*t.plan.columns+k] = x
		}
	}
	t.done++
	return write(r)
}
