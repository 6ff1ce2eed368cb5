//go:build !linux

package main

import (
	"errors"
	"time"
)

// pushers is the load of the stage mqtt, which needs epoll.
type pushers struct {
	sent, acknowledged int64
	waits              []uint32
}

func connectPushers(string, int, time.Duration, func(int) string) (*pushers, error) {
	return nil, errors.New("the load of the stage mqtt runs on Linux only; leave it out with -only")
}

func (*pushers) close() error            { return nil }
func (*pushers) run(time.Duration) error { return nil }
func (*pushers) drain() error            { return nil }
