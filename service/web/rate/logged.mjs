// The signed log, as a page reads it: checkpoint (C2SP tlog-checkpoint in a signed note), cosignatures of
// witnesses, inclusion proofs (RFC 6962). Issuers' keys are taken from here only: a key that is not in a signed
// checkpoint could be one rater's own, and so a mark (RFC 9576, 6.2). What does not verify throws `log.…`.

import { concat, toBase64, fromBase64, toHex } from "./blind.mjs";

const LOG_KEY = 1;
const WITNESS_KEY = 4;
const HASH_LENGTH = 32;
const text = new TextEncoder();

const require = (holds, what) => {
  if (!holds) throw new Error(`log.${what}`);
};

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

// -- keys and notes

/** A public key out of its vkey, `name+id+base64(type, key)`: { name, kind, id, fingerprint, verifier, vkey }. */
export async function publicKey(vkey, kind) {
  const [, name, id, encoded] = vkey.match(/^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/) ?? [];
  require(name, "key");
  const bytes = fromBase64(encoded);
  require(bytes.length === 1 + 32 && bytes[0] === kind, "key");
  require(toHex((await sha256(text.encode(`${name}\n`), bytes)).slice(0, 4)) === id, "key");
  const verifier = await crypto.subtle.importKey("raw", bytes.slice(1), "Ed25519", true, ["verify"]);
  return { name, kind, id, vkey, verifier, fingerprint: await fingerprint(vkey) };
}

/** What people compare: five groups of four hexadecimal digits. */
export async function fingerprint(vkey) {
  return toHex(await sha256(text.encode(vkey))).slice(0, 20).replace(/.{4}(?=.)/g, "$& ");
}

/** Whether the key has signed the note. A false signature in its name throws. */
async function hasSigned(key, body, signatures) {
  const mine = signatures.filter((each) => each.name === key.name && each.id === key.id);
  for (const { bytes } of mine) {
    const told = key.kind === WITNESS_KEY ? cosigned(bytes, body) : [bytes, body];
    require(told[0].length === 64, "signature");
    require(await crypto.subtle.verify("Ed25519", key.verifier, told[0], text.encode(told[1])), "signature");
  }
  return mine.length > 0;
}

/** The signature in a cosignature/v1, and what it signs. */
function cosigned(bytes, body) {
  require(bytes.length === 8 + 64, "signature");
  const seconds = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  return [bytes.slice(8), `cosignature/v1\ntime ${seconds}\n${body}`];
}

function parsed(note) {
  const at = note.lastIndexOf("\n\n");
  require(at > 0 && note.endsWith("\n"), "checkpoint");
  const signatures = note.slice(at + 2, -1).split("\n").map((line) => {
    const [, name, encoded] = line.match(/^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/) ?? [];
    require(name, "checkpoint");
    const bytes = fromBase64(encoded);
    return { name, id: toHex(bytes.slice(0, 4)), bytes: bytes.slice(4) };
  });
  return [note.slice(0, at + 1), signatures];
}

// -- the tree and what is in it

/** The tree of a checkpoint that one of the log's keys has signed: { origin, size, root, logs, witnesses }. The last
 * two are the keys, each with `signed`: a witness may be behind, and the page says so. */
export async function signedTree({ vkeys, witnesses, checkpoint }) {
  const [body, signatures] = parsed(checkpoint);
  const [, origin, size, root] = body.match(/^([^\n]+)\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]+=*)\n(?:[^\n]+\n)*$/) ?? [];
  require(origin && fromBase64(root).length === HASH_LENGTH, "checkpoint");
  const known = (all, kind) =>
    Promise.all(
      all.map(async (vkey) => {
        const key = await publicKey(vkey, kind);
        return { ...key, signed: await hasSigned(key, body, signatures) };
      }),
    );
  const logs = await known(vkeys, LOG_KEY);
  require(logs.some((key) => key.signed && key.name === origin), "unsigned");
  return { origin, size: Number(size), root, logs, witnesses: await known(witnesses, WITNESS_KEY) };
}

/** The event that a proof is of, once it is shown to be in the tree: { topic, stream, version, leaf, state }. */
export async function eventIn(tree, proof) {
  const digest = toBase64(await sha256(fromBase64(proof.salt), text.encode(proof.state)));
  const entry = JSON.parse(proof.entry);
  require(entry.stateDigest === digest && entry.position === proof.index + 1, "entry");
  const leaf = await sha256(Uint8Array.of(0), text.encode(proof.entry));
  require((await rootOf(leaf, proof, tree.size)) === tree.root, "proof");
  const { topic, streamId: stream, streamVersion: version } = entry;
  return { topic, stream, version, leaf: toBase64(leaf), state: JSON.parse(proof.state) };
}

/** The root that a proof leads to (RFC 9162, 2.1.3.2), or null where it is none. */
async function rootOf(leaf, { index, path }, size) {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return null;
  let hash = leaf;
  let [node, last] = [index, size - 1];
  for (const step of path.map(fromBase64)) {
    if (last === 0 || step.length !== HASH_LENGTH) return null;
    if (node % 2 === 1 || node === last) {
      hash = await sha256(Uint8Array.of(1), step, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      hash = await sha256(Uint8Array.of(1), hash, step);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? toBase64(hash) : null;
}

// -- a rating box in it

/** What a box was opened with, out of the signed log: keys, issuers, scale, and whose signatures say so. */
export async function openedBox(box, { log, opened }) {
  const tree = await signedTree(log);
  const { topic, stream, version, leaf, state } = await eventIn(tree, opened);
  require(topic === "rating.rating_opened" && stream === box && version === 1, "box");
  const keysOf = (unit) =>
    Object.fromEntries(state.keys.filter((key) => key.unit_id === unit).map(({ issuer, spki }) => [issuer, spki]));
  return {
    title: state.title,
    closesAt: state.closes_at,
    issuers: state.issuers,
    grades: state.scale,
    keys: Object.fromEntries(state.unit_ids.map((unit) => [unit, keysOf(unit)])),
    leaf,
    tree,
  };
}

/** Whether a box that was downloaded anew says what it said before, all of it in a tree that the same log has signed:
 * only then it may take the place of what was checked. */
export async function saysTheSame(box, before, anew) {
  const events = ({ opened, units }) => [opened, ...units.map(({ proof }) => proof)];
  const told = (body) =>
    JSON.stringify([
      events(body).map(({ entry, salt, state }) => [entry, salt, state]),
      body.units.map(({ unit, state, ballots, count, histogram, score }) => [unit, state, ballots, count, histogram, score]),
    ]);
  try {
    const { tree } = await openedBox(box, { ...anew, log: { ...anew.log, vkeys: before.log.vkeys } });
    for (const proof of events(anew)) await eventIn(tree, proof);
    return told(before) === told(anew);
  } catch {
    return false;
  }
}

/** The state of a box with everything that was signed in place of what the server says of it now. */
export function certified(state, opened) {
  const { title, closesAt, issuers, grades, keys } = opened;
  const told = state.units.map(({ unit }) => unit);
  require(told.length === Object.keys(keys).length && told.every((unit) => unit in keys), "box");
  return { ...state, title, closesAt, issuers, grades, units: state.units.map((each) => ({ ...each, keys: keys[each.unit] })) };
}
