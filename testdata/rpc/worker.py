# A worker of `stoke --rpc` in Python:  printf 'foo\nbar\n' | stoke --rpc -- python3 worker.py
#
# It says that it is ready, then answers each request, one message a line. An item that is not a number fails, and the
# worker goes on; when it has lost what it needs it says so with the code -32603, and is replaced.
import json, sys

def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

table = {n: n * n for n in range(1000)}                 # whatever takes long to load
send(method="ready")
for line in sys.stdin:
    request = json.loads(line)
    if request["method"] != "map":                      # a notification, such as cancel
        continue
    item = request["params"]["item"]
    try:
        send(id=request["id"], result=table[int(item)]) # a number, a list, ...: as JSON; a string: as it is
    except (ValueError, KeyError) as e:
        send(id=request["id"], error={"code": 1, "message": f"{type(e).__name__}: {e}"})
    except MemoryError as e:
        send(id=request["id"], error={"code": -32603, "message": str(e)})
