//go:build cbc

// The C face of CBC's C++ classes. CBC's own C interface cannot be stopped from outside,
// neither during the simplex nor during the search; event handlers can.
#include "cbc.h"

#include <signal.h>

#include <cmath>
#include <mutex>
#include <string>
#include <vector>

#include "CbcEventHandler.hpp"
#include "CbcModel.hpp"
#include "CbcSolver.hpp"
#include "ClpEventHandler.hpp"
#include "ClpSimplex.hpp"
#include "ClpSolve.hpp"
#include "CoinTime.hpp"
#include "OsiClpSolverInterface.hpp"

namespace {

bool stopped(const cbc_shared *s) { return __atomic_load_n(&s->stop, __ATOMIC_RELAXED) != 0; }

void tell(double *where, double v) { __atomic_store(where, &v, __ATOMIC_RELAXED); }

// CBC takes SIGINT for itself when it begins to branch. Go must keep it: its own handler
// is put back at the first event and at the end. Go's handlers run on a stack of their
// own (SA_ONSTACK), CBC's does not, so one is told from the other.
std::mutex interrupt_mutex;
struct sigaction interrupt_kept;
bool interrupt_known = false;

bool taken(const struct sigaction &a) {
	return a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN && !(a.sa_flags & SA_ONSTACK);
}

void interrupt_keep() {
	std::lock_guard<std::mutex> lock(interrupt_mutex);
	struct sigaction now;
	if (sigaction(SIGINT, nullptr, &now) == 0 && !taken(now)) {
		interrupt_kept = now;
		interrupt_known = true;
	}
}

void interrupt_restore() {
	std::lock_guard<std::mutex> lock(interrupt_mutex);
	struct sigaction now;
	if (interrupt_known && sigaction(SIGINT, nullptr, &now) == 0 && taken(now))
		sigaction(SIGINT, &interrupt_kept, nullptr);
}

// Ends the simplex when asked to, or when its time is over.
class SimplexEvents : public ClpEventHandler {
public:
	SimplexEvents(const cbc_shared *s, double until) : s_(s), until_(until) {}
	ClpEventHandler *clone() const override { return new SimplexEvents(*this); }
	int event(Event e) override {
		interrupt_restore();
		switch (e) {
		case endOfIteration:
		case endOfFactorization:
		case endOfValuesPass:
		case presolveStart:
		case presolveAfterFirstSolve:
			if (stopped(s_) || (until_ > 0 && CoinGetTimeOfDay() > until_))
				return 5;
		default:
			return -1;
		}
	}

private:
	const cbc_shared *s_;
	double until_;
};

// Ends the search when asked to, and tells how far it has come.
class SearchEvents : public CbcEventHandler {
public:
	explicit SearchEvents(cbc_shared *s) : s_(s) {}
	CbcEventHandler *clone() const override { return new SearchEvents(*this); }
	CbcAction event(CbcEvent e) override {
		interrupt_restore();
		if ((e == solution || e == heuristicSolution || e == node) && model_) {
			if (model_->getObjValue() < 1e49)
				tell(&s_->incumbent, model_->getObjValue());
			if (e == node)
				tell(&s_->bound, model_->getBestPossibleObjValue());
		}
		return stopped(s_) ? stop : noAction;
	}

private:
	cbc_shared *s_;
};

CoinPackedMatrix matrix(const cbc_program *p) {
	std::vector<int> length(p->rows);
	std::vector<CoinBigIndex> start(p->start, p->start + p->rows + 1);
	for (int i = 0; i < p->rows; i++)
		length[i] = p->start[i + 1] - p->start[i];
	return CoinPackedMatrix(false, p->columns, p->rows, p->start[p->rows], p->factor, p->index, start.data(), length.data());
}

int simplex(const cbc_program *p, const cbc_limits *l, cbc_shared *s, double *value, double *dual, double *reduced) {
	ClpSimplex model;
	model.setLogLevel(0);
	model.loadProblem(matrix(p), p->lower, p->upper, p->cost, p->row_lower, p->row_upper);
	SimplexEvents events(s, l->seconds > 0 ? CoinGetTimeOfDay() + l->seconds : 0);
	model.passInEventHandler(&events);
	ClpSolve how;
	how.setPresolveType(ClpSolve::presolveOn);
	model.initialSolve(how);
	if (model.status() != 0 && !stopped(s)) // presolve's word is taken by none: once more, plainly
		model.primal();
	if (stopped(s))
		return cbc_stopped;
	switch (model.status()) {
	case 0:
		break;
	case 1:
		return cbc_infeasible;
	case 2:
		return cbc_undecided;
	case 3:
	case 5:
		return cbc_stopped;
	default:
		return cbc_failed;
	}
	std::copy_n(model.primalColumnSolution(), p->columns, value);
	std::copy_n(model.dualRowSolution(), p->rows, dual);
	std::copy_n(model.dualColumnSolution(), p->columns, reduced);
	return cbc_optimal;
}

// begin gives the search the whole numbers of a solution; the rest follows from them.
void begin(CbcModel &model, const cbc_program *p) {
	std::vector<std::string> names;
	std::vector<double> values;
	for (int j = 0; j < p->columns; j++) {
		if (p->integer[j]) {
			names.push_back("c" + std::to_string(j));
			values.push_back(std::round(p->begin[j]));
		}
	}
	std::vector<const char *> pointers;
	for (const auto &n : names)
		pointers.push_back(n.c_str());
	model.setMIPStart(int(pointers.size()), pointers.data(), values.data());
}

int none(CbcModel *, int) { return 0; }

// name gives names, by which a start is told through preprocessing. Rows need theirs, too:
// Clp's presolve reads row names wherever there are column names.
void name(OsiClpSolverInterface &osi, const cbc_program *p) {
	osi.setIntParam(OsiNameDiscipline, 1);
	for (int j = 0; j < p->columns; j++)
		osi.setColName(j, "c" + std::to_string(j));
	for (int i = 0; i < p->rows; i++)
		osi.setRowName(i, "r" + std::to_string(i));
}

void load(OsiClpSolverInterface &osi, const cbc_program *p) {
	osi.messageHandler()->setLogLevel(0);
	osi.getModelPtr()->messageHandler()->setLogLevel(0);
	osi.loadProblem(matrix(p), p->lower, p->upper, p->cost, p->row_lower, p->row_upper);
	osi.setDblParam(OsiObjOffset, -p->constant);
	for (int j = 0; j < p->columns; j++)
		if (p->integer[j])
			osi.setInteger(j);
	if (p->begin)
		name(osi, p);
}

int verdict(const CbcModel &model) {
	if (model.bestSolution())
		return model.isProvenOptimal() ? cbc_optimal : cbc_feasible;
	if (model.isContinuousUnbounded() || model.status() == 0 && model.secondaryStatus() == 7)
		return cbc_undecided;
	if (model.isInitialSolveProvenDualInfeasible())
		return cbc_undecided;
	if (model.isProvenInfeasible() || model.isInitialSolveProvenPrimalInfeasible())
		return cbc_infeasible;
	return cbc_stopped;
}

int search(const cbc_program *p, const cbc_limits *l, cbc_shared *s, double *value, double *bound) {
	OsiClpSolverInterface osi;
	load(osi, p);
	SimplexEvents simplex(s, 0);
	osi.getModelPtr()->passInEventHandler(&simplex);
	CbcModel model(osi);
	CbcSolverUsefulData data;
	data.noPrinting_ = true;
	CbcMain0(model, data);
	model.setLogLevel(0);
	SearchEvents events(s);
	model.passInEventHandler(&events);
	if (p->begin)
		begin(model, p);
	std::vector<std::string> words = {"cbc", "-log", "0", "-timeMode", "elapsed", "-ratioGap", std::to_string(l->gap)};
	char gap[32];
	snprintf(gap, sizeof gap, "%.17g", l->gap);
	words.back() = gap;
	if (l->seconds > 0) {
		words.push_back("-seconds");
		words.push_back(std::to_string(l->seconds));
	}
	words.push_back("-solve");
	words.push_back("-quit");
	std::vector<const char *> argv;
	for (const auto &w : words)
		argv.push_back(w.c_str());
	interrupt_keep();
	CbcMain1(int(argv.size()), argv.data(), model, none, data);
	interrupt_restore();
	*bound = model.getBestPossibleObjValue();
	int found = verdict(model);
	if (model.bestSolution())
		std::copy_n(model.bestSolution(), p->columns, value);
	return found;
}

} // namespace

extern "C" int cbc_solve(const cbc_program *p, const cbc_limits *l, cbc_shared *s, double *value, double *dual, double *reduced, double *bound) {
	try {
		if (p->integer)
			return search(p, l, s, value, bound);
		return simplex(p, l, s, value, dual, reduced);
	} catch (...) {
		return cbc_failed;
	}
}
