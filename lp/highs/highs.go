package highs

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"lingtan/lp"
)

//go:embed highs.wasm.gz
var module []byte

const (
	maxModule = 32 << 20 // bytes of the module, uncompressed
	maxPages  = 24576    // 1.5 GB of memory a solve
	name      = "HiGHS 1.15"
)

// engine is the compiled module. It is compiled once a process, when it is first needed.
type engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

var compiled = sync.OnceValues(compile)

// New is HiGHS, ready to solve. It is in every build. The first solve of a process
// compiles the module, some seconds of work that are kept in the user's cache folder for
// the next process. Each solve runs in a memory of its own, of at most 1.5 GB, on one
// processor. The error is always nil; it is there for solvers to look alike.
func New() (lp.Solver, error) { return lp.NewSolver(name, solve), nil }

func compile() (*engine, error) {
	z, err := gzip.NewReader(bytes.NewReader(module))
	if err != nil {
		return nil, err
	}
	code, err := io.ReadAll(io.LimitReader(z, maxModule))
	if err != nil {
		return nil, err
	}
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	config := wazero.NewRuntimeConfig().WithCloseOnContextDone(true).WithMemoryLimitPages(maxPages)
	if cache := cache(); cache != nil {
		config = config.WithCompilationCache(cache)
	}
	r := wazero.NewRuntimeWithConfig(ctx, config)
	if err := importHosts(ctx, r); err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	c, err := r.CompileModule(ctx, code)
	if err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	return &engine{r, c}, nil
}

// cache is where compiled code is kept, by the module's hash and wazero's version; nil
// where there is no place for it, which costs time alone.
func cache() wazero.CompilationCache {
	place, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	c, err := wazero.NewCompilationCacheWithDir(filepath.Join(place, "lingtan", "solver"))
	if err != nil {
		return nil
	}
	return c
}

// solve answers one program in a fresh instance of the module.
func solve(ctx context.Context, p *lp.Program, o lp.Options) (*lp.Solution, error) {
	e, err := compiled()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	watch := &watch{begin: begin, tell: o.Progress}
	ctx = context.WithValue(ctx, logKey{}, watch.log)
	m, err := e.runtime.InstantiateModule(ctx, e.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions(fnStart))
	if err != nil {
		return nil, because(ctx, err)
	}
	defer m.Close(context.WithoutCancel(ctx))
	c := &instance{ctx: ctx, module: m}
	s := c.solve(p, o)
	if c.err != nil {
		return nil, because(ctx, c.err)
	}
	s.Elapsed = time.Since(begin)
	return s, nil
}

// because says why a call into the module failed: the context's end, else the module's.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w; it may have run out of its %d MB of memory", lp.ErrSolver, err, maxPages*pageSize>>20)
}
