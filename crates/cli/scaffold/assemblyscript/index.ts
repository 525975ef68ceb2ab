// {{name}}: says which lines end in white space. Put your own rule in the place of `look`.
//
// A guest reads one JSON document from standard input and writes one to standard output: a report with the findings,
// which is empty when there is nothing to say. Exit code 0 says that it did its work, whatever it found.

import { Json, Kind, quote, read } from "./json";
import { fail, print, readAll } from "./wasi";

/** Findings after which the rest is left out: a report has a size limit. */
const MOST_FINDINGS = 100;

const findings: string[] = [];

/**
 * One finding. `path` is null for the template's own document. The message names no line: the same defect has the same
 * message wherever it moves to.
 */
function found(path: string | null, line: i32, column: i32, offset: i32, length: i32): void {
  if (findings.length == MOST_FINDINGS) return;
  const file = path === null ? "" : `"file":${quote(path)},`;
  const span = `"span":{"line":${line},"column":${column},"offset":${offset},"length":${length}}`;
  findings.push(
    `{"severity":"warning","code":"trailing-space","message":"a line ends in white space",` +
      `"place":{${file}${span}},"help":"remove it"}`,
  );
}

/** Reports every line that ends in spaces or tabs, and gives the number of lines. */
function look(path: string | null, text: string): i32 {
  // Offsets are bytes, so the text is looked at as UTF-8.
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  let start = 0;
  let number = 0;
  while (start < bytes.length) {
    let lineEnd = start;
    while (lineEnd < bytes.length && bytes[lineEnd] != 0x0a) lineEnd++;
    let shown = lineEnd;
    if (shown > start && bytes[shown - 1] == 0x0d) shown--;
    let kept = shown;
    while (kept > start && (bytes[kept - 1] == 0x20 || bytes[kept - 1] == 0x09)) kept--;
    number++;
    if (kept < shown) {
      let column = 1;
      for (let i = start; i < kept; i++) {
        if ((bytes[i] & 0xc0) != 0x80) column++;
      }
      found(path, number, column, kept, shown - kept);
    }
    start = lineEnd + 1;
  }
  return number;
}

/** The member of an object, which has to be there. */
function member(object: Json | null, key: string, otherwise: string): Json {
  if (object !== null) {
    const value = object.get(key);
    if (value !== null) return value;
  }
  fail(otherwise);
  return unreachable();
}

function text(object: Json, key: string): string {
  const value = member(object, key, `the input is not of ABI 1: ${key} is missing`);
  if (value.kind != Kind.String) fail(`the input is not of ABI 1: ${key} is no text`);
  return value.text;
}

function main(): void {
  const input = read(readAll());
  if (member(input, "abi", "the input is not of ABI 1").text != "1") fail("the input is not of ABI 1");
  const subject = input!.get("subject");
  // [template]
  const template = member(subject, "template", "{{name}} takes a template");
  const given = member(template, "template", "{{name}} takes a template");
  look(null, text(given, "text"));
  const parts = given.get("parts");
  if (parts !== null) {
    for (let i = 0; i < parts.items.length; i++) look(parts.keys[i], parts.items[i].text);
  }
  print(`{"abi":1,"findings":[${findings.join(",")}]}`);
  // [case]
  const given = member(subject, "case", "{{name}} takes what a case rendered");
  const files = member(given, "files", "{{name}} takes what a case rendered").items;
  for (let i = 0; i < files.length; i++) look(text(files[i], "path"), text(files[i], "text"));
  print(`{"abi":1,"findings":[${findings.join(",")}]}`);
  // [code]
  const given = member(subject, "code", "{{name}} takes code");
  if (text(given, "analysis") != "lint") fail("{{name}} only lints");
  const files = member(given, "files", "{{name}} takes code").items;
  let lines = 0;
  for (let i = 0; i < files.length; i++) lines += look(text(files[i], "path"), text(files[i], "text"));
  const data = `{"by":"{{name}} 0.1.0","exact":true,"files":${files.length},"lines":${lines}}`;
  print(`{"abi":1,"findings":[${findings.join(",")}],"data":${data}}`);
  // [end]
}

main();
