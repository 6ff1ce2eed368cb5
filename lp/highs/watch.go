package highs

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"lingtan/lp"
)

// maxLine is the longest line of the log that is looked at.
const maxLine = 4096

// watch reads how far the search has come from HiGHS's log.
type watch struct {
	begin time.Time
	tell  func(lp.Progress)
	line  []byte
}

// log takes a piece of the log and looks at each whole line.
func (w *watch) log(piece []byte) {
	if w.tell == nil {
		return
	}
	for len(piece) > 0 {
		i := bytes.IndexByte(piece, '\n')
		if i < 0 {
			w.line = append(w.line, piece[:min(len(piece), maxLine-len(w.line))]...)
			return
		}
		w.line = append(w.line, piece[:min(i, maxLine-len(w.line))]...)
		if bound, best, ok := searched(string(w.line)); ok {
			w.tell(lp.Progress{Elapsed: time.Since(w.begin), Incumbent: best, Bound: bound})
		}
		w.line, piece = w.line[:0], piece[i+1:]
	}
}

// searched reads bound and best solution from a line of the search's table:
//
//	L  0  0  0  0.00%  562021.1  563987.6  0.35%  1209  112  9  2134  0.4s
//
// They stand behind the first percentage; other lines have none so placed.
func searched(line string) (bound, best float64, ok bool) {
	f := strings.Fields(line)
	for i, v := range f {
		if !strings.HasSuffix(v, "%") {
			continue
		}
		if i < 3 || i+3 >= len(f) || !strings.HasSuffix(f[len(f)-1], "s") {
			return 0, 0, false
		}
		bound, err := strconv.ParseFloat(f[i+1], 64)
		best, err2 := strconv.ParseFloat(f[i+2], 64)
		if err != nil || err2 != nil || math.IsNaN(bound) || math.IsNaN(best) {
			return 0, 0, false
		}
		return bound, best, true
	}
	return 0, 0, false
}
