# The warm python of `stoke --lang python`: it starts once and answers item after item.
#
# It runs in `python3 -c BOOT stoke worker SLOT` (see language.go), with its orders as JSON in the variable STOKE_LANG_SETUP:
#     {"code": .., "init": .., "exit": .., "args": [[name, value], ..], "item_type": "text|json|bytes", "slot": n, "concurrency": k,
#      "mark_json": bool}
#
# It speaks "escaped lines" on private copies of fd 0 and 1: in a line, a backslash is `\\` and a newline is `\n`.
#     it writes  \ready      init is done, items may come; "\ready mute" where CODE can never give an answer
#     it writes  \?TEXT      the user's text is at fault and will stay so; it exits with status 120
#     it reads   \#SEQ       the number of the next item, from 1; later ones count up
#     it reads   ITEM        one line an item
#     it writes  ANSWER      one line an item, in the order of the items
#     it writes  \=JSON      an answer that is JSON, not text; only with mark_json
#     it writes  \!TEXT      instead of an answer: CODE raised TEXT, and behind a byte 0x1e its traceback
# At the end of its input it runs the exit code and leaves with status 0.
#
# fd 0 is /dev/null and fd 1 a copy of stderr for whatever else runs here: it can neither eat items nor forge answers.

import sys

_path, sys.path = sys.path, [p for p in sys.path if p]  # a json.py in the current directory is not meant for us
import ast, builtins, contextvars, importlib, io, json, linecache, os, re, textwrap, time, traceback, types

sys.path = _path

CHUNK = 1 << 16  # bytes to read at once
PATIENCE = 0.004  # seconds that answers may wait while the next items are worked on
REFERENCE = re.compile(r"([\w./@-]+):([A-Za-z_][\w.]*)")
AT_FAULT = 120  # exit status
BEHIND = "\x1e"  # stands between what an exception says and its traceback
COROUTINE = 0x80  # inspect.CO_COROUTINE, without its import

del sys.argv[1:]  # they are for who looks at processes
setup = json.loads(os.environ.pop("STOKE_LANG_SETUP"))
items_fd, answers_fd = os.dup(0), os.dup(1)
_null = os.open(os.devnull, os.O_RDONLY)
os.dup2(_null, 0)
os.dup2(2, 1)
os.close(_null)


def forked():
    """A child that was forked, not started, has no part in the conversation."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, items_fd, inheritable=False)
    os.dup2(null, answers_fd, inheritable=False)
    os.close(null)
    printed.write = to_stderr
    printed.take()


os.register_at_fork(after_in_child=forked)

# The user's text lives in a __main__ of its own; the dictionary of this file stays out of its sight, and must stay alive.
runner = sys.modules["__main__"]
user = sys.modules["__main__"] = types.ModuleType("__main__")


# ---- writing


class Mark(str):
    """A line that is not an answer: it is escaped already, and its backslash in front stays."""


def escape(text):
    return text if type(text) is Mark else text.replace("\\", "\\\\").replace("\n", "\\n")


def unescape(line):
    return "\\".join([part.replace("\\n", "\n") for part in line.split("\\\\")])


def write(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def end_answers():
    """Shows that there will be no more answers, but keeps the number of their descriptor."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, answers_fd, inheritable=False)
    os.close(null)


def complain(data):
    """Writes bytes to stderr, after what was printed there before."""
    try:
        sys.stderr.flush()
        write(2, data)
    except (OSError, ValueError, AttributeError):
        pass  # nobody listens


def send(answers):
    """Writes answers, each a str or an int, and empties the list."""
    if not answers:
        return
    text = joined(answers)
    if "\\" in text or text.count("\n") > len(answers):
        text = "".join([escape(answer) + "\n" for answer in answers])
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = None  # see to it outside of here, or what is shown of it begins with this
    if data is None:
        data = b"".join([encoded(answer) + b"\n" for answer in answers])
    answers.clear()
    try:
        write(answers_fd, data)
    except BrokenPipeError:
        os._exit(1)  # nobody wants answers any more


def joined(answers):
    """Gives answers as lines, not escaped. In the list each is a str afterwards, unless all are numbers."""
    kinds = set(map(type, answers))
    try:
        if kinds == {int}:
            return "%d\n" * len(answers) % tuple(answers)
    except ValueError:
        pass  # one has more digits than python wants to write
    if int in kinds:
        answers[:] = [decimal(answer) if type(answer) is int else answer for answer in answers]
    return "\n".join(answers) + "\n"


def decimal(number):
    try:
        return str(number)
    except ValueError as error:
        return failure(error)


def encoded(answer):
    """Encodes one of several answers of which not all are fit for UTF-8."""
    try:
        return escape(answer).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        return failure(error).encode()


# ---- printing


class Printed(io.BytesIO):
    """What sys.stdout holds of the present item. Where no item is at work, its write is replaced by complain."""

    def fileno(self):
        return 1

    def writelines(self, pieces):
        for piece in pieces:
            self.write(piece)

    def take(self):
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


printed = Printed()
stdout = sys.stdout = io.TextIOWrapper(printed, "utf-8", "surrogateescape", write_through=True)
# With several items at work each has a list of its own.
lists = contextvars.ContextVar("lists", default=None)
printing = False  # whether CODE has ever printed: to ask after each quick item would take a while


def note_printing(data):
    """Stands for printed.write until CODE prints for the first time."""
    global printing
    printing = True
    vars(printed).pop("write", None)
    return printed.write(data)


def to_stderr(data):
    complain(bytes(data))
    return len(data)


def to_list(data):
    pieces = lists.get()
    if pieces is None:
        return to_stderr(data)
    pieces.append(bytes(data))
    return len(data)


# ---- values


def plain(value):
    """What json cannot write: numbers and arrays of numpy and its kin can be had as python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if getattr(value, "cr_code", None) is not None:
        value.close()
        raise TypeError("CODE gives a coroutine: write await")
    raise TypeError("CODE gives %s, which is neither text nor JSON" % type(value).__name__)


written_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=plain).encode

# Halves of characters, which JSON can hold and UTF-8 cannot. In text, some stand for bytes of an item that were no UTF-8.
halves = re.compile("[\ud800-\udfff]" if setup["item_type"] == "json" else "[\ud800-\udc7f\udd00-\udfff]")


def to_json(value):
    text = written_json(value)
    return text if text.isascii() else halves.sub(lambda half: "\\u%04x" % ord(half[0]), text)


def marked(value):
    """Gives what CODE gave, marked as JSON if it is to be that."""
    if value is None or isinstance(value, (str, bytes, bytearray, memoryview)):
        return value
    return Mark("\\=" + escape(to_json(value)))


def marking(function, waits):
    """Gives a function whose values are marked."""
    if not waits:
        return lambda item, seq: marked(function(item, seq))

    async def waiting(item, seq):
        return marked(await function(item, seq))

    return waiting


def answer(value, take):
    """Turns what CODE gave into an answer. take() gives what it printed, as bytes, and forgets it."""
    if type(value) is Mark:
        return value
    if value is None:
        if sys.stdout is not stdout and sys.stdout is not None:
            sys.stdout.flush()  # the user's own, which may have a buffer before ours
        text = take()
        return (text[:-1] if text[-1:] == b"\n" else text).decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return str.__str__(value)  # the text itself, whatever an enum would say
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "surrogateescape")
    return to_json(value)


def failure(error):
    """Gives the line that stands for the answer to an item on which CODE raised: what, and behind a mark where."""
    what, where = told(error)
    if isinstance(error, json.JSONDecodeError) and not where:
        what = "not JSON: " + what.partition(": ")[2]
    text = what[:1000].replace(BEHIND, "?") + BEHIND + where[-4000:]
    return Mark("\\!" + escape(text.encode("utf-8", "backslashreplace").decode()))


def told(error):
    """Gives an exception in a line, and its traceback without our own frames and that line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    if trace is not None and trace.tb_frame.f_globals.get("__name__", "").split(".")[0] == "json":
        trace = None  # our own call of json
    try:
        words = str(error)
    except Exception:
        words = ""
    what = type(error).__name__ + (": " + words if words else "")
    if trace is None and error.__cause__ is None and (error.__context__ is None or error.__suppress_context__):
        return what, ""
    lines = traceback.format_exception(type(error), error, trace)
    if lines[-1].endswith(what + "\n"):
        lines.pop()  # it may name the module besides
    return what, "".join(lines)


def show(error):
    """Writes an exception and its traceback to stderr."""
    what, where = told(error)
    complain((where + what + "\n").encode("utf-8", "backslashreplace"))


# ---- the user's text


def at_fault(where, what, line=None, column=0):
    """Ends the worker: this text would fail at every start. column counts characters from 0."""
    text = "%s: %s" % (where, what)
    if line is not None:
        line = line.rstrip("\n")
        text += "\n  %s\n  %s^" % (line, re.sub(r"[^\t]", " ", line[:column].ljust(column)))
    send([Mark("\\?" + escape(text))])
    sys.exit(AT_FAULT)


def at_fault_in(where, error):
    """Ends the worker because of a SyntaxError in the text called where, or in a module that it imports."""
    name, number = error.filename or where, error.lineno or 1
    lines = linecache.getlines(name) or (error.text or "").splitlines() or [""]
    line = lines[min(number, len(lines)) - 1].rstrip("\n")
    column = (error.offset or 1) - 1 if number <= len(lines) else len(line)
    place = "line %d" % number if name == where else "%s, line %d" % (name, number)
    at_fault("%s, %s" % (where, place), "%s: %s" % (type(error).__name__, error.msg), line, min(max(column, 0), len(line)))


def at_fault_importing(where, error):
    """Ends the worker because of an ImportError that came up while the text called where ran."""
    number, deeper = 1, False
    for frame, line in traceback.walk_tb(error.__traceback__):
        deeper = frame.f_code.co_filename != where
        if not deeper:
            number = line
    if deeper:
        show(error)  # what fails is inside a module
    line = (linecache.getline(where, number) or "\n").rstrip("\n")
    column = len(line) - len(line.lstrip())
    at_fault("%s, line %d" % (where, number), "%s: %s" % (type(error).__name__, error), line, column)


def parse(where, text):
    """Gives the statements of a text as a tree."""
    if text[:1] in " \t\n":
        text = textwrap.dedent(text).lstrip("\n")
    # Tracebacks find the text here.
    linecache.cache[where] = (len(text), None, (text + "\n").splitlines(True), where)
    return ast.parse(text, where)


def awaits(nodes):
    """Whether any of the trees waits, apart from functions defined in it."""
    for node in nodes:
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or getattr(node, "is_async", 0):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and awaits(ast.iter_child_nodes(node)):
            return True
    return False


def compile_code(text):
    """Gives the code that defines the function CODE(item, seq), whether that is async, what it imports: (name, statement), and
    whether it may answer."""
    body = parse("CODE", text).body
    waits = awaits(body)
    names = [(name, node) for node in body for name in imported(node)]
    answers = give_last(body) or speaks(body)
    shell = ast.parse("%sdef CODE(item, seq): pass" % ("async " if waits else ""), "CODE")
    shell.body[0].body = body or shell.body[0].body
    return compile(shell, "CODE", "exec", dont_inherit=True), waits, names, answers


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


def check_imports(names):
    """Ends the worker if a module is missing that CODE would import for each item."""
    for name, node in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            line = linecache.getline("CODE", node.lineno)
            at_fault("CODE, line %d" % node.lineno, "%s: %s" % (type(error).__name__, error), line, node.col_offset)


def compile_text(where, text):
    """Gives the code of init or exit. It is a coroutine if it waits."""
    tree = parse(where, text)
    return compile(tree, where, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


def checked(where, compiler, *arguments):
    """Calls a compiler, unless the text refers to a function in a module: then there is nothing to compile."""
    text = arguments[-1]
    if REFERENCE.fullmatch(text):
        linecache.cache[where] = (len(text), None, [text], where)
        return None
    try:
        return compiler(*arguments)
    except SyntaxError as error:
        at_fault_in(where, error)
    except (ValueError, OverflowError, RecursionError, MemoryError) as error:
        at_fault(where, "%s: %s" % (type(error).__name__, error), text.split("\n")[0])


def resolve(where, text):
    """Finds the function of `module:function`."""
    module, names = REFERENCE.fullmatch(text).groups()
    try:
        found = importlib.import_module(module) if all(map(str.isidentifier, module.split("."))) else None
    except ImportError as error:
        if error.name != module.split(".")[0]:
            show(error)  # what fails is inside a module
        at_fault(where, "%s: %s" % (type(error).__name__, error), text)
    except SyntaxError as error:
        at_fault_in(where, error)
    if found is None:
        at_fault(where, "no module named %r: python's modules are named with dots" % module, text)
    column = len(module) + 1
    for name in names.split("."):
        if not hasattr(found, name):
            at_fault(where, "%s has no %r" % (getattr(found, "__name__", module), name), text, column)
        found = getattr(found, name)
        column += len(name) + 1
    if not callable(found):
        at_fault(where, "%s is not a function" % names, text, len(module) + 1)
    return found


def is_async(called):
    """Says whether a call gives a coroutine: of a function, a functools.partial of one, or an object that can be called."""
    while hasattr(called, "func") and hasattr(called, "keywords"):
        called = called.func
    for made in called, getattr(type(called), "__call__", None):
        if hasattr(made, "__code__"):
            return bool(made.__code__.co_flags & COROUTINE)
    return False


# ---- items


class Lines:
    """Cuts what arrives into items."""

    def __init__(self):
        self.seq, self.pieces = 1, []

    def runs(self, chunk):
        """Gives what chunk completes as (number of the first item, items)."""
        end = chunk.rfind(b"\n")
        if end < 0:
            self.pieces.append(chunk)
            return
        text = b"".join(self.pieces + [chunk[:end]]).decode("utf-8", "surrogateescape")
        self.pieces = [chunk[end + 1 :]]
        for run in ("\n" + text).split("\n\\#"):
            number, *lines = run.split("\n")
            self.seq = int(number or self.seq)
            if "\\" in run:
                lines = [unescape(line) if "\\" in line else line for line in lines]
            yield self.seq, lines
            self.seq += len(lines)


def serve(function):
    """Answers all items, one after the other."""
    lines, answers, clock = Lines(), [], time.monotonic
    # To ask for the time costs as much as a quick item: after many quick ones, only each sixteenth asks.
    checked = quick = unchecked = 0
    put, took = answers.append, printed.tell
    try:
        while True:
            chunk = os.read(items_fd, CHUNK)
            if not chunk:
                return
            checked = clock()
            due = checked + PATIENCE  # the first of these answers has not waited yet
            for first, items in lines.runs(chunk):
                for seq, item in enumerate(items, first):
                    try:
                        value = function(item, seq)
                        if type(value) is not int and type(value) is not str:
                            value = answer(value, printed.take)
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as error:
                        value = failure(error)
                    put(value)
                    if printing and took():
                        complain(printed.take())
                    if unchecked:
                        unchecked -= 1
                        continue
                    now = clock()
                    quick = quick + 1 if now - checked < 0.0001 else 0
                    checked, unchecked = now, 15 if quick > 100 else 0
                    if now > due:
                        send(answers)
                        checked = clock()
                        due = checked + PATIENCE
            if answers:
                send(answers)
    finally:
        send(answers)  # also when CODE ends the process


class Crowd:
    """Answers all items, up to limit of them at a time, in an event loop."""

    def __init__(self, loop, function, limit):
        self.loop, self.function, self.limit = loop, function, limit
        self.lines, self.waiting = Lines(), []  # waiting: items that came but did not start, the next one last
        self.row = []  # one list for each item that started and was not written, oldest first: empty, or with its answer
        self.tasks, self.end = set(), loop.create_future()
        self.open = True  # more items may come
        self.listening = self.sending = False  # whether read, send will be called

    async def serve(self):
        self.start()
        await self.end

    def read(self):
        chunk = os.read(items_fd, CHUNK)
        self.open = bool(chunk)
        self.waiting = [pair for seq, items in self.lines.runs(chunk) for pair in enumerate(items, seq)][::-1]
        self.start()

    def start(self):
        """Starts items for as long as it may, and listens if it could start more."""
        while self.waiting and len(self.tasks) < self.limit:
            seq, item = self.waiting.pop()
            place = []
            self.row.append(place)
            task = self.loop.create_task(self.work(place, item, seq))
            self.tasks.add(task)
            task.add_done_callback(self.finished)
        listen = self.open and not self.waiting
        if listen and not self.listening:
            self.loop.add_reader(items_fd, self.read)
        elif self.listening and not listen:
            self.loop.remove_reader(items_fd)
        self.listening = listen
        if not (self.open or self.tasks or self.end.done()):
            self.end.set_result(None)

    async def work(self, place, item, seq):
        pieces = []
        lists.set(pieces)

        def take():
            text = b"".join(pieces)
            pieces.clear()
            return text

        try:
            value = answer(await self.function(item, seq), take)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            value = failure(error)
        place.append(value)
        if pieces:
            complain(take())
        if self.row[0] and not self.sending:
            self.sending = True
            self.loop.call_soon(self.send)

    def finished(self, task):
        self.tasks.discard(task)
        self.start()

    def send(self):
        """Writes the answers that no earlier item holds up."""
        self.sending, ready = False, 0
        while ready < len(self.row) and self.row[ready]:
            ready += 1
        answers = [place[0] for place in self.row[:ready]]
        del self.row[:ready]
        send(answers)


# ---- its life


class Life:
    """Init, all items, exit: inside an event loop where CODE waits."""

    def __init__(self):
        self.code, self.init, self.exit = setup["code"], setup.get("init") or "", setup.get("exit") or ""
        self.made_init = self.init and checked("--init", compile_text, "--init", self.init)
        self.made_code = checked("CODE", compile_code, self.code)
        self.made_exit = self.exit and checked("--exit", compile_text, "--exit", self.exit)
        self.asyncio = self.loop = None

    def main(self):
        printed.write = to_stderr
        self.arguments = dict(setup.get("args") or [])
        vars(user).update(self.arguments, slot=setup["slot"])
        function, waits = None, self.made_code and self.made_code[1]
        if self.made_init is None or not self.init:
            function, waits = self.function()
        if waits:
            self.enter_loop()
        self.run_init()
        if function is None:
            function, waits = self.function()
        if self.made_code is not None:
            check_imports(self.made_code[2])
        mute = self.made_code is not None and not self.made_code[3]
        leave = resolve("--exit", self.exit) if self.made_exit is None else None
        send([Mark("\\ready mute" if mute else "\\ready")])
        if setup.get("mark_json"):
            function = marking(function, waits)
        self.serve(self.converting(function), waits)
        printed.write = to_stderr
        end_answers()
        if self.exit:
            self.run(self.made_exit, leave)
        self.leave_loop()

    def function(self):
        """Gives the function(item, seq) that CODE stands for, and whether it is async."""
        if self.made_code is None:
            called = resolve("CODE", self.code)
            return (lambda item, seq: called(item)), is_async(called)
        code, waits = self.made_code[:2]
        found = {}
        exec(code, vars(user), found)
        return found["CODE"], waits

    def converting(self, function):
        """Gives function another type of items."""
        if setup["item_type"] == "json":
            return lambda item, seq: function(json.loads(item), seq)
        if setup["item_type"] == "bytes":
            return lambda item, seq: function(item.encode("utf-8", "surrogateescape"), seq)
        return function

    def run_init(self):
        try:
            if self.init and self.made_init is None:
                self.run(None, resolve("--init", self.init), self.arguments)
            elif self.init:
                self.run(self.made_init)
        except ImportError as error:
            at_fault_importing("--init", error)
        except SyntaxError as error:
            at_fault_in("--init", error)

    def run(self, code, function=None, arguments={}):
        """Runs init or exit: code, or a function."""
        waits = code.co_flags & COROUTINE if code is not None else is_async(function)
        call = (lambda: eval(code, vars(user))) if code is not None else (lambda: function(**arguments))
        if waits:
            self.enter_loop()
        if self.loop is None:
            return call()

        async def inside():
            result = call()
            if waits:
                await result

        self.loop.run_until_complete(inside())

    def serve(self, function, waits):
        if not waits:
            printed.write = note_printing
            return serve(function)
        self.enter_loop()
        printed.write = to_list
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


try:
    Life().main()
except SystemExit:
    raise
except BaseException as error:
    show(error)
    sys.exit(1)
