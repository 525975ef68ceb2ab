// `vi.fn` and `jest.fn`: functions that remember how they were called.
import { fakes } from "genesis:timers";

let made = [];

export function fn(implementation) {
  let act = implementation;
  let once = [];
  const state = { calls: [], results: [], instances: [], contexts: [] };
  function mock(...args) {
    state.calls.push(args);
    state.contexts.push(this);
    state.instances.push(this);
    const result = { type: "incomplete", value: undefined };
    state.results.push(result);
    try {
      const action = once.shift() ?? act;
      const value = new.target && action ? Reflect.construct(action, args) : action?.apply(this, args);
      Object.assign(result, { type: "return", value });
      return value;
    } catch (error) {
      Object.assign(result, { type: "throw", value: error });
      throw error;
    }
  }
  const set = (action) => {
    act = action;
    return mock;
  };
  const setOnce = (action) => {
    once.push(action);
    return mock;
  };
  let name = "fn()";
  Object.assign(mock, {
    mock: state,
    getMockName: () => name,
    getMockImplementation: () => act,
    mockName: (given) => ((name = given), mock),
    mockImplementation: set,
    mockImplementationOnce: setOnce,
    mockReturnValue: (value) => set(() => value),
    mockReturnValueOnce: (value) => setOnce(() => value),
    mockResolvedValue: (value) => set(async () => value),
    mockResolvedValueOnce: (value) => setOnce(async () => value),
    mockRejectedValue: (error) => set(() => Promise.reject(error)),
    mockRejectedValueOnce: (error) => setOnce(() => Promise.reject(error)),
    mockReturnThis: () => set(function () { return this; }),
    mockClear() {
      for (const kept of Object.values(state)) kept.length = 0;
      return mock;
    },
    mockReset() {
      once = [];
      act = undefined;
      return mock.mockClear();
    },
    mockRestore: () => mock.mockReset(),
  });
  Object.defineProperty(state, "lastCall", { get: () => state.calls.at(-1) });
  made.push(mock);
  return mock;
}

export function spyOn(target, key) {
  const original = target[key];
  if (typeof original !== "function") throw new TypeError(`cannot spy on ${String(key)}: it is no function`);
  if (original.mock) return original;
  const owned = Object.hasOwn(target, key);
  const spy = fn(original);
  target[key] = spy;
  spy.mockRestore = () => {
    spy.mockClear();
    if (owned) target[key] = original;
    else delete target[key];
    return spy;
  };
  return spy;
}

const all = (action) =>
  function () {
    for (const mock of made) mock[action]();
    return this;
  };

function unsupported(name) {
  return () => {
    throw new Error(`${name} is not offered here: modules cannot be replaced`);
  };
}

export function reset() {
  made = [];
}

export const mocks = {
  fn,
  spyOn,
  isMockFunction: (value) => typeof value === "function" && value.mock !== undefined,
  mocked: (value) => value,
  clearAllMocks: all("mockClear"),
  resetAllMocks: all("mockReset"),
  restoreAllMocks: all("mockRestore"),
  mock: unsupported("mock"),
  doMock: unsupported("doMock"),
  unmock: unsupported("unmock"),
  hoisted: (make) => make(),
  setTimeout() {},
  ...fakes,
};
