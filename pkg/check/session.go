package check

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

const (
	// glance is the pause between two looks at a worker at first, longGlance once it has taken a while.
	glance, longGlance = 2 * time.Millisecond, 20 * time.Millisecond
	// settle is how long a worker is listened to before its first item if it is not seen to sleep in read before;
	// blindSettle is the same on a host that does not show that.
	settle, blindSettle = 300 * time.Millisecond, time.Second
	// afterAnswer is how long a second answer to one item is waited for, unless the worker is seen to sleep in read.
	afterAnswer = 10 * time.Millisecond
	// quietFor is how long a worker must be Quiet before it is taken to wait for more.
	quietFor = 300 * time.Millisecond
	// exitPatience is how long a worker may take to exit once its output has ended.
	exitPatience = 2 * time.Second
	// loud is how much a worker may write before its first item, in bytes, before no more of it is read.
	loud = 64 << 10
	// gulp is how much output is read at once, in bytes.
	gulp = 64 << 10
)

// session is the talk with one worker. It belongs to one goroutine. Whoever begins it must end it.
type session struct {
	ctx    context.Context
	o      *Options
	w      *worker.Worker
	dec    wire.Decoder
	seen   trial
	buf    []byte // output that is no whole answer yet
	bytes  int64  // handed to the worker
	began  time.Time
	warm   bool      // it has read something, or said that it is ready
	last   time.Time // of the last answer
	hungUp bool      // its stdin was closed by us
	over   bool      // the output has ended
	err    error     // of the system
}

// begin starts a worker and listens to it until it waits for its first item, or for a while. Where the worker does not
// start, the trial says so.
func begin(ctx context.Context, o *Options) *session {
	s := &session{ctx: ctx, o: o, dec: o.Framing.Decoder(), began: time.Now()}
	w, err := o.Start()
	if err != nil {
		s.seen.start = &StartError{Err: err}
		return s
	}
	s.w = w
	if o.Ready != nil {
		err := w.AwaitReady(o.Ready, o.InitTimeout, o.Show, func() bool { return ctx.Err() != nil })
		if err != nil {
			s.failStart(err)
			return s
		}
		s.heat()
	}
	s.listen()
	return s
}

// failStart notes that the worker does not start, and ends it.
func (s *session) failStart(err error) {
	s.seen.start = &StartError{Pid: s.w.Pid(), Err: err}
	s.over = errors.Is(err, worker.ErrEnded)
	s.finish()
	s.seen.start.Exit = &s.seen.exit
}

// heat notes that the worker is warm, once.
func (s *session) heat() {
	if s.seen.warm == 0 {
		s.seen.warm = time.Since(s.began)
	}
	s.warm = true
}

// listen reads what the worker writes before it is sent anything, until it sleeps in read or is silent for a while.
func (s *session) listen() {
	look := s.looker()
	for heard, since := time.Now(), time.Now(); s.going(); {
		if s.read(glance) > 0 {
			heard = time.Now()
		}
		s.cutBanner()
		verdict := look.verdict()
		patience := settle
		if verdict == unseen {
			patience = blindSettle
		}
		switch {
		case verdict == buffered || verdict == likely:
			s.heat()
			return
		case time.Since(heard) > patience, time.Since(since) > s.o.InitTimeout:
			return
		}
	}
	if s.over {
		s.failStart(worker.ErrEnded)
	}
}

// cutBanner takes all that was read for what nobody asked for.
func (s *session) cutBanner() {
	s.seen.banner = append(s.seen.banner, s.buf...)
	s.buf = s.buf[:0]
	s.seen.flood = len(s.seen.banner) > loud
}

// consumed is how many bytes of its stdin the worker has read; false where that cannot be seen.
func (s *session) consumed() (n int64, known bool) {
	if s.o.blind {
		return 0, false
	}
	return s.w.Read()
}

// blind reports whether it cannot be seen how much the worker has read.
func (s *session) blind() bool {
	_, known := s.consumed()
	return !known && !s.w.Deaf()
}

// going reports whether there is any use in going on.
func (s *session) going() bool {
	t := &s.seen
	return s.w != nil && t.start == nil && !s.over && s.err == nil && s.ctx.Err() == nil &&
		!t.flood && !t.huge && t.garbled == nil
}

// read adds what the worker writes within d to the buffer.
func (s *session) read(d time.Duration) (n int) {
	have := len(s.buf)
	s.buf = append(s.buf, make([]byte, gulp)...)
	n, err := s.w.Exchange(s.buf[have:], d)
	s.buf = s.buf[:have+n]
	switch {
	case err == io.EOF:
		s.over = true
	case err != nil:
		s.err = err
	}
	return n
}

// hear reads for at most d and takes the answers out of what there is. What comes before the worker has read its first
// item is none.
func (s *session) hear(d time.Duration) {
	n := s.read(d)
	s.seen.deaf = s.seen.deaf || s.w.Deaf() && !s.hungUp
	if !s.warm {
		switch read, known := s.consumed(); {
		case known && read > 0:
			s.heat()
		case known || n == 0:
			s.cutBanner()
			return
		}
		s.warm = true // its first answer says so
	}
	s.collect()
}

// collect takes the whole answers out of the buffer.
func (s *session) collect() {
	t := &s.seen
	p := s.buf
	for len(p) > 0 {
		n, end, err := s.dec.Scan(p, 1)
		if err != nil {
			t.garbled = err
		}
		if n == 0 {
			break
		}
		answer, _ := s.dec.Split(p[:end])
		t.huge = t.huge || int64(len(answer)) > s.o.MaxAnswer
		if t.count++; t.count <= t.sent {
			t.answers = append(t.answers, bytes.Clone(answer))
		}
		s.last = time.Now()
		p = p[end:]
	}
	s.buf = s.buf[:copy(s.buf, p)]
	t.huge = t.huge || int64(len(s.buf)) > s.o.MaxAnswer+gulp
	t.flood = t.flood || t.count > 2*t.sent+100
}
