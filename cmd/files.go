package cmd

import (
	"os"
	"strings"

	"stoke/pkg/output"
)

// fileFlag is a flag that names a file.
type fileFlag struct {
	flag, file string
	kind       output.Kind
}

// fileFlags are those that name files of a run, but for its input and OUT.
func fileFlags(s *settings) (flags []fileFlag) {
	kinds := map[fileUse]output.Kind{reads: output.Read, writes: output.Written}
	for _, g := range flagGroups {
		for _, d := range g.settings {
			if kind, named := kinds[d.file]; named {
				flags = append(flags, fileFlag{"--" + d.name, wordsOf(s, d.name), kind})
			}
		}
	}
	return flags
}

// checkFiles refuses a file that would be used in two ways, before any is opened for writing.
func checkFiles(s *settings, args []string, _ *plan) error {
	for _, f := range fileFlags(s) {
		if f.file == "-" && f.kind == output.Written {
			return usagef("%s -: standard output is for answers", f.flag).withHint("name a file")
		}
	}
	one, other := output.Conflict(usesOf(s, args))
	if one == nil {
		return nil
	}
	return usagef("%s and %s are one file", one.Name, other.Name).withHint("each needs a file of its own")
}

// usesOf lists the files of a run, with those that it makes beside OUT. What cannot be found out is left to whoever opens it.
func usesOf(s *settings, args []string) []output.Use {
	uses := []output.Use{{Name: "standard error", Place: output.Of(os.Stderr), Kind: output.Inherited}}
	add := func(name string, place output.Place, kind output.Kind) {
		uses = append(uses, output.Use{Name: name, Place: place, Kind: kind})
	}
	if s.ArgFile == "" || s.ArgFile == "-" {
		add("standard input", output.Of(os.Stdin), output.Read)
	} else if place, err := output.Find(s.ArgFile); err == nil {
		add("--arg-file "+s.ArgFile, place, output.Read)
	}
	if s.Output == "" {
		add("standard output", output.Of(os.Stdout), output.Inherited)
	} else if place, err := output.Find(s.Output); err == nil {
		add("--output "+s.Output, place, output.Written)
		if place.Regular() {
			for _, suffix := range []string{".part", ".stoke", ".stoke.new"} {
				add(s.Output+suffix+", which --output makes,", place.Beside(suffix), output.Written)
			}
		}
	}
	for _, f := range append(fileFlags(s), codeFiles(s, args)...) {
		if f.file == "" {
			continue
		}
		if place, err := output.Find(f.file); err == nil {
			add(f.flag+" "+f.file, place, f.kind)
		}
	}
	return uses
}

// codeFiles are the files that code is in.
func codeFiles(s *settings, args []string) (files []fileFlag) {
	if s.Lang == "" {
		return nil
	}
	for _, code := range append([]string{s.Init, s.Exit}, args...) {
		if file, is := strings.CutPrefix(code, "@"); is {
			files = append(files, fileFlag{"code in", file, output.Read})
		}
	}
	return files
}
