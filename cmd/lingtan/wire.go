package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/user"
	"runtime"
	"time"

	"lingtan/node"
	"lingtan/store/record"
)

// app is what every command shares: where data lie, how to speak, where to write.
type app struct {
	dir        string
	database   string
	listen     string
	ports      ports
	language   string
	configFile string
	config     config
	verbose    bool
	stdout     io.Writer
	stderr     io.Writer
}

// open opens the data directory.
func (a *app) open(ctx context.Context) (*node.Node, error) {
	cluster, err := a.clusterOptions()
	if err != nil {
		return nil, err
	}
	return node.Open(ctx, node.Options{Dir: a.dir, Database: a.database, Cluster: cluster, Workers: runtime.NumCPU()})
}

// with runs fn on the opened data directory and closes it.
func (a *app) with(ctx context.Context, fn func(*node.Node) error) (err error) {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if e := n.Close(); err == nil {
			err = e
		}
	}()
	return fn(n)
}

// act is who changes something at the command line.
func (a *app) act(command string) record.Act {
	name := "system"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return record.Act{Who: "system", Name: name, From: "lingtan " + command, At: time.Now().UTC()}
}

// say is the text in the reader's language.
func (a *app) say(zh, en string) string {
	if a.language == "zh" {
		return zh
	}
	return en
}

// printJSON writes v as indented JSON to standard output.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// wrongFormat refuses an output format.
func wrongFormat(got string, known ...string) error {
	return fmt.Errorf("%w: -o %q; one of %v", errUsage, got, known)
}
