// Package cbc solves programs with CBC, the branch-and-cut code of COIN-OR, linked
// statically when the program is built with the tag cbc.
package cbc
