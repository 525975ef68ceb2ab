function* walk(tree, depth = 0) {
  yield { depth, name: tree.name };
  for (const child of tree.children ?? []) {
    yield* walk(child, depth + 1);
  }
}

label: for (const { depth, name } of walk(root)) {
  switch (true) {
    case depth > 3:
      continue label;
    case /^\.[a-z]+$/i.test(name):
      console.log("hidden", name);
      break;
    default:
      console.log(" ".repeat(depth) + name);
  }
}
