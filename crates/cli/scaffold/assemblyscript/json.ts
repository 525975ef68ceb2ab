// A small JSON reader and writer: enough for what a guest is given and what it reports.

/** Arrays and objects within each other; the reader recurses once for each. */
const MOST_DEPTH = 128;

export enum Kind {
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

export class Json {
  /** Of a string its text, of a number or truth value what is written. */
  text: string = "";
  /** Of an array its elements, of an object the values of its members. */
  items: Json[] = [];
  /** Of an object the keys of its members, in the order of `items`. */
  keys: string[] = [];

  constructor(public kind: Kind) {}

  /** The member of an object; null when there is none or it is no object. */
  get(key: string): Json | null {
    const at = this.keys.indexOf(key);
    return at < 0 ? null : this.items[at];
  }
}

/** The document, or null when it is not one JSON document or is nested too deeply. */
export function read(bytes: Uint8Array): Json | null {
  const reader = new Reader(String.UTF8.decodeUnsafe(bytes.dataStart, bytes.byteLength));
  const document = reader.value(0);
  reader.skipSpace();
  return reader.isAtEnd() ? document : null;
}

/** A string as JSON, with its quotes. */
export function quote(text: string): string {
  // Pieces rather than one string that grows: nothing is freed, because the instance is thrown away after one run.
  const out: string[] = ['"'];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c == 0x22) out.push('\\"');
    else if (c == 0x5c) out.push("\\\\");
    else if (c < 0x20) out.push("\\u00" + (c < 0x10 ? "0" : "") + c.toString(16));
    else out.push(text.charAt(i));
  }
  out.push('"');
  return out.join("");
}

class Reader {
  private at: i32 = 0;

  constructor(private text: string) {}

  isAtEnd(): bool {
    return this.at == this.text.length;
  }

  skipSpace(): void {
    while (!this.isAtEnd()) {
      const c = this.text.charCodeAt(this.at);
      if (c != 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) return;
      this.at++;
    }
  }

  value(depth: i32): Json | null {
    if (depth > MOST_DEPTH) return null;
    if (this.take("{")) return this.list(Kind.Object, "}", depth);
    if (this.take("[")) return this.list(Kind.Array, "]", depth);
    if (this.take('"')) return this.string();
    if (this.take("null")) return new Json(Kind.Null);
    if (this.take("true")) return this.written(Kind.Bool, "true");
    if (this.take("false")) return this.written(Kind.Bool, "false");
    const start = this.at;
    while (!this.isAtEnd() && "+-.0123456789eE".includes(this.text.charAt(this.at))) this.at++;
    return this.at == start ? null : this.written(Kind.Number, this.text.substring(start, this.at));
  }

  /** Skips a word when it stands next. */
  private take(word: string): bool {
    this.skipSpace();
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private written(kind: Kind, text: string): Json {
    const made = new Json(kind);
    made.text = text;
    return made;
  }

  /** Elements or members, behind the opening bracket. */
  private list(kind: Kind, closing: string, depth: i32): Json | null {
    const made = new Json(kind);
    if (this.take(closing)) return made;
    do {
      if (kind == Kind.Object) {
        const key = this.take('"') ? this.string() : null;
        if (key === null || !this.take(":")) return null;
        made.keys.push(key.text);
      }
      const item = this.value(depth + 1);
      if (item === null) return null;
      made.items.push(item);
    } while (this.take(","));
    return this.take(closing) ? made : null;
  }

  /** A string behind its opening quote. Escapes of surrogates need no care: strings are UTF-16 here. */
  private string(): Json | null {
    const out: string[] = [];
    let start = this.at;
    while (!this.isAtEnd()) {
      const c = this.text.charCodeAt(this.at);
      if (c == 0x22) {
        out.push(this.text.substring(start, this.at++));
        return this.written(Kind.String, out.join(""));
      }
      if (c < 0x20) return null;
      if (c != 0x5c) {
        this.at++;
        continue;
      }
      out.push(this.text.substring(start, this.at));
      const escape = this.text.charAt(this.at + 1);
      this.at += 2;
      if (escape == "u") {
        const digits = this.text.substring(this.at, this.at + 4);
        if (!isHex(digits)) return null;
        out.push(String.fromCharCode(I32.parseInt(digits, 16)));
        this.at += 4;
      } else {
        const known = '"\\/bfnrt'.indexOf(escape);
        if (escape == "" || known < 0) return null;
        out.push('"\\/\b\f\n\r\t'.charAt(known));
      }
      start = this.at;
    }
    return null;
  }
}

function isHex(digits: string): bool {
  for (let i = 0; i < digits.length; i++) {
    if (!"0123456789abcdefABCDEF".includes(digits.charAt(i))) return false;
  }
  return digits.length == 4;
}
