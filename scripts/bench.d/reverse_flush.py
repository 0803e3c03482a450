"""The answer to an item is the item reversed, and each answer is flushed at once."""
import sys

for line in sys.stdin:
    print(line.rstrip("\n")[::-1], flush=True)
