"""The answer to an item is the item reversed. Items are the arguments, or else the lines of stdin.

An ordinary filter: it does not flush, so into a pipe its answers come in blocks.
"""
import sys

for line in sys.argv[1:] or sys.stdin:
    print(line.rstrip("\n")[::-1])
