from functools import wraps


def retry(times, *, on=(OSError,)):
    def decorate(function):
        @wraps(function)
        def call(*args, **kwargs):
            for attempt in range(times):
                try:
                    return function(*args, **kwargs)
                except on as error:
                    last = error
            raise RuntimeError("gave up") from last

        return call

    return decorate


@retry(3, on=(TimeoutError, ConnectionError))
def load(path, /, encoding="utf-8"):
    with open(path, encoding=encoding) as file:
        return [row.strip() for row in file]
