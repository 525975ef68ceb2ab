"""Sends requests by NATS at most so many at once and tells how they were answered, by nats-py.

nats_load.py URL PREFIX COUNT WINDOW TEMPLATE: requests with ids PREFIX-0, PREFIX-1, ... of the template that lies in the file, under
ids of its own, WINDOW of them unanswered at any time. Printed is one line: {"seconds", "p50_ms", "p99_ms", "answered", "success"};
a latency is from publishing a request to its result.
"""

import asyncio
import json
import sys
import time

import nats


async def main(url, prefix, count, window, path):
    template = json.load(open(path, encoding="utf-8"))
    client = await nats.connect(url, connect_timeout=10)
    stream = client.jetstream()
    results = await stream.subscribe("genesis.experiment.result", stream="GENESIS_RESULTS", ordered_consumer=True)
    room, sent, latencies, successes = asyncio.Semaphore(window), {}, {}, 0
    done = asyncio.Event()

    async def take():
        nonlocal successes
        async for message in results.messages:
            result = json.loads(message.data)
            key = result["experiment_id"]
            if key in sent and key not in latencies:
                latencies[key] = time.perf_counter() - sent[key]
                successes += result["status"] == "success"
                room.release()
                if len(latencies) == count:
                    done.set()

    taking = asyncio.create_task(take())
    begun = time.perf_counter()
    for number in range(count):
        await room.acquire()
        key = f"{prefix}-{number}"
        template["id"] = f"load-{key}"
        request = {"experiment_id": key, "instance_id": "load", "template": template, "version": "1.0.0",
                   "risk_level": "low"}
        sent[key] = time.perf_counter()
        await stream.publish("genesis.experiment.run", json.dumps(request).encode(), headers={"Nats-Msg-Id": key},
                             timeout=60)
    await asyncio.wait_for(done.wait(), 3600)
    seconds = time.perf_counter() - begun
    taking.cancel()
    await client.close()
    times = sorted(latencies.values())
    print(json.dumps({
        "seconds": seconds,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
        "answered": len(times),
        "success": successes,
    }))


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]))
