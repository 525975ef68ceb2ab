// Values as text, for messages and for the console.
const DEPTH = 4;
const ENTRIES = 50;
const CHARACTERS = 2000;

export function inspect(value) {
  const text = show(value, 0, []);
  return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS)}…` : text;
}

// As `console.log` shows its arguments: texts as they are, `%s` and its like filled in.
export function format(args) {
  let rest = args;
  let text = "";
  if (typeof args[0] === "string" && args.length > 1 && args[0].includes("%")) {
    let next = 1;
    text = args[0].replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (next >= args.length) return mark;
      const value = args[next++];
      if (mark === "%s") return typeof value === "string" ? value : inspect(value);
      if (mark === "%d" || mark === "%f") return String(Number(value));
      if (mark === "%i") return String(Math.trunc(Number(value)));
      if (mark === "%j") return JSON.stringify(value) ?? "undefined";
      return mark === "%c" ? "" : inspect(value);
    });
    rest = args.slice(next);
    if (rest.length === 0) return text;
    text += " ";
  }
  return text + rest.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
}

function show(value, depth, above) {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return value.toString();
    case "function":
      return `[${isClass(value) ? "class" : "Function"} ${value.name || "(anonymous)"}]`;
    case "object":
      return value === null ? "null" : showObject(value, depth, above);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function isClass(value) {
  return Function.prototype.toString.call(value).startsWith("class");
}

function showObject(value, depth, above) {
  if (above.includes(value)) return "[Circular]";
  if (value instanceof Error) return `[${describe(value)}]`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (typeof value.asymmetricMatch === "function") return String(value);
  const name = value.constructor?.name;
  if (depth >= DEPTH) return Array.isArray(value) ? "[Array]" : `[${name ?? "Object"}]`;
  const within = [...above, value];
  const inner = (item) => show(item, depth + 1, within);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const prefix = Array.isArray(value) ? "" : `${name} `;
    return `${prefix}${list("[", Array.from(value.length === undefined ? [] : value).map(inner), "]")}`;
  }
  if (value instanceof Map) {
    return `Map ${list("{", [...value].map(([key, item]) => `${inner(key)} => ${inner(item)}`), "}")}`;
  }
  if (value instanceof Set) return `Set ${list("{", [...value].map(inner), "}")}`;
  if (value instanceof Promise) return "Promise {}";
  const prefix = name === undefined ? "[null prototype] " : name === "Object" ? "" : `${name} `;
  const entries = Reflect.ownKeys(value)
    .filter((key) => Object.prototype.propertyIsEnumerable.call(value, key))
    .map((key) => {
      const { get, value: held } = Object.getOwnPropertyDescriptor(value, key);
      const label = typeof key === "symbol" ? `[${key.toString()}]` : /^[\w$]+$/.test(key) ? key : JSON.stringify(key);
      return `${label}: ${get ? "[Getter]" : inner(held)}`;
    });
  return prefix + list("{", entries, "}", " ");
}

function list(open, items, close, pad = "") {
  if (items.length === 0) return open + close;
  const shown = items.slice(0, ENTRIES);
  if (items.length > ENTRIES) shown.push(`… ${items.length - ENTRIES} more`);
  return open + pad + shown.join(", ") + pad + close;
}

// Kind and words of what was thrown.
export function describe(error) {
  if (!(error instanceof Error)) return inspect(error);
  const name = String(error.name ?? "Error");
  const message = String(error.message ?? "");
  return message ? `${name}: ${message}` : name;
}
