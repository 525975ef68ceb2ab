// Node's `assert`.
import { equal } from "genesis:equal";
import { describe, inspect } from "genesis:inspect";

export class AssertionError extends Error {
  constructor({ message, actual, expected, operator, generated = false } = {}) {
    super(message ?? "an assertion does not hold");
    Object.assign(this, { code: "ERR_ASSERTION", actual, expected, operator, generatedMessage: generated });
  }

  get name() {
    return "AssertionError";
  }
}

export function failure(message, actual, expected, operator) {
  return new AssertionError({ message, actual, expected, operator, generated: true });
}

function demand(holds, message, said, actual, expected, operator) {
  if (holds) return;
  if (message instanceof Error) throw message;
  if (message !== undefined) throw new AssertionError({ message, actual, expected, operator });
  throw failure(said(), actual, expected, operator);
}

const compared = (actual, operator, expected) => () => `${inspect(actual)} ${operator} ${inspect(expected)} does not hold`;

// Whether an error is what `throws` and `rejects` were told to expect; throws when it is not.
function demandError(error, expected, message) {
  if (expected === undefined || typeof expected === "string") return;
  const said = () => `the error ${describe(error)} is not the expected ${inspect(expected)}`;
  if (expected instanceof RegExp) demand(expected.test(String(error)), message, said, error, expected, "throws");
  else if (typeof expected === "function") {
    const isKind = expected.prototype !== undefined && error instanceof expected;
    const isError = expected === Error || Error.isPrototypeOf(expected);
    demand(isKind || (!isError && expected.call({}, error) === true), message, said, error, expected, "throws");
  } else {
    for (const key of Object.keys(expected)) {
      const wanted = expected[key];
      const holds = wanted instanceof RegExp && typeof error?.[key] === "string" ? wanted.test(error[key])
        : equal(error?.[key], wanted, { strict: true });
      demand(holds, message, said, error, expected, "throws");
    }
  }
}

function throws(action, expected, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = { error };
  }
  const text = typeof expected === "string" ? expected : message;
  demand(thrown, text, () => "an expected error was not thrown", undefined, expected, "throws");
  demandError(thrown.error, expected, message);
}

async function rejects(promise, expected, message) {
  let thrown;
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    thrown = { error };
  }
  const text = typeof expected === "string" ? expected : message;
  demand(thrown, text, () => "an expected rejection did not happen", undefined, expected, "rejects");
  demandError(thrown.error, expected, message);
}

function doesNotThrow(action, expected, message) {
  try {
    action();
  } catch (error) {
    const text = typeof expected === "string" ? expected : message;
    demand(false, text, () => `an error was thrown: ${describe(error)}`, error, expected, "doesNotThrow");
  }
}

async function doesNotReject(promise, expected, message) {
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    const text = typeof expected === "string" ? expected : message;
    demand(false, text, () => `a promise was rejected: ${describe(error)}`, error, expected, "doesNotReject");
  }
}

function comparison(operator, holds) {
  return (actual, expected, message) =>
    demand(holds(actual, expected), message, compared(actual, operator, expected), actual, expected, operator);
}

export function ok(value, message) {
  demand(value, message, () => `${inspect(value)} is not truthy`, value, true, "==");
}

const strictEqual = comparison("===", Object.is);
const deepStrictEqual = comparison("deepStrictEqual", (a, b) => equal(a, b, { strict: true }));
const notStrictEqual = comparison("!==", (a, b) => !Object.is(a, b));
const notDeepStrictEqual = comparison("notDeepStrictEqual", (a, b) => !equal(a, b, { strict: true }));
const shared = {
  ok,
  throws,
  rejects,
  doesNotThrow,
  doesNotReject,
  strictEqual,
  deepStrictEqual,
  notStrictEqual,
  notDeepStrictEqual,
  match: comparison("match", (text, pattern) => pattern.test(text)),
  doesNotMatch: comparison("doesNotMatch", (text, pattern) => !pattern.test(text)),
  ifError(value) {
    if (value !== null && value !== undefined) throw value instanceof Error ? value : failure(inspect(value));
  },
  fail(message) {
    if (message instanceof Error) throw message;
    throw new AssertionError({ message: message ?? "Failed", operator: "fail" });
  },
  AssertionError,
};

export const strict = Object.assign((value, message) => ok(value, message), shared, {
  equal: strictEqual,
  deepEqual: deepStrictEqual,
  notEqual: notStrictEqual,
  notDeepEqual: notDeepStrictEqual,
});
export const assert = Object.assign((value, message) => ok(value, message), shared, {
  equal: comparison("==", (a, b) => a == b || (Number.isNaN(a) && Number.isNaN(b))),
  notEqual: comparison("!=", (a, b) => a != b),
  deepEqual: comparison("deepEqual", (a, b) => equal(a, b, { loose: true })),
  notDeepEqual: comparison("notDeepEqual", (a, b) => !equal(a, b, { loose: true })),
  strict,
});
strict.strict = strict;
