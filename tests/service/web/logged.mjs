// What the rater's page makes of bodies of keys.json. Arguments: our module, a file of cases [{ box, body }].
// Prints of each what it was opened with, or why it was refused.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [ours, cases] = process.argv.slice(2);
const { openedBox } = await import(pathToFileURL(ours));

const told = [];
for (const { box, body } of JSON.parse(readFileSync(cases))) {
  try {
    const { keys, tree } = await openedBox(box, body);
    told.push({ keys, size: tree.size, signers: [...tree.logs, ...tree.witnesses].map((k) => [k.fingerprint, k.signed]) });
  } catch (error) {
    told.push(error.message);
  }
}
console.log(JSON.stringify(told));
