# What the recipes work on.
printf '%s\n' 'good food and a great view' 'awful service' 'bad' > reviews.txt
printf '%s\n' '{"name":"Ada","born":1815}' '{"name":"Grace","born":1906}' > people.jsonl
printf '%s\n' one two > words.txt
printf '%s\n' n 1 2 > table.csv
mkdir notes
printf '%s\n' one two > 'notes/a b.txt'
echo three > notes/c.txt
cat > serve.py <<'PYTHON'
# A web server, for as long as this directory exists; its address is in the file site.
import http.server, os, threading, time

class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_message = lambda *_: None

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open("address", "w") as address:
    print("127.0.0.1:%d" % server.server_port, file=address)
os.rename("address", "site")
ends = time.monotonic() + 300
while os.path.exists("site") and time.monotonic() < ends:
    time.sleep(0.2)
PYTHON
python3 serve.py >/dev/null 2>&1 </dev/null &
for _ in $(seq 100); do [ -e site ] || sleep 0.1; done
