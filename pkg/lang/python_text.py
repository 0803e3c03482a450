# The second part of the runner of python: the user's text, and the life of the worker.

REFERENCE = re.compile(r"([\w./@-]+):([A-Za-z_][\w.]*)")
AT_FAULT = 120  # exit status


def at_fault(where, what, line):
    """Ends the worker: this text would fail at every start. line is where."""
    send([Mark("\\?" + escape("%s: %s\n  %s" % (where, what, line.rstrip("\n"))))])
    sys.exit(AT_FAULT)


def at_fault_in(where, error):
    """Ends the worker because of a SyntaxError in the text called where, or in a module that it imports."""
    name, number = error.filename or where, error.lineno or 1
    lines = linecache.getlines(name) or (error.text or "").splitlines() or [""]
    number = min(number, len(lines))  # else the error is that the text ends
    place = "line %d" % number if name == where else "%s, line %d" % (name, number)
    at_fault("%s, %s" % (where, place), named(error, error.msg), lines[number - 1])


def at_fault_importing(where, error):
    """Ends the worker because of an ImportError that came up while the text called where ran."""
    number, deeper = 1, False
    for frame, line in traceback.walk_tb(error.__traceback__):
        deeper = frame.f_code.co_filename != where
        if not deeper:
            number = line
    if deeper:
        show(error)  # what fails is inside a module
    at_fault("%s, line %d" % (where, number), named(error), linecache.getline(where, number))


def named(error, words=None):
    return "%s: %s" % (type(error).__name__, words or error)


class Text:
    """One of the user's texts: statements, or the function `module:function`."""

    def __init__(self, where, text):
        self.where, self.text = where, text
        self.reference = REFERENCE.fullmatch(text)
        self.code, self.waits, self.mute, self.imports = None, False, False, []
        # Tracebacks find the text here.
        linecache.cache[where] = (len(text), None, (text + "\n").splitlines(True), where)
        if self.reference or not text:
            return
        try:
            self.compile_code() if where == "CODE" else self.compile()
        except SyntaxError as error:
            at_fault_in(where, error)
        except (ValueError, OverflowError, RecursionError, MemoryError) as error:
            at_fault(where, named(error), text.split("\n")[0])

    def parse(self):
        """Gives the statements as a tree."""
        text = self.text
        if text[:1] in " \t\n":
            text = textwrap.dedent(text).lstrip("\n")
            linecache.cache[self.where] = (len(text), None, (text + "\n").splitlines(True), self.where)
        return ast.parse(text, self.where)

    def compile(self):
        self.code = compile(self.parse(), self.where, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        self.waits = bool(self.code.co_flags & COROUTINE)

    def compile_code(self):
        """Compiles the definition of a function CODE(item, seq)."""
        body = self.parse().body
        self.waits = awaits(body)
        self.imports = [(name, node) for node in body for name in imported(node)]
        self.mute = not (give_last(body) or speaks(body))
        shell = ast.parse("%sdef CODE(item, seq): pass" % ("async " if self.waits else ""), "CODE")
        shell.body[0].body = body or shell.body[0].body
        self.code = compile(shell, "CODE", "exec", dont_inherit=True)

    def function(self):
        """Gives the function(item, seq) that CODE stands for."""
        if self.reference:
            called = self.resolve()
            return lambda item, seq: called(item)
        found = {}
        exec(self.code, vars(user), found)
        return found["CODE"]

    def resolve(self):
        """Finds the function of `module:function`."""
        module, names = self.reference.groups()
        try:
            found = importlib.import_module(module) if all(map(str.isidentifier, module.split("."))) else None
        except ImportError as error:
            if error.name != module.split(".")[0]:
                show(error)  # what fails is inside a module
            at_fault(self.where, named(error), self.text)
        except SyntaxError as error:
            at_fault_in(self.where, error)
        if found is None:
            at_fault(self.where, "no module named %r: python's modules are named with dots" % module, self.text)
        for name in names.split("."):
            if not hasattr(found, name):
                at_fault(self.where, "%s has no %r" % (getattr(found, "__name__", module), name), self.text)
            found = getattr(found, name)
        if not callable(found):
            at_fault(self.where, "%s is not a function" % names, self.text)
        self.waits = is_async(found)
        return found

    def check_imports(self):
        """Ends the worker if a module is missing that CODE would import for each item."""
        for name, node in self.imports:
            try:
                importlib.import_module(name)
            except ImportError as error:
                at_fault("CODE, line %d" % node.lineno, named(error), linecache.getline("CODE", node.lineno))


# ---- trees


def awaits(nodes):
    """Whether any of the trees waits, apart from functions defined in it."""
    for node in nodes:
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or getattr(node, "is_async", 0):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and awaits(ast.iter_child_nodes(node)):
            return True
    return False


def give_last(body):
    """Makes the last expression of statements what they give. Gives whether there is one."""
    last = body[-1] if body else None
    if isinstance(last, ast.Expr):
        if not isinstance(last.value, (ast.Yield, ast.YieldFrom)) and not writes(last.value):
            body[-1] = ast.copy_location(ast.Return(last.value), last)
        return True
    if isinstance(last, ast.Try) and last.orelse:
        blocks = [last.orelse]
    elif isinstance(last, (ast.If, ast.With, ast.AsyncWith, ast.Try)):
        blocks = [last.body, getattr(last, "orelse", [])]
    else:
        blocks = []
    blocks += [case.body for case in getattr(last, "handlers", []) + getattr(last, "cases", [])]
    return any([give_last(block) for block in blocks])


def writes(call):
    """Whether an expression is a call of sys.stdout.write or its kin, which give a number."""
    names = []
    while isinstance(call, (ast.Call, ast.Attribute)):
        names.append(getattr(call, "attr", ""))
        call = call.func if isinstance(call, ast.Call) else call.value
    return names[:2] == ["", "write"] and "stdout" in names + [getattr(call, "id", "")]


# Calls that print nothing.
SILENT = set(dir(builtins)) - {"print", "exec", "eval", "__import__", "help", "input", "map", "filter"}


def speaks(nodes):
    """Whether any of the statements may give an answer: it returns something, or calls what may print. Functions that are
    defined in them count, too: they may be called."""
    for node in nodes:
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in SILENT):
            return True
        if speaks(ast.iter_child_nodes(node)):
            return True
    return False


def imported(node):
    """Names the modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []


def is_async(called):
    """Says whether a call gives a coroutine: of a function, a functools.partial of one, or an object that can be called."""
    while hasattr(called, "func") and hasattr(called, "keywords"):
        called = called.func
    for made in called, getattr(type(called), "__call__", None):
        if hasattr(made, "__code__"):
            return bool(made.__code__.co_flags & COROUTINE)
    return False


# ---- its life


class Life:
    """Init, all items, exit: inside an event loop where CODE waits."""

    def __init__(self):
        self.init, self.code, self.exit = map(Text, ("--init", "CODE", "--exit"), (setup["init"], setup["code"], setup["exit"]))
        self.asyncio = self.loop = None

    def main(self):
        arguments = dict(setup["args"])
        vars(user).update(arguments, slot=setup["slot"])
        function = None
        if not self.init.code:  # else it may be what makes CODE's module be found
            function = self.code.function()
        if self.code.waits:
            self.enter_loop()
        try:
            self.run(self.init, arguments)
        except ImportError as error:
            at_fault_importing("--init", error)
        except SyntaxError as error:
            at_fault_in("--init", error)
        function = function or self.code.function()
        self.code.check_imports()
        leave = self.exit.reference and self.exit.resolve()
        send([Mark("\\ready mute" if self.code.mute else "\\ready")])
        self.serve(self.converting(function))
        printed.pieces = printed.several = None
        drop(answers_fd)  # shows that there will be no more answers, but keeps the number
        self.run(self.exit, {}, leave)
        self.leave_loop()

    def converting(self, function):
        """Gives function another type of items."""
        if setup["item_type"] == "json":
            return lambda item, seq: function(json.loads(item), seq)
        if setup["item_type"] == "bytes":
            return lambda item, seq: function(item.encode("utf-8", "surrogateescape"), seq)
        return function

    def run(self, text, arguments, function=None):
        """Runs init or exit, if there is one."""
        if text.reference:
            function = function or text.resolve()
            call = lambda: function(**arguments)
        elif text.code:
            call = lambda: eval(text.code, vars(user))
        else:
            return
        if text.waits:
            self.enter_loop()
        if self.loop is None:
            call()
            return

        async def inside():
            result = call()
            if text.waits:
                await result

        self.loop.run_until_complete(inside())

    def serve(self, function):
        if not self.code.waits:
            return serve(function)
        self.enter_loop()  # if only now CODE is known to wait
        crowd = Crowd(self.loop, function, setup["concurrency"])
        try:
            self.loop.run_until_complete(crowd.serve())
        finally:
            crowd.send()  # also when CODE ends the process

    def enter_loop(self):
        if self.loop is None:
            import asyncio

            self.asyncio, self.loop = asyncio, asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)

    def leave_loop(self):
        """What asyncio.run does at its end."""
        if self.loop is None:
            return
        tasks = self.asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(self.asyncio.gather(*tasks, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


def main():
    status = 0
    try:
        if "preload" in setup:
            Forks().main()  # returns in each worker
        Life().main()
    except SystemExit as end:
        if not is_fork:
            raise
        status = end.code or 0
        if not isinstance(status, int):
            complain(b"%s\n" % str(status).encode("utf-8", "backslashreplace"))
            status = 1
    except BaseException as error:
        show(error)
        status = 1
    if is_fork:
        leave_fork(status)
    sys.exit(status)


main()
