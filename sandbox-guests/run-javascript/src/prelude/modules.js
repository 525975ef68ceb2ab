// What can be imported beside ES modules: CommonJS files, JSON, and the modules that the guest itself offers.
import { answers, evaluate, files, importNow, kindOf, resolve } from "genesis:native";
import { assert, strict } from "genesis:assert";
import { jest, node, vitest } from "genesis:tests";

const cache = new Map();
let given;

const offered = {
  "node:assert": () => assert,
  "node:assert/strict": () => strict,
  "node:test": () => node,
  vitest: () => vitest,
  "@jest/globals": () => jest,
  genesis: () => (given ??= { files: JSON.parse(files()), answers: JSON.parse(answers()) }),
};

// What a module that is no ES module exports; it is run when it was not.
export function held(path) {
  const known = cache.get(path);
  if (known !== undefined) return known.exports;
  const kind = kindOf(path);
  if (kind === "offered") return offered[path]();
  const module = { id: path, filename: path, exports: {}, loaded: false, children: [], paths: [] };
  cache.set(path, module);
  try {
    if (kind === "json") module.exports = JSON.parse(evaluate(path));
    else run(module);
  } catch (error) {
    cache.delete(path);
    throw error;
  }
  module.loaded = true;
  return module.exports;
}

function run(module) {
  const folder = module.filename.replace(/\/?[^/]*$/, "") || ".";
  const require = (name) => {
    const path = resolve(module.filename, String(name));
    return kindOf(path) === "module" ? importNow(path) : held(path);
  };
  require.resolve = (name) => resolve(module.filename, String(name));
  require.cache = {};
  require.main = undefined;
  evaluate(module.filename).call(module.exports, module.exports, require, module, module.filename, folder);
}

// The names that an ES module can import from it.
export function names(path) {
  const exports = held(path);
  if (exports === null || (typeof exports !== "object" && typeof exports !== "function")) return "[]";
  return JSON.stringify(Object.keys(exports).filter((name) => name !== "default" && /^[A-Za-z_$][\w$]*$/.test(name)));
}

// What it exports by default: of a compiled ES module, what that one did.
export function byDefault(path) {
  const exports = held(path);
  return exports?.__esModule && "default" in exports ? exports.default : exports;
}
