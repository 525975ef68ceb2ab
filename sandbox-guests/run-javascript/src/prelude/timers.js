// Timers in a time of their own: the next one is due at once, and the clock goes on with it.
const RealDate = Date;
const start = RealDate.now;
let passed = 0;
let last = 0;
let waiting = [];
let fake = false;
let set;

export function now() {
  return (set ?? start()) + passed;
}

export function elapsed() {
  return passed;
}

function add(action, delay, args, every) {
  if (typeof action !== "function") throw new TypeError("a timer needs a function");
  const wait = Math.max(1, Math.min(Number(delay) || 0, 2 ** 31 - 1));
  const timer = { id: ++last, at: passed + wait, action, args, every: every ? wait : 0 };
  waiting.push(timer);
  const handle = { id: timer.id, ref: () => handle, unref: () => handle, hasRef: () => true, [Symbol.toPrimitive]: () => timer.id };
  return handle;
}

function clear(handle) {
  const id = typeof handle === "object" && handle !== null ? handle.id : handle;
  waiting = waiting.filter((timer) => timer.id !== id);
}

function next() {
  return waiting.reduce((first, timer) => (first === undefined || timer.at < first.at ? timer : first), undefined);
}

// Runs the next timer that is due before `limit`, and says whether there was one.
function step(limit) {
  const timer = next();
  if (timer === undefined || timer.at > limit) return false;
  passed = Math.max(passed, timer.at);
  if (timer.every) timer.at = passed + timer.every;
  else clear(timer);
  timer.action(...timer.args);
  return true;
}

// What the guest calls when nothing else is left to do. Fake timers wait for the test to move them.
export function tick(limit) {
  return !fake && step(limit);
}

export function reset() {
  waiting = [];
  fake = false;
  set = undefined;
}

function advance(by) {
  const until = passed + by;
  while (step(until));
  passed = until;
}

const RUNS = 100000;

export const fakes = {
  useFakeTimers() {
    fake = true;
    return this;
  },
  useRealTimers() {
    fake = false;
    set = undefined;
    return this;
  },
  setSystemTime(time) {
    set = new RealDate(time).getTime() - passed;
    return this;
  },
  advanceTimersByTime(by) {
    advance(by);
    return this;
  },
  async advanceTimersByTimeAsync(by) {
    const until = passed + by;
    await null;
    while (step(until)) await null;
    passed = until;
    return this;
  },
  advanceTimersToNextTimer() {
    step(Infinity);
    return this;
  },
  runAllTimers() {
    for (let runs = 0; step(Infinity); runs++) if (runs > RUNS) throw new Error("the timers never end");
    return this;
  },
  async runAllTimersAsync() {
    for (let runs = 0; step(Infinity); runs++) {
      if (runs > RUNS) throw new Error("the timers never end");
      await null;
    }
    return this;
  },
  runOnlyPendingTimers() {
    advance(Math.max(0, ...waiting.map((timer) => timer.at - passed)));
    return this;
  },
  clearAllTimers() {
    waiting = [];
    return this;
  },
  getTimerCount: () => waiting.length,
};

function VirtualDate(...args) {
  if (!new.target) return new RealDate(now()).toString();
  return Reflect.construct(RealDate, args.length === 0 ? [now()] : args, new.target === VirtualDate ? RealDate : new.target);
}

export function install() {
  VirtualDate.prototype = RealDate.prototype;
  for (const key of ["parse", "UTC"]) VirtualDate[key] = RealDate[key];
  VirtualDate.now = now;
  Object.defineProperty(VirtualDate, "name", { value: "Date" });
  Object.defineProperty(RealDate.prototype, "constructor", { value: VirtualDate, writable: true, configurable: true });
  Object.assign(globalThis, {
    Date: VirtualDate,
    setTimeout: (action, delay, ...args) => add(action, delay, args, false),
    setInterval: (action, delay, ...args) => add(action, delay, args, true),
    setImmediate: (action, ...args) => add(action, 0, args, false),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    queueMicrotask: (action) => void Promise.resolve().then(action),
    performance: { now: elapsed, timeOrigin: 0, mark() {}, measure() {} },
  });
}
