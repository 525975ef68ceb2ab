// Groups, tests and what runs around them.
import { assert, AssertionError } from "genesis:assert";
import * as expecting from "genesis:expect";
import { describe as described, format, inspect } from "genesis:inspect";
import { mocks, reset as resetMocks } from "genesis:mock";
import { elapsed, reset as resetTimers } from "genesis:timers";

// Virtual time after which a test that is still waiting counts as one that never ends, in milliseconds.
const LONGEST = 3600000;
// Turns of the queue of promises after a test, in which a rejection that it caused can still be looked at.
const TURNS = 10;
const { expect } = expecting;

function group(name, above, flags = {}) {
  return { name, above, flags, children: [], before: [], after: [], beforeEach: [], afterEach: [] };
}

let root;
let current;
let results;
let file;

// Starts a file: what is registered from here on is its own.
export function begin(path) {
  file = path;
  root = current = group("", null);
  results = [];
  resetTimers();
  resetMocks();
}

// Runs what was registered and gives the results. `settle` says what was rejected and never looked at.
export async function run(settle) {
  const only = hasOnly(root);
  await runGroup(root, only, false, settle);
  return results;
}

function hasOnly(node) {
  return node.flags.only || (node.children ?? []).some(hasOnly);
}

function names(node) {
  const path = [];
  for (let at = node; at !== null && at !== undefined; at = at.above) if (at.name) path.unshift(at.name);
  return path.join(" > ");
}

function record(node, outcome, error) {
  const result = { name: names(node), file, outcome };
  if (error !== undefined) Object.assign(result, error);
  results.push(result);
}

const OWN_LIMITS = ["InternalError: out of memory", "RangeError: Maximum call stack size exceeded"];

export function thrown(error) {
  const assertion = error instanceof AssertionError || error?.name === "AssertionError";
  let message = assertion ? String(error.message) : described(error);
  if (OWN_LIMITS.includes(message)) message += " (QuickJS's own limit, not the sandbox's)";
  return { message, stack: typeof error?.stack === "string" ? error.stack : "", assertion };
}

async function runGroup(node, only, skipped, settle) {
  const skip = skipped || node.flags.skip;
  const inOnly = only && !node.flags.only;
  const runs = !skip && hasTests(node, inOnly);
  let broken;
  if (runs) broken = await hooks(node, node.before, "before");
  for (const child of node.children) {
    if (child.children) await runGroup(child, inOnly, skip, settle);
    else if (skip || child.flags.skip || (inOnly && !child.flags.only)) record(child, "skipped", child.reason && { message: child.reason });
    else if (broken !== undefined) record(child, "errored", broken);
    else await runTest(child, settle);
  }
  if (runs) {
    const failed = await hooks(node, node.after, "after");
    if (failed !== undefined) record({ name: "after all", above: node }, "errored", failed);
  }
}

function hasTests(node, inOnly) {
  return node.children.some((child) => {
    if (child.flags.skip) return false;
    if (!child.children) return !inOnly || child.flags.only;
    return hasTests(child, inOnly && !child.flags.only);
  });
}

async function hooks(node, list) {
  for (const hook of list) {
    try {
      await call(hook, []);
    } catch (error) {
      return { ...thrown(error), assertion: false };
    }
  }
  return undefined;
}

function lineage(node) {
  const path = [];
  for (let at = node.above; at !== null; at = at.above) path.unshift(at);
  return path;
}

async function runTest(node, settle) {
  const groups = lineage(node);
  let first;
  const attempt = async (action) => {
    try {
      await action();
    } catch (error) {
      first ??= { error };
    }
  };
  expecting.begin();
  const context = node.context?.(node);
  for (const above of groups) for (const hook of above.beforeEach) if (!first) await attempt(() => call(hook, []));
  if (!first) {
    await attempt(() => call(node.action, context ? [context] : [], !context));
    if (!first) await attempt(expecting.end);
  }
  if (context?.finish) await attempt(() => context.finish());
  for (const above of groups.reverse()) for (const hook of above.afterEach) await attempt(() => call(hook, []));
  for (let turn = 0; turn < TURNS; turn++) await null;
  const unseen = settle();
  if (!first && unseen) first = { error: unseen };
  if (first?.error instanceof Skip) {
    record(node, "skipped", first.error.message ? { message: first.error.message } : undefined);
  } else if (node.flags.fails) {
    if (first) record(node, "passed");
    else record(node, "failed", { message: "it was expected to fail and did not", stack: "", assertion: true });
  } else if (first) {
    const error = thrown(first.error);
    record(node, error.assertion ? "failed" : "errored", error);
  } else record(node, "passed");
}

class Skip extends Error {}

// Calls a test or hook; one that takes an argument and is given none waits for `done`.
async function call(action, args, withDone = true) {
  const until = elapsed() + LONGEST;
  const work = withDone && args.length === 0 && action.length > 0
    ? new Promise((resolve, reject) => {
        const done = (error) => (error ? reject(error) : resolve());
        done.fail = (error) => reject(error instanceof Error ? error : new Error(String(error ?? "done.fail() was called")));
        action(done);
      })
    : action(...args);
  if (work === null || work === undefined || typeof work.then !== "function") return;
  waiting = { until };
  try {
    await Promise.race([work, new Promise((_, reject) => (waiting.reject = reject))]);
  } finally {
    waiting = undefined;
  }
}

let waiting;

// What the guest calls when nothing moves any more: the test that waits will wait for ever.
export function stuck() {
  if (waiting === undefined) return false;
  const { reject } = waiting;
  waiting = undefined;
  reject(new Error("it waits for something that never happens"));
  return true;
}

// When the test that waits has waited too long.
export function limit() {
  return waiting?.until ?? Infinity;
}

function register(name, options, action, flags, context) {
  if (typeof options === "function") [action, options] = [options, typeof action === "object" ? action : {}];
  const given = typeof options === "object" && options !== null ? options : {};
  const all = { ...flags };
  if (given.skip) all.skip = true;
  if (given.only) all.only = true;
  if (given.todo) all.todo = true;
  const reason = [given.skip, given.todo].find((one) => typeof one === "string");
  const node = { name: label(name), above: current, flags: all, action, context, reason };
  if (all.todo || typeof action !== "function") {
    node.flags.skip = true;
    node.reason ??= "todo";
  }
  current.children.push(node);
}

function label(name) {
  return typeof name === "function" ? name.name : String(name);
}

function registerGroup(name, options, action, flags) {
  if (typeof options === "function") [action, options] = [options, typeof action === "object" ? action : {}];
  const above = current;
  const made = group(label(name), above, { ...flags, ...(options?.skip && { skip: true }), ...(options?.only && { only: true }) });
  above.children.push(made);
  current = made;
  try {
    const given = action?.();
    if (typeof given?.then === "function") throw new TypeError(`the group \`${made.name}\` is asynchronous, which groups cannot be`);
  } finally {
    current = above;
  }
}

// `each` of tests and groups: a list of rows, or a table in a template literal.
function each(make) {
  return (table, ...values) => (name, action, ...rest) => {
    let rows = table;
    if (table.raw !== undefined) {
      const heads = table[0].split("|").map((head) => head.trim()).filter(Boolean);
      rows = [];
      for (let at = 0; at < values.length; at += heads.length) {
        rows.push(Object.fromEntries(heads.map((head, index) => [head, values[at + index]])));
      }
    }
    rows.forEach((row, index) => {
      const args = Array.isArray(row) ? row : [row];
      make(title(name, args, index), () => action(...args), ...rest);
    });
  };
}

function title(name, args, index) {
  const [first] = args;
  const filled = String(name).replace(/%#/g, index).replace(/\$(\w+(?:\.\w+)*)/g, (mark, path) => {
    const value = path.split(".").reduce((at, key) => at?.[key], first);
    return value === undefined ? mark : typeof value === "string" ? value : inspect(value);
  });
  const marks = (filled.match(/%[sdifjoOp]/g) ?? []).length;
  return marks === 0 ? filled : format([filled.replace(/%p/g, "%o"), ...args.slice(0, marks)]);
}

function variants(make, names) {
  const base = (name, options, action) => make(name, options, action, {});
  for (const name of names) base[name] = (title, options, action) => make(title, options, action, { [name]: true });
  base.each = each(base);
  base.for = (rows) => (name, action) => rows.forEach((row, at) => base(title(name, Array.isArray(row) ? row : [row], at), () => action(row)));
  for (const name of names) base[name].each = each(base[name]);
  base.concurrent = base.sequential = base;
  base.skipIf = (holds) => (holds ? base.skip : base);
  base.runIf = (holds) => (holds ? base : base.skip);
  return base;
}

const hook = (key) => (name, action) => void current[key].push(typeof name === "function" ? name : action);
export const beforeAll = hook("before");
export const afterAll = hook("after");
export const beforeEach = hook("beforeEach");
export const afterEach = hook("afterEach");

function tests(context) {
  return variants((name, options, action, flags) => register(name, options, action, flags, context), ["skip", "only", "todo", "fails"]);
}

export const describe = variants(registerGroup, ["skip", "only", "todo"]);
const test = tests(undefined);
test.failing = test.fails;
export const jest = { test, it: test, describe, beforeAll, afterAll, beforeEach, afterEach, expect, jest: mocks };

// vitest gives each test a context, and takes no `done`.
const vitestContext = (node) => ({
  expect,
  task: { name: node.name },
  skip(reason) {
    throw new Skip(typeof reason === "string" ? reason : "");
  },
});
const vitestTest = tests(vitestContext);
export const vitest = {
  test: vitestTest,
  it: vitestTest,
  describe,
  suite: describe,
  beforeAll,
  afterAll,
  beforeEach,
  afterEach,
  expect,
  assert,
  vi: mocks,
};

// node:test gives each test a context with which it can make tests within itself.
function nodeContext(node) {
  const after = [];
  const context = {
    name: node.name,
    fullName: names(node),
    assert,
    diagnostic() {},
    plan(count) {
      expect.assertions(count);
    },
    skip(reason) {
      throw new Skip(reason ?? "");
    },
    todo(reason) {
      throw new Skip(reason ?? "todo");
    },
    after: (action) => after.push(action),
    afterEach() {},
    beforeEach() {},
    mock: { fn: mocks.fn, method: mocks.spyOn, timers: mocks },
    async test(name, options, action) {
      const given = typeof options === "function" ? options : action;
      const inner = { name: label(name), above: node, flags: {}, action: given };
      try {
        await given(nodeContext(inner));
        record(inner, "passed");
      } catch (error) {
        if (error instanceof Skip) return record(inner, "skipped", error.message ? { message: error.message } : undefined);
        const told = thrown(error);
        record(inner, told.assertion ? "failed" : "errored", told);
        throw new AssertionError({ message: `the test \`${names(inner)}\` within it failed` });
      }
    },
    async finish() {
      for (const action of after) await action();
    },
  };
  context.it = context.test;
  return context;
}
const nodeTest = tests(nodeContext);
export const node = Object.assign(nodeTest, {
  test: nodeTest,
  it: nodeTest,
  describe,
  suite: describe,
  before: beforeAll,
  after: afterAll,
  beforeEach,
  afterEach,
  mock: { fn: mocks.fn, method: mocks.spyOn, timers: mocks },
});

export const globals = {
  describe,
  context: describe,
  suite: describe,
  it: test,
  test,
  xit: test.skip,
  xtest: test.skip,
  xdescribe: describe.skip,
  fit: test.only,
  fdescribe: describe.only,
  before: beforeAll,
  after: afterAll,
  beforeAll,
  afterAll,
  beforeEach,
  afterEach,
  expect,
  jest: mocks,
  vi: mocks,
};
