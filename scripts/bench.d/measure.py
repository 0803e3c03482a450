"""Runs commands for scripts/bench: how long they take, how much memory they need, on what machine."""
import contextlib
import os
import platform
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

LIMIT = 300  # seconds after which a command counts as hung

# What would change the figures behind our back: unbuffered python workers, options of node, stoke and parallel,
# certificates that node reads at each start.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in ("PYTHONUNBUFFERED", "PARALLEL", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS") and not name.startswith("STOKE_")
}


class Failed(Exception):
    """A command failed, hung or gave wrong answers; the text says which and how."""


@contextlib.contextmanager
def started(argv, **options):
    """A running process, the leader of its own session: leaving the block kills what is left of it."""
    process = subprocess.Popen(argv, env=ENVIRONMENT, start_new_session=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout:
            process.stdout.close()


@contextlib.contextmanager
def deadline(command):
    """Raises Failed inside the block when it takes longer than LIMIT."""

    def hung(_signal, _frame):
        raise Failed(f"no end after {LIMIT} s: {command}")

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def shell(command, cwd=None):
    """Runs one shell command; returns its wall time and its standard output."""
    with tempfile.TemporaryFile() as errors, deadline(command):
        start = time.perf_counter()
        with started(["sh", "-c", command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                     stderr=errors) as process:
            output = process.stdout.read()
            status = process.wait()
            took = time.perf_counter() - start
        if status != 0:
            errors.seek(0)
            words = errors.read().decode(errors="replace").strip() or output.decode(errors="replace").strip()
            raise Failed(f"exit status {status}: {command}\n{words[-1000:]}")
    return took, output.decode(errors="replace")


def seconds(command):
    """The wall time of one shell command."""
    return shell(command)[0]


def alternate(runs, *measures):
    """Calls the measures in turn, A B A B, so that all see the same weather; returns their medians."""
    rounds = [[measure() for measure in measures] for _ in range(runs)]
    return [statistics.median(figures) for figures in zip(*rounds)]


def settled(measure):
    """The median of three calls, or of fewer when they take long."""
    figures, start = [], time.perf_counter()
    while len(figures) < 3 and time.perf_counter() - start < 4:
        figures.append(measure())
    return statistics.median(figures)


def peak(feeder, argv, stdin=None):
    """Runs `feeder | argv`; returns the peak resident memory in MiB of argv's own process, and the wall time.

    The feeder may be None. Children do not count: VmHWM is the high-water mark of one process, and is read every few
    milliseconds because it goes with the process.
    """
    highest, start = 0, time.perf_counter()
    with contextlib.ExitStack() as stack:
        stack.enter_context(deadline(" ".join(argv)))
        errors = stack.enter_context(tempfile.TemporaryFile())
        if feeder:
            stdin = stack.enter_context(started(feeder, stdout=subprocess.PIPE, stderr=errors)).stdout
        process = stack.enter_context(started(argv, stdin=stdin, stdout=subprocess.DEVNULL, stderr=errors))
        if feeder:
            stdin.close()  # the feeder must notice when argv goes away
        while process.poll() is None:
            highest = max(highest, high_water(process.pid))
            time.sleep(0.005)
        took = time.perf_counter() - start
        if process.returncode != 0:
            errors.seek(0)
            words = errors.read().decode(errors="replace").strip()
            raise Failed(f"exit status {process.returncode}: {' '.join(argv)}\n{words[-1000:]}")
    return highest / 1024, took


def high_water(pid):
    """The peak resident memory so far of one process, in KiB; 0 once it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            return max((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), default=0)
    except (FileNotFoundError, ProcessLookupError):
        if not os.path.isdir("/proc/self"):
            raise Failed("peak memory is read from /proc, which this system lacks") from None
        return 0


class Others:
    """How many processors other programs kept busy since this was made: they bend the figures, and not evenly."""

    def __init__(self):
        self.start, self.foreign = time.perf_counter(), self.busy()

    @staticmethod
    def busy():
        """Processor seconds spent on this machine (stolen ones too) less those of this process and its children."""
        try:
            with open("/proc/stat", encoding="ascii") as stat:
                user, nice, system, _idle, _wait, irq, softirq, steal = map(int, stat.readline().split()[1:9])
        except (OSError, ValueError):
            return 0.0
        ticks = user + nice + system + irq + softirq + steal
        return ticks / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])

    def processors(self):
        """The average number of processors they took."""
        return (self.busy() - self.foreign) / (time.perf_counter() - self.start)


def installed(tool):
    """Whether a peer can be run. There is another program called parallel, which is not meant."""
    if tool == "parallel":
        return "GNU parallel" in first_line("parallel --version")
    return shutil.which(tool, path=ENVIRONMENT.get("PATH")) is not None


def first_line(command, cwd=None):
    """The first line a command prints, or 'not installed' or the like."""
    try:
        lines = shell(command + " 2>/dev/null", cwd)[1].splitlines()
    except Failed:
        lines = []
    return lines[0] if lines else "not installed"


def cpu():
    """The model name of the processor."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def cores():
    """How many processors there are, and how many of them this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{os.cpu_count()} cores, {allowed} usable"


def machine(root):
    """What was measured on, as (name, value) pairs."""
    yield "date", time.strftime("%Y-%m-%d %H:%M:%S %z")
    commit = first_line("git describe --tags --always --dirty", root)
    yield "commit", commit if commit != "not installed" else "no commit"
    yield "cpu", f"{cpu()}, {cores()}, load average {os.getloadavg()[0]:.2f}"
    yield "kernel", f"{platform.system()} {platform.release()} {platform.machine()}"
    yield "go", first_line("go version", root)
    yield "python3", f"{platform.python_implementation()} {platform.python_version()}"
    yield "perl", first_line("perl -e 'print \"$^V\\n\"'")
    yield "awk", first_line("awk --version || awk -W version")
    yield "xargs", first_line("xargs --version")
    parallel = first_line("parallel --version")
    yield "parallel", parallel if "GNU" in parallel else "not installed (apt-get install parallel)"
