package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stoke/pkg/lang"
)

// deaf are programs that never read standard input, whatever their arguments are.
var deaf = strings.Fields("rm mv cp ln touch mkdir rmdir chmod chown basename dirname echo printf kill sleep test which seq")

// builtins change the shell that runs them: there are no such programs.
var builtins = strings.Fields("cd export source . alias ulimit umask set unset")

// whole are programs that read all of their input before they print it in an order of their own.
var whole = strings.Fields("sort tac shuf")

// takesArguments are programs that work on their arguments, and the flags with which they take a list of them on standard
// input. What is left out here fails by itself, only less clearly.
var takesArguments = map[string]string{
	"file": "-f --files-from", "curl": "-K --config", "wget": "-i --input-file", "du": "--files0-from", "wc": "--files0-from",
	"md5sum": "-c --check", "sha1sum": "-c --check", "sha224sum": "-c --check", "sha256sum": "-c --check", "sha384sum": "-c --check",
	"sha512sum": "-c --check", "b2sum": "-c --check", "cksum": "-c --check", "stat": "", "ls": "",
	"find": "-files0-from", "readlink": "", "realpath": "", "host": "", "ping": "", "ffprobe": "", "identify": "", "gzip": "", "gunzip": "", "zcat": "", "xz": "",
}

// checkWords looks for words in COMMAND that are meant for xargs or parallel.
func checkWords(command []string) error {
	if slices.Contains(command, "{}") {
		return usagef(`"{}" is not replaced here: items come on the worker's standard input, one on each line`).
			withHint(`CODE has the item: stoke -l sh '... "$item"'; or start a process for each item: xargs -I{}, parallel`)
	}
	for i, word := range command {
		if !slices.Contains([]string{":::", ":::+", "::::", "::::+"}, word) {
			continue
		}
		if before := command[max(0, i-1)]; before == "-F" || before == "-d" { // the separator of an awk or a cut
			continue
		}
		return usagef("%q gives no items here: they come on standard input, or from a file with -a FILE", word).
			withHint(itemsHint(word, command[:i]))
	}
	name := filepath.Base(command[0])
	switch language := lang.Canonical(name); {
	case slices.Contains(whole, name):
		return usagef("%s reads all of its input before it prints any, in another order: answers would not belong to their items", name).
			withHint("put it before or behind stoke: " + strings.Join(quoted(command), " ") + " | stoke ...")
	case len(command) == 1 && lang.Package(language) != "" && !shellName().MatchString(name): // a shell may run items
		return usagef("%s without a script takes the items for its program", name).
			withHint("name a script that reads items, or give code to run for each item: stoke -l " + language + " CODE")
	case wantsArguments(command):
		return usagef("%s works on its arguments: items come on standard input, not as arguments", name).
			withHint(asCode(command) + ", or xargs")
	}
	return nil
}

// itemsHint says how items are given that word was to bring to COMMAND.
func itemsHint(word string, command []string) string {
	call := strings.Join(append([]string{"stoke"}, quoted(command)...), " ")
	switch {
	case len(command) == 0:
		call = "stoke COMMAND"
	case wantsArguments(command):
		call = asCode(command)
	}
	if strings.HasPrefix(word, "::::") {
		return strings.Replace(call, "stoke", "stoke -a FILE", 1)
	}
	return `printf '%s\n' ITEM... | ` + call
}

// asCode calls COMMAND for each item.
func asCode(command []string) string {
	if len(command) > 2 && shellName().MatchString(command[0]) && command[1] == "-c" && namesItem(command[2]) {
		return "stoke -l sh " + shellQuote(command[2])
	}
	return "stoke -l sh " + shellQuote(strings.Join(quoted(command), " ")+` "$item"`)
}

// wantsArguments reports whether COMMAND is known to work on arguments, and has none for an item.
func wantsArguments(command []string) bool {
	name := filepath.Base(command[0])
	if slices.Contains(deaf, name) {
		return !slices.ContainsFunc(command, func(arg string) bool { return arg == "--help" || arg == "--version" })
	}
	lists, known := takesArguments[name]
	if !known {
		return false
	}
	for _, arg := range command[1:] {
		name, _, _ := strings.Cut(arg, "=")
		list := slices.ContainsFunc(strings.Fields(lists), func(flag string) bool {
			return name == flag || len(flag) == 2 && !strings.HasPrefix(arg, "--") && strings.Contains(arg, flag[1:])
		})
		if list || !strings.HasPrefix(arg, "-") || arg == "-" || arg == "--help" || arg == "--version" {
			return false
		}
	}
	return true
}

// readsInput finds in code what may read its standard input.
var readsInput = lazily(`(?i)\b(read|stdin|input|open|fileinput|readline|gets|argf|exec|cat)|<`)

// forEach calls the code of COMMAND for each item, if that is an interpreter with code that does not read any; "" otherwise.
func forEach(command []string) string {
	if len(command) < 3 || command[1] != "-c" && command[1] != "-e" || readsInput().MatchString(command[2]) {
		return ""
	}
	language := lang.Canonical(filepath.Base(command[0]))
	switch {
	case shellName().MatchString(command[0]):
		language = "sh"
	case lang.Package(language) == "":
		return ""
	}
	return "stoke -l " + language + " " + shellQuote(command[2])
}

// namesItem reports whether code of a shell means the item of CODE.
func namesItem(code string) bool {
	return strings.Contains(code, "$1") || strings.Contains(code, "$item")
}

// absentHint says what may help where the program name was not found.
func absentHint(command []string) string {
	name := command[0]
	switch {
	case len(command) > 1 || !strings.ContainsAny(name, " \t\n|&;<>()"):
	case namesItem(name):
		return "this is one word, the name of a program; as CODE it is run for each item: stoke -l sh " + shellQuote(name)
	case strings.ContainsAny(name, "|&;<>()$`"):
		return "this is one word, the name of a program; a shell makes a command of it: stoke sh -c " + shellQuote(name)
	default:
		return "this is one word, the name of a program; without the quotes it is a command: stoke " + name
	}
	switch variable, _, assigns := strings.Cut(name, "="); {
	case len(command) == 1 && (name == "help" || name == "version"):
		return "see stoke --" + name
	case assigns && !strings.Contains(variable, "/"):
		return "a variable goes before stoke, or behind env: stoke env " + strings.Join(quoted(command), " ")
	case slices.Contains(builtins, name):
		return "it is built into the shell, and no program; give it to --init: stoke -i " + shellQuote(strings.Join(command, " ")) + " -- COMMAND"
	case strings.Contains(keywords, " "+name+" "):
		return "it is a word of the shell, and no program; quote all of it: stoke sh -c " + shellQuote(strings.Join(command, " "))
	case strings.Contains(name, "/"):
		return "check the path; it is looked up from the directory in which stoke is started"
	}
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "BASH_FUNC_"+name+"%%=") {
			return "it is a function of bash, no program: stoke -l bash " + shellQuote(name+` "$item"`)
		}
	}
	return "check the name and PATH; a function or an alias is known only to its own shell: stoke -l bash --init '. FILE' " + shellQuote(name+` "$item"`)
}

// What tells a shell, a script of one, and what may read its standard input.
var (
	shellName  = lazily(`(^|/)(ba|da|z|k|a|fi)?sh$`)
	shellLine  = lazily(`^#!.*\b(ba|da|z|k|a|fi)?sh\b`)
	startsAny  = lazily(`\b(system|popen|exec)\b`)
	mostOfFile = int64(4096) // bytes that are looked at
)
