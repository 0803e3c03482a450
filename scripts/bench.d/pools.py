"""A peer: items are the first COUNT lines of stdin, mapped in order through one of Python's process pools.

    pools.py {imap|executor} TASK JOBS CHUNK COUNT REPORT <ITEMS >ANSWERS

The file REPORT gets two numbers: the seconds from the first item to the last answer, the interpreter's
start-up not counted, and for the task `sleep` how many seconds its items really took, added up.
"""
import concurrent.futures
import itertools
import multiprocessing
import sys
import time


def reverse(line):
    """The task of reverse.py."""
    return line.rstrip("\n")[::-1]


def sleep(line):
    """The task of sleeper.pl; the answer is the time it really took."""
    start = time.perf_counter()
    seconds = float(line)
    if seconds > 0:
        time.sleep(seconds)
    return time.perf_counter() - start


def straggle(line):
    """The task of straggler.py, with 5 s for the item 1."""
    if line == "1\n":
        time.sleep(5)
    return line.rstrip("\n")


def increment(line):
    """What the rows of --lang do."""
    return int(line) + 1


TASKS = {"reverse": reverse, "increment": increment, "sleep": sleep, "straggle": straggle}


def mapped(kind, task, jobs, chunk, items):
    """Yields the answers in order."""
    if kind == "imap":
        with multiprocessing.Pool(jobs) as pool:
            yield from pool.imap(task, items, chunk)
    else:
        with concurrent.futures.ProcessPoolExecutor(jobs) as executor:
            yield from executor.map(task, items, chunksize=chunk)


def main():
    kind, task, jobs, chunk, count, report = sys.argv[1:]
    items = itertools.islice(sys.stdin, int(count))
    start, busy = time.perf_counter(), 0.0
    for answer in mapped(kind, TASKS[task], int(jobs), int(chunk), items):
        print(answer)
        if task == "sleep":
            busy += answer
    with open(report, "w", encoding="ascii") as out:
        print(time.perf_counter() - start, busy, file=out)


if __name__ == "__main__":
    main()
