//go:build cbc

// The two routines of LAPACK that CoinUtils calls, written anew: a dense LU factorisation
// with partial pivoting and its solution (Golub and Van Loan 2013, algorithm 3.4.1).
// They spare the binary LAPACK, BLAS and a Fortran library. Matrices are by columns.
#include <math.h>

#define A(i, j) a[(i) + (long)(j) * ld]

static void swap_rows(double *a, int ld, int n, int i, int k) {
	for (int j = 0; j < n; j++) {
		double x = A(i, j);
		A(i, j) = A(k, j);
		A(k, j) = x;
	}
}

/* dgetrf_ factorises the m × n matrix a = P·L·U; info is the first zero pivot, from 1. */
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivot, int *info) {
	const int ld = *lda, rows = *m, columns = *n, steps = rows < columns ? rows : columns;
	*info = 0;
	for (int k = 0; k < steps; k++) {
		int best = k;
		for (int i = k + 1; i < rows; i++)
			if (fabs(A(i, k)) > fabs(A(best, k)))
				best = i;
		pivot[k] = best + 1;
		if (A(best, k) == 0) {
			if (*info == 0)
				*info = k + 1;
			continue;
		}
		if (best != k)
			swap_rows(a, ld, columns, k, best);
		for (int i = k + 1; i < rows; i++)
			A(i, k) /= A(k, k);
		for (int j = k + 1; j < columns; j++) {
			const double x = A(k, j);
			if (x != 0)
				for (int i = k + 1; i < rows; i++)
					A(i, j) -= A(i, k) * x;
		}
	}
}

static void solve_plain(const double *a, int ld, int n, const int *pivot, double *b) {
	for (int k = 0; k < n; k++) {
		double x = b[pivot[k] - 1];
		b[pivot[k] - 1] = b[k];
		b[k] = x;
	}
	for (int k = 0; k < n; k++)
		for (int i = k + 1; i < n; i++)
			b[i] -= A(i, k) * b[k];
	for (int k = n - 1; k >= 0; k--) {
		b[k] /= A(k, k);
		for (int i = 0; i < k; i++)
			b[i] -= A(i, k) * b[k];
	}
}

static void solve_transposed(const double *a, int ld, int n, const int *pivot, double *b) {
	for (int k = 0; k < n; k++) {
		for (int i = 0; i < k; i++)
			b[k] -= A(i, k) * b[i];
		b[k] /= A(k, k);
	}
	for (int k = n - 1; k >= 0; k--)
		for (int i = k + 1; i < n; i++)
			b[k] -= A(i, k) * b[i];
	for (int k = n - 1; k >= 0; k--) {
		double x = b[pivot[k] - 1];
		b[pivot[k] - 1] = b[k];
		b[k] = x;
	}
}

/* dgetrs_ solves A·x = b ("N") or Aᵀ·x = b ("T") with the factors of dgetrf_. */
void dgetrs_(const char *transposed, const int *n, const int *count, const double *a, const int *lda, const int *pivot, double *b, const int *ldb, int *info, int length) {
	(void)length;
	*info = 0;
	for (int k = 0; k < *count; k++) {
		double *right = b + (long)k * *ldb;
		if (*transposed == 'N' || *transposed == 'n')
			solve_plain(a, *lda, *n, pivot, right);
		else
			solve_transposed(a, *lda, *n, pivot, right);
	}
}
