// What the guest itself offers; taken out of reach before any code runs.
export const { importBuiltin, isInMemory, kindOf, evaluate, importNow, resolve, write } = globalThis.__genesis;
delete globalThis.__genesis;
