package forecast

import (
	"sync"
	"sync/atomic"
	"time"
)

// Case is one of many series to be backtested or fitted.
type Case struct {
	Data    Data
	From    time.Time // first origin of a backtest
	Options Options
}

// BacktestAll backtests independent series on so many workers. The results are those of
// Backtest, in the order of the cases; where one failed its table is nil and its error set.
func BacktestAll(cases []Case, workers int) ([]*Table, []error) {
	return each(len(cases), workers, func(i int) (*Table, error) {
		return Backtest(cases[i].Data, cases[i].From, cases[i].Options)
	})
}

// FitAll fits independent series on so many workers, as Fit does.
func FitAll(cases []Case, workers int) ([]*Model, []error) {
	return each(len(cases), workers, func(i int) (*Model, error) { return Fit(cases[i].Data, cases[i].Options) })
}

// PredictAll forecasts from many models at one origin on so many workers, as Model.Predict does.
// data lie beside models; a model that is nil has no forecast and no error.
func PredictAll(models []*Model, data []Data, origin time.Time, horizon time.Duration, workers int) ([]*Forecast, []error) {
	return each(min(len(models), len(data)), workers, func(i int) (*Forecast, error) {
		if models[i] == nil {
			return nil, nil
		}
		return models[i].Predict(data[i], origin, horizon)
	})
}

// each does n things on so many workers, at least one, and keeps their order.
func each[T any](n, workers int, do func(int) (T, error)) ([]T, []error) {
	out, errs := make([]T, n), make([]error, n)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(max(1, workers), max(1, n)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				out[i], errs[i] = do(i)
			}
		})
	}
	all.Wait()
	return out, errs
}
