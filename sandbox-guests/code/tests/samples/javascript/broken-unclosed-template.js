import { readFile } from "node:fs/promises";

export class Cart {
  #items = new Map();
  static limit = 100;

  add(sku, count = 1) {
    if (count <= 0) throw new RangeError(`bad count: ${count});
    this.#items.set(sku, (this.#items.get(sku) ?? 0) + count);
    return this;
  }

  get total() {
    return [...this.#items.values()].reduce((sum, n) => sum + n, 0);
  }
}

export const load = async (path) => JSON.parse(await readFile(path, "utf8"));
