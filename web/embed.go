// Package web carries the console, the pages that people see, inside the binary.
package web

import (
	"embed"
	"io/fs"
)

// dist is the console as `npm run build` leaves it. The file .keep stands there so
// that the program also compiles before the console has been built.
//
//go:embed all:dist
var dist embed.FS

// Console returns the files of the built console, with index.html at its root.
// It reports false when the console was not built before the program was compiled:
// then only .keep is there, and a server should say so instead of serving nothing.
func Console() (fs.FS, bool) {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, false
	}
	if _, err := fs.Stat(root, "index.html"); err != nil {
		return nil, false
	}
	return root, true
}
