declare module "settings" {
  const value: Readonly<Record<string, string>>;
  export default value;
}

declare global {
  interface Window {
    settings: typeof import("settings");
  }
}

export function pick<T, K extends keyof T>(value: T, ...keys: K[]): Pick<T, K> {
  const out = {} as Pick<T, K>;
  for (const key of keys) out[key] = value[key];
  return out;
}

export const isString = (value: unknown): value is string => typeof value === "string";
