"""The rows of --preload: workers that are forks of one process."""
import subprocess
import sys

from measure import alternate, seconds

BUSY = "import time\nend = time.process_time() + 2\nwhile time.process_time() < end: pass"
HELD = "held = bytearray(500 << 20)"


def preload(bench):
    """--preload: the start of 8 workers, the replacement of one that died, a fork for each item, memory, throughput"""
    eight, code = bench.items(8), f"{bench.stoke} -j8 -l python"
    one, forked = alternate(bench.runs, lambda: seconds(f"{sys.executable} -c '{BUSY}'"),
                            lambda: seconds(f"{code} --preload '{BUSY}' item < {eight} >/dev/null"))
    bench.row("preload start", forked / one, "<=", 1.3, ".2f x", f"of one init of 2 s: {forked:.2f} s, {one:.2f} s")
    for name, text, bound in ("bare", "import os", 20), ("500 MB", f"import os; {HELD}", 150):
        replaced(bench, name, text, bound)
    if subprocess.run([sys.executable, "-c", "import numpy"], capture_output=True, check=False).returncode:
        bench.line("preload recycle", "no numpy here")
    else:
        recycled(bench)
    throughput(bench)


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


def recycled(bench):
    """A worker for each item, with numpy."""
    count, few = 200, 20
    forked = seconds(f"{bench.stoke} -j2 --recycle-after 1 -l python --preload 'import numpy' 'int(item)+1' < {bench.items(count)} >/dev/null")
    xargs = seconds(f"xargs -P2 -n1 {sys.executable} -c 'import numpy' < {bench.items(few)}") / few
    bench.row("preload recycle", forked / count * 1e3, "<=", 15, ".1f ms", f"an item that has its own worker; xargs -P2 python3: {xargs * 1e3:.0f} ms")


def throughput(bench):
    """Workers that are forks, beside those that are started."""
    items = bench.items(bench.count(1_000_000))
    fresh, forked = alternate(bench.runs, lambda: seconds(f"{bench.stoke} -j2 -l python 'int(item)+1' < {items} >/dev/null"),
                              lambda: seconds(f"{bench.stoke} -j2 -l python --preload 1 'int(item)+1' < {items} >/dev/null"))
    bench.row("preload speed", forked / fresh, "<=", 1.03, ".2f x", f"of workers that are started: {forked:.2f} s, {fresh:.2f} s")
