// One rater's way through a box: collected, graded, cast until sealed, checked. No page in here.

import * as ballots from "./ballot.mjs";
import { CODE_LENGTH, SEED_LENGTH, readCode } from "./ballot.mjs";
import { openedBox } from "./logged.mjs";
import * as wire from "./wire.mjs";
import { forget, keep, lasts, records } from "./kept.mjs";

/** What the address brought, { seed } or { code, inspectorateCode }, or what it brought before a reload; or null. */
export function given(box, fragment) {
  const brought = fromFragment(fragment);
  try {
    if (brought) sessionStorage.setItem(box, JSON.stringify(brought));
    return brought ?? JSON.parse(sessionStorage.getItem(box));
  } catch {
    return brought;
  }
}

export function forgetGiven(box) {
  try {
    sessionStorage.removeItem(box);
  } catch {
    // Nothing was kept.
  }
}

function fromFragment(fragment) {
  const plain = fragment.replace(/^#/, "");
  if (!plain.includes("=")) {
    const seed = readCode(plain, SEED_LENGTH);
    return seed && { seed };
  }
  const pairs = new URLSearchParams(plain);
  const code = readCode(pairs.get("c") ?? "", CODE_LENGTH);
  return code && { code, inspectorateCode: readCode(pairs.get("i") ?? "", CODE_LENGTH) };
}

/** What is kept of this rater, found by code or seed, else the one used last; null if there is none. */
export async function resumed(box, given) {
  const kept = await records(box);
  const tag = given && (given.seed ?? given.code);
  return (tag ? kept.find((record) => record.tag === tag) : kept[0]) ?? null;
}

export async function others(record) {
  return (await records(record.box)).filter((each) => each.tag !== record.tag);
}

/** `trusted` is what the keys were taken from: the log's vkeys, and the leaf of the event that opened the box. */
const fresh = (box, tag, units, { tree, leaf }) => {
  const trusted = { vkeys: tree.logs.filter((key) => key.signed).map(({ vkey }) => vkey), leaf };
  return { box, tag, units, trusted, grades: {}, cast: {}, touched: Date.now() };
};

export async function kept(record) {
  record.touched = Date.now();
  await keep(record);
}

/** Collect by phone. The blinded keys are kept before they are sent, so that a second try sends the same. */
export async function collect(state, opened, { code, inspectorateCode }) {
  let record = await resumed(state.box, { code });
  if (record === null) {
    record = fresh(state.box, code, await ballots.newCredentials(state), opened);
    await kept(record);
  }
  const blinded = Object.fromEntries(Object.entries(record.units).map(([unit, mine]) => [unit, mine.blinded]));
  const request = { code, blinded, ...(inspectorateCode ? { inspectorateCode } : {}) };
  try {
    await ballots.unblind(state, record.units, await wire.collect(state.box, request));
  } catch (error) {
    // A code that is no rater's leaves nothing behind.
    if (error instanceof wire.Refused && error.code === "rating.code_wrong") await forget(record);
    throw error;
  }
  await kept(record);
  return record;
}

/** The record of a card, or null if the box knows no such card. */
export async function withCard(state, opened, seed) {
  const units = await ballots.cardCredentials(state, seed, await wire.bundles(state.box));
  if (units === null) return null;
  const record = fresh(state.box, seed, units, opened);
  await kept(record);
  return record;
}

export const isCollected = (record) => Object.values(record.units).every((unit) => unit.signatures);
export const isCast = (record) => Object.keys(record.cast).length > 0;
/** Ballots that were decided on and of which no arrival is known. */
export const isUnposted = (record) => Object.values(record.cast).some((arrived) => !arrived);

/** Decide: from here on the grades stand. */
export async function decide(record) {
  for (const unit of Object.keys(record.grades)) record.cast[unit] = false;
  await kept(record);
}

/** Post every ballot that was decided on, in an order of chance; `tell` hears how many have arrived. */
export async function post(record, tell = () => {}) {
  let arrived = 0;
  let failure = null;
  const units = ballots.shuffled(Object.keys(record.cast));
  for (const unit of units) {
    try {
      await wire.cast(record.box, await ballots.ballot(record.box, unit, record.units[unit], record.grades[unit]));
      record.cast[unit] = true;
      arrived += 1;
      tell(arrived, units.length);
    } catch (error) {
      if (!(error instanceof wire.Refused || error instanceof wire.Away)) throw error;
      failure = error;
      // Another grade stands under this key: a card used twice. Nothing can change it, so nothing is sent again.
      if (error.code === "rating.already_cast") record.cast[unit] = record.clashed = true;
    }
  }
  await kept(record);
  if (failure) throw failure;
}

/** What became of the ballots in the sealed box: { unit: "found" | "voided" | "missing" | "wrong" }. The box is held to
 * the log's key that the ballot was collected under, and to the very event that opened it then. */
export async function checked(record, sealed) {
  const found = {};
  const tree = await sameLog(record, sealed).catch(() => null);
  for (const unit of Object.keys(record.cast)) {
    const box = sealed.units.find((each) => each.unit === unit);
    found[unit] = tree
      ? await ballots.outcome(tree, record.box, unit, box, record.units[unit], record.grades[unit])
      : "wrong";
  }
  return found;
}

async function sameLog({ box, trusted }, { log, opened }) {
  const { leaf, tree } = await openedBox(box, { log: { ...log, vkeys: trusted.vkeys }, opened });
  return leaf === trusted.leaf ? tree : null;
}

export { forget, lasts };
