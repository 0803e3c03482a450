package cmd

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unprintable says whether a character would do something to a terminal, or to the text around it, other than show itself:
// control characters, line ends of all kinds, marks of direction.
func unprintable(r rune) bool { return !strconv.IsGraphic(r) }

// printable escapes what cannot be shown, as items are escaped: so nobody's words can pass for two lines, or reach the
// terminal. The exceptions are shown as they are.
func printable(s, except string) string {
	hidden := func(r rune) bool { return unprintable(r) && !strings.ContainsRune(except, r) }
	if utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[0])
		} else if hidden(r) {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// plain are the characters that mean themselves in every shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=@+%"

// shellQuote returns word as it is typed in a shell.
func shellQuote(word string) string {
	// In zsh a word that begins with = is the path of a command.
	if word != "" && word[0] != '=' && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func quoteAll(words []string) string { return strings.Join(quoted(words), " ") }

// keywords are words that mean no command where one begins, in sh, bash or zsh.
const keywords = " case coproc do done elif else end esac fi for foreach function if in nocorrect repeat select then time until while "

// typed returns a command as it is typed in a shell, in one line of what can be shown; false if it cannot be.
func typed(words []string) (string, bool) {
	quoted := make([]string, len(words))
	for i, word := range words {
		shown, hidden := strings.CutSuffix(word, secret)
		switch {
		case hidden && strings.Trim(shown, plain) == "":
			quoted[i] = word // to be filled in
		case utf8.ValidString(word) && !strings.ContainsFunc(word, unprintable):
			quoted[i] = shellQuote(word)
		case strings.HasSuffix(word, "\n"):
			return "", false // a shell drops that
		default:
			quoted[i] = `"$(` + printf([]byte(word)) + `)"`
		}
	}
	if first := words[0]; strings.Contains(keywords, " "+first+" ") || quoted[0] == first && strings.ContainsAny(first, "=%") {
		quoted[0] = "'" + first + "'"
	}
	return strings.Join(quoted, " "), true
}

// printf returns the command that prints p: printf(1) takes escapes in octal in all shells.
func printf(p []byte) string {
	var format strings.Builder
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == '%':
			format.WriteString("%%")
		case r == '\\':
			format.WriteString(`\\`)
		case r == '\n':
			format.WriteString(`\n`)
		case r == utf8.RuneError && n == 1, unprintable(r):
			for _, c := range p[:n] {
				fmt.Fprintf(&format, `\%03o`, c)
			}
		default:
			format.WriteString(string(p[:n]))
		}
		p = p[n:]
	}
	if strings.HasPrefix(format.String(), "-") {
		return "printf -- " + shellQuote(format.String())
	}
	return "printf " + shellQuote(format.String())
}

// quoted returns words as they are typed in a shell.
func quoted(words []string) []string {
	typed := make([]string, len(words))
	for i, word := range words {
		typed[i] = shellQuote(word)
	}
	return typed
}

// secret stands for what may be a password where a command is shown: the value of an --arg, an --init that was not typed.
const secret = "…"

// shownInit is the code of --init as a hint shows it.
func shownInit(code string, typed bool) string {
	if code != "" && !typed {
		return secret
	}
	return strings.TrimRight(code, "\n")
}
