type Result<T, E = Error> = { ok: true; value: T } | { ok: false; error: E };

export async function attempt<T>(task: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await task() };
  } catch (error: unknown) {
    return { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

export async function* pages<T>(next: (cursor?: string) => Promise<{ rows: T[]; cursor?: string }>) {
  let cursor: string |;
  do {
    const page = await next(cursor);
    yield* page.rows;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
