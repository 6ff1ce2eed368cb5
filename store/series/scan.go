package series

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// reach is the rows that a scan wants: registers ids (sorted) with times in
// [from, to), or on days in [from, to) where byDay is set, recorded at or before
// known (0 = ever).
type reach struct {
	ids      []uint32
	from, to int64
	known    int64
	byDay    bool
}

// columnsOfReading is what a scan of readings yields, in this order.
const columnsOfReading = "series, time_ms, span, value, revision"

// within is the SQL of a time range. All SQL made here holds numbers and the
// store's own file names; nothing that a user wrote is ever put into it.
func within(from, to int64) string {
	return fmt.Sprintf("time_ms >= %d AND time_ms < %d", from, to)
}

// where is the SQL of r. The bounds on series let row groups be skipped; the list
// is added only where the bounds hold many registers that are not wanted.
func (r reach) where() string {
	var sql strings.Builder
	lo, hi := r.ids[0], r.ids[len(r.ids)-1]
	fmt.Fprintf(&sql, "series >= %d AND series <= %d AND ", lo, hi)
	if r.byDay {
		fmt.Fprintf(&sql, "day >= %d AND day < %d", r.from, r.to)
	} else {
		sql.WriteString(within(r.from, r.to))
	}
	if r.known != 0 {
		fmt.Fprintf(&sql, " AND recorded <= %d", r.known)
	}
	if int(hi-lo)+1 > len(r.ids)+len(r.ids)/4 {
		sql.WriteString(" AND series IN (")
		for i, id := range r.ids {
			if i > 0 {
				sql.WriteByte(',')
			}
			sql.WriteString(strconv.FormatUint(uint64(id), 10))
		}
		sql.WriteByte(')')
	}
	return sql.String()
}

// fileRows is the SQL of the rows in month files: one element, or none.
func fileRows(paths []string) []string {
	if len(paths) == 0 {
		return nil
	}
	quoted := make([]string, len(paths))
	for i, p := range paths {
		quoted[i] = literal(p)
	}
	return []string{"read_parquet([" + strings.Join(quoted, ", ") + "], hive_partitioning = false)"}
}

// hotRows is the SQL of a park's rows in the hot table.
func hotRows(park uint32) string {
	return fmt.Sprintf("(SELECT * FROM readings WHERE series IN (SELECT id FROM series WHERE park = %d))", park)
}

// scan reads files in their order, then the hot table.
func (s *Store) scan(ctx context.Context, c *connection, files []monthFile, r reach, take func(chunk) error) error {
	for _, from := range append(fileRows(s.paths(files)), "readings") {
		err := c.run(ctx, "SELECT "+columnsOfReading+" FROM "+from+" WHERE "+r.where(), nil, take)
		if err != nil {
			return err
		}
	}
	return nil
}
