"""Sends what it reads on standard input by pgmq and prints every result that comes, by pgmq's own client for Python.

Each line read is {"queue", "payload"}, the payload as a document. `wait` different results are waited for in the
queues named after it, because queues give the same one as often as it was asked for: lines printed are {"queue", "payload"}.
"""

import json
import sys
import time

from pgmq import PGMQueue

port, database, wait = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
queues = sys.argv[4:]
client = PGMQueue(
    host="127.0.0.1", port=str(port), database=database, username="postgres", password="none", init_extension=False
)
for line in sys.stdin:
    message = json.loads(line)
    client.send(message["queue"], message["payload"])
found, until = set(), time.monotonic() + 240
while len(found) < wait and time.monotonic() < until:
    for queue in queues:
        message = client.read(queue, vt=30)
        if message:
            print(json.dumps({"queue": queue, "payload": message.message}), flush=True)
            client.archive(queue, message.msg_id)
            found.add(json.dumps(message.message, sort_keys=True))
    time.sleep(0.05)
client.close()
sys.exit(len(found) < wait)
