package alarm

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"lingtan/park"
)

// costLimit bounds the work of one evaluation, in CEL's units (about one operation each).
// The longest expression of sums stays below 2,000.
const costLimit = 5000

// reserved are the names that an expression has without an input.
var reserved = map[string]bool{"limit": true, "hour": true, "minute": true, "weekday": true, "day": true, "month": true}

// clockNames are the whole numbers that the moment of a judgement gives, in the zone of
// the set; weekday is 1 for Monday to 7 for Sunday.
var clockNames = []string{"hour", "minute", "weekday", "day", "month"}

// expression is a compiled CEL expression. It is safe for concurrent use.
type expression struct {
	program cel.Program
	truth   bool // gives true or false; otherwise a number
	clock   bool // reads the clock names
}

// environment declares the inputs, the limit and the clock, with the arithmetic of CEL
// and abs, min, max and sqrt. There are no macros: an expression cannot loop.
func environment(inputs map[string]string) (*cel.Env, error) {
	options := []cel.EnvOption{cel.StdLib(), cel.ClearMacros(), cel.Variable("limit", cel.DoubleType),
		one("abs", math.Abs), one("sqrt", math.Sqrt), two("min", math.Min), two("max", math.Max),
		cel.CrossTypeNumericComparisons(true)}
	for _, name := range clockNames {
		options = append(options, cel.Variable(name, cel.IntType))
	}
	for name := range inputs {
		if variable.MatchString(name) && !reserved[name] {
			options = append(options, cel.Variable(name, cel.DoubleType))
		}
	}
	return cel.NewCustomEnv(options...)
}

func one(name string, f func(float64) float64) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_double", []*cel.Type{cel.DoubleType}, cel.DoubleType, cel.UnaryBinding(func(v ref.Val) ref.Val {
		return types.Double(f(float64(v.(types.Double)))) // the checker has seen to the type
	})))
}

func two(name string, f func(x, y float64) float64) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_double", []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.DoubleType, cel.BinaryBinding(func(v, w ref.Val) ref.Val {
		return types.Double(f(float64(v.(types.Double)), float64(w.(types.Double))))
	})))
}

// compiler keeps what was compiled: rules of one pattern share an expression.
type compiler struct {
	environments map[string]*cel.Env
	expressions  map[string]compiled
}

type compiled struct {
	expression *expression
	problem    *Problem
}

func newCompiler() *compiler {
	return &compiler{environments: map[string]*cel.Env{}, expressions: map[string]compiled{}}
}

// compile makes an expression over inputs, or says what is wrong and where.
func (c *compiler) compile(text string, inputs map[string]string, numbers bool) (*expression, *Problem) {
	names := strings.Join(slices.Sorted(maps.Keys(inputs)), ",")
	key := fmt.Sprint(numbers, names, "\n", text)
	if done, ok := c.expressions[key]; ok {
		return done.expression, done.problem
	}
	env := c.environments[names]
	if env == nil {
		var err error
		if env, err = environment(inputs); err != nil {
			return nil, &Problem{Message: park.Name{ZH: "表达式环境：" + err.Error(), EN: "environment of the expression: " + err.Error()}}
		}
		c.environments[names] = env
	}
	x, problem := compile(env, text, numbers)
	c.expressions[key] = compiled{x, problem}
	return x, problem
}

func compile(env *cel.Env, text string, numbers bool) (*expression, *Problem) {
	wrong := func(zh, en string) (*expression, *Problem) {
		return nil, &Problem{Message: park.Name{ZH: zh, EN: en}}
	}
	if len(text) > maxText {
		return wrong(fmt.Sprintf("表达式超过 %d 字节", maxText), fmt.Sprintf("the expression is longer than %d bytes", maxText))
	}
	tree, issues := env.Compile(text)
	if list := issues.Errors(); len(list) > 0 {
		e := list[0]
		return nil, &Problem{Row: e.Location.Line(), Column: e.Location.Column() + 1,
			Message: park.Name{ZH: "表达式有误：" + e.Message, EN: "in the expression: " + e.Message}}
	}
	kind := tree.OutputType()
	x := &expression{truth: kind.IsExactType(cel.BoolType)}
	if !x.truth && !(numbers && kind.IsExactType(cel.DoubleType)) {
		want, zh := "true or false", "true 或 false"
		if numbers {
			want, zh = want+" or a double", zh+" 或浮点数"
		}
		return wrong("表达式的结果是 "+kind.String()+"；应为 "+zh, "the expression gives "+kind.String()+"; it must give "+want)
	}
	if cost, err := env.EstimateCost(tree, bounded{}); err != nil || cost.Max > costLimit {
		return wrong(fmt.Sprintf("表达式的代价可达 %d，上限 %d；请化简", cost.Max, costLimit), fmt.Sprintf("the expression may cost %d, at most %d; make it simpler", cost.Max, costLimit))
	}
	for _, name := range clockNames {
		x.clock = x.clock || strings.Contains(text, name)
	}
	program, err := env.Program(tree, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return wrong("表达式有误："+err.Error(), "in the expression: "+err.Error())
	}
	x.program = program
	return x, nil
}

// bounded estimates: variables are numbers, texts are those of the expression itself.
type bounded struct{}

func (bounded) EstimateSize(checker.AstNode) *checker.SizeEstimate {
	return &checker.SizeEstimate{Min: 0, Max: maxText}
}

func (bounded) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

// values are what an expression reads at one moment.
type values struct {
	inputs map[string]int // input → place in latest
	latest []sample
	limit  float64
	at     time.Time // in the zone of the set
}

// ResolveName gives a variable.
func (v *values) ResolveName(name string) (any, bool) {
	if i, ok := v.inputs[name]; ok {
		return v.latest[i].V, v.latest[i].At != 0
	}
	switch name {
	case "limit":
		return v.limit, true
	case "hour":
		return int64(v.at.Hour()), true
	case "minute":
		return int64(v.at.Minute()), true
	case "weekday":
		return int64((v.at.Weekday()+6)%7 + 1), true
	case "day":
		return int64(v.at.Day()), true
	case "month":
		return int64(v.at.Month()), true
	}
	return nil, false
}

// Parent has no activation above.
func (*values) Parent() cel.Activation { return nil }

// number evaluates: truth is 1 or 0. It is unknown where an input is missing or the
// result is none, such as a division by zero.
func (x *expression) number(v *values) (result float64, known bool) {
	out, _, err := x.program.Eval(v)
	if err != nil {
		return 0, false
	}
	switch r := out.(type) {
	case types.Bool:
		if r {
			return 1, true
		}
		return 0, true
	case types.Double:
		return float64(r), finite(float64(r))
	}
	return 0, false
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// expressions checks the three expressions of a rule.
func (c *collector) expressions(r *Rule, at string) {
	try := func(key, text string, numbers bool) {
		if text == "" {
			return
		}
		if _, p := c.compiler.compile(text, r.Inputs, numbers); p != nil {
			one := *p
			one.Path = at + "." + key
			c.problems = append(c.problems, one)
		}
	}
	try("expression", r.Expression, true)
	try("when", r.When, false)
	try("suppress_when", r.SuppressWhen, false)
	if (r.Kind == "expression") != (r.Expression != "") {
		c.fault(at+".expression", "kind 为 expression 的规则须有表达式，其他种类不得有", "a rule of kind expression has an expression, and no other kind has one")
	}
}
