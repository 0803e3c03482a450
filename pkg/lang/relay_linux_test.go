package lang

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// relayed is the variable that makes this test binary a relay; it holds the orders of a worker.
const relayed = "TEST_LANG_RELAY"

// relay has what os.Args start fork a worker, with our stdio, and ends as that does. It stands for stoke, as the parent of forks.
func relay() int {
	orders := os.Getenv(relayed)
	os.Unsetenv(relayed)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	forker := exec.Command(os.Args[1], os.Args[2:]...)
	forker.Stderr = os.Stderr
	in, _ := forker.StdinPipe()
	out, _ := forker.StdoutPipe()
	if err := forker.Start(); err != nil {
		panic(err)
	}
	said := bufio.NewReader(out)
	if first, _ := said.ReadString('\n'); first != "\\ready\n" {
		fmt.Print(first)
		_ = forker.Wait()
		return forker.ProcessState.ExitCode()
	}
	request, _ := json.Marshal(map[string]any{"id": 1, "stoke": os.Getpid(), "in": 0, "out": 1, "err": 2, "prctl": unix.SYS_PRCTL,
		"env": map[string]string{setupName: orders}})
	fmt.Fprintf(in, "%s\n", request)
	var pid int
	for pid == 0 {
		line, err := said.ReadString('\n')
		if strings.HasPrefix(line, "failed") || err != nil {
			panic(fmt.Sprint(line, err))
		}
		_, _ = fmt.Sscanf(line, "forked 1 %d", &pid)
	}
	os.Stdin.Close()
	os.Stdout.Close()
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		panic(err)
	}
	in.Close()
	_ = forker.Wait()
	if status.Signaled() {
		_ = unix.Kill(os.Getpid(), status.Signal())
		select {}
	}
	return status.ExitStatus()
}

// viaRelay has cmd, which starts a worker of p, be a relay to a fork.
func viaRelay(cmd *exec.Cmd, p *Program) {
	orders, _ := strings.CutPrefix(last(cmd.Env), setupName+"=")
	argv, env := p.Forker()
	own, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd.Path, cmd.Args = own, append([]string{own}, argv...)
	cmd.Env = append(append(os.Environ(), env...), relayed+"="+orders)
}

func last(env []string) string { return env[len(env)-1] }

// forking says in which languages each promise is also to be kept by forks.
var forking = []string{"python", "perl", "ruby"}
