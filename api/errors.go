package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/accounting"
	"lingtan/alarm"
	"lingtan/connector"
	"lingtan/factor"
	"lingtan/forecast"
	"lingtan/inventory"
	"lingtan/inventory/carbonflow"
	"lingtan/inventory/evidence"
	"lingtan/inventory/uncertainty"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/period"
	"lingtan/quantity"
	"lingtan/store/record"
	"lingtan/tariff"
)

// Errors of this package; the table below gives each its status and code.
var (
	errNotSignedIn   = errors.New("not signed in")
	errWrongPassword = errors.New("wrong login or password")
	errLockedOut     = errors.New("too many failed sign-ins")
	errLink          = errors.New("the link was used, has expired or is none")
	errForbidden     = errors.New("no permission")
	errPasswordFirst = errors.New("a password must be set first")
	errCrossSite     = errors.New("request without the header " + csrfHeader + ", or from another site")
	errInput         = errors.New("wrong input")
)

// kind is a class of errors as a caller sees it.
type kind struct {
	sentinel error
	status   int
	code     string // LT-xxxx, stable
	title    name
	next     name // what to do
}

// kinds is the table of errors, the first match counts. A noun that brings an
// error of its own adds a line.
var kinds = []kind{
	{errNotSignedIn, 401, "LT-0401", name{"未登录", "Not signed in"},
		name{"请登录，或使用服务令牌。", "Sign in, or send a service token."}},
	{errWrongPassword, 401, "LT-1001", name{"登录名或密码错误", "Wrong login or password"},
		name{"请重试；忘记密码时请管理员发送一次性链接。", "Try again; if it is forgotten ask an administrator for a one-time link."}},
	{errLockedOut, 429, "LT-1002", name{"登录失败次数过多", "Too many failed sign-ins"},
		name{"请在 Retry-After 秒后重试。", "Wait for the seconds in Retry-After."}},
	{errLink, 401, "LT-1003", name{"链接无效", "The link does not serve"},
		name{"请管理员发送新链接，或在服务器上运行 lingtan user reset。", "Ask an administrator for a new link, or run lingtan user reset on the server."}},
	{access.ErrPassword, 422, "LT-1004", name{"密码太弱", "Password too weak"},
		name{"至少 12 个字符，不用常见词和登录名。", "At least 12 characters, without common words and the login."}},
	{errCrossSite, 403, "LT-1005", name{"跨站请求被拒绝", "Cross-site request refused"},
		name{"请从控制台操作，或使用服务令牌。", "Act from the console, or send a service token."}},
	{errPasswordFirst, 403, "LT-1006", name{"请先设置密码", "Set a password first"},
		name{"请设置密码。", "Set a password."}},
	{errForbidden, 403, "LT-0403", name{"没有权限", "No permission"},
		name{"请管理员授予相应角色。", "Ask an administrator for the role."}},
	{record.ErrNotFound, 404, "LT-0404", name{"未找到", "Not found"},
		name{"请检查编号。", "Check the identifier."}},
	{record.ErrConflict, 409, "LT-0409", name{"与现有记录冲突", "In conflict with what is recorded"},
		name{"请刷新后重试。", "Reload and try again."}},
	{record.ErrTooLarge, 413, "LT-0413", name{"内容过大", "Too large"},
		name{"请分成较小的部分。", "Send smaller parts."}},
	{errInput, 422, "LT-0422", name{"输入有误", "Wrong input"},
		name{"请更正后重试。", "Correct it and try again."}},
	{access.ErrPath, 422, "LT-0422", name{"组织路径有误", "Not an organization path"},
		name{"格式为 /区域/园区/企业。", "Write it like /region/park/enterprise."}},
	{inventory.ErrNoEntry, 404, "LT-0404", name{"没有这一条目", "No such entry"},
		name{"请从清单中选择条目。", "Choose an entry of an inventory."}},
	{evidence.ErrNoReading, 404, "LT-0404", name{"没有这一读数", "No such reading"},
		name{"请检查表计和时间。", "Check the register and the time."}},
	{inventory.ErrUnsettled, 409, "LT-5001", name{"该时段尚无结算用量", "Nothing settled in the period"},
		name{"请先导入读数并结算。", "Import readings and settle them first."}},
	{errNoSettled, 409, "LT-5001", name{"该时段尚无结算用量", "Nothing settled in the period"},
		name{"请先导入读数并结算。", "Import readings and settle them first."}},
	{factor.ErrMissing, 409, "LT-4001", name{"缺少因子", "A factor is missing"},
		name{"请导入该因子，或检查园区的地区与方法。", "Import the factor, or check the park's region and method."}},
	{method.ErrUnknown, 422, "LT-4005", name{"没有这一方法", "No such method"},
		name{"请选择随附的方法，如 park-energy-cn@1。", "Name one that is shipped, such as park-energy-cn@1."}},
	{accounting.ErrNoRule, 422, "LT-4006", name{"方法没有此活动的规则", "The method has no rule for the activity"},
		name{"请更正活动类别，或先登记企业的核算方法。", "Correct the kind, or record first by which method the organization reports."}},
	{accounting.ErrGiven, 422, "LT-4007", name{"自有数值有误", "A value of one's own is missing or cannot be"},
		name{"请按提示更正角色、单位或出处。", "Correct the role, unit or source that is named."}},
	{accounting.ErrUnit, 422, "LT-4008", name{"单位不能得出排放", "The units do not make an emission"},
		name{"请更正数量或自有数值的单位。", "Correct the unit of the amount or value."}},
	{accounting.ErrAmount, 422, "LT-4009", name{"数量有误", "An amount that cannot be"},
		name{"请更正数量。", "Correct the amount."}},
	{accounting.ErrRecord, 422, "LT-4012", name{"申报记录有误", "A declared record that cannot be"},
		name{"请更正所指出的内容。", "Correct what is named."}},
	{quantity.ErrDimension, 422, "LT-7104", name{"单位的量纲不符", "Units measure different things"},
		name{"请使用同类单位。", "Give a unit of the right kind."}},
	{period.ErrSyntax, 422, "LT-0422", name{"时段有误", "Not a period"},
		name{"写作 2018、2018-03、2018-03-05 或 2018-03-05..2018-03-11。", "Write 2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11."}},
	{carbonflow.ErrStep, 422, "LT-0422", name{"步数过多", "Too many steps"},
		name{"请缩短时段，或使用更长的步长。", "Ask for a shorter period or longer steps."}},
	{forecast.ErrOptions, 422, "LT-4303", name{"预测选项有误", "Wrong options of a forecast"},
		name{"请更正预测对象、时长、步长或起点。", "Correct what is forecast, its horizon, step or origin."}},
	{forecast.ErrHistory, 409, "LT-4302", name{"历史过短，无法预测", "Too little history to forecast"},
		name{"至少需要三周的结算用量。", "It takes three weeks of settled usage at least."}},
	{tariff.ErrBill, 422, "LT-4305", name{"无法计算电费", "The bill cannot be computed"},
		name{"请更正价格或时段。", "Correct the prices or the period."}},
	{tariff.ErrMissing, 409, "LT-4306", name{"没有电价", "No tariff"},
		name{"请在园区文件的 tariffs 中登记电价。", "Name a tariff under tariffs in the park file."}},
	{meter.ErrRegister, 422, "LT-0422", name{"表计有误", "Not a register of the park"},
		name{"请检查表计编号。", "Check the register's key."}},
	{connector.ErrConfig, 422, "LT-3001", name{"设备配置有误", "The device is configured wrongly"},
		name{"请按行列更正设备清单；各键见 docs/formats/devices.md。", "Correct the device list where fields say; docs/formats/devices.md tells the keys."}},
	{uncertainty.ErrModel, 422, "LT-4106", name{"不确定性模型有误", "Not a model of uncertainty"}, name{"请更正权重或不确定度。", "Correct the weights or uncertainties."}},
	{alarm.ErrRule, 422, "LT-4201", name{"报警规则文件有误", "The alarm rules have faults"},
		name{"请按行列更正；各键见 docs/formats/alarm.md。", "Correct them where fields say; docs/formats/alarm.md tells the keys."}},
	{alarm.ErrAction, 409, "LT-4203", name{"此时不能这样处理报警", "Not possible for the alarm now"},
		name{"请刷新报警，查看其状态后再操作。", "Load the alarm again and look at its state."}},
	{errBusy, 503, "LT-0503", name{"繁忙", "Busy"},
		name{"请稍后重试。", "Try again in a while."}},
	{context.DeadlineExceeded, 503, "LT-0503", name{"处理超时", "Took too long"},
		name{"请缩小时段后重试。", "Ask for a shorter period, or try again."}},
}

// byStatus gives titles to answers that stand for no error of the table.
var byStatus = map[int]kind{
	400: {nil, 400, "LT-0400", name{"请求有误", "Bad request"}, name{"请更正请求。", "Correct the request."}},
	405: {nil, 405, "LT-0405", name{"不支持此方法", "Method not allowed"}, name{"请查阅 /api/docs。", "See /api/docs."}},
	406: {nil, 406, "LT-0406", name{"不支持此格式", "Not acceptable"}, name{"请接受 application/json。", "Accept application/json."}},
	408: {nil, 408, "LT-0408", name{"请求超时", "Request timed out"}, name{"请重试。", "Try again."}},
	413: {nil, 413, "LT-0413", name{"内容过大", "Too large"}, name{"请分成较小的部分。", "Send smaller parts."}},
	415: {nil, 415, "LT-0415", name{"不支持此内容类型", "Unsupported content type"}, name{"请发送 application/json。", "Send application/json."}},
	422: {nil, 422, "LT-0422", name{"输入有误", "Wrong input"}, name{"请更正后重试。", "Correct it and try again."}},
	500: {nil, 500, "LT-0500", name{"内部错误", "Internal error"}, name{"请凭请求编号联系管理员查看日志。", "Give the request id to an administrator, who finds it in the log."}},
}

// name is a text in Chinese and English.
type name struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

func (n name) in(language string) string {
	if language == "zh" {
		return n.ZH
	}
	return n.EN
}

// Problem is an error as a caller gets it: RFC 9457 with a stable code and what to
// do next.
type Problem struct {
	Type   string   `json:"type" doc:"Page about the code" example:"/api/docs#LT-0404"`
	Title  string   `json:"title" doc:"What is wrong, in the caller's language (Accept-Language zh or en)"`
	Status int      `json:"status" doc:"HTTP status"`
	Detail string   `json:"detail,omitempty" doc:"What is wrong here"`
	Code   string   `json:"code" doc:"Stable code" example:"LT-0404"`
	Next   string   `json:"next" doc:"What to do"`
	Fields []string `json:"fields,omitempty" doc:"Which input is wrong, and why"`
	header http.Header
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are headers that go with the problem, such as Retry-After.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType makes JSON problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problem is a kind said to a caller.
func (k kind) problem(language, detail string) *Problem {
	return &Problem{
		Type: "/api/docs#" + k.code, Title: k.title.in(language), Status: k.status,
		Detail: detail, Code: k.code, Next: k.next.in(language),
	}
}

// problemOf finds the kind of an error. What no kind knows is an internal error,
// whose text stays in the log.
func problemOf(err error, language, request string) *Problem {
	var own *Problem
	if errors.As(err, &own) {
		return own
	}
	for _, k := range kinds {
		if errors.Is(err, k.sentinel) {
			return k.problem(language, err.Error())
		}
	}
	return byStatus[500].problem(language, "request "+request)
}

// useProblems makes huma's own errors problems of ours. The values that a caller
// sent are not repeated: they may hold a password.
func useProblems() {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		language, request := "en", ""
		if ctx != nil {
			language, request = languageOf(ctx.Header("Accept-Language")), traceOf(ctx.Context()).request
		}
		k, known := byStatus[status]
		if !known {
			k = byStatus[500]
			k.status = status
		}
		if status >= 500 {
			message = "request " + request
		}
		problem := k.problem(language, message)
		for _, err := range errs {
			problem.Fields = append(problem.Fields, fieldOf(err))
		}
		return problem
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return huma.NewErrorWithContext(nil, status, message, errs...)
	}
}

func fieldOf(err error) string {
	var detail huma.ErrorDetailer
	if errors.As(err, &detail) {
		return fmt.Sprintf("%s: %s", detail.ErrorDetail().Location, detail.ErrorDetail().Message)
	}
	return err.Error()
}

// languageOf picks zh or en, whichever Accept-Language names first.
func languageOf(accept string) string {
	zh, en := strings.Index(accept, "zh"), strings.Index(accept, "en")
	if zh >= 0 && (en < 0 || zh < en) {
		return "zh"
	}
	return "en"
}

// writeProblem answers with a problem outside huma.
func (s *Server) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	problem := problemOf(err, languageOf(r.Header.Get("Accept-Language")), traceOf(r.Context()).request)
	s.logFailure(r.Context(), problem, err)
	writeJSON(w, problem.Status, "application/problem+json", problem)
}
