// Judges JavaScript by Node.js itself, TypeScript by its compiler, CSS by PostCSS, HTML by parse5, Dart by its formatter:
// a path a line, `good` or `bad`.
const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const vm = require('node:vm');

function javascript(text) {
  const goals = [() => new vm.SourceTextModule(text), () => new vm.Script(text), () => vm.compileFunction(text, ['require'])];
  return goals.some((goal) => {
    try {
      goal();
      return true;
    } catch {
      return false;
    }
  });
}

function typescript(text, jsx, path) {
  const ts = require('typescript');
  const fileName = path.endsWith('.d.ts') ? 'file.d.ts' : jsx ? 'file.tsx' : 'file.ts';
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  return source.parseDiagnostics.length === 0;
}

const judges = {
  javascript,
  typescript: (text, path) => typescript(text, false, path),
  tsx: (text, path) => typescript(text, true, path),
  css: (text) => Boolean(require('postcss').parse(text)),
  html: (text) => {
    let errors = 0;
    require('parse5').parse(text, { onParseError: () => (errors += 1) });
    return errors === 0;
  },
  dart: (text) => {
    const told = require('dart-style').formatCode(text);
    return !told.error;
  },
};
const judge = judges[process.argv[2]];
createInterface({ input: process.stdin }).on('line', (path) => {
  let good = false;
  try {
    good = judge(readFileSync(path, 'utf8'), path);
  } catch {
    good = false;
  }
  process.stdout.write(good ? 'good\n' : 'bad\n');
});
