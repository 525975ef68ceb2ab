// Deep equality as test frameworks define it.

// `strict`: prototypes count, and so does an undefined property against a missing one.
// `loose`: primitives are compared with `==`.
export function equal(a, b, { strict = false, loose = false } = {}) {
  return same(a, b, { strict, loose }, []);
}

// Whether `actual` holds everything that `expected` holds.
export function contains(actual, expected) {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual);
  if (!isPlain(expected) || actual === null || typeof actual !== "object") {
    if (Array.isArray(expected)) {
      return Array.isArray(actual) && actual.length === expected.length
        && expected.every((item, index) => contains(actual[index], item));
    }
    return equal(actual, expected);
  }
  return Reflect.ownKeys(expected).every((key) => key in actual && contains(actual[key], expected[key]));
}

export function isMatcher(value) {
  return value !== null && typeof value === "object" && typeof value.asymmetricMatch === "function";
}

function isPlain(value) {
  return value !== null && typeof value === "object" && Object.prototype.toString.call(value) === "[object Object]";
}

function same(a, b, mode, above) {
  if (isMatcher(b)) return b.asymmetricMatch(a);
  if (isMatcher(a)) return a.asymmetricMatch(b);
  if (Object.is(a, b)) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") {
    return mode.loose && a == b;
  }
  const tag = Object.prototype.toString.call(a);
  if (tag !== Object.prototype.toString.call(b)) return false;
  if (mode.strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (above.some(([x, y]) => x === a && y === b)) return true;
  const within = [...above, [a, b]];
  if (tag === "[object Date]" || tag === "[object Number]" || tag === "[object Boolean]" || tag === "[object String]") {
    return Object.is(a.valueOf(), b.valueOf());
  }
  if (tag === "[object RegExp]") return String(a) === String(b) && a.lastIndex === b.lastIndex;
  if (a instanceof Error || b instanceof Error) {
    return a.message === b.message && a.name === b.name;
  }
  if (a instanceof Map) return sameEntries([...a], [...b], mode, within);
  if (a instanceof Set) return sameEntries([...a].map((x) => [x]), [...b].map((x) => [x]), mode, within);
  if (Array.isArray(a) && a.length !== b.length) return false;
  const keys = (value) =>
    Reflect.ownKeys(value).filter(
      (key) => Object.prototype.propertyIsEnumerable.call(value, key)
        && (mode.strict || mode.loose || value[key] !== undefined || Array.isArray(value)),
    );
  const left = keys(a);
  const right = keys(b);
  return left.length === right.length
    && left.every((key) => Object.hasOwn(b, key) && same(a[key], b[key], mode, within));
}

// Entries in any order.
function sameEntries(left, right, mode, above) {
  if (left.length !== right.length) return false;
  const rest = [...right];
  return left.every((entry) => {
    const at = rest.findIndex((other) => entry.every((part, index) => same(part, other[index], mode, above)));
    if (at < 0) return false;
    rest.splice(at, 1);
    return true;
  });
}
