package node

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"time"

	"lingtan/dispatch"
	"lingtan/dispatch/dispatchfile"
	"lingtan/examples"
	"lingtan/lp"
	"lingtan/lp/cbc"
	"lingtan/lp/highs"
	"lingtan/period"
	"lingtan/store/record"
)

// maxDispatchTime is how long a solver may take at most.
const maxDispatchTime = 10 * time.Minute

// DispatchAsked says what is to be planned.
type DispatchAsked struct {
	Park    string
	Day     period.Day    // the first step begins at its midnight
	Example bool          // the shipped example instead of the park's own document
	Time    time.Duration // in solvers; 0 = 1 min, at most 10 min
	Gap     float64       // relative, [0, 1]; a plan within it will do
}

// dispatchInput is a series of a document that was not written in it.
type dispatchInput struct {
	Path  string `json:"path"` // supplies[0].price
	From  string `json:"from"` // forecast, tariff
	About string `json:"about"`
	ZH    string `json:"zh"`
	EN    string `json:"en"`
}

// dispatchBody is what a run is kept with.
type dispatchBody struct {
	Inputs  []dispatchInput   `json:"inputs"`
	Problem *dispatch.Problem `json:"problem"`
	Plan    *dispatch.Plan    `json:"plan"`
}

// planning is what the planning of parks has under way.
type planning struct {
	mu     sync.Mutex
	solver lp.Solver
	jobs   map[string]*planningJob
}

type planningJob struct {
	progress record.DispatchPlanning
	cancel   context.CancelFunc
	done     chan struct{}
}

// dispatchSolver is CBC checked by HiGHS, or HiGHS where CBC is not in the build.
func (n *Node) dispatchSolver() (lp.Solver, error) {
	n.planning.mu.Lock()
	defer n.planning.mu.Unlock()
	if n.planning.solver != nil {
		return n.planning.solver, nil
	}
	second, err := highs.New()
	if err != nil {
		return nil, err
	}
	n.planning.solver = lp.Verified(second)
	if first, err := cbc.New(); err == nil {
		n.planning.solver = lp.Verified(first, second)
	}
	return n.planning.solver, nil
}

// Dispatch plans a day of a park and keeps the run. Errors wrap dispatchfile.ErrFormat and
// dispatch.ErrProblem where the document cannot be planned, record.ErrNotFound where the
// park has none.
func (n *Node) Dispatch(ctx context.Context, act record.Act, q DispatchAsked, progress func(lp.Progress)) (record.DispatchRun, error) {
	var none record.DispatchRun
	if !(q.Gap >= 0 && q.Gap <= 1) || q.Time < 0 || q.Time > maxDispatchTime {
		return none, fmt.Errorf("%w: a gap is from 0 to 1, the time at most %v", dispatch.ErrProblem, maxDispatchTime)
	}
	if q.Time == 0 {
		q.Time = time.Minute
	}
	l, err := n.Layout(ctx, q.Park)
	if err != nil {
		return none, err
	}
	text, number, err := n.dispatchText(ctx, q)
	if err != nil {
		return none, err
	}
	begin := q.Day.Start(l.Zone)
	p, inputs, err := n.dispatchProblem(ctx, l, text, begin)
	if err != nil {
		return none, err
	}
	s, err := n.dispatchSolver()
	if err != nil {
		return none, err
	}
	began := time.Now()
	plan, err := dispatch.Solve(ctx, s, p, dispatch.Options{Time: q.Time, Gap: q.Gap, Progress: progress})
	if err != nil {
		return none, err
	}
	run := record.DispatchRun{Park: q.Park, Document: number, Begins: begin.UTC(), Ends: begin.Add(horizon(p)).UTC(), Title: plan.Title, Status: plan.Status,
		Currency: plan.Currency, Total: plan.Total, Carbon: plan.Carbon, Saving: plan.Saving, Avoided: plan.Avoided, Gap: plan.Gap, Seconds: time.Since(began).Seconds()}
	return n.keepDispatch(ctx, act, run, dispatchBody{inputs, p, plan})
}

func (n *Node) keepDispatch(ctx context.Context, act record.Act, run record.DispatchRun, body dispatchBody) (record.DispatchRun, error) {
	written, err := json.Marshal(body)
	if err != nil {
		return run, fmt.Errorf("dispatch run of %s: %w", run.Park, err)
	}
	place, err := n.Records.ParkOrganization(ctx, run.Park)
	if err != nil {
		return run, err
	}
	return n.Records.SaveDispatchRun(ctx, act, place.Path, run, written)
}

// horizon is how long a problem lasts.
func horizon(p *dispatch.Problem) time.Duration {
	var hours float64
	for _, h := range p.Hours {
		hours += h
	}
	return time.Duration(math.Round(hours*3600)) * time.Second
}

// dispatchText is the document that is to be planned, and its number.
func (n *Node) dispatchText(ctx context.Context, q DispatchAsked) ([]byte, int64, error) {
	if q.Example {
		return examples.Dispatch, 0, nil
	}
	d, err := n.Records.DispatchDocument(ctx, q.Park)
	if err == nil && d.Number == 0 {
		err = fmt.Errorf("%w: park %.64q has no dispatch document; save one, or plan the shipped example", record.ErrNotFound, q.Park)
	}
	return []byte(d.Text), d.Number, err
}

// SaveDispatchDocument records a document as the park's newest. It is refused when it
// cannot be read, or a figure that it must have is missing; series that it takes from
// forecasts and tariffs are found when it is planned.
func (n *Node) SaveDispatchDocument(ctx context.Context, act record.Act, park string, text []byte) (record.DispatchDocument, error) {
	if len(text) > 4<<20 {
		return record.DispatchDocument{}, fmt.Errorf("%w: %d bytes, at most 4 MiB", dispatchfile.ErrFormat, len(text))
	}
	place, err := n.Records.ParkOrganization(ctx, park)
	if err != nil {
		return record.DispatchDocument{}, err
	}
	stand := func(ref dispatchRef, steps int) ([]float64, dispatchInput, error) { // any figures: the form is looked at
		return make([]float64, steps), dispatchInput{}, ref.check()
	}
	filled, _, err := fillDispatch(text, stand)
	if err == nil {
		_, err = dispatchfile.Parse(filled)
	}
	if err != nil {
		return record.DispatchDocument{}, err
	}
	return n.Records.SaveDispatchDocument(ctx, act, place.Path, park, text)
}

// PlanDispatch begins to plan in the background; DispatchPlanning tells how far it is. A
// park is planned once at a time: else the error wraps record.ErrConflict.
func (n *Node) PlanDispatch(act record.Act, park string, day period.Day, example bool, limit time.Duration, gap float64) error {
	n.planning.mu.Lock()
	defer n.planning.mu.Unlock()
	if j := n.planning.jobs[park]; j != nil && j.progress.Running {
		return fmt.Errorf("%w: %s is being planned since %s; wait, or end it", record.ErrConflict, park, j.progress.Since.Format(time.RFC3339))
	}
	ctx, cancel := context.WithCancel(context.Background())
	j := &planningJob{progress: record.DispatchPlanning{Day: day.String(), Since: n.Now(), Running: true}, cancel: cancel, done: make(chan struct{})}
	if n.planning.jobs == nil {
		n.planning.jobs = map[string]*planningJob{}
	}
	n.planning.jobs[park] = j
	go n.plan(ctx, act, DispatchAsked{Park: park, Day: day, Example: example, Time: limit, Gap: gap}, j)
	return nil
}

func (n *Node) plan(ctx context.Context, act record.Act, q DispatchAsked, j *planningJob) {
	defer close(j.done)
	defer j.cancel()
	run, err := n.Dispatch(ctx, act, q, func(p lp.Progress) {
		n.planning.mu.Lock()
		defer n.planning.mu.Unlock()
		j.progress.Best, j.progress.Bound = finite(p.Incumbent), finite(p.Bound)
	})
	n.planning.mu.Lock()
	defer n.planning.mu.Unlock()
	j.progress.Running, j.progress.Run = false, run.Number
	if err != nil {
		j.progress.Run, j.progress.Error = 0, err.Error()
	}
}

func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) || math.Abs(v) > 1e49 {
		return nil
	}
	return &v
}

// DispatchPlanning is how far the planning of a park is, or how the last one ended; nil
// where none was begun since the server started.
func (n *Node) DispatchPlanning(park string) *record.DispatchPlanning {
	n.planning.mu.Lock()
	defer n.planning.mu.Unlock()
	j := n.planning.jobs[park]
	if j == nil {
		return nil
	}
	p := j.progress
	return &p
}

// EndDispatch ends the planning of a park; false where none is under way.
func (n *Node) EndDispatch(park string) bool {
	n.planning.mu.Lock()
	j := n.planning.jobs[park]
	running := j != nil && j.progress.Running
	n.planning.mu.Unlock()
	if running {
		j.cancel()
		<-j.done
	}
	return running
}

// endPlanning ends all that is under way.
func (n *Node) endPlanning() {
	n.planning.mu.Lock()
	parks := make([]string, 0, len(n.planning.jobs))
	for park := range n.planning.jobs {
		parks = append(parks, park)
	}
	n.planning.mu.Unlock()
	for _, park := range parks {
		n.EndDispatch(park)
	}
}

// DecideDispatch proposes, approves, rejects or withdraws a run; the example is not to be
// carried out. Errors wrap record.ErrConflict and record.ErrNotFound.
func (n *Node) DecideDispatch(ctx context.Context, act record.Act, park string, run int64, kind, note string) ([]record.DispatchDecision, error) {
	x, _, _, err := n.Records.DispatchRun(ctx, park, run)
	if err != nil {
		return nil, err
	}
	if x.Document == 0 {
		return nil, fmt.Errorf("%w: run %d is of the shipped example, which is no plant of this park", record.ErrConflict, run)
	}
	if kind == "propose" && x.Status == "fallback" {
		return nil, fmt.Errorf("%w: run %d is the fall-back, which needs no plan", record.ErrConflict, run)
	}
	place, err := n.Records.ParkOrganization(ctx, park)
	if err != nil {
		return nil, err
	}
	return n.Records.DecideDispatch(ctx, act, place.Path, record.DispatchDecision{Park: park, Run: run, Kind: kind, Note: note})
}
