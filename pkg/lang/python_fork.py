# The third part of the runner of python: a process that runs the user's preload code once, and of which workers are forks.
#
# Its orders are those of a worker, and "preload". It says \ready or \?TEXT as a worker does. Then it reads requests, each a line
#     {"id": n, "stoke": pid, "in": fd, "out": fd, "err": fd, "prctl": n, "env": {name: value}}
# with descriptors of stoke. For each it forks a worker, which takes these as its stdio, the variables, and its orders from
# one of them, and writes
#     born ID PID
#     forked ID PID
# as soon as there is a process, and when it has become a worker; or else "failed ID TEXT" is written. The worker is an orphan,
# so that stoke, a subreaper, becomes its parent.

import atexit, gc, weakref

DEATH_SIGNAL, KILL = 1, 9  # PR_SET_PDEATHSIG, SIGKILL

is_fork = False  # this is a worker, and a fork
inherited_files = []  # that were open when the first worker was forked


class Forks:
    def __init__(self):
        self.preload = Text("--preload", setup["preload"])
        if self.preload.waits:
            at_fault("--preload", "SyntaxError: await: what waits belongs into --init", self.preload.text.split("\n")[0])
        life = Life()  # finds what is wrong with the other texts
        arguments = dict(setup["args"])
        vars(user).update(arguments)
        try:
            life.run(self.preload, arguments)
            if not life.init.text:  # else that may be what CODE needs
                life.code.function()
                life.code.check_imports()
        except ImportError as error:
            at_fault_importing("--preload", error)
        except SyntaxError as error:
            at_fault_in("--preload", error)

    def main(self):
        """Forks a worker for each request, and returns in each of them."""
        import ctypes  # once, not in each

        self.libc = ctypes.CDLL(None)
        inherited_files.extend(files())
        flush(inherited_files)
        gc.collect()
        gc.freeze()
        send([Mark("\\ready")])
        rest = b""
        while True:
            chunk = os.read(items_fd, CHUNK)
            if not chunk:
                os._exit(0)
            *requests, rest = (rest + chunk).split(b"\n")
            for request in requests:
                if self.fork(json.loads(request)):
                    return

    def fork(self, request):
        """Forks a worker. Gives whether this is it."""
        global making_worker, is_fork
        making_worker = True
        try:
            between = os.fork()
            if between:
                if os.waitpid(between, 0)[1]:
                    self.failed(request, "the process that was to fork it died")
                return False
        except OSError as error:
            self.failed(request, error)
            return False
        try:
            between = os.getpid()
            child = os.fork()
            if child:
                write(answers_fd, b"born %d %d\n" % (request["id"], child))
                os._exit(0)
            self.become(request, between)
        except BaseException as error:
            self.failed(request, error)
            os._exit(0)
        making_worker, is_fork = False, True
        return True

    def failed(self, request, error):
        write(answers_fd, b"failed %d %s\n" % (request["id"], str(error).replace("\n", " ").encode("utf-8", "replace")))

    def become(self, request, between):
        """Makes this process a worker, and a child of stoke."""
        stoke = request["stoke"]
        while os.getppid() == between:
            time.sleep(0.0002)
        forget_exits()
        os.setsid()
        self.libc.prctl(DEATH_SIGNAL, KILL, 0, 0, 0)
        if os.getppid() != stoke:
            os._exit(1)  # it died before it could be told
        control = answers_fd
        os.close(items_fd)
        for fd, name, way in (0, "in", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY):
            taken = os.open("/proc/%d/fd/%d" % (stoke, request[name]), way)
            os.dup2(taken, fd)
            os.close(taken)
        os.environ.update(request["env"])
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()  # random has seen to itself
        write(control, b"forked %d %d\n" % (request["id"], os.getpid()))
        os.close(control)
        part()
        setup.clear()
        setup.update(json.loads(os.environ.pop("STOKE_LANG_SETUP")))


def forget_exits():
    """Takes away what was to be done at the end of the process that this one is a fork of, such as to remove its files."""
    atexit._clear()
    for entry in weakref.finalize._registry.values():
        entry.atexit = False
    weakref.finalize._registered_with_atexit = False


def files():
    """Lists the files that are open, but for those that gc.freeze has put out of sight."""
    return [each for each in gc.get_objects() if isinstance(each, io.IOBase)]


def flush(several):
    """Writes out what is kept in the buffers of files."""
    for each in several:
        try:
            if not each.closed and each.writable():
                each.flush()
        except Exception:
            pass  # it cannot be written


def leave_fork(status):
    """Ends a worker that is a fork. A regular end would copy all the memory that is shared."""
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        atexit._run_exitfuncs()
    except BaseException as error:
        show(error)
    flush(inherited_files + files())
    os._exit(status & 0xFF)


