// Both languages of the pages say the same things: same keys, same kinds. Arguments: the modules of words.

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

function shape(value) {
  if (Array.isArray(value)) return value.map(shape);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, shape(value[key])]));
  }
  return typeof value === "function" ? `function of ${value.length}` : typeof value;
}

for (const module of process.argv.slice(2)) {
  const { words } = await import(pathToFileURL(module));
  assert.deepEqual(shape(words.en), shape(words.zh), module);
}
