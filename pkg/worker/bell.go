package worker

import (
	"sync"

	"golang.org/x/sys/unix"
)

// bell wakes a goroutine that sleeps in poll. Any goroutine may ring it; rings before it is heard count as one.
type bell struct {
	mu   sync.Mutex
	r, w int
	rung bool
	dead bool
}

func (b *bell) open() (err error) {
	if b.r, b.w, err = closeOnExecPipe(); err != nil {
		b.dead = true
		return err
	}
	return unix.SetNonblock(b.r, true)
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung || b.dead {
		return
	}
	b.rung = true
	_, _ = unix.Write(b.w, []byte{1})
}

// hear takes notice of the rings so far.
func (b *bell) hear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	var one [1]byte
	_, _ = unix.Read(b.r, one[:])
	b.rung = false
}

func (b *bell) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dead {
		b.dead = true
		unix.Close(b.r)
		unix.Close(b.w)
	}
}
