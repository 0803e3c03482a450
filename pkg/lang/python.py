# The warm python of `stoke --lang python`: it starts once and answers item after item. python_text.py and
# python_fork.py are parts of it.
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
BEHIND = "\x1e"  # stands between what an exception says and its traceback
COROUTINE = 0x80  # inspect.CO_COROUTINE, without its import

del sys.argv[1:]  # they are for who looks at processes
setup = json.loads(os.environ.pop("STOKE_LANG_SETUP"))


def drop(*descriptors):
    """Puts /dev/null in the place of descriptors."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in descriptors:
        os.dup2(null, fd, inheritable=fd == 0)
    os.close(null)


def part():
    """Takes items and answers to private descriptors."""
    global items_fd, answers_fd
    items_fd, answers_fd = os.dup(0), os.dup(1)
    drop(0)
    os.dup2(2, 1)


part()

# The user's text lives in a __main__ of its own; the dictionary of this file stays out of its sight, and must stay alive.
runner = sys.modules["__main__"]
user = sys.modules["__main__"] = types.ModuleType("__main__")


# ---- writing


class Mark(str):
    """A line that is not an answer: it is escaped already, and its backslash in front stays."""


def escape(text):
    return text if type(text) is Mark else str(text).replace("\\", "\\\\").replace("\n", "\\n")


def unescape(line):
    return "\\".join([part.replace("\\n", "\n") for part in line.split("\\\\")])


def write(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


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
    data = None
    try:
        text = "%s\n" * len(answers) % tuple(answers)
        if "\\" in text or text.count("\n") > len(answers):
            text = "".join([escape(answer) + "\n" for answer in answers])
        data = text.encode("utf-8", "surrogateescape")
    except ValueError:
        pass  # seen to outside of here, or what is shown of it would begin with this
    if data is None:
        data = b"".join([encoded(answer) + b"\n" for answer in answers])
    answers.clear()
    try:
        write(answers_fd, data)
    except BrokenPipeError:
        os._exit(1)  # nobody wants answers any more


def encoded(answer):
    """Encodes one of several answers of which not all can be: halves of characters, more digits than python writes."""
    try:
        return escape(answer).encode("utf-8", "surrogateescape")
    except ValueError as error:
        return failure(error).encode()


# ---- printing


class Printed(io.BufferedIOBase):
    """What sys.stdout writes to. pieces is what the item at work printed; where none is at work, all goes to stderr."""

    pieces = None
    several = None  # with several items at work, a variable of the context: the pieces of each

    def write(self, data):
        data = bytes(data)
        pieces = self.several.get() if self.several else self.pieces
        if pieces is None:
            complain(data)
        else:
            pieces.append(data)
        return len(data)

    def writable(self):
        return True

    def fileno(self):
        return 1


printed = Printed()
stdout = sys.stdout = io.TextIOWrapper(printed, "utf-8", "surrogateescape", write_through=True)


def take(pieces):
    """Gives what an item printed, and forgets it."""
    text = b"".join(pieces)
    pieces.clear()
    return text


making_worker = False  # by a fork


def forked():
    """A child that was forked, not started, has no part in the conversation."""
    if making_worker:
        return
    drop(items_fd, answers_fd)
    printed.pieces = printed.several = None


os.register_at_fork(after_in_child=forked)


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


def answer(value, pieces):
    """Turns what CODE gave into an answer. pieces is what it printed, which is taken if it gave nothing."""
    if value is None:
        if sys.stdout is not stdout and sys.stdout is not None:
            sys.stdout.flush()  # the user's own, which may have a buffer before ours
        text = take(pieces)
        return (text[:-1] if text[-1:] == b"\n" else text).decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return str.__str__(value)  # the text itself, whatever an enum would say
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "surrogateescape")
    text = written_json(value)
    if not text.isascii():
        text = halves.sub(lambda half: "\\u%04x" % ord(half[0]), text)
    return Mark("\\=" + escape(text)) if setup.get("mark_json") else text


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
    lines, answers, pieces, clock = Lines(), [], [], time.monotonic
    plain = str if setup.get("mark_json") else int  # needs no more to be an answer
    printed.pieces = pieces
    left = step = 1  # items up to the next look at the clock, and from one to the next: it costs as much as a quick item
    try:
        while True:
            chunk = os.read(items_fd, CHUNK)
            if not chunk:
                return
            looked = clock()
            due = looked + PATIENCE  # the first of these answers has not waited yet
            for first, items in lines.runs(chunk):
                for seq, item in enumerate(items, first):
                    try:
                        value = function(item, seq)
                        if type(value) is not plain and type(value) is not str:
                            value = answer(value, pieces)
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as error:
                        value = failure(error)
                    answers.append(value)
                    if pieces:
                        complain(take(pieces))
                    left -= 1
                    if left:
                        continue
                    now = clock()
                    left = step = min(2 * step, 16) if now - looked < 0.0001 else 1
                    looked = now
                    if now > due:
                        send(answers)
                        looked = clock()
                        due = looked + PATIENCE
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
        printed.several = contextvars.ContextVar("pieces", default=None)

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
        printed.several.set(pieces)
        try:
            value = answer(await self.function(item, seq), pieces)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            value = failure(error)
        place.append(value)
        if pieces:
            complain(take(pieces))
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
