// The globals that code expects beside the language's own.
import { format, inspect } from "genesis:inspect";
import { write } from "genesis:native";
import { globals } from "genesis:tests";
import { elapsed, install } from "genesis:timers";

let indent = "";
const counts = new Map();

function print(...args) {
  write(`${indent}${format(args)}\n`);
}

const console = {
  log: print,
  info: print,
  debug: print,
  warn: print,
  error: print,
  dir: (value) => print(inspect(value)),
  table: (value) => print(inspect(value)),
  trace: (...args) => print("Trace:", ...args),
  assert: (holds, ...args) => holds || print("Assertion failed", ...args),
  group(...args) {
    if (args.length > 0) print(...args);
    indent += "  ";
  },
  groupEnd() {
    indent = indent.slice(2);
  },
  count(label = "default") {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    print(`${label}: ${counts.get(label)}`);
  },
  time() {},
  timeEnd: (label = "default") => print(`${label}: ${elapsed()}ms`),
  timeLog() {},
};
console.groupCollapsed = console.group;

class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(text = "") {
    const escaped = encodeURIComponent(String(text).toWellFormed());
    const bytes = [];
    for (let at = 0; at < escaped.length; at++) {
      if (escaped[at] !== "%") bytes.push(escaped.charCodeAt(at));
      else bytes.push(parseInt(escaped.slice(at + 1, (at += 2) + 1), 16));
    }
    return new Uint8Array(bytes);
  }
}

class TextDecoder {
  get encoding() {
    return "utf-8";
  }

  decode(bytes = new Uint8Array()) {
    const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
    let escaped = "";
    for (const byte of view) escaped += `%${byte.toString(16).padStart(2, "0")}`;
    return decodeURIComponent(escaped);
  }
}

function structuredClone(value) {
  const seen = new Map();
  const copy = (one) => {
    if (typeof one === "function" || typeof one === "symbol") throw new TypeError(`${inspect(one)} could not be cloned`);
    if (one === null || typeof one !== "object") return one;
    if (seen.has(one)) return seen.get(one);
    if (one instanceof Date) return new Date(one);
    if (one instanceof RegExp) return new RegExp(one.source, one.flags);
    if (ArrayBuffer.isView(one)) return one.slice();
    const made = Array.isArray(one) ? [] : one instanceof Map ? new Map() : one instanceof Set ? new Set() : one instanceof Error ? new one.constructor(one.message) : {};
    seen.set(one, made);
    if (one instanceof Map) for (const [key, item] of one) made.set(copy(key), copy(item));
    else if (one instanceof Set) for (const item of one) made.add(copy(item));
    else for (const key of Object.keys(one)) made[key] = copy(one[key]);
    return made;
  };
  return copy(value);
}

const stream = { write: (text) => (write(String(text)), true), isTTY: false, columns: 80 };
const process = {
  argv: ["node", "test"],
  env: {},
  platform: "wasi",
  version: "v22.0.0",
  versions: {},
  pid: 1,
  exitCode: undefined,
  stdout: stream,
  stderr: stream,
  cwd: () => "/",
  exit(code = 0) {
    throw new Error(`process.exit(${code}) was called`);
  },
  hrtime: Object.assign(() => [Math.floor(elapsed() / 1000), (elapsed() % 1000) * 1e6], { bigint: () => BigInt(Math.round(elapsed() * 1e6)) }),
  uptime: () => elapsed() / 1000,
  memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0 }),
  nextTick: (action, ...args) => void Promise.resolve().then(() => action(...args)),
  emitWarning: (warning) => print(`Warning: ${warning}`),
};
for (const name of ["on", "once", "off", "removeListener", "removeAllListeners"]) process[name] = () => process;

install();
Object.assign(globalThis, { console, global: globalThis, process, structuredClone, TextEncoder, TextDecoder }, globals);
