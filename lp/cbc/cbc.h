#ifndef LINGTAN_CBC_H
#define LINGTAN_CBC_H

#ifdef __cplusplus
extern "C" {
#endif

/* A program, minimised: rows compressed; bounds beyond ±1e30 are none. */
struct cbc_program {
	int columns, rows;
	const double *lower, *upper, *cost, *row_lower, *row_upper;
	const char *integer;   /* by column; NULL for none */
	const int *start, *index;
	const double *factor;
	double constant;
	const double *begin;   /* a solution to begin with, NULL for none */
};

struct cbc_limits {
	double seconds;        /* 0 is no limit */
	double gap;            /* relative */
};

/* What both sides see while the solver runs. Written and read atomically. */
struct cbc_shared {
	int stop;              /* set from outside to end the search */
	double incumbent, bound;
};

enum { cbc_failed, cbc_optimal, cbc_feasible, cbc_infeasible, cbc_undecided, cbc_stopped };

/* Solves; fills in value by column and, without whole numbers, dual by row and reduced by column. */
int cbc_solve(const struct cbc_program *p, const struct cbc_limits *l, struct cbc_shared *s,
	double *value, double *dual, double *reduced, double *bound);

#ifdef __cplusplus
}
#endif
#endif
