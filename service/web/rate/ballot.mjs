// A ballot and its credential: collected blind by a phone, or derived from the seed on a card.
// The encodings are those of docs/rating.md.

import { blind, finalize, fromBase64, fromBase64url, issuerKey, signingKey, toBase64, verify } from "./blind.mjs";
import { eventIn } from "./logged.mjs";

const SIGNATURE_LENGTH = 256;
const ALPHABET = /^[0-9A-HJKMNP-TV-Z]*$/;
export const SEED_LENGTH = 20;
export const CODE_LENGTH = 10;
const text = new TextEncoder();

/** What was typed as Crockford's base 32, or null if it cannot be a code of this length. */
export function readCode(typed, length) {
  const plain = typed.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1").replace(/[\s-]/g, "");
  return plain.length === length && ALPHABET.test(plain) ? plain : null;
}

export const grouped = (code) => code.replace(/.{5}(?=.)/g, "$& ");

/** The words a ballot's own key signs. */
const ballotText = (box, unit, grade) => text.encode(`rating-ballot/v1\n${box}\n${unit}\n${grade}\n`);

// -- by phone

/** Fresh keys for every unit, blinded for every issuer: { unit: { secret, key, blinded, inverses } }. */
export async function newCredentials(state) {
  const units = {};
  for (const { unit, keys } of state.units) {
    const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const [blinded, inverses] = [{}, {}];
    for (const issuer of state.issuers) {
      const made = await blind(await issuerKey(fromBase64(keys[issuer])), key);
      blinded[issuer] = toBase64(made.blinded);
      inverses[issuer] = toBase64(made.inverse);
    }
    units[unit] = { secret: pair.privateKey, key: toBase64(key), blinded, inverses, signatures: null };
  }
  return units;
}

/** Turn the issuers' blind signatures into signatures. Throws where one is not the issuer's. */
export async function unblind(state, units, blindSignatures) {
  for (const { unit, keys } of state.units) {
    const mine = units[unit];
    const signatures = [];
    for (const issuer of state.issuers) {
      const key = await issuerKey(fromBase64(keys[issuer]));
      const signed = fromBase64(blindSignatures[unit][issuer]);
      signatures.push(toBase64(await finalize(key, fromBase64(mine.key), signed, fromBase64(mine.inverses[issuer]))));
    }
    mine.signatures = signatures;
  }
}

// -- by card

/** 32 bytes derived from a seed for one use. */
async function derived(seed, use, box, unit) {
  const material = await crypto.subtle.importKey("raw", text.encode(seed), "HKDF", false, ["deriveBits"]);
  const info = text.encode(`rating-card/v1\n${use}\n${box}\n${unit}\n`);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(how, material, 256));
}

/** A card's credentials, as `newCredentials` and `unblind` give them, or null if the box knows no such card. */
export async function cardCredentials(state, seed, bundles) {
  const units = {};
  for (const { unit, keys } of state.units) {
    const bundle = bundles[toBase64(await derived(seed, "index", state.box, unit))];
    if (bundle === undefined) return null;
    const seal = await crypto.subtle.importKey(
      "raw", await derived(seed, "seal", state.box, unit), "AES-GCM", false, ["decrypt"],
    );
    const how = { name: "AES-GCM", iv: new Uint8Array(12) };
    const opened = new Uint8Array(await crypto.subtle.decrypt(how, seal, fromBase64(bundle)));
    const bytes = await derived(seed, "key", state.box, unit);
    const key = await publicKey(bytes);
    const signatures = [];
    for (const [i, issuer] of state.issuers.entries()) {
      const signature = opened.slice(i * SIGNATURE_LENGTH, (i + 1) * SIGNATURE_LENGTH);
      if (!(await verify(await issuerKey(fromBase64(keys[issuer])), key, signature))) return null;
      signatures.push(toBase64(signature));
    }
    units[unit] = { secret: await signingKey(bytes), key: toBase64(key), signatures };
  }
  return units;
}

/** The public key to 32 private bytes: WebCrypto tells it only of a key it may give away. */
async function publicKey(bytes) {
  const { x } = await crypto.subtle.exportKey("jwk", await signingKey(bytes, true));
  return fromBase64url(x);
}

// -- the ballot

/** The ballot as it is cast. */
export async function ballot(box, unit, { secret, key, signatures }, grade) {
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", secret, ballotText(box, unit, grade)));
  return { unit, key, signatures, grade, signature: toBase64(signature) };
}

/** The same things in an order of chance: ballots of one rater shall not arrive in one order. */
export function shuffled(things) {
  const drawn = things.map((thing) => [crypto.getRandomValues(new Uint32Array(1))[0], thing]);
  return drawn.sort(([a], [b]) => a - b).map(([, thing]) => thing);
}

// -- the sealed box

const ENDED = { SEALED: "rating.ballot_box_sealed", VOIDED: "rating.rating_voided" };

/** What became of one's ballot on a unit: "found", "voided", "missing" or "wrong". The event in the signed tree is
 * asked, and not only the list beside it. That the issuers' signatures are the very ones that were collected shows
 * that nobody else was rated with this key under other ones: a message has one signature by each issuer. */
export async function outcome(tree, box, unit, sealedUnit, { key, signatures }, grade) {
  if (sealedUnit === undefined) return "missing";
  try {
    const { topic, stream, state } = await eventIn(tree, sealedUnit.proof);
    if (topic !== ENDED[sealedUnit.state] || stream !== box || state.unit_id !== unit) return "wrong";
    if (sealedUnit.state === "VOIDED") return "voided";
    const mine = [sealedUnit.ballots, state.ballots].map((all) => all.filter((each) => each.key === key));
    if (mine.some((found) => found.length === 0)) return "missing";
    const held = JSON.stringify([grade, signatures]);
    const agrees = ([found, ...more]) => !more.length && JSON.stringify([found.grade, found.signatures]) === held;
    return mine.every(agrees) ? "found" : "wrong";
  } catch {
    return "wrong";
  }
}
