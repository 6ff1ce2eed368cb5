package series

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// chunkRows is DuckDB's vector size: the rows of one data chunk.
const chunkRows = 2048

// chunk is a block of a result, up to chunkRows rows, column by column. Its
// memory belongs to DuckDB and is gone when the callback returns.
type chunk struct {
	handle duckdb.DataChunk
	rows   int
}

func (c chunk) vector(i int) duckdb.Vector {
	return duckdb.DataChunkGetVector(c.handle, duckdb.IdxT(i))
}

// column is column i as Go values, without a copy. T must have the width of the
// column's SQL type.
func column[T any](c chunk, i int) []T {
	return unsafe.Slice((*T)(duckdb.VectorGetData(c.vector(i))), c.rows)
}

// validity is the bit mask of rows that are not NULL; nil when none is NULL.
func (c chunk) validity(i int) []uint64 {
	mask := duckdb.VectorGetValidity(c.vector(i))
	if mask == nil {
		return nil
	}
	return unsafe.Slice((*uint64)(mask), (c.rows+63)/64)
}

func (c chunk) null(i, row int) bool { return !valid(c.validity(i), row) }

func valid(mask []uint64, row int) bool {
	return mask == nil || mask[row/64]&(1<<(row%64)) != 0
}

// cell is DuckDB's string_t: up to 12 bytes stay inside, longer ones are pointed to.
type cell struct {
	size   uint32
	prefix [4]byte
	far    *byte
}

// bytes is the cell's content; it shares DuckDB's memory.
func (c *cell) bytes() []byte {
	if c.size <= 12 {
		return unsafe.Slice(&c.prefix[0], 12)[:c.size]
	}
	return unsafe.Slice(c.far, c.size)
}

// texts is a VARCHAR or BLOB column; use bytes or string(bytes) of each cell.
func texts(c chunk, i int) []cell { return column[cell](c, i) }

// span is DuckDB's list entry: where a row's elements lie in the child vector.
type span struct{ offset, length uint64 }

// list is a LIST column: row → elements.
type list[T any] struct {
	entries []span
	mask    []uint64
	child   []T
}

func lists[T any](c chunk, i int) list[T] {
	v := c.vector(i)
	l := list[T]{entries: column[span](c, i), mask: c.validity(i)}
	if n := int(duckdb.ListVectorGetSize(v)); n > 0 {
		l.child = unsafe.Slice((*T)(duckdb.VectorGetData(duckdb.ListVectorGetChild(v))), n)
	}
	return l
}

// row is the elements of a row, sharing DuckDB's memory; nil for NULL.
func (l list[T]) row(i int) []T {
	if !valid(l.mask, i) {
		return nil
	}
	e := l.entries[i]
	return l.child[e.offset : e.offset+e.length]
}

// appender writes chunks of columns into a table within the open transaction.
type appender struct {
	handle duckdb.Appender
	chunk  chunk
	table  string
}

// appender opens table for appending; close ends it.
func (c *connection) appender(table string) (*appender, error) {
	a := &appender{table: table}
	if duckdb.AppenderCreateExt(c.handle, "", "main", table, &a.handle) != duckdb.StateSuccess {
		defer duckdb.AppenderDestroy(&a.handle)
		return nil, fmt.Errorf("series: append to %s: %s", table, duckdb.AppenderError(a.handle))
	}
	types := make([]duckdb.LogicalType, duckdb.AppenderColumnCount(a.handle))
	for i := range types {
		types[i] = duckdb.AppenderColumnType(a.handle, duckdb.IdxT(i))
	}
	a.chunk.handle = duckdb.CreateDataChunk(types)
	for i := range types {
		duckdb.DestroyLogicalType(&types[i])
	}
	return a, nil
}

// next empties the chunk for rows rows; fill its columns, then call send.
func (a *appender) next(rows int) chunk {
	duckdb.DataChunkReset(a.chunk.handle)
	a.chunk.rows = rows
	return a.chunk
}

func (a *appender) send() error {
	duckdb.DataChunkSetSize(a.chunk.handle, duckdb.IdxT(a.chunk.rows))
	if duckdb.AppendDataChunk(a.handle, a.chunk.handle) != duckdb.StateSuccess {
		return a.failure()
	}
	return nil
}

func (a *appender) failure() error {
	return fmt.Errorf("series: append to %s: %s", a.table, duckdb.AppenderError(a.handle))
}

// close hands the rows to the transaction and frees the appender.
func (a *appender) close() error {
	var err error
	if duckdb.AppenderClose(a.handle) != duckdb.StateSuccess {
		err = a.failure()
	}
	duckdb.AppenderDestroy(&a.handle)
	duckdb.DestroyDataChunk(&a.chunk.handle)
	return err
}

// write appends n rows to table: fill fills a chunk with rows [from, from+c.rows).
func (c *connection) write(table string, n int, fill func(c chunk, from int) error) error {
	if n == 0 {
		return nil
	}
	a, err := c.appender(table)
	if err != nil {
		return err
	}
	for from := 0; from < n && err == nil; from += chunkRows {
		if err = fill(a.next(min(chunkRows, n-from)), from); err == nil {
			err = a.send()
		}
	}
	return errors.Join(err, a.close())
}

// setText puts s into row of a VARCHAR column.
func (c chunk) setText(i, row int, s string) {
	duckdb.VectorAssignStringElement(c.vector(i), duckdb.IdxT(row), s)
}

// setBytes puts b into row of a BLOB column.
func (c chunk) setBytes(i, row int, b []byte) {
	duckdb.VectorAssignStringElementLen(c.vector(i), duckdb.IdxT(row), b)
}

// setLists puts one list a row into a LIST column; a nil list is NULL.
func setLists[T any](c chunk, i int, row func(int) []T) error {
	v, total := c.vector(i), 0
	for r := range c.rows {
		total += len(row(r))
	}
	if duckdb.ListVectorReserve(v, duckdb.IdxT(total)) != duckdb.StateSuccess ||
		duckdb.ListVectorSetSize(v, duckdb.IdxT(total)) != duckdb.StateSuccess {
		return errors.New("series: DuckDB gave no room for a list column; raise the memory limit")
	}
	entries := column[span](c, i)
	var child []T
	if total > 0 {
		child = unsafe.Slice((*T)(duckdb.VectorGetData(duckdb.ListVectorGetChild(v))), total)
	}
	duckdb.VectorEnsureValidityWritable(v)
	mask, at := c.validity(i), 0
	for r := range c.rows {
		elements := row(r)
		if elements == nil {
			mask[r/64] &^= 1 << (r % 64)
		}
		entries[r] = span{uint64(at), uint64(len(elements))}
		at += copy(child[at:], elements)
	}
	return nil
}

// literal is s as an SQL string.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
