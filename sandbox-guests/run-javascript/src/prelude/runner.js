// What the guest calls: it loads a file, runs the tests that it registered, and says what went wrong, as JSON.
import { byDefault, held, names as namesOf } from "genesis:modules";
import * as tests from "genesis:tests";
import { elapsed, tick } from "genesis:timers";
import "genesis:environment";

// Virtual time that timers of a file without tests may run for, in milliseconds.
const AFTER_LOADING = 1000;

const stringify = JSON.stringify;
const rejections = new Map();
let uncaught = [];

export { byDefault, held };

export function names(path) {
  return namesOf(path);
}

export function begin(path) {
  tests.begin(path);
}

export async function load(path) {
  try {
    await import(path);
    return "null";
  } catch (error) {
    return stringify(tests.thrown(error));
  }
}

export async function run() {
  return stringify(await tests.run(firstRejection));
}

// Goes on with what waits for time; false when nothing does.
export function step(isLoading) {
  try {
    return tick(isLoading ? elapsed() + AFTER_LOADING : tests.limit()) || tests.stuck();
  } catch (error) {
    uncaught.push(tests.thrown(error));
    return true;
  }
}

export function rejected(promise, reason, isHandled) {
  if (isHandled) rejections.delete(promise);
  else rejections.set(promise, reason);
}

function firstRejection() {
  const [first] = rejections.values();
  rejections.clear();
  return first === undefined ? undefined : (first ?? new Error("a promise was rejected without a reason"));
}

// What was raised outside of any test since the last call.
export function raised() {
  const all = [...uncaught, ...Array.from(rejections.values(), (reason) => tests.thrown(reason))];
  uncaught = [];
  rejections.clear();
  return stringify(all);
}
