package dispatchfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"lingtan/dispatch"
)

// Table is the schedule of a plan, a row a step: scenario, step, hours since the start,
// length, then each quantity of each asset in order of their names; after them the price
// of each carrier. The first row names the columns, with units.
func Table(plan *dispatch.Plan) [][]string {
	columns := columnsOf(plan)
	prices := slices.Sorted(maps.Keys(plan.Prices))
	head := []string{"scenario", "step", "from_h", "hours"}
	for _, c := range columns {
		head = append(head, fmt.Sprintf("%s.%s", c[0], c[1]))
	}
	for _, k := range prices {
		head = append(head, fmt.Sprintf("price.%s", k))
	}
	table := [][]string{head}
	for _, o := range plan.Outcomes {
		var from float64
		for t, h := range plan.Hours {
			row := []string{o.Scenario, strconv.Itoa(t), number(from), number(h)}
			for _, c := range columns {
				row = append(row, value(o.Schedule[c[0]][c[1]], t))
			}
			for _, k := range prices {
				row = append(row, number(plan.Prices[k][t]))
			}
			table = append(table, row)
			from += h
		}
	}
	return table
}

// columnsOf are the quantities with a value a step, of any scenario.
func columnsOf(plan *dispatch.Plan) [][2]string {
	seen := map[[2]string]bool{}
	for _, o := range plan.Outcomes {
		for id := range o.Schedule {
			addColumns(seen, id, o.Schedule[id], len(plan.Hours))
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
}

func addColumns(seen map[[2]string]bool, id string, quantities map[string][]float64, steps int) {
	for name, values := range quantities {
		if len(values) == steps {
			seen[[2]string{id, name}] = true
		}
	}
}

func value(values []float64, t int) string {
	if t >= len(values) {
		return ""
	}
	return number(values[t])
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 9, 64) }
