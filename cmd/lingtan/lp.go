package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lingtan/lp"
	"lingtan/lp/cbc"
	"lingtan/lp/highs"
	"lingtan/lp/programfile"
)

// newSolver is what every program is solved with: CBC checked by HiGHS where CBC is in
// the build, else HiGHS. A name asks for one of them.
func newSolver(name string) (lp.Solver, error) {
	second, err := highs.New()
	if err != nil {
		return nil, err
	}
	if name == "highs" {
		return lp.Verified(second), nil
	}
	first, err := cbc.New()
	switch {
	case name == "cbc" && err == nil:
		return lp.Verified(first), nil
	case name == "cbc":
		return nil, err
	case err != nil: // CBC is not in this build
		return lp.Verified(second), nil
	}
	return lp.Verified(first, second), nil
}

// lpFlags say how a program is solved.
type lpFlags struct {
	solver                   string
	time                     time.Duration
	gap                      float64
	relax, confirm, conflict bool
}

func (a *app) lpCommand() *cobra.Command {
	c := &cobra.Command{Use: "lp", Short: "线性与混合整数规划 · linear and mixed-integer programs"}
	var f lpFlags
	solve := &cobra.Command{Use: "solve FILE", Short: "求解一个规划文件并核对答案（- 为标准输入）· solve a program file and check the answer (- is standard input)", Args: cobra.ExactArgs(1),
		Long: `Reads a program as JSON (docs/formats/lp.md), minimises it and prints the solution as
JSON with the checks made of it. An infeasible program is an answer; --conflict names
the smallest set of its soft rows that cannot all be kept.
读入规划文件，求最小值，输出答案和核对结果；无解也是答案，--conflict 指出互相矛盾的软约束。`,
		Example: "  lingtan lp solve program.json --gap 1e-4 --time 30s",
		RunE: func(c *cobra.Command, args []string) error {
			return a.solveProgram(c.Context(), args[0], c.InOrStdin(), f)
		}}
	solve.Flags().StringVar(&f.solver, "solver", "auto", "auto, cbc or highs")
	solve.Flags().DurationVar(&f.time, "time", 0, "time limit, such as 30s; 0 is none 时限")
	solve.Flags().Float64Var(&f.gap, "gap", 0, "relative gap to stop at 相对间隙")
	solve.Flags().BoolVar(&f.relax, "relax", false, "let whole numbers be any number 放松整数约束")
	solve.Flags().BoolVar(&f.confirm, "confirm", false, "have the second solver look for anything better 由第二求解器复核")
	solve.Flags().BoolVar(&f.conflict, "conflict", false, "explain why there is no solution 解释无解的原因")
	c.AddCommand(solve)
	return c
}

func (a *app) solveProgram(ctx context.Context, name string, stdin io.Reader, f lpFlags) error {
	if f.solver != "auto" && f.solver != "cbc" && f.solver != "highs" {
		return fmt.Errorf("%w: --solver %q; one of auto, cbc, highs", errUsage, f.solver)
	}
	if !(f.gap >= 0) || f.time < 0 {
		return fmt.Errorf("%w: --gap and --time must be 0 or above", errUsage)
	}
	data, err := readProgramFile(name, stdin)
	if err != nil {
		return err
	}
	file, err := programfile.Parse(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s, err := newSolver(f.solver)
	if err != nil {
		return err
	}
	got, err := s.Solve(ctx, file.Program, lp.Options{Time: f.time, Gap: f.gap, Relax: f.relax, Confirm: f.confirm})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var conflict []lp.Row
	if f.conflict && got.Status == lp.Infeasible {
		if conflict, err = lp.Conflict(ctx, s, file.Program, file.Soft); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return a.printJSON(programfile.NewAnswer(file, got, f.relax, conflict))
}

func readProgramFile(name string, stdin io.Reader) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		stdin = f
	}
	return io.ReadAll(io.LimitReader(stdin, programfile.MaxSize+1))
}
