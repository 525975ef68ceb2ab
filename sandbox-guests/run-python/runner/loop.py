"""An event loop for code that awaits: there is nothing to wait for here but time, and time costs nothing."""

import asyncio


class Loop(asyncio.BaseEventLoop):
    """Runs what is due and moves its clock to the next timer."""

    def __init__(self):
        super().__init__()
        self._selector = self
        self._now = 0.0

    def time(self):
        return self._now

    def select(self, timeout):
        """What BaseEventLoop asks of a selector."""
        if timeout is None:
            raise RuntimeError("the event loop waits for something that never happens")
        self._now += timeout
        return []

    def run_in_executor(self, executor, func, *args):
        """There are no threads: the call is made at once."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


def install():
    """Makes it the loop that `asyncio.run` and all like it use."""
    asyncio.new_event_loop = asyncio.events.new_event_loop = Loop
