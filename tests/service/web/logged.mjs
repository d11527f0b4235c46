// What the rater's page makes of bodies of keys.json. Arguments: our module, a file of cases [{ box, body }].
// Prints of each what it was opened with, or why it was refused; of a case with a body `anew`, whether that says the same.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [ours, cases] = process.argv.slice(2);
const { openedBox, saysTheSame } = await import(pathToFileURL(ours));

const told = [];
for (const { box, body } of JSON.parse(readFileSync(cases))) {
  if (body.anew) {
    told.push(await saysTheSame(box, body, body.anew));
    continue;
  }
  try {
    const { keys, tree } = await openedBox(box, body);
    told.push({ keys, size: tree.size, signers: [...tree.logs, ...tree.witnesses].map((k) => [k.fingerprint, k.signed]) });
  } catch (error) {
    told.push(error.message);
  }
}
console.log(JSON.stringify(told));
