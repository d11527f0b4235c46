// Keying of filled paper ballots, in batches of two people: one says how many papers there are and keys them, the
// other counts them without looking and confirms; the service holds both to it. What is keyed lies in this page's
// memory until it is cast, in an order of chance; no grade is shown again.

import * as ballots from "./ballot.mjs";
import { toHex } from "./blind.mjs";
import { announce, button, el, say, show, spoken } from "./dom.mjs";
import { lacking } from "./capable.mjs";
import { certified, openedBox } from "./logged.mjs";
import { attempt, box, frame, giveFact, onLanguage, person, signInForm, signedInBefore, staffMember, sure, w } from "./staff.mjs";
import * as wire from "./wire.mjs";
import { words as raterWords } from "./words.mjs";

const page = { state: null, bundles: null, batch: null, card: null };

// A batch: { code, papers, entries: [{ seed, units, grades }], shown, confirmed, outcome }; `shown`: the list of
// entries is, which tells the count. A card: the entry that is being keyed.

// -- what is shown

function render() {
  frame("keying", page.state?.title);
  show(view());
  document.querySelector("#view [data-first]")?.focus();
}

function view() {
  if (page.lack) return [el("h1", {}, say(raterWords).lackTitle), el("p", {}, say(raterWords).lacks[page.lack])];
  if (person.token === null) return signInForm(open);
  if (page.state === null) return [el("h1", {}, w().loading)];
  if (page.state.phase !== "CASTING") return [title(), el("p", { class: "lead" }, w().notCasting)];
  if (page.batch === null) return newBatch();
  if (page.batch.outcome) return outcome();
  if (page.card) return [grading(), entries()];
  if (page.batch.entries.length < page.batch.papers) return [nextCard(), entries()];
  return [confirming(), page.batch.shown ? entries() : [button(w().look, list, { class: "aside" }), " ", abandoning()]];
}

const title = () => el("h1", {}, page.state.title);

function form(onsubmit, ...children) {
  const submitted = (event) => {
    event.preventDefault();
    onsubmit(Object.fromEntries(new FormData(event.target)));
  };
  return el("form", { onsubmit: submitted, autocomplete: "off" }, children);
}

const submit = (label) => el("button", { type: "submit", class: "primary" }, label);

function countField(id, label) {
  return [
    el("label", { for: id }, label),
    el("input", { id, name: id, type: "number", min: 1, max: 5000, step: 1, required: true, inputmode: "numeric" }),
  ];
}

function newBatch() {
  const begin = ({ papers }) => attempt(() => beginBatch(Number(papers)));
  return [
    title(),
    el("h2", {}, w().batchTitle),
    el("p", { class: "hint" }, w().batchHint),
    form(begin, countField("papers", w().batchCount), submit(w().batchStart)),
  ];
}

function nextCard() {
  const { papers, entries: keyed } = page.batch;
  return [
    el("h1", {}, w().entryTitle(keyed.length + 1, papers)),
    form(
      ({ seed }) => attempt(() => openCard(seed)),
      el("label", { for: "seed" }, w().seedLabel),
      el("input", { id: "seed", name: "seed", type: "text", class: "code", "data-first": true, spellcheck: "false" }),
      submit(raterWords[spoken()].seedUse),
    ),
  ];
}

function grading() {
  const { units, grades } = page.state;
  const add = () => {
    page.batch.entries.push(page.card);
    page.card = null;
    announce("");
    render();
  };
  const legend = grades.map((grade, i) => `${i + 1} ${grade[spoken()]}`).join(" · ");
  return [
    el("h1", {}, w().entryTitle(page.batch.entries.length + 1, page.batch.papers)),
    el("p", { class: "hint" }, w().keys(legend)),
    el(
      "form",
      { class: "keyed", onsubmit: (event) => (event.preventDefault(), add()), onkeydown: byNumber },
      units.map(({ unit, name }, i) => scale(unit, name, grades, i === 0)),
      submit(w().add),
    ),
  ];
}

function scale(unit, name, grades, first) {
  const choose = (code) => () => {
    if (code) page.card.grades[unit] = code;
    else delete page.card.grades[unit];
  };
  const options = [...grades.map((grade) => [grade.code, grade[spoken()]]), ["", w().blank]];
  return el(
    "fieldset",
    {},
    el("legend", {}, name),
    el(
      "div",
      { class: "scale" },
      options.map(([code, label], i) => {
        const id = `${unit}-${code}`;
        const checked = (page.card.grades[unit] ?? "") === code;
        return [
          el("input", { type: "radio", id, name: unit, value: code, checked, onchange: choose(code), "data-first": first && i === 0 }),
          el("label", { for: id }, label),
        ];
      }),
    ),
  );
}

/** A number chooses a grade of the unit that has the focus, and the focus goes on to the next. */
function byNumber(event) {
  const here = event.target.closest("fieldset");
  if (!here || !/^[0-9]$/.test(event.key)) return;
  event.preventDefault();
  const options = [...here.querySelectorAll("input")];
  const chosen = event.key === "0" ? options.at(-1) : options[Number(event.key) - 1];
  if (!chosen || (event.key !== "0" && chosen.value === "")) return;
  chosen.checked = true;
  chosen.dispatchEvent(new Event("change"));
  const all = [...here.parentElement.querySelectorAll("fieldset")];
  const next = all[all.indexOf(here) + 1];
  (next?.querySelector("input") ?? here.parentElement.querySelector("button")).focus();
}

function entries() {
  const { entries: keyed } = page.batch;
  const remove = (entry) => () => {
    keyed.splice(keyed.indexOf(entry), 1);
    render();
  };
  return [
    el("h2", {}, `${w().inBatch} ${keyed.length} / ${page.batch.papers}`),
    keyed.length
      ? el(
          "div",
          { class: "scroll" },
          el(
            "table",
            {},
            el("thead", {}, el("tr", {}, [w().entry, w().marked, ""].map((head) => (head ? el("th", { scope: "col" }, head) : el("td"))))),
            el(
              "tbody",
              {},
              keyed.map((entry, i) =>
                el(
                  "tr",
                  {},
                  el("th", { scope: "row" }, i + 1),
                  el("td", {}, `${Object.keys(entry.grades).length} / ${page.state.units.length}`),
                  el("td", { class: "acts" }, button(w().remove, remove(entry), { "aria-label": `${w().remove} ${i + 1}` })),
                ),
              ),
            ),
          ),
        )
      : null,
    abandoning(),
  ];
}

const abandoning = () => button(w().abandon, abandon, { class: "aside" });

function list() {
  page.batch.shown = true;
  render();
}

function confirming() {
  return [
    el("h1", {}, w().allKeyed),
    el("p", { class: "lead" }, w().allKeyedHint),
    form(
      (typed) => attempt(() => confirm(typed)),
      el("label", { for: "second" }, w().secondToken),
      el("input", { id: "second", name: "second", type: "password", required: true, "data-first": true, autocomplete: "off" }),
      countField("counted", w().secondCount),
      submit(w().confirm),
    ),
  ];
}

function outcome() {
  const { outcome: found, entries: keyed } = page.batch;
  const numbers = (these) => these.map((entry) => keyed.indexOf(entry) + 1).join("、");
  return [
    el("h1", { class: found.failed.length ? "" : "good" }, w().inBatch, ` ${keyed.length}`),
    found.failed.length
      ? el("p", { class: "warning" }, w().failed(numbers(found.failed)))
      : el("p", { class: "lead" }, w().batchDone(keyed.length)),
    found.clashed.length ? el("p", { class: "warning" }, w().clashed(numbers(found.clashed))) : null,
    el(
      "div",
      { class: "pair" },
      found.failed.length
        ? button(w().retry, () => attempt(castBatch), { class: "primary" })
        : button(w().next, finish, { class: "primary" }),
    ),
  ];
}

// -- what is done

async function openCard(typed) {
  // A scanner types the whole address of a card.
  const [address, fragment] = typed.includes("#") ? typed.trim().split("#") : [null, typed];
  if (address && !address.toLowerCase().endsWith(`/rate/${box}`)) throw new Error(w().otherBox);
  const seed = ballots.readCode(fragment, ballots.SEED_LENGTH);
  if (seed === null) throw new Error(w().seedWrong);
  if (page.batch.entries.some((entry) => entry.seed === seed)) throw new Error(w().twice);
  const units = await ballots.cardCredentials(page.state, seed, page.bundles);
  if (units === null) throw new Error(w().unknownCard);
  page.card = { seed, units, grades: {} };
  render();
}

const CODE_BYTES = 8;

async function beginBatch(papers) {
  const code = toHex(crypto.getRandomValues(new Uint8Array(CODE_BYTES)));
  await giveFact(person.token, "keyPaperBatch", { batch: code, papers });
  page.batch = { code, papers, entries: [], shown: false, confirmed: false, outcome: null };
  render();
}

/** Nothing is cast unless the service has taken the second person's count. */
async function confirm({ second, counted }) {
  const { token } = await staffMember(second);
  if (!page.batch.confirmed) await giveFact(token, "confirmPaperBatch", { batch: page.batch.code, papers: Number(counted) });
  page.batch.confirmed = true;
  await castBatch();
}

/** Cast all ballots of all papers, mixed; a ballot that arrived before is answered as repeated. */
async function castBatch() {
  const all = page.batch.entries.flatMap((entry) => Object.keys(entry.grades).map((unit) => [entry, unit]));
  const found = { clashed: new Set(), failed: new Set() };
  let done = 0;
  for (const [entry, unit] of ballots.shuffled(all)) {
    try {
      await wire.cast(box, await ballots.ballot(box, unit, entry.units[unit], entry.grades[unit]));
    } catch (error) {
      if (!(error instanceof wire.Refused || error instanceof wire.Away)) throw error;
      (error.code === "rating.already_cast" ? found.clashed : found.failed).add(entry);
    }
    done += 1;
    announce(w().castingNow(done, all.length));
  }
  announce("");
  page.batch.outcome = { clashed: [...found.clashed], failed: [...found.failed] };
  render();
}

async function abandon() {
  if (!(await sure(w().abandonSure))) return;
  Object.assign(page, { batch: null, card: null });
  announce("");
  render();
}

async function finish() {
  page.batch = null;
  await attempt(open);
}

async function open() {
  page.state = certified(await wire.state(box), await openedBox(box, await wire.keys(box)));
  if (page.state.phase === "CASTING") page.bundles = await wire.bundles(box);
  render();
}

addEventListener("beforeunload", (event) => {
  if (page.batch?.entries.length && !page.batch.outcome) event.preventDefault();
});

onLanguage(render);
page.lack = await lacking();
await signedInBefore();
render();
if (person.token !== null) await attempt(open);
