export default async function retry(task, { times = 3, wait = 100 } = {}) {
  let last;
  for (let attempt = 1; attempt <= times; attempt++) {
    try {
      return await task(attempt);
    } catch (error) {
      last = error;
      await new Promise((done) => setTimeout(done, wait * 2 ** attempt));
    } finally {
      console.debug?.("attempt", attempt);
    }
  }
  throw new Error("gave up", { cause: last });
}

export const all = (...tasks) => Promise.allSettled(tasks.map((task) => retry(task)));
