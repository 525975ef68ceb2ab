type Keys<T> = { [K in keyof T]: T[K] extends Function ? never : K }[keyof T];
type Shape =
  | { kind: "circle"; radius: number }
  | { kind: "square"; side: number };

enum class {
  Low = 1,
  High = Low << 2,
}

export function area(shape: Shape): number {
  switch (shape.kind) {
    case "circle":
      return Math.PI * shape.radius ** 2;
    case "square":
      return shape.side ** 2;
  }
}

export const level = <const T extends readonly Level[]>(levels: T) => levels[0]!;
let config = { strict: true } satisfies Record<string, boolean>;
