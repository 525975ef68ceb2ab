// What the guest itself offers; taken out of reach before any code runs.
export const { answers, evaluate, files, importNow, kindOf, resolve, write } = globalThis.__genesis;
delete globalThis.__genesis;
