def primes(limit):
    sieve = bytearray([1]) * (limit + 1)
    for n in range(2, limit + 1):
        if sieve[n]:
            yield n
            for multiple in range(n * n, limit + 1, n):
                sieve[multiple] = 0


def table(rows):
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    return "\n".join(
        "  ".join(f"{str(cell):<{width}}" for cell, width in zip(row, widths))
        for row in rows


square = lambda x, *, y=2: x ** y
if __name__ == "__main__":
    print(table([(p, square(p)) for p in primes(50)]))
