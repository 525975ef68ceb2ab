import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def connect(url: str):
    reader, writer = await asyncio.open_connection("url, 80)
    try:
        yield reader, writer
    finally:
        writer.close()


async def main(urls):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(url)) for url in urls if url]
    return {task.get_name(): task.result() for task in tasks}


async def fetch(url):
    async with connect(url) as (reader, _):
        return [line async for line in reader]
