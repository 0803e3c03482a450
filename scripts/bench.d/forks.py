"""The rows of --preload: workers that are forks of one process."""
import pathlib
import shlex
import subprocess
import sys

from measure import alternate, seconds, settled, shell

BUSY = "import time\nend = time.process_time() + 2\nwhile time.process_time() < end: pass"
HELD = "held = bytearray(500 << 20)"

# A forest of some 400 MiB, and what a worker does with it: 2,000 predictions; then all workers measure themselves at the same time.
FOREST = """
import gc, numpy, os, pathlib, sklearn.ensemble, time
X = numpy.random.rand(150000, 10)
forest = sklearn.ensemble.ExtraTreesClassifier(30, n_jobs=1).fit(X, numpy.random.rand(150000) > 0.5)
server = os.getpid()

def pss(pid):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:"))

def meet(what, slot, all):
    pathlib.Path(what, str(slot)).touch()
    while len(os.listdir(what)) < all:
        time.sleep(0.01)
"""
PREDICTS = """
for i in range(2000):
    forest.predict(X[i:i + 1])
gc.collect()
meet("done", slot, all)
own = pss(os.getpid()), pss(server)
meet("measured", slot, all)
return "%d %d" % own
"""


def preload(bench):
    """--preload: the start of 8 workers, the replacement of one that died, a fork for each item, memory, throughput"""
    eight, code = bench.items(8), f"{bench.stoke} -j8 -l python"
    one, forked = alternate(bench.runs, lambda: seconds(f"{sys.executable} -c '{BUSY}'"),
                            lambda: seconds(f"{code} --preload '{BUSY}' item < {eight} >/dev/null"))
    bench.row("preload start", forked / one, "<=", 1.3, ".2f x", f"of one init of 2 s: {forked:.2f} s, {one:.2f} s")
    for name, text, bound in ("bare", "import os", 20), ("500 MB", f"import os; {HELD}", 150):
        replaced(bench, name, text, bound)
    hanging(bench)
    throughput(bench)
    for python in sys.executable, "/usr/bin/python3":
        if not subprocess.run([python, "-c", "import sklearn"], capture_output=True, check=False).returncode:
            recycled(bench, python)
            shared(bench, python)
            return
    bench.line("preload recycle, memory", "no sklearn here")


def replaced(bench, name, text, bound):
    """From the death of a worker to the next item's answer, in ms: each item but the first kills its worker."""
    deaths = 20
    items = bench.items(deaths + 1)
    took = {}
    for kind, fatal in ("dying", "os._exit(1) if item != \"1\" else item"), ("living", "item"):
        took[kind] = alternate(bench.runs, lambda fatal=fatal: seconds(
            f"{bench.stoke} -j1 -q --retries 0 -l python --preload '{text}' '{fatal}' < {items} >/dev/null 2>&1 || true"))[0]
    each = (took["dying"] - took["living"]) / deaths * 1e3
    bench.row(f"preload {name}", each, "<=", bound, ".1f ms", f"for each of {deaths} workers that die")


def hanging(bench):
    """One item of seven hangs, and its worker is killed after 1 s; 3 s of preload."""
    took = settled(lambda: seconds(
        f"{bench.stoke} -j1 -q --timeout 1s --retries 0 -l python --preload 'import time; time.sleep(3)' "
        f"'time.sleep(100) if item == \"3\" else item' < {bench.items(7)} >/dev/null 2>&1 || true"))
    bench.row("preload hanging", took, "<=", 5.5, ".2f s", "7 items, of which one hangs for its limit of 1 s, after 3 s of preload")


def shared(bench, python):
    """The memory of 8 forks of a forest and what they are forks of, beside that of one worker that is started."""
    code = f"{bench.stoke} -l python --interpreter {python}"

    def measured(name, jobs, init):
        """What each worker gives: its own memory, and that of the process that it is a fork of."""
        place = pathlib.Path(bench.temp, name)
        for what in "done", "measured":
            (place / what).mkdir(parents=True)
        out = place / "out"
        shell(f"cd {shlex.quote(str(place))} && seq {jobs} | {code} -j{jobs} --argjson all={jobs} {init} {shlex.quote(FOREST)} {shlex.quote(PREDICTS)} > out")
        return [[int(word) for word in line.split()] for line in out.read_text().splitlines()]

    forked, alone = measured("forked", 8, "--preload"), measured("alone", 1, "--init")
    total, one = (sum(own for own, _ in forked) + forked[0][1]) / 1024, alone[0][0] / 1024
    bench.row("preload memory", total / one, "<=", 1.2, ".2f x", f"of one process: PSS of 8 workers and their parent {total:.0f} MiB, one {one:.0f} MiB")


def recycled(bench, python):
    """A worker for each item, with numpy."""
    count, few = 200, 20
    forked = seconds(f"{bench.stoke} -j2 --recycle-after 1 -l python --interpreter {python} --preload 'import numpy' 'int(item)+1' "
                     f"< {bench.items(count)} >/dev/null")
    xargs = seconds(f"xargs -P2 -n1 {python} -c 'import numpy' < {bench.items(few)}") / few
    bench.row("preload recycle", forked / count * 1e3, "<=", 15, ".1f ms", f"an item that has its own worker; xargs -P2 python3: {xargs * 1e3:.0f} ms")


def throughput(bench):
    """Workers that are forks, beside those that are started."""
    items = bench.items(bench.count(1_000_000))
    fresh, forked = alternate(bench.runs, lambda: seconds(f"{bench.stoke} -j2 -l python 'int(item)+1' < {items} >/dev/null"),
                              lambda: seconds(f"{bench.stoke} -j2 -l python --preload 1 'int(item)+1' < {items} >/dev/null"))
    bench.row("preload speed", forked / fresh, "<=", 1.03, ".2f x", f"of workers that are started: {forked:.2f} s, {fresh:.2f} s")
