package cmd_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// fake is a worker whose behaviour is typed: `fake WORD...`. Words that act at once come first, in order; the others
// say what it does with its items.
//
//	log=FILE      append a line with its slot to FILE: how often has a worker been initialised?
//	sleep=D       take that long to initialise
//	print=TEXT    print the line TEXT before reading
//	exit=N        exit with status N before reading
//	times=FILE N  exit with status 1 before reading unless FILE has N lines already
//
//	delay         an item is how long to work on it: a duration, then anything
//	buffer        answer in a buffer that is only flushed when full and at the end
//	twice=ITEM    answer ITEM with two lines
//	never=ITEM    answer ITEM with nothing
//	die=ITEM      exit with status 3 instead of answering ITEM; several may be named
//	hang=ITEM     sleep for an hour instead of answering ITEM
//	act           the second word of an item is what it does to the worker; see act
//	hold          go on living after the end of the input
func fake() {
	say := map[string]string{}
	for _, word := range os.Args[1:] {
		name, value, _ := strings.Cut(word, "=")
		say[name] = value
		say[word] = ""
		fakeStart(name, value)
	}
	out := bufio.NewWriter(os.Stdout)
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		fakeAnswer(out, say, strings.TrimSuffix(line, "\n"))
		if _, ok := say["buffer"]; !ok {
			out.Flush()
		}
	}
	out.Flush()
	if _, ok := say["hold"]; ok {
		time.Sleep(time.Hour)
	}
}

func fakeStart(name, value string) {
	switch name {
	case "log":
		f, err := os.OpenFile(value, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err == nil {
			_, err = fmt.Fprintf(f, "slot %s\n", os.Getenv("STOKE_SLOT"))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "fake:", err)
			os.Exit(9)
		}
	case "sleep":
		d, _ := time.ParseDuration(value)
		time.Sleep(d)
	case "print":
		fmt.Println(value)
	case "exit":
		n, _ := strconv.Atoi(value)
		fmt.Fprintln(os.Stderr, "fake: exiting")
		os.Exit(n)
	case "times":
		file, n, _ := strings.Cut(value, " ")
		have, _ := os.ReadFile(file)
		if want, _ := strconv.Atoi(n); strings.Count(string(have), "\n") < want {
			os.Exit(1)
		}
	}
}

func fakeAnswer(out *bufio.Writer, say map[string]string, item string) {
	if _, ok := say["delay"]; ok {
		text, _, _ := strings.Cut(item, " ")
		d, _ := time.ParseDuration(text)
		time.Sleep(d)
	}
	if _, ok := say["act"]; ok {
		act(out, item)
	}
	is := func(name string) bool {
		value, ok := say[name]
		return ok && value == item
	}
	named := func(name string) bool {
		_, ok := say[name+"="+item]
		return ok
	}
	switch {
	case named("die"):
		os.Exit(3)
	case named("hang"):
		time.Sleep(time.Hour)
	case is("never"):
		return
	case is("twice"):
		fmt.Fprintln(out, item)
	}
	fmt.Fprintln(out, item)
}

// act does to this worker what the second word of the item says.
func act(out *bufio.Writer, item string) {
	_, what, _ := strings.Cut(item, " ")
	me := os.Getpid()
	switch what {
	case "kill":
		_ = syscall.Kill(me, syscall.SIGKILL)
	case "segv":
		_ = syscall.Kill(me, syscall.SIGSEGV)
	case "group":
		_ = syscall.Kill(-me, syscall.SIGKILL)
	case "exit":
		os.Exit(3)
	case "leave":
		out.Flush()
		os.Exit(0)
	case "hang":
		time.Sleep(time.Hour)
	case "half", "halfdie":
		out.WriteString(item[:len(item)/2])
		out.Flush()
		if what == "halfdie" {
			os.Exit(1)
		}
		time.Sleep(time.Hour)
	case "close":
		os.Stdout.Close()
		time.Sleep(time.Hour)
	case "fork": // a child that holds the pipes, and does not end by itself
		child := exec.Command("sleep", "1000")
		child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
		_ = child.Start()
		os.Exit(4)
	case "slow":
		time.Sleep(5 * time.Millisecond)
	}
	if what == "segv" || what == "kill" || what == "group" {
		time.Sleep(time.Hour) // until it arrives
	}
}
