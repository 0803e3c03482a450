"""Answers each item with itself, as cat does, but sleeps SECONDS (the argument) on the item "1".

It works on blocks, to be as fast as cat; item 1 of `seq` is the head of some worker's first block.
"""
import sys
import time

read, answers = sys.stdin.buffer.raw.read, sys.stdout.buffer
block = read(1 << 16)
if block.startswith(b"1\n"):
    time.sleep(float(sys.argv[1]))
while block:
    answers.write(block)
    answers.flush()
    block = read(1 << 16)
