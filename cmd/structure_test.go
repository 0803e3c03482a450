package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "stoke"
	// longestFunc and longestFile are what a reader is asked to take in at once, in lines. A test may be the longer for its
	// table, and a file of tests as long as it likes.
	longestFunc, longestTest, longestFile = 60, 80, 400
	// mostFields, mostMethods and mostFiles are how large a type may be: its fields, its methods, the files that they are in.
	mostFields, mostMethods, mostFiles = 24, 40, 3
)

// size is what is counted of a type.
type size struct{ fields, methods, files int }

// tooLarge are the types that are above the limits still, each with what it must not grow beyond. The first is the list of
// settings, which stays: a field is a setting.
var tooLarge = map[string]size{
	"cmd.settings":      {99, 0, 0},
	"pkg/worker.Worker": {18, 28, 4},
}

// tooLong are the files that are above the limit still, each with what it must not grow beyond.
var tooLong = map[string]int{}

// below says which packages of ours a package may import: those that lie below it. A package that is not named is a
// leaf, and imports none.
var below = map[string][]string{
	".":            {"cmd"},
	"cmd":          {"pkg/*"},
	"pkg/engine":   {"pkg/queue", "pkg/source", "pkg/sizing", "pkg/wire", "pkg/worker", "pkg/cut", "pkg/journal", "pkg/event", "pkg/human"},
	"pkg/launch":   {"pkg/engine", "pkg/lang", "pkg/wire", "pkg/worker", "pkg/human"},
	"pkg/queue":    {"pkg/source", "pkg/journal"},
	"pkg/check":    {"pkg/wire", "pkg/worker", "pkg/human"},
	"pkg/journal":  {"pkg/output"},
	"pkg/report":   {"pkg/output", "pkg/event", "pkg/human"},
	"pkg/progress": {"pkg/human"},
	"pkg/source":   {"pkg/cut"},
	"pkg/wire":     {"pkg/cut"},
	"scripts/...":  {"pkg/*"},
}

// belowTests says what a package's tests may import besides: some stand in for the packages above.
var belowTests = map[string][]string{"cmd": {"cmd"}, "pkg/engine": {"pkg/*"}}

// meaningless names say nothing about what a package is for.
var meaningless = []string{"util", "utils", "common", "types", "config", "helper", "helpers", "misc", "base", "shared"}

// goFile is one parsed file of this repository.
type goFile struct {
	*ast.File
	path, dir string
	set       *token.FileSet
}

func (f *goFile) test() bool { return strings.HasSuffix(f.path, "_test.go") }

// length is the number of lines that a node spans.
func (f *goFile) length(n ast.Node) int {
	return f.set.Position(n.End()).Line - f.set.Position(n.Pos()).Line + 1
}

// walk gives the files of the repository, apart from what tests are fed with.
func walk(t *testing.T, visit func(name string, source []byte)) {
	t.Helper()
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "vendor") {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		source, err := fs.ReadFile(root, name)
		if err == nil {
			visit(name, source)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// goFiles parses all Go files of the repository, whatever system they are for.
func goFiles(t *testing.T) (files []*goFile) {
	t.Helper()
	set := token.NewFileSet()
	walk(t, func(name string, source []byte) {
		if path.Ext(name) != ".go" {
			return
		}
		parsed, err := parser.ParseFile(set, name, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, &goFile{parsed, name, path.Dir(name), set})
	})
	if len(files) < 20 {
		t.Fatalf("only %d files found: the test does not see the repository", len(files))
	}
	return files
}

// allowed reports whether what lies in dir may import the package in to.
func allowed(rules map[string][]string, dir, to string) bool {
	if strings.HasPrefix(dir, "scripts/") {
		dir = "scripts/..."
	}
	return slices.ContainsFunc(rules[dir], func(pattern string) bool {
		ok, err := path.Match(pattern, to)
		return ok && err == nil
	})
}

func TestImportsPointDown(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			to, ours := strings.CutPrefix(name, module+"/")
			if !ours || allowed(below, f.dir, to) || f.test() && (to == f.dir || allowed(belowTests, f.dir, to)) {
				continue
			}
			t.Errorf("%s imports %s: imports point only down, see the top of structure_test.go", f.path, name)
		}
	}
}

// What knows the command line or the config file is cmd, and nothing else.
func TestOnlyCmdKnowsTheCommandLine(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.dir == "cmd" || f.test() {
			continue
		}
		for _, spec := range f.Imports {
			for _, library := range []string{"spf13/", "mapstructure", "shellwords"} {
				if strings.Contains(spec.Path.Value, library) {
					t.Errorf("%s imports %s, which belongs into cmd", f.path, spec.Path.Value)
				}
			}
		}
	}
}

// flagName is what the name of a flag looks like in a string.
var flagName = regexp.MustCompile(`(^|[^-\w])--[a-z]`)

// namesFlags are the files below cmd that may name flags all the same: the manual is about them, and the label that a shell
// script puts before what it prints of its init code names that as it was typed.
var namesFlags = []string{"pkg/manual/", "pkg/worker/warm.go"}

// Below cmd errors and findings say what happened; cmd says with which flag to help it.
func TestOnlyCmdNamesFlags(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test() || !strings.HasPrefix(f.path, "pkg/") || slices.ContainsFunc(namesFlags, func(p string) bool { return strings.HasPrefix(f.path, p) }) {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && flagName.MatchString(strings.Trim(text.Value, "\"`")) {
				t.Errorf("%s: %s names a flag: return what cmd can word, see cmd/wording.go", f.set.Position(n.Pos()), text.Value)
			}
			return true
		})
	}
}

// Every package says once what it is: in one file, in a comment that begins as godoc wants it.
func TestOneDocCommentForEachPackage(t *testing.T) {
	docs := map[string][]string{} // the files with a doc comment, for each directory
	for _, f := range goFiles(t) {
		if f.test() {
			continue
		}
		if _, known := docs[f.dir]; !known {
			docs[f.dir] = nil
		}
		if f.Doc == nil {
			continue
		}
		docs[f.dir] = append(docs[f.dir], f.path)
		if text := f.Doc.Text(); !slices.ContainsFunc(openings(f), func(opening string) bool { return strings.HasPrefix(text, opening) }) {
			t.Errorf("%s: the doc comment begins with %.30q, want %q", f.path, text, openings(f))
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(docs)) {
		if len(docs[dir]) != 1 {
			t.Errorf("%s has %d doc comments, want one: %q", dir, len(docs[dir]), docs[dir])
		}
	}
}

// openings are the ways in which the doc comment of a file's package may begin. A program may begin with its name.
func openings(f *goFile) []string {
	if f.Name.Name != "main" {
		return []string{"Package " + f.Name.Name + " "}
	}
	if f.dir == "." {
		return []string{"Command " + module + " "}
	}
	name := path.Base(f.dir)
	return []string{"Command " + name + " ", strings.ToUpper(name[:1]) + name[1:] + " "}
}

func TestPackageNamesMeanSomething(t *testing.T) {
	for _, f := range goFiles(t) {
		if slices.Contains(meaningless, f.Name.Name) || slices.Contains(meaningless, path.Base(f.dir)) {
			t.Errorf("%s: package %s says nothing about what it is for", f.path, f.Name.Name)
		}
		if name := strings.TrimSuffix(f.Name.Name, "_test"); name != "main" && name != path.Base(f.dir) {
			t.Errorf("%s: package %s lies in a directory of another name", f.path, f.Name.Name)
		}
	}
}

// A file is short in every language.
func TestFilesAreShort(t *testing.T) {
	seen := 0
	walk(t, func(name string, source []byte) {
		if !slices.Contains([]string{".go", ".py", ".js", ".pl", ".rb", ".sh"}, path.Ext(name)) || strings.HasSuffix(name, "_test.go") {
			return
		}
		seen++
		lines, most := strings.Count(string(source), "\n"), max(longestFile, tooLong[name])
		if lines > most {
			t.Errorf("%s has %d lines, above %d", name, lines, most)
		}
		if lines <= longestFile && tooLong[name] > 0 {
			t.Errorf("%s has %d lines: take it out of tooLong", name, lines)
		}
	})
	if seen < 100 {
		t.Errorf("only %d files found: the test does not see the repository", seen)
	}
}

// A type that a reader cannot hold in mind hides several. Of files that are alike but for the system they are for, those for
// Linux count.
func TestTypesFollowTheRules(t *testing.T) {
	types, files := sizes(goFiles(t))
	if len(types) < 100 {
		t.Fatalf("only %d types found: the test does not see the repository", len(types))
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		got := size{types[name].fields, types[name].methods, len(files[name])}
		most, listed := tooLarge[name]
		if !listed {
			most = size{mostFields, mostMethods, mostFiles}
		}
		if got.fields > most.fields || got.methods > most.methods || got.files > most.files {
			t.Errorf("%s has %d fields and %d methods in %d files, above %d, %d and %d", name, got.fields, got.methods, got.files,
				most.fields, most.methods, most.files)
		}
	}
	for name := range tooLarge {
		got := size{types[name].fields, types[name].methods, len(files[name])}
		if got.fields <= mostFields && got.methods <= mostMethods && got.files <= mostFiles {
			t.Errorf("%s is small now, or gone: take it out of tooLarge", name)
		}
	}
}

// sizes counts what the types of all files have, and names the files that their methods are in.
func sizes(all []*goFile) (map[string]size, map[string][]string) {
	types, files := map[string]size{}, map[string][]string{}
	for _, f := range all {
		if f.test() || strings.HasSuffix(f.path, "_other.go") || strings.HasSuffix(f.path, "_darwin.go") {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				name := f.dir + "." + n.Name.Name
				counted := types[name]
				if fields, ok := n.Type.(*ast.StructType); ok {
					counted.fields = fields.Fields.NumFields()
				}
				types[name] = counted
			case *ast.FuncDecl:
				if n.Recv == nil {
					break
				}
				name := f.dir + "." + receiver(n.Recv.List[0].Type)
				counted := types[name]
				counted.methods++
				types[name] = counted
				if !slices.Contains(files[name], f.path) {
					files[name] = append(files[name], f.path)
				}
			}
			return true
		})
	}
	return types, files
}

// receiver is the name of the type that a method has.
func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	}
	return "?"
}

func TestFunctionsAreShort(t *testing.T) {
	for _, f := range goFiles(t) {
		most := longestFunc
		if f.test() {
			most = longestTest
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && f.length(fn) > most {
				t.Errorf("%s: %s has %d lines, above %d", f.set.Position(fn.Pos()), fn.Name.Name, f.length(fn), most)
			}
		}
	}
}

// The rules themselves are tried: a rule that allowed everything would never fail.
func TestRulesRefuse(t *testing.T) {
	for _, tt := range []struct {
		dir, to string
		want    bool
	}{
		{".", "cmd", true}, {".", "pkg/engine", false}, {"cmd", "pkg/engine", true}, {"cmd", "pkg/wire", true}, {"cmd", "cmd", false},
		{"pkg/engine", "cmd", false}, {"pkg/engine", "pkg/worker", true}, {"pkg/wire", "pkg/cut", true}, {"pkg/wire", "pkg/worker", false},
		{"pkg/worker", "pkg/wire", false}, {"pkg/cut", "pkg/wire", false}, {"pkg/sizing", "pkg/cut", false}, {"pkg/new", "pkg/cut", false},
		{"scripts/bench", "pkg/wire", true}, {"scripts/bench", "cmd", false},
	} {
		if got := allowed(below, tt.dir, tt.to); got != tt.want {
			t.Errorf("%s imports %s: %v, want %v", tt.dir, tt.to, got, tt.want)
		}
	}
}

func TestFlagNames(t *testing.T) {
	for text, want := range map[string]bool{"--ready reads past it": true, "above --max-item": true, "(--timeout)": true, "it is ready -- or not": false,
		"a--b": false, "-----begin": false, "--%s": false, "or raise --": false} {
		if flagName.MatchString(text) != want {
			t.Errorf("%q names a flag: %v, want %v", text, !want, want)
		}
	}
}

// Once it is made, nobody changes a plan: only functions that have the settings at hand make one.
func TestPlansAreNotChanged(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || f.dir != "cmd" || f.test() || slices.ContainsFunc(fn.Type.Params.List, func(p *ast.Field) bool { return isPointerTo(p.Type, "settings") }) {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if set, ok := n.(*ast.AssignStmt); ok && slices.ContainsFunc(set.Lhs, inPlan) {
					t.Errorf("%s: %s changes a plan: what belongs to a run goes into running", f.set.Position(set.Pos()), fn.Name.Name)
				}
				return true
			})
		}
	}
}

// inPlan reports whether an expression names a part of a plan.
func inPlan(e ast.Expr) bool {
	part, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if whole, ok := part.X.(*ast.Ident); ok && whole.Obj != nil {
		field, ok := whole.Obj.Decl.(*ast.Field)
		return ok && isPointerTo(field.Type, "plan")
	}
	whole, ok := part.X.(*ast.SelectorExpr)
	return ok && (whole.Sel.Name == "plan" || inPlan(whole))
}

func isPointerTo(e ast.Expr, name string) bool {
	star, ok := e.(*ast.StarExpr)
	if !ok {
		return false
	}
	id, ok := star.X.(*ast.Ident)
	return ok && id.Name == name
}
