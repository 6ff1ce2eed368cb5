// Package cbc solves programs with COIN-OR's CBC, a branch-and-cut code, linked through
// its C interface when the program is built with the tag cbc.
package cbc
