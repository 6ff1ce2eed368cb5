package forecast

import (
	"fmt"
	"math"
)

// Used says which part of an input was known.
type Used struct {
	Name  string  `json:"name"`
	Ahead bool    `json:"ahead"` // known over the horizon
	Known float64 `json:"known"` // share of the steps that have a value, 0 to 1
}

// Note is something that a reader of the figures should know.
type Note struct {
	Code string `json:"code"`
	Zh   string `json:"zh"`
	En   string `json:"en"`
}

// used are the covariates of a replay.
func (r *replayed) used() []Used {
	list := []Used{}
	from := r.origins[r.first]
	for c, x := range r.f.covariates {
		n := 0
		for i := from; i < len(r.f.y); i++ {
			if !math.IsNaN(r.f.covariate(c, i)) {
				n++
			}
		}
		list = append(list, Used{x.Name, x.Ahead, float64(n) / float64(len(r.f.y)-from)})
	}
	return list
}

// notes are what the reader of a table should know.
func (r *replayed) notes() []Note {
	list := []Note{}
	for _, c := range r.f.covariates {
		if c.Ahead {
			list = append(list, Note{"realised_covariates", "预先可知的协变量按实际值代入，误差不含天气预报或计划本身的误差。",
				"covariates known ahead are taken as they came out; the error of a weather forecast or plan is not in the figures"})
			break
		}
	}
	gaps := 0
	for _, v := range r.f.y {
		if math.IsNaN(v) {
			gaps++
		}
	}
	if gaps > 0 {
		list = append(list, Note{"gaps", fmt.Sprintf("序列有 %d 个缺值：不参与拟合，不计误差，不填补。", gaps),
			fmt.Sprintf("%d values of the series are missing: not fitted, not scored, not filled in", gaps)})
	}
	if n := len(r.origins); n < r.issued {
		list = append(list, Note{"thinned", fmt.Sprintf("%d 次发布中按间隔取 %d 次回测。", r.issued, n), fmt.Sprintf("%d of %d issues are backtested, evenly spread", n, r.issued)})
	}
	return list
}

// calendarNote says that a calendar does not reach over the days of a forecast.
func calendarNote() Note {
	return Note{"calendar", "节假日日历未覆盖预测日，按星期几处理。", "the calendar of holidays does not reach the days of the forecast; they count by their weekday"}
}
