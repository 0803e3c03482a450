package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"stoke/pkg/check"
	"stoke/pkg/cut"
	"stoke/pkg/engine"
	"stoke/pkg/launch"
	"stoke/pkg/worker"
)

const (
	// mostSamples and sampleSize bound what of the input a worker is tried with, sampleWait how long that is waited for.
	mostSamples = 100
	sampleSize  = 16 << 20
	sampleWait  = time.Second
	// madeUp items are used where there are none.
	madeUp = 10
)

// runCheck tries the worker out instead of running it, and prints what was found.
func runCheck(p *plan, v *voice) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	defer cancelOnSignal(ctx, cancel)()
	items, whence, err := samples(ctx, p)
	if err != nil {
		return err
	}
	to := &printer{to: os.Stdout}
	to.print("items    %s\n", whence)
	err = tryOut(ctx, p, v, items, to.found)
	if err != nil && !errors.As(err, new(*told)) {
		return err
	}
	if err := to.conclude(); err != nil {
		return err
	}
	return err
}

// tryOut tries the worker out with items. What it finds is no error but told.
func tryOut(ctx context.Context, p *plan, v *voice, items [][]byte, found func(check.Finding)) error {
	if p.worker.Protocol.Replies {
		return tryCode(ctx, p, v, items, found)
	}
	co := checkOptions(p, v, items)
	co.Found = found
	report, err := check.Run(ctx, co)
	if err != nil {
		return err
	}
	if err := checkError(report); err != nil {
		return &told{err}
	}
	return nil
}

// cancelOnSignal makes a signal end the check. What it returns leaves signals alone again.
func cancelOnSignal(ctx context.Context, cancel context.CancelCauseFunc) (stop func()) {
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		select {
		case s := <-signals:
			cancel(&signalled{signal: s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return func() { signal.Stop(signals) }
}

// checkOptions says how to try the worker of slot 1.
func checkOptions(p *plan, v *voice, items [][]byte) check.Options {
	local := launch.Local(1)
	stderr := worker.NewStderr(v)
	show := stderr.Of("")
	return check.Options{
		Start:   func() (*worker.Worker, error) { return worker.Start(local, p.worker.Command(1), show) },
		Framing: p.worker.Protocol.Framing,
		Items:   items,
		Ready:   p.worker.Ready,
		Show:    show,
		Word:    inWords,
		Mend:    oneEach(p.worker.Argv),
		Names: check.Names{Framing: "--framing", Ready: "--ready", InitTimeout: "--init-timeout", Timeout: "--timeout",
			MaxAnswer: "--max-item", Lockstep: "--lockstep", FeedAhead: "--feed-ahead"},
		InitTimeout: p.engine.InitTimeout,
		Timeout:     p.engine.Timeout,
		MaxAnswer:   p.engine.MaxItem,
		Jobs:        p.worker.Jobs,
		Lockstep:    p.engine.Lockstep,
		Accepts:     p.accepted,
		FeedAhead:   p.engine.FeedAhead,
	}
}

// samples returns the items to try the worker with, and words for where they are from: the first of the input, so far
// as they come soon, or made up ones.
func samples(ctx context.Context, p *plan) (items [][]byte, whence string, err error) {
	in, err := openInput(p.argFile)
	if err != nil && !errors.Is(err, errClosed) {
		return nil, "", err
	}
	name := "standard input"
	if in != os.Stdin {
		name = p.argFile
		defer in.Close()
	}
	info, err := in.Stat()
	if err == nil && info.Mode()&os.ModeCharDevice == 0 { // neither a terminal nor /dev/null
		if items, err = gather(ctx, in, p.delimiter); err != nil {
			return nil, "", &engine.ReadError{Err: err}
		}
	}
	switch n := len(items); {
	case n == mostSamples:
		return items, fmt.Sprintf("the first %d of %s", n, name), nil
	case n > 0:
		return items, fmt.Sprintf("%d from %s", n, name), nil
	}
	items, whence = madeUpItems(p)
	return items, whence + ", made up; to try others give them on standard input or with -a", nil
}

// madeUpItems returns items for a worker that was given none: objects where it is to take JSON, numbers for all others.
func madeUpItems(p *plan) (items [][]byte, whence string) {
	objects := p.engine.Format.Items || p.worker.Program == nil && len(p.worker.Argv) > 0 && slices.Contains(jqs, filepath.Base(p.worker.Argv[0]))
	for i := range madeUp {
		if objects {
			items = append(items, fmt.Appendf(nil, `{"id":%d,"name":"item %[1]d","value":%[1]d.5,"tags":["a","b"]}`, i+1))
		} else {
			items = append(items, fmt.Append(nil, i+1))
		}
	}
	if objects {
		return items, fmt.Sprintf("%d JSON objects such as %s", madeUp, items[0])
	}
	return items, fmt.Sprintf("1 to %d", madeUp)
}

// chunk is what one read returned.
type chunk struct {
	data []byte
	err  error
}

// gather returns the first items of in that come within sampleWait. It may read more than them.
func gather(ctx context.Context, in io.Reader, delimiter cut.Delimiter) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sampleWait)
	defer cancel()
	chunks := make(chan chunk)
	go func() { // may be left behind, in a read that nothing interrupts
		for {
			buf := make([]byte, 64<<10)
			n, err := in.Read(buf)
			select {
			case chunks <- chunk{buf[:n], err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	var all []byte
	for n := 0; n < mostSamples && len(all) < sampleSize; n, _ = delimiter.First(all, mostSamples) {
		select {
		case c := <-chunks:
			all = append(all, c.data...)
			if c.err == io.EOF {
				return split(all, delimiter, true), nil
			}
			if c.err != nil {
				return nil, c.err
			}
		case <-ctx.Done():
			return split(all, delimiter, false), nil
		}
	}
	return split(all, delimiter, false), nil
}

// split takes the items apart, at most mostSamples. At the end of the input the last may lack its delimiter.
func split(all []byte, delimiter cut.Delimiter, end bool) (items [][]byte) {
	n, whole := delimiter.First(all, mostSamples)
	rest := all[:whole]
	for i := range n {
		var item []byte
		item, rest = delimiter.Split(rest, n-i)
		items = append(items, item)
	}
	if last := delimiter.Last(all[whole:]); end && n < mostSamples && len(last) > 0 {
		items = append(items, last)
	}
	return items
}

// checkError is what the exit status tells of the report: the same as a run where the worker does not start.
func checkError(r check.Report) error {
	switch {
	case r.WillDo():
		return nil
	case r.Start != nil:
		return &engine.InitError{Slot: 1, Pid: r.Start.Pid, Err: r.Start.Err, Exit: r.Start.Exit}
	}
	return &notGood{r.Faults()}
}
