"""Sends what it reads on standard input by NATS and prints every result that comes, by nats-py.

Each line read is {"subject", "id", "traceparent", "payload"}, the payload as text. `wait` different results are waited for:
lines printed are the same, the payload as JSON. With --metrics daily metrics are waited for as well, not only printed. With --ask it asks the subject
one question and prints the answer.
"""

import asyncio
import json
import sys

import nats
import nats.errors


async def subscribed(stream, subject, name):
    """A cluster that elects a leader loses questions, which are then asked again."""
    for _ in range(24):
        try:
            return await stream.subscribe(subject, stream=name, ordered_consumer=True)
        except nats.errors.TimeoutError:
            continue
    raise TimeoutError(f"{name} has had no leader for two minutes")


async def main(url, wait, awaited):
    client = await nats.connect(url, connect_timeout=10)
    stream = client.jetstream()
    if wait == "--ask":
        for line in sys.stdin:
            asked = json.loads(line)
            answer = await client.request(asked["subject"], asked["payload"].encode(), timeout=30)
            print(answer.data.decode(), flush=True)
        await client.close()
        return
    for line in sys.stdin:
        message = json.loads(line)
        headers = {"Nats-Msg-Id": message.get("id"), "traceparent": message.get("traceparent")}
        headers = {name: value for name, value in headers.items() if value} or None
        payload = message["payload"].encode("utf-8", "surrogateescape")
        await stream.publish(message["subject"], payload, headers=headers, timeout=30)
    subjects = ["genesis.experiment.>", "job_results", "system.metrics.genesis"]
    results = [await subscribed(stream, subject, name)
               for subject, name in zip(subjects, ["GENESIS_RESULTS", "GENESIS_JOB_RESULTS", "GENESIS_METRICS"])]

    async def show(subscription):
        async for result in subscription.messages:
            told = {"subject": result.subject, "payload": json.loads(result.data)}
            told["id"] = (result.headers or {}).get("Nats-Msg-Id")
            told["traceparent"] = (result.headers or {}).get("traceparent")
            print(json.dumps(told), flush=True)
            if result.subject in awaited:
                found.add(told["id"])
            if len(found) >= int(wait):
                done.set()

    found, done = set(), asyncio.Event()
    tasks = [asyncio.create_task(show(subscription)) for subscription in results]
    if int(wait):
        await asyncio.wait_for(done.wait(), 240)
    for task in tasks:
        task.cancel()
    await client.close()


AWAITED = ["genesis.experiment.result", "job_results"]
if "--metrics" in sys.argv:
    AWAITED.append("system.metrics.genesis")
asyncio.run(main(sys.argv[1], sys.argv[2], AWAITED))
