package series

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// database is one open DuckDB file.
type database struct{ handle duckdb.Database }

// openDatabase opens path with settings; DuckDB takes the file's lock.
func openDatabase(path string, settings [][2]string) (*database, error) {
	var config duckdb.Config
	if duckdb.CreateConfig(&config) != duckdb.StateSuccess {
		return nil, errors.New("series: DuckDB gave no configuration; the machine is out of memory")
	}
	defer duckdb.DestroyConfig(&config)
	for _, s := range settings {
		if duckdb.SetConfig(config, s[0], s[1]) != duckdb.StateSuccess {
			return nil, fmt.Errorf("series: DuckDB does not take %s = %q", s[0], s[1])
		}
	}
	d, message := new(database), ""
	if duckdb.OpenExt(path, &d.handle, config, &message) != duckdb.StateSuccess {
		duckdb.Close(&d.handle)
		if strings.Contains(message, "Could not set lock") {
			return nil, fmt.Errorf("%w: %s", ErrLocked, message)
		}
		return nil, fmt.Errorf("series: open %s: %s", path, message)
	}
	return d, nil
}

func (d *database) close() { duckdb.Close(&d.handle) }

// connect makes a connection; it is used by one goroutine at a time.
func (d *database) connect() (*connection, error) {
	c := &connection{prepared: map[string]*duckdb.PreparedStatement{}}
	if duckdb.Connect(d.handle, &c.handle) != duckdb.StateSuccess {
		return nil, errors.New("series: DuckDB gave no connection; close readers that are no longer needed")
	}
	return c, nil
}

// connection is a session with its prepared statements.
type connection struct {
	handle   duckdb.Connection
	prepared map[string]*duckdb.PreparedStatement
}

func (c *connection) close() {
	for _, p := range c.prepared {
		duckdb.DestroyPrepare(p)
	}
	duckdb.Disconnect(&c.handle)
}

// statement prepares sql. Statements with parameters have a fixed text and are
// kept; the others carry numbers in their text and are used once.
func (c *connection) statement(sql string, keep bool) (*duckdb.PreparedStatement, error) {
	if p, ok := c.prepared[sql]; ok {
		return p, nil
	}
	p := new(duckdb.PreparedStatement)
	if duckdb.Prepare(c.handle, sql, p) != duckdb.StateSuccess {
		defer duckdb.DestroyPrepare(p)
		return nil, fmt.Errorf("series: DuckDB: %s", duckdb.PrepareError(*p))
	}
	if keep {
		c.prepared[sql] = p
	}
	return p, nil
}

func bind(p duckdb.PreparedStatement, args []any) error {
	for i, arg := range args {
		n, state := duckdb.IdxT(i+1), duckdb.StateError
		switch v := arg.(type) {
		case string:
			state = duckdb.BindVarchar(p, n, v)
		case []byte:
			state = duckdb.BindBlob(p, n, v)
		case int64:
			state = duckdb.BindInt64(p, n, v)
		case int32:
			state = duckdb.BindInt32(p, n, v)
		case uint32:
			state = duckdb.BindUInt32(p, n, v)
		case float64:
			state = duckdb.BindDouble(p, n, v)
		}
		if state != duckdb.StateSuccess {
			return fmt.Errorf("series: DuckDB does not take parameter %d of type %T", i+1, arg)
		}
	}
	return nil
}

// run executes sql and hands each chunk of its result to each as it is made, so
// that no result is ever held whole. each may be nil. A done ctx interrupts it.
func (c *connection) run(ctx context.Context, sql string, args []any, each func(chunk) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p, err := c.statement(sql, len(args) > 0)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		defer duckdb.DestroyPrepare(p)
	} else if err := bind(*p, args); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { duckdb.Interrupt(c.handle) })
	defer stop()
	var result duckdb.Result
	defer duckdb.DestroyResult(&result)
	if each == nil {
		return c.finish(ctx, *p, &result)
	}
	if duckdb.ExecutePreparedStreaming(*p, &result) != duckdb.StateSuccess {
		return c.failure(ctx, &result)
	}
	return c.fetch(ctx, &result, each)
}

// otherWork is how long finish sleeps while another thread has the statement's work.
const otherWork = 100 * time.Microsecond

// finish executes a statement to its end. DuckDB's own way of waiting for a task that one
// of its threads took, such as the sync of a COMMIT, keeps a processor busy all the time.
func (c *connection) finish(ctx context.Context, p duckdb.PreparedStatement, result *duckdb.Result) error {
	var pending duckdb.PendingResult
	defer duckdb.DestroyPending(&pending)
	if duckdb.PendingPrepared(p, &pending) != duckdb.StateSuccess {
		if err := ctx.Err(); err != nil {
			return err
		}
		return fmt.Errorf("series: DuckDB: %s", duckdb.PendingError(pending))
	}
	for {
		state := duckdb.PendingExecuteTask(pending)
		if state == duckdb.PendingStateResultReady || state == duckdb.PendingStateError {
			break
		}
		if state == duckdb.PendingStateNoTasksAvailable {
			time.Sleep(otherWork)
		}
	}
	if duckdb.ExecutePending(pending, result) != duckdb.StateSuccess {
		return c.failure(ctx, result)
	}
	return nil
}

func (c *connection) fetch(ctx context.Context, result *duckdb.Result, each func(chunk) error) error {
	for {
		data := duckdb.FetchChunk(*result)
		if data.Ptr == nil {
			if duckdb.ResultError(result) != "" {
				return c.failure(ctx, result)
			}
			return nil
		}
		part := chunk{handle: data, rows: int(duckdb.DataChunkGetSize(data))}
		var err error
		if part.rows > 0 {
			err = each(part)
		}
		duckdb.DestroyDataChunk(&data)
		if err != nil || part.rows == 0 {
			return err
		}
	}
}

// failure maps a failed statement to an error; an interrupt is the context's.
func (c *connection) failure(ctx context.Context, result *duckdb.Result) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("series: DuckDB: %s", duckdb.ResultError(result))
}

// exec runs a statement whose result is of no interest.
func (c *connection) exec(ctx context.Context, sql string, args ...any) error {
	return c.run(ctx, sql, args, nil)
}

// number runs a query of one row and one BIGINT column; no row or NULL is 0.
func (c *connection) number(ctx context.Context, sql string, args ...any) (int64, error) {
	var n int64
	err := c.run(ctx, sql, args, func(part chunk) error {
		if !part.null(0, 0) {
			n = column[int64](part, 0)[0]
		}
		return nil
	})
	return n, err
}

// within runs do between BEGIN and COMMIT, and rolls back when it fails. Once
// COMMIT is sent it is not interrupted: its outcome must be known.
func (c *connection) within(ctx context.Context, begin string, do func() error) error {
	if err := c.exec(ctx, begin); err != nil {
		return err
	}
	err := do()
	if err == nil {
		if err = ctx.Err(); err == nil {
			err = c.exec(context.WithoutCancel(ctx), "COMMIT")
		}
	}
	if err != nil {
		// A failed COMMIT has rolled back already; this then only says so.
		_ = c.exec(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}
