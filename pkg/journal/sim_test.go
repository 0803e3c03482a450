package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand"
	"os"
	"slices"
	"strings"
	"time"
)

var (
	errCrash = errors.New("simulated crash")
	errFull  = errors.New("simulated full disk")
	errSync  = errors.New("simulated failure of fsync")
)

// simFS is a file system in memory that knows what is durable: what was written is pending until its file is synced, and
// names are until the directory is. At a chosen operation it crashes: all that follows fails, until restart.
type simFS struct {
	rng     *rand.Rand
	names   map[string]*inode
	durable map[string]*inode
	renames []func(map[string]*inode) // not yet durable changes of names
	inodes  []*inode
	ops     int
	crashAt int // operation to crash at; 0 for never
	fullAt  int // operation to fail for lack of space
	badSync int // operation from which on to fail a Sync, once
	crashed bool
	epoch   int
	clock   int64
	inSync  func() // called within a Sync of OUT.part, before anything is durable

	mutant string // what the file system, or the program using it, does wrong
}

type inode struct {
	id      uint64
	data    []byte
	stable  []byte
	pending []change
	mtime   int64
	owner   *handle
}

// change is a write of p at off or, without p, a truncation to off.
type change struct {
	off int64
	p   []byte
}

type handle struct {
	fs    *simFS
	f     *inode
	name  string
	epoch int
}

func newSim(seed int64) *simFS {
	return &simFS{rng: rand.New(rand.NewSource(seed)), names: map[string]*inode{}, durable: map[string]*inode{}}
}

func (s *simFS) create(name string) *inode {
	f := &inode{id: uint64(len(s.inodes) + 1), mtime: s.tick()}
	s.inodes = append(s.inodes, f)
	s.names[name] = f
	s.renames = append(s.renames, func(names map[string]*inode) { names[name] = f })
	return f
}

// put makes a durable file.
func (s *simFS) put(name string, p []byte) {
	f := s.create(name)
	f.data, f.stable = slices.Clone(p), slices.Clone(p)
	s.durable = maps.Clone(s.names)
	s.renames = nil
}

func (s *simFS) content(name string) []byte {
	if f := s.names[name]; f != nil {
		return f.data
	}
	return nil
}

func (s *simFS) tick() int64 { s.clock++; return s.clock }

// step counts an operation that changes something. At a crash it reports errCrash, and the caller may do a part of it.
func (s *simFS) step() error {
	if s.crashed {
		return errCrash
	}
	s.ops++
	if s.ops == s.crashAt {
		s.crashed = true
		return errCrash
	}
	return nil
}

// restart ends a crash. Without power, only the processes are gone; with it, so is what was not durable, more or less.
func (s *simFS) restart(power bool) {
	s.crashed, s.crashAt, s.fullAt, s.badSync, s.inSync = false, 0, 0, 0, nil
	s.epoch++
	for _, f := range s.inodes {
		f.owner = nil
	}
	if !power {
		return
	}
	names := maps.Clone(s.durable)
	for _, rename := range s.renames[:s.rng.Intn(len(s.renames)+1)] {
		rename(names)
	}
	s.names, s.durable, s.renames = names, maps.Clone(names), nil
	for _, f := range s.inodes {
		f.data = s.tear(f)
		f.stable, f.pending = slices.Clone(f.data), nil
		if s.rng.Intn(4) == 0 {
			f.mtime = s.tick()
		}
	}
}

// tear returns what is left of a file after a power cut.
func (s *simFS) tear(f *inode) []byte {
	data, rng := slices.Clone(f.stable), s.rng
	switch rng.Intn(5) {
	case 0: // all is lost
	case 1: // nothing is
		data = slices.Clone(f.data)
	case 2: // the end is
		n := rng.Intn(len(f.pending) + 1)
		for i, c := range f.pending[:n] {
			if i == n-1 {
				c.p = c.p[:rng.Intn(len(c.p)+1)]
			}
			data = c.apply(data)
		}
	case 3: // blocks here and there are
		for _, c := range f.pending {
			if c.p == nil && rng.Intn(3) > 0 {
				data = c.apply(data)
			}
			for i := 0; i < len(c.p); i += 8 {
				if rng.Intn(6) > 0 {
					data = change{c.off + int64(i), c.p[i:min(i+8, len(c.p))]}.apply(data)
				}
			}
		}
	case 4: // some of it is garbage
		for _, c := range f.pending {
			p := slices.Clone(c.p)
			if len(p) > 0 && rng.Intn(2) == 0 {
				p[rng.Intn(len(p))] ^= byte(1 + rng.Intn(255))
			}
			data = change{c.off, p}.apply(data)
		}
	}
	return data
}

func (c change) apply(data []byte) []byte {
	if c.p == nil {
		if int64(len(data)) > c.off {
			return data[:c.off]
		}
		return append(data, make([]byte, c.off-int64(len(data)))...)
	}
	if grow := c.off + int64(len(c.p)) - int64(len(data)); grow > 0 && len(c.p) > 0 {
		data = append(data, make([]byte, grow)...)
	}
	copy(data[min(c.off, int64(len(data))):], c.p)
	return data
}

func (s *simFS) Open(name string) (File, error) {
	f := s.names[name]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	h := &handle{s, f, name, s.epoch}
	return h, h.alive()
}

func (s *simFS) Lock(name string, flag int, _ os.FileMode) (File, error) {
	if s.names[name] == nil && flag&os.O_CREATE != 0 {
		if err := s.step(); err != nil {
			return nil, err
		}
		s.create(name)
	}
	f, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	h := f.(*handle)
	if h.f.owner != nil {
		return nil, &LockedError{Path: name}
	}
	h.f.owner = h
	return h, nil
}

func (s *simFS) Settle(f File, from, to string) error {
	err := s.step()
	if s.names[from] != f.(*handle).f {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	if err == nil || s.ops == s.crashAt && s.rng.Intn(2) == 0 {
		rename := func(names map[string]*inode) {
			if f := names[from]; f != nil {
				names[to] = f
				delete(names, from)
			}
		}
		rename(s.names)
		s.renames = append(s.renames, rename)
	}
	return err
}

func (s *simFS) Remove(name string) error {
	if err := s.step(); err != nil {
		return err
	}
	delete(s.names, name)
	s.renames = append(s.renames, func(names map[string]*inode) { delete(names, name) })
	return nil
}

func (s *simFS) SyncDir(string) error {
	err := s.step()
	if err == nil && s.mutant != "no sync of the directory" {
		s.durable, s.renames = maps.Clone(s.names), nil
	}
	return err
}

func (s *simFS) Stat(name string) (Info, error) {
	if s.crashed {
		return Info{}, errCrash
	}
	if f := s.names[name]; f != nil {
		return f.info(), nil
	}
	return Info{}, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

func (f *inode) info() Info {
	return Info{int64(len(f.data)), time.Unix(f.mtime, 0), [2]uint64{1, f.id}}
}

func (h *handle) alive() error {
	if h.fs.crashed || h.epoch != h.fs.epoch {
		return errCrash
	}
	return nil
}

func (h *handle) ReadAt(p []byte, off int64) (int, error) {
	if err := h.alive(); err != nil {
		return 0, err
	}
	return bytes.NewReader(h.f.data).ReadAt(p, off)
}

// change makes a change, or a part of it when it crashes or the disk is full.
func (h *handle) change(c change) error {
	if h.epoch != h.fs.epoch {
		return errCrash
	}
	was := h.fs.crashed
	err := h.fs.step()
	if err == nil && h.fs.fullAt > 0 && h.fs.ops >= h.fs.fullAt && c.p != nil {
		err = errFull
	}
	if was || err != nil && (c.p == nil || h.fs.rng.Intn(3) == 0) {
		return err
	}
	if err != nil {
		c.p = c.p[:h.fs.rng.Intn(len(c.p)+1)]
	}
	c.p = bytes.Clone(c.p)
	h.f.data = c.apply(h.f.data)
	h.f.pending = append(h.f.pending, c)
	h.f.mtime = h.fs.tick()
	return err
}

func (h *handle) WriteAt(p []byte, off int64) (int, error) {
	if len(p) == 0 {
		return 0, h.alive()
	}
	if err := h.change(change{off, p}); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (h *handle) Truncate(size int64) error {
	if h.fs.mutant == "no truncation of OUT.part" && strings.HasSuffix(h.name, ".part") {
		return nil
	}
	return h.change(change{size, nil})
}

func (h *handle) Sync() error {
	part := strings.HasSuffix(h.name, ".part")
	if part && h.fs.inSync != nil && h.alive() == nil {
		h.fs.inSync()
	}
	err := h.alive()
	if err == nil {
		err = h.fs.step()
	}
	if err == nil && h.fs.badSync > 0 && h.fs.ops >= h.fs.badSync {
		return errSync
	}
	mutant := h.fs.mutant == "checkpoint without sync of OUT.part" && part || h.fs.mutant == "no sync of the journal" && !part
	if !mutant && (err == nil || h.epoch == h.fs.epoch && h.fs.ops == h.fs.crashAt && h.fs.rng.Intn(2) == 0) {
		h.f.stable, h.f.pending = slices.Clone(h.f.data), nil
	}
	return err
}

func (h *handle) Stat() (Info, error) { return h.f.info(), h.alive() }

func (h *handle) Close() error {
	if h.f.owner == h {
		h.f.owner = nil
	}
	return nil
}

func (s *simFS) String() string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(s.names)) {
		text += fmt.Sprintf("%s: %q\n", name, s.names[name].data)
	}
	return text
}

var _ io.ReaderAt = (*handle)(nil)
