package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// variable marks the processes of one run: whatever they start inherits it.
const variable = "CHAOS_RUN"

// process is one that belongs to a run.
type process struct {
	pid, parent int
	command     string
}

// processes lists those that have that mark in their environment. Zombies have none.
func processes(mark string) (found []process) {
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if !bytes.Contains(append([]byte{0}, environ...), []byte("\x00"+variable+"="+mark+"\x00")) {
			continue
		}
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 2 {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		found = append(found, process{pid, parent, strings.ReplaceAll(fmt.Sprintf("%.100q", command), `\x00`, " ")})
	}
	return found
}

// leftBehind waits until no process of a run is left, and returns those that do not end. It kills them.
func leftBehind(mark string, patience time.Duration) []process {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		left := processes(mark)
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			for _, p := range left {
				_ = syscall.Kill(p.pid, syscall.SIGKILL)
			}
			return left
		}
	}
}
