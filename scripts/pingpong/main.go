// Command pingpong measures the floor under one item at a time: it writes a short line to a worker's stdin,
// reads the worker's answer, and so on, and prints the microseconds per round trip.
//
//	go run ./scripts/pingpong [-n ROUNDS] COMMAND [ARG...]
//
// The worker must answer each line at once, as cat does. Reads and writes are blocking system calls
// on bare pipes, from one thread: what is left is the kernel's price of two pipes and two wake-ups.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

func main() {
	rounds := flag.Int("n", 100000, "number of round trips")
	flag.Parse()
	if flag.NArg() == 0 || *rounds < 1 {
		fmt.Fprintln(os.Stderr, "usage: pingpong [-n ROUNDS] COMMAND [ARG...]")
		os.Exit(2)
	}
	took, err := pingpong(*rounds, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "pingpong:", err)
		os.Exit(1)
	}
	fmt.Printf("%.3f\n", float64(took.Nanoseconds())/1000/float64(*rounds))
}

// pingpong starts the worker, warms it up with one round trip, and returns the time of rounds more.
func pingpong(rounds int, command []string) (time.Duration, error) {
	runtime.LockOSThread()
	var stdin, stdout [2]int
	for _, pipe := range []*[2]int{&stdin, &stdout} {
		if err := syscall.Pipe(pipe[:]); err != nil {
			return 0, err
		}
		syscall.CloseOnExec(pipe[0])
		syscall.CloseOnExec(pipe[1])
	}
	theirStdin, theirStdout := os.NewFile(uintptr(stdin[0]), "stdin"), os.NewFile(uintptr(stdout[1]), "stdout")
	worker := exec.Command(command[0], command[1:]...)
	worker.Stdin, worker.Stdout, worker.Stderr = theirStdin, theirStdout, os.Stderr
	if err := worker.Start(); err != nil {
		return 0, err
	}
	theirStdin.Close()
	theirStdout.Close()

	if _, err := play(1, stdin[1], stdout[0]); err != nil {
		return 0, err
	}
	took, err := play(rounds, stdin[1], stdout[0])
	if err != nil {
		return 0, err
	}
	syscall.Close(stdin[1])
	return took, worker.Wait()
}

// play makes the round trips, one after the other.
func play(rounds, to, from int) (time.Duration, error) {
	line, answer := []byte("12345\n"), make([]byte, 64)
	start := time.Now()
	for range rounds {
		if _, err := syscall.Write(to, line); err != nil {
			return 0, fmt.Errorf("write: %w", err)
		}
		n, err := syscall.Read(from, answer)
		if err != nil {
			return 0, fmt.Errorf("read: %w", err)
		}
		if n == 0 || answer[n-1] != '\n' {
			return 0, fmt.Errorf("the worker did not answer with one whole line but with %q", answer[:n])
		}
	}
	return time.Since(start), nil
}
