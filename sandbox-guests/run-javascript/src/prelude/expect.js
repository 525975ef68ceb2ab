// `expect` as jest and vitest have it.
import { failure } from "genesis:assert";
import { contains, equal, isMatcher } from "genesis:equal";
import { describe, inspect } from "genesis:inspect";

let counted = 0;
let wanted;

export function begin() {
  counted = 0;
  wanted = undefined;
}

export function end() {
  if (wanted === undefined) return;
  if (wanted === "some" ? counted === 0 : counted !== wanted) {
    throw failure(`${counted} assertions were made, expected ${wanted}`, counted, wanted, "assertions");
  }
}

function calls(mock) {
  if (typeof mock !== "function" || mock.mock === undefined) throw new TypeError("the value is no mock function");
  return mock.mock.calls;
}

function returns(mock) {
  calls(mock);
  return mock.mock.results.filter((result) => result.type === "return").map((result) => result.value);
}

function at(value, path) {
  const keys = Array.isArray(path) ? path : path.replace(/\[(\w+)\]/g, ".$1").split(".").filter(Boolean);
  let found = value;
  for (const key of keys) {
    if (found === null || found === undefined || !(key in Object(found))) return undefined;
    found = found[key];
  }
  return { found };
}

function includes(actual, item, same) {
  if (typeof actual === "string") return actual.includes(item);
  return Array.from(actual).some((one) => same(one, item));
}

function isExpected(thrown, expected) {
  if (expected === undefined) return true;
  const message = String(thrown?.message ?? thrown);
  if (typeof expected === "string") return message.includes(expected);
  if (expected instanceof RegExp) return expected.test(message);
  if (typeof expected === "function") return thrown instanceof expected;
  if (isMatcher(expected)) return expected.asymmetricMatch(thrown);
  return message === String(expected.message);
}

function thrownBy(actual, promised) {
  if (promised) return { error: actual };
  if (typeof actual !== "function") throw new TypeError("toThrow needs a function");
  try {
    actual();
  } catch (error) {
    return { error };
  }
  return undefined;
}

// Name to [whether it holds, what to say after the value]; the rest of what is said is the same for all.
const matchers = {
  toBe: (a, b) => [Object.is(a, b), `be ${inspect(b)}`],
  toEqual: (a, b) => [equal(a, b), `equal ${inspect(b)}`],
  toStrictEqual: (a, b) => [equal(a, b, { strict: true }), `strictly equal ${inspect(b)}`],
  toBeTruthy: (a) => [Boolean(a), "be truthy"],
  toBeFalsy: (a) => [!a, "be falsy"],
  toBeNull: (a) => [a === null, "be null"],
  toBeUndefined: (a) => [a === undefined, "be undefined"],
  toBeDefined: (a) => [a !== undefined, "be defined"],
  toBeNaN: (a) => [Number.isNaN(a), "be NaN"],
  toBeGreaterThan: (a, b) => [a > b, `be greater than ${inspect(b)}`],
  toBeGreaterThanOrEqual: (a, b) => [a >= b, `be greater than or equal to ${inspect(b)}`],
  toBeLessThan: (a, b) => [a < b, `be less than ${inspect(b)}`],
  toBeLessThanOrEqual: (a, b) => [a <= b, `be less than or equal to ${inspect(b)}`],
  toBeCloseTo: (a, b, digits = 2) => [a === b || Math.abs(a - b) < 10 ** -digits / 2, `be close to ${inspect(b)}`],
  toBeInstanceOf: (a, b) => [a instanceof b, `be an instance of ${b?.name ?? inspect(b)}`],
  toBeTypeOf: (a, b) => [typeof a === b, `be of type ${b}`],
  toBeOneOf: (a, b) => [Array.from(b).some((one) => equal(a, one)), `be one of ${inspect(b)}`],
  toSatisfy: (a, b) => [Boolean(b(a)), "satisfy the function"],
  toContain: (a, b) => [includes(a, b, Object.is), `contain ${inspect(b)}`],
  toContainEqual: (a, b) => [includes(a, b, equal), `contain an equal of ${inspect(b)}`],
  toHaveLength: (a, b) => [a?.length === b, `have the length ${inspect(b)}, not ${inspect(a?.length)}`],
  toMatch: (a, b) => {
    if (typeof a !== "string") throw new TypeError("toMatch needs a string");
    return [typeof b === "string" ? a.includes(b) : b.test(a), `match ${inspect(b)}`];
  },
  toMatchObject: (a, b) => [contains(a, b), `match the object ${inspect(b)}`],
  toHaveProperty: (a, path, ...value) => {
    const place = at(a, path);
    const holds = place !== undefined && (value.length === 0 || equal(place.found, value[0]));
    return [holds, `have the property ${inspect(path)}${value.length ? ` with the value ${inspect(value[0])}` : ""}`];
  },
  toHaveBeenCalled: (a) => [calls(a).length > 0, "have been called"],
  toHaveBeenCalledOnce: (a) => [calls(a).length === 1, `have been called once, not ${calls(a).length} times`],
  toHaveBeenCalledTimes: (a, times) => [calls(a).length === times, `have been called ${times} times, not ${calls(a).length}`],
  toHaveBeenCalledWith: (a, ...args) => [
    calls(a).some((call) => equal(call, args)),
    `have been called with ${inspect(args)}; its calls: ${inspect(calls(a))}`,
  ],
  toHaveBeenLastCalledWith: (a, ...args) => [
    calls(a).length > 0 && equal(calls(a).at(-1), args),
    `have been called last with ${inspect(args)}; its calls: ${inspect(calls(a))}`,
  ],
  toHaveBeenNthCalledWith: (a, nth, ...args) => [
    equal(calls(a)[nth - 1], args),
    `have been called as number ${nth} with ${inspect(args)}; its calls: ${inspect(calls(a))}`,
  ],
  toHaveReturned: (a) => [returns(a).length > 0, "have returned"],
  toHaveReturnedTimes: (a, times) => [returns(a).length === times, `have returned ${times} times, not ${returns(a).length}`],
  toHaveReturnedWith: (a, value) => [returns(a).some((one) => equal(one, value)), `have returned ${inspect(value)}`],
};
const aliases = {
  toThrowError: "toThrow",
  toBeCalled: "toHaveBeenCalled",
  toBeCalledTimes: "toHaveBeenCalledTimes",
  toBeCalledWith: "toHaveBeenCalledWith",
  lastCalledWith: "toHaveBeenLastCalledWith",
  nthCalledWith: "toHaveBeenNthCalledWith",
};
const missing = ["toMatchSnapshot", "toMatchInlineSnapshot", "toThrowErrorMatchingSnapshot", "toMatchFileSnapshot"];

function decide(holds, said, actual, negated, note) {
  counted++;
  if (Boolean(holds) !== negated) return;
  const subject = typeof actual === "function" && actual.mock ? "the mock function" : inspect(actual);
  const prefix = note ? `${note}: ` : "";
  throw failure(`${prefix}expected ${subject} ${negated ? "not to" : "to"} ${said}`, actual, undefined, "expect");
}

function assertions(actual, negated, promised, note) {
  const made = {};
  for (const [name, matcher] of Object.entries(matchers)) {
    made[name] = (...args) => decide(...matcher(actual, ...args), actual, negated, note);
  }
  made.toThrow = (expected) => {
    const thrown = thrownBy(actual, promised);
    counted++;
    const holds = thrown !== undefined && isExpected(thrown.error, expected);
    if (holds !== negated) return;
    const what = expected === undefined ? "an error" : inspect(expected);
    const instead = thrown === undefined ? "nothing was thrown" : `${describe(thrown.error)} was thrown`;
    const prefix = note ? `${note}: ` : "";
    throw failure(`${prefix}expected the function ${negated ? "not to" : "to"} throw ${what}: ${instead}`, undefined, expected, "expect");
  };
  for (const [alias, name] of Object.entries(aliases)) made[alias] = made[name];
  for (const name of missing) {
    made[name] = () => {
      throw new Error(`${name} is not offered here: there is no place to keep snapshots`);
    };
  }
  return made;
}

function later(promise, negated, note, settle) {
  const made = {};
  for (const name of [...Object.keys(matchers), ...Object.keys(aliases), ...missing, "toThrow"]) {
    made[name] = async (...args) => assertions(await settle(promise), negated, true, note)[name](...args);
  }
  return made;
}

async function resolved(promise) {
  try {
    return await promise;
  } catch (error) {
    throw failure(`expected the promise to be fulfilled: it was rejected with ${describe(error)}`, error, undefined, "expect");
  }
}

async function rejected(promise) {
  let value;
  try {
    value = await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    return error;
  }
  throw failure(`expected the promise to be rejected: it was fulfilled with ${inspect(value)}`, value, undefined, "expect");
}

export function expect(actual, note) {
  const made = assertions(actual, false, false, note);
  made.not = assertions(actual, true, false, note);
  made.resolves = later(actual, false, note, resolved);
  made.resolves.not = later(actual, true, note, resolved);
  made.rejects = later(actual, false, note, rejected);
  made.rejects.not = later(actual, true, note, rejected);
  return made;
}

function matcher(name, given, holds) {
  return { asymmetricMatch: holds, toString: () => `${name}(${given === undefined ? "" : (given?.name ?? inspect(given))})` };
}

const primitives = new Map([[String, "string"], [Number, "number"], [Boolean, "boolean"], [BigInt, "bigint"], [Symbol, "symbol"], [Function, "function"]]);

function patterns(negated) {
  const when = (holds) => (negated ? (value) => !holds(value) : holds);
  return {
    objectContaining: (given) =>
      matcher("objectContaining", given, when((value) => value !== null && typeof value === "object"
        && Object.keys(given).every((key) => key in value && equal(value[key], given[key])))),
    arrayContaining: (given) =>
      matcher("arrayContaining", given, when((value) => Array.isArray(value) && given.every((item) => includes(value, item, equal)))),
    stringContaining: (given) => matcher("stringContaining", given, when((value) => typeof value === "string" && value.includes(given))),
    stringMatching: (given) => matcher("stringMatching", given, when((value) => typeof value === "string" && new RegExp(given).test(value))),
    closeTo: (given, digits = 2) => matcher("closeTo", given, when((value) => Math.abs(value - given) < 10 ** -digits / 2)),
  };
}

Object.assign(expect, patterns(false), {
  not: patterns(true),
  any: (kind) => matcher("any", kind, (value) => {
    const name = primitives.get(kind);
    if (name !== undefined) return typeof value === name || value instanceof kind;
    return kind === Object ? value !== null && typeof value === "object" : value instanceof kind;
  }),
  anything: () => matcher("anything", undefined, (value) => value !== null && value !== undefined),
  assertions(count) {
    wanted = count;
  },
  hasAssertions() {
    wanted = "some";
  },
  extend(more) {
    for (const [name, test] of Object.entries(more)) {
      matchers[name] = (actual, ...args) => {
        const { pass, message } = test.call({ equals: equal, isNot: false }, actual, ...args);
        return [pass, `pass ${name}: ${typeof message === "function" ? message() : message}`];
      };
    }
  },
  fail(message) {
    throw failure(message ?? "fail() was called");
  },
});
