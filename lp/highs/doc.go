// Package highs solves programs with HiGHS, compiled to WebAssembly and run inside this
// process without any C library.
package highs
