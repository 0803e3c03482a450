package worker

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// open lists what the file descriptors of a process are.
func open(t *testing.T, pid int) (targets []string) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	fds, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if target, err := os.Readlink(dir + "/" + fd.Name()); err == nil { // the one that reads dir is gone by now
			targets = append(targets, fd.Name()+" "+target)
		}
	}
	return targets
}

// inherited is what this program was itself started with, and so passes on, besides its stdio.
var inherited = func() map[string]bool {
	all := map[string]bool{}
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		n, _ := strconv.Atoi(fd.Name())
		flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 && n > 2 {
			all[fd.Name()] = true
		}
	}
	return all
}()

// Neither goroutines nor file descriptors are left behind a worker, however it came and went.
func TestNothingIsLeftBehind(t *testing.T) {
	lives := map[string]func(){
		"ended by itself": func() {
			w := sh(t, "cat; exit 3")
			w.send("a\n")
			w.expect("a\n")
			w.finish(bound, nil)
		},
		"killed":           func() { sh(t, "sleep 1000").finish(0, nil) },
		"died before":      func() { w := sh(t, "exit 1"); w.rest(); w.finish(0, nil) },
		"closed its stdin": func() { w := sh(t, "exec 0<&-; echo x; sleep 1000"); w.expect("x\n"); w.send("y"); w.finish(0, nil) },
		"not found":        func() { _, _ = Start(local, Command{Argv: []string{"no-such-command-anywhere"}}, nil) },
		"not executable":   func() { _, _ = Start(local, Command{Argv: []string{script(t, "", 0o700)}}, nil) },
	}
	for name, life := range lives {
		life() // what is made once, such as the runtime's own poller, does not count
		before, goroutines := open(t, os.Getpid()), runtime.NumGoroutine()
		for range 5 {
			life()
		}
		if after := open(t, os.Getpid()); len(after) > len(before) {
			t.Errorf("%s: there were %d file descriptors, and are %q", name, len(before), after)
		}
		eventually(t, name+": the end of all goroutines", func() bool { return runtime.NumGoroutine() <= goroutines })
	}
}

// Who rings too late rings nothing: the file descriptor of the bell may be somebody else's by then.
func TestRingAfterTheEnd(t *testing.T) {
	eventually(t, "somebody else gets the bell's file descriptor", func() bool {
		var b bell
		if err := b.open(); err != nil {
			t.Fatal(err)
		}
		was := b.w
		b.close()
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		b.ring()
		if n := unread(int(w.Fd())); n != 0 {
			t.Errorf("somebody else's pipe holds %d bytes", n)
		}
		return int(w.Fd()) == was
	})
}

// A worker gets its own stdio and nothing else of ours: what it held of another worker would keep that one from its
// end of input. And its ends block, as programs expect.
func TestWorkersInheritTheirStdioOnly(t *testing.T) {
	workers := []*live{start(t, "cat"), start(t, "cat"), start(t, "cat")}
	seen := map[string]bool{}
	for _, w := range workers {
		w.becomesIdle()
		for _, fd := range open(t, w.Pid()) {
			number, pipe, _ := strings.Cut(fd, " ")
			if inherited[number] {
				continue
			}
			if seen[pipe] || number > "2" || !strings.HasPrefix(pipe, "pipe:") {
				t.Errorf("%s is not its own stdio", fd)
			}
			seen[pipe] = true
			info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", w.Pid(), number))
			if err != nil {
				t.Fatal(err)
			}
			_, flags, _ := strings.Cut(string(info), "flags:\t")
			flags, _, _ = strings.Cut(flags, "\n")
			if n, err := strconv.ParseInt(flags, 8, 64); err != nil || n&syscall.O_NONBLOCK != 0 {
				t.Errorf("file descriptor %s does not block: flags %s, %v", number, flags, err)
			}
		}
	}
}

// orphan makes the test binary a stoke that starts a worker, prints its process id, and is killed.
const orphan = "STOKE_TEST_ORPHAN"

// No worker outlives us, even if we are killed and it never reads.
func TestWorkerDiesWithUs(t *testing.T) {
	if os.Getenv(orphan) != "" {
		w := sh(t, "trap '' TERM HUP; echo; exec sleep 1000")
		w.expect("\n")
		fmt.Println(w.Pid())
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	us := exec.Command(os.Args[0], "-test.run=^TestWorkerDiesWithUs$")
	us.Env = append(os.Environ(), orphan+"=1")
	out, err := us.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := us.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	_ = us.Wait() // killed, as it was to be
	eventually(t, "the end of the worker", func() bool { return !alive(pid) })
}
