package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"lingtan/accounting"
	"lingtan/accounting/casefile"
	"lingtan/alarm"
	"lingtan/alarm/anomaly"
	"lingtan/balance"
	"lingtan/connector"
	"lingtan/control"
	"lingtan/dispatch"
	"lingtan/dispatch/dispatchfile"
	"lingtan/factor"
	"lingtan/flow/carbon"
	"lingtan/flow/carbon/flowfile"
	"lingtan/forecast"
	"lingtan/forecast/seriesfile"
	"lingtan/health"
	"lingtan/ingest/readingfile"
	"lingtan/inventory"
	"lingtan/inventory/carbonflow"
	"lingtan/inventory/consolidation"
	"lingtan/inventory/evidence"
	"lingtan/inventory/uncertainty"
	"lingtan/lp"
	"lingtan/lp/programfile"
	"lingtan/mandv"
	"lingtan/mandv/baselinefile"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/node"
	"lingtan/park/parkfile"
	"lingtan/period"
	"lingtan/proof"
	"lingtan/quantity"
	"lingtan/rating"
	"lingtan/store/record"
	"lingtan/store/series"
	"lingtan/store/stream"
	"lingtan/tariff"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// The exit codes, as --help tells them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInvalid     = 3
	exitNotFound    = 4
	exitPermission  = 5
	exitNetwork     = 6
	exitQuality     = 7
	exitMismatch    = 8
	exitRetry       = 75
	exitInterrupted = 130
)

// Sentinels of the command line.
var (
	errUsage   = errors.New("usage")
	errQuality = errors.New("data-quality gate")
)

// outcomes maps sentinels to stable codes and exit codes; the first that fits wins.
var outcomes = []struct {
	err  error
	code string
	exit int
}{
	{errUsage, "LT-7001", exitUsage},
	{errConfig, "LT-7005", exitInvalid},
	{period.ErrSyntax, "LT-7002", exitUsage},
	{readingfile.ErrMapping, "LT-3201", exitInvalid},
	{readingfile.ErrColumn, "LT-3202", exitInvalid},
	{readingfile.ErrRegister, "LT-3203", exitInvalid},
	{readingfile.ErrCut, "LT-3204", exitFailure},
	{readingfile.ErrLimit, "LT-3205", exitFailure},
	{readingfile.ErrFormat, "LT-3206", exitInvalid},
	{errQuality, "LT-3207", exitQuality},
	{factor.ErrMissing, "LT-4001", exitNotFound},
	{accounting.ErrGiven, "LT-4007", exitInvalid},
	{accounting.ErrUnit, "LT-4008", exitInvalid},
	{accounting.ErrAmount, "LT-4009", exitInvalid},
	{accounting.ErrRecord, "LT-4012", exitInvalid},
	{meter.ErrRegister, "LT-7101", exitInvalid},
	{balance.ErrNetwork, "LT-7102", exitInvalid},
	{quantity.ErrUnit, "LT-7103", exitInvalid},
	{quantity.ErrDimension, "LT-7104", exitInvalid},
	{factor.ErrAmbiguous, "LT-4002", exitInvalid},
	{factor.ErrInvalid, "LT-4003", exitInvalid},
	{factor.ErrConflict, "LT-4004", exitInvalid},
	{method.ErrUnknown, "LT-4005", exitNotFound},
	{accounting.ErrNoRule, "LT-4006", exitInvalid},
	{method.ErrPack, "LT-4010", exitInvalid},
	{casefile.ErrCase, "LT-4011", exitInvalid},
	{carbonflow.ErrStep, "LT-4104", exitUsage},
	{rating.ErrCase, "LT-4105", exitInvalid},
	{uncertainty.ErrModel, "LT-4106", exitInvalid},
	{consolidation.ErrCase, "LT-4107", exitInvalid},
	{baselinefile.ErrFormat, "LT-4140", exitInvalid},
	{mandv.ErrCase, "LT-4141", exitInvalid},
	{health.ErrCase, "LT-4142", exitInvalid},
	{control.ErrSetup, "LT-4401", exitInvalid},
	{control.ErrPlan, "LT-4402", exitInvalid},
	{control.ErrDecision, "LT-4403", exitFailure},
	{seriesfile.ErrFormat, "LT-4301", exitInvalid},
	{forecast.ErrSeries, "LT-4301", exitInvalid},
	{forecast.ErrHistory, "LT-4302", exitInvalid},
	{forecast.ErrOptions, "LT-4303", exitUsage},
	{forecast.ErrModel, "LT-4304", exitInvalid},
	{tariff.ErrBill, "LT-4305", exitInvalid},
	{tariff.ErrMissing, "LT-4306", exitNotFound},
	{dispatchfile.ErrFormat, "LT-4130", exitInvalid},
	{dispatch.ErrProblem, "LT-4131", exitInvalid},
	{flowfile.ErrFormat, "LT-4101", exitInvalid},
	{carbon.ErrNetwork, "LT-4102", exitInvalid},
	{carbon.ErrConservation, "LT-4103", exitFailure},
	{alarm.ErrRule, "LT-4201", exitInvalid},
	{alarm.ErrAction, "LT-4203", exitFailure},
	{anomaly.ErrSeries, "LT-4202", exitInvalid},
	{inventory.ErrUnsettled, "LT-5001", exitNotFound},
	{inventory.ErrNoEntry, "LT-5002", exitNotFound},
	{evidence.ErrNoReading, "LT-5003", exitNotFound},
	{inventory.ErrConservation, "LT-5004", exitFailure},
	{evidence.ErrDifferent, "LT-5005", exitMismatch},
	{proof.ErrInclusion, "LT-5006", exitMismatch},
	{evidence.ErrFormat, "LT-5007", exitInvalid},
	{statement.ErrDifferent, "LT-5102", exitMismatch},
	{statement.ErrChain, "LT-5103", exitMismatch},
	{node.ErrUntrusted, "LT-5104", exitPermission},
	{statement.ErrLimit, "LT-5105", exitInvalid},
	{statement.ErrFormat, "LT-5101", exitInvalid},
	{usage.ErrEdit, "LT-3208", exitInvalid},
	{node.ErrNoPark, "LT-7105", exitNotFound},
	{record.ErrNotFound, "LT-6001", exitNotFound},
	{record.ErrConflict, "LT-6002", exitFailure},
	{series.ErrLocked, "LT-6003", exitRetry},
	{connector.ErrConfig, "LT-7201", exitInvalid},
	{connector.ErrUnreachable, "LT-7202", exitNetwork},
	{connector.ErrProtocol, "LT-7203", exitNetwork},
	{connector.ErrRefused, "LT-7204", exitPermission},
	{connector.ErrBusy, "LT-7205", exitRetry},
	{node.ErrCluster, "LT-7301", exitInvalid},
	{stream.ErrConfig, "LT-7302", exitInvalid},
	{stream.ErrIncomplete, "LT-7303", exitFailure},
	{stream.ErrNoQuorum, "LT-7304", exitRetry},
	{stream.ErrBehind, "LT-7305", exitRetry},
	{stream.ErrLeaseLost, "LT-7306", exitRetry},
	{programfile.ErrFormat, "LT-4120", exitInvalid},
	{lp.ErrProgram, "LT-4121", exitInvalid},
	{lp.ErrWrongAnswer, "LT-4122", exitFailure},
	{lp.ErrAbsent, "LT-4123", exitNotFound},
	{fs.ErrNotExist, "LT-7003", exitNotFound},
	{fs.ErrPermission, "LT-7004", exitPermission},
	{context.DeadlineExceeded, "LT-6004", exitRetry},
}

// exitCode is the stable code and the exit code of an error.
func exitCode(err error) (string, int) {
	var faults parkfile.Faults
	if errors.As(err, &faults) {
		return "LT-7100", exitInvalid
	}
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return o.code, o.exit
		}
	}
	return "LT-7000", exitFailure
}

// printError tells a person what failed; the faults of a park file a line each.
func (a *app) printError(err error, code string) {
	var faults parkfile.Faults
	if errors.As(err, &faults) {
		for _, f := range faults {
			fmt.Fprintf(a.stderr, "%d:%d: %s %s\n    %s\n", f.Line, f.Column, f.Code, f.Path, f.Message.In(a.language))
		}
		fmt.Fprintf(a.stderr, "%s [%s]\n", a.say(fmt.Sprintf("园区文件有 %d 处错误，未做任何更改。", len(faults)), fmt.Sprintf("%d faults in the park file; nothing was changed.", len(faults))), code)
		return
	}
	fmt.Fprintf(a.stderr, "%s %v [%s]\n", a.say("错误：", "Error:"), err, code)
}
