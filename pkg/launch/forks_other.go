//go:build !linux

package launch

import (
	"context"

	"stoke/pkg/worker"
)

// CanFork reports whether workers can be forks of one process on this system.
const CanFork = false

// forks is nothing here.
type forks struct{}

func newForks(context.Context, *Starter) *forks { return nil }

func (*forks) await(int, func() bool) (worker.Launcher, error) { return nil, nil }

func (*forks) close() {}
