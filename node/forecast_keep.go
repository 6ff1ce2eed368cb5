package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lingtan/forecast"
)

// keptForecast is a fitted model as it is kept, with the table of its card once that was
// asked for.
type keptForecast struct {
	Key      string          `json:"key"`
	FittedAt time.Time       `json:"fitted_at"`
	Model    *forecast.Model `json:"model"`
	Table    *forecast.Table `json:"table,omitempty"`
}

// renewed is after how much new data a model is fitted again.
const renewed = 24 * time.Hour

// pastKept is how many models of past origins are kept in memory.
const pastKept = 64

// forecastModels are the fitted models of a node: in memory, and in files of the data
// directory so that a restart finds them. One fit of a series runs at a time, and goes on
// when who asked for it went away. The zero value fits and keeps nothing in files.
type forecastModels struct {
	dir    string
	mu     sync.Mutex
	kept   map[string]*keptForecast
	past   []string
	tasks  map[string]*forecastTask
	slots  chan struct{} // fits at the same time
	closed bool
}

// forecastTask is a fit or a backtest under way.
type forecastTask struct {
	done  chan struct{}
	kept  *keptForecast
	table *forecast.Table
	err   error
}

// close keeps fits that are under way from writing.
func (f *forecastModels) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
}

// key names the series of a target: with other registers it is another one.
func (t *forecastTarget) key() string {
	q := t.question
	h := sha256.Sum256([]byte(strings.Join(append([]string{q.Of, q.Organization, q.Point, q.Step.String(), q.Fitted().String(), t.data.Zone.String(), covariateNames(t.data)}, t.registers...), "\x00")))
	return q.Park + "/" + q.Of + "-" + hex.EncodeToString(h[:12])
}

func covariateNames(d forecast.Data) string {
	var names []string
	for _, c := range d.Covariates {
		names = append(names, c.Name)
	}
	return strings.Join(names, "\x01")
}

// model is the model for an origin: the kept one; one fitted on what was before the origin
// where the kept one has seen later values. A kept one that is a day old answers, and is
// renewed in the background.
func (f *forecastModels) model(ctx context.Context, t *forecastTarget, origin, now time.Time) (*keptForecast, error) {
	key := t.key()
	kept := f.find(key)
	if kept == nil || !seenBefore(kept, origin) {
		if origin.Before(t.history.End().Add(-renewed)) || kept != nil {
			key += "@" + origin.UTC().Format("20060102T1504")
			if kept = f.find(key); kept != nil {
				return kept, nil
			}
		}
		return f.fit(ctx, key, t, origin, now)
	}
	if _, to := kept.Model.Trained(); origin.Sub(to) >= renewed {
		f.start(key, func() (*keptForecast, *forecast.Table, error) { return t.fit(key, origin, now) })
	}
	return kept, nil
}

// seenBefore says whether a model was fitted on nothing after an origin.
func seenBefore(k *keptForecast, origin time.Time) bool {
	_, to := k.Model.Trained()
	return !to.After(origin)
}

func (f *forecastModels) fit(ctx context.Context, key string, t *forecastTarget, origin, now time.Time) (*keptForecast, error) {
	task := f.start(key, func() (*keptForecast, *forecast.Table, error) { return t.fit(key, origin, now) })
	select {
	case <-task.done:
		return task.kept, task.err
	case <-ctx.Done():
		return nil, fmt.Errorf("a model is being fitted; ask again in a moment: %w", ctx.Err())
	}
}

// fit fits a model on what was known at the origin.
func (t *forecastTarget) fit(key string, origin, now time.Time) (*keptForecast, *forecast.Table, error) {
	d := t.data
	d.Series = t.history.Until(origin)
	m, err := forecast.Fit(d, t.options())
	if err != nil {
		return nil, nil, err
	}
	return &keptForecast{Key: key, FittedAt: now, Model: m}, nil, nil
}

// table is the backtest of a target, made once for a kept model.
func (f *forecastModels) table(ctx context.Context, t *forecastTarget, kept *keptForecast) (*forecast.Table, error) {
	f.mu.Lock()
	table := kept.Table
	f.mu.Unlock()
	if table != nil {
		return table, nil
	}
	task := f.start(kept.Key+"#table", func() (*keptForecast, *forecast.Table, error) {
		table, err := t.backtest()
		if err != nil {
			return nil, nil, err
		}
		return &keptForecast{Key: kept.Key, FittedAt: kept.FittedAt, Model: kept.Model, Table: table}, table, nil
	})
	select {
	case <-task.done:
		return task.table, task.err
	case <-ctx.Done():
		return nil, fmt.Errorf("the backtest is under way; ask again in a moment: %w", ctx.Err())
	}
}

// start begins a task, or joins the one that is under way.
func (f *forecastModels) start(name string, work func() (*keptForecast, *forecast.Table, error)) *forecastTask {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tasks == nil {
		f.tasks, f.slots = map[string]*forecastTask{}, make(chan struct{}, 2)
	}
	if task := f.tasks[name]; task != nil {
		return task
	}
	task := &forecastTask{done: make(chan struct{})}
	f.tasks[name] = task
	go func() {
		f.slots <- struct{}{}
		defer func() { <-f.slots }()
		task.kept, task.table, task.err = work()
		f.keep(name, task)
		close(task.done)
	}()
	return task
}

// keep takes a finished task into memory and, unless it is of a past origin, its file.
func (f *forecastModels) keep(name string, task *forecastTask) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.tasks, name)
	if task.kept == nil || f.closed {
		return
	}
	key := task.kept.Key
	f.remember(key, task.kept)
	if strings.Contains(key, "@") || f.dir == "" {
		return
	}
	if err := writeKept(f.path(key), task.kept); err != nil {
		// The model answers from memory all the same; without a file it is fitted again after
		// a restart.
		return
	}
}

func (f *forecastModels) remember(key string, kept *keptForecast) {
	if f.kept == nil {
		f.kept = map[string]*keptForecast{}
	}
	if strings.Contains(key, "@") && f.kept[key] == nil {
		if f.past = append(f.past, key); len(f.past) > pastKept {
			delete(f.kept, f.past[0])
			f.past = f.past[1:]
		}
	}
	f.kept[key] = kept
}

func (f *forecastModels) path(key string) string {
	return filepath.Join(f.dir, filepath.FromSlash(key)+".json")
}

// writeKept writes a file whole or not at all.
func writeKept(path string, kept *keptForecast) error {
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o640); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// find is the kept model of a key, from memory or its file; nil where there is none. A file
// that cannot be read is as none: the model is fitted again.
func (f *forecastModels) find(key string) *keptForecast {
	f.mu.Lock()
	defer f.mu.Unlock()
	if kept := f.kept[key]; kept != nil {
		return kept
	}
	if f.dir == "" || strings.Contains(key, "@") {
		return nil
	}
	text, err := os.ReadFile(f.path(key))
	if err != nil {
		return nil
	}
	kept := &keptForecast{}
	if err := errors.Join(json.Unmarshal(text, kept)); err != nil || kept.Model == nil || kept.Key != key {
		return nil
	}
	f.remember(key, kept)
	return kept
}
