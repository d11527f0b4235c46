// The desk: who checked in or drew a card, cards to print, the box from check-in to its result. Never a tally.

import { SEED_LENGTH, grouped, readCode } from "./ballot.mjs";
import { announce, button, el, save, show } from "./dom.mjs";
import { openedBox } from "./logged.mjs";
import {
  attempt,
  box,
  explain,
  frame,
  give,
  giveFact,
  onLanguage,
  person,
  signInForm,
  signOut,
  signedInBefore,
  sure,
  w,
} from "./staff.mjs";
import * as wire from "./wire.mjs";

const POLL_MS = 5_000;
const ID = `rating:${box}`;
const DESK = `query Desk($box: ID!) { ratingDesk(box: $box) {
  title phase cardsPrinted cardsHandedOut
  raters { id name way collected }
  units { unit name inUrn expected missing } } }`;

const page = { desk: null, state: null, tree: null, filter: "", shown: "" };

const step = (mutation, input, selection) => give(person.token, mutation, input, selection);
const fact = (mutation, input = {}) => giveFact(person.token, mutation, input);

// -- what is shown

function render({ anew = false } = {}) {
  frame("desk", page.desk?.title);
  if (person.token === null) {
    page.shown = "";
    show(signInForm(refresh));
    return;
  }
  const key = JSON.stringify([page.desk, page.state, posted()]);
  if (key === page.shown && !anew) return;
  const first = page.shown === "";
  page.shown = key;
  const { id, value, selectionStart } = document.activeElement ?? {};
  const typed = typedFields();
  show(page.desk ? view() : [el("h1", {}, w().loading)], { focus: first });
  for (const [field, text] of typed) {
    const again = document.getElementById(field);
    if (again) again.value = text;
  }
  const again = id && document.getElementById(id);
  if (!again) return;
  again.focus();
  if (value !== undefined && selectionStart !== null && again.type === "text") again.setSelectionRange(selectionStart, selectionStart);
}

/** What somebody has typed stays when the figures around it change. */
const typedFields = () => [...document.querySelectorAll("#view input, #view textarea")].map((f) => [f.id, f.value]);

function view() {
  const { desk } = page;
  return [
    el("h1", {}, desk.title),
    figures(),
    el("p", { class: "hint" }, w().posted, posted().map((line) => el("strong", { class: "posted" }, line))),
    el("div", { class: "columns" }, el("div", {}, desk.phase === "COLLECTING" ? roll() : theBox()), el("div", {}, acts())),
    button(w().signOut, leave, { class: "aside" }),
  ];
}

function figures() {
  const { desk } = page;
  const rows = [
    [w().phase, w().phases[desk.phase]],
    [w().printed, desk.cardsPrinted],
    [w().handedOut, desk.cardsHandedOut],
  ];
  if (desk.phase === "COLLECTING") {
    rows.push([w().onPhone, desk.raters.filter((rater) => rater.way === "PHONE" && rater.collected).length]);
    rows.push([w().roll, desk.raters.length]);
  }
  return el("dl", { class: "figures" }, rows.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value))));
}

/** The fingerprints of the keys that the log is signed with, to be posted in the hall. */
function posted() {
  if (page.tree === null) return [];
  const { logs, witnesses } = page.tree;
  return [...logs.filter((key) => key.signed), ...witnesses].map(({ name, fingerprint }) => `${name} ${fingerprint}`);
}

function roll() {
  const oninput = (event) => {
    page.filter = event.target.value;
    document.getElementById("rows").replaceChildren(...rollRows());
  };
  return [
    el("h2", {}, w().rollTitle),
    el("p", { class: "hint" }, w().anonymousCards),
    el("label", { for: "filter" }, w().filter),
    el("input", { id: "filter", type: "text", value: page.filter, autocomplete: "off", oninput }),
    el(
      "div",
      { class: "scroll" },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, [w().name, w().way, w().acts].map((head, i) => el("th", { scope: "col", class: i === 2 && "number" }, head)))),
        el("tbody", { id: "rows" }, rollRows()),
      ),
    ),
  ];
}

function rollRows() {
  const wanted = page.filter.trim();
  const rows = page.desk.raters.filter(({ name }) => name.includes(wanted)).map(raterRow);
  return rows.length ? rows : [el("tr", {}, el("td", { colspan: 3 }, w().nobody))];
}

function raterRow({ id, name, way, collected }) {
  const labelled = (label) => ({ id: `${label}-${id}`, "aria-label": `${label}：${name}` });
  const acts = [];
  if (way !== "CARD" && !collected) acts.push(button(w().byPhone, () => giveCode(id, name), labelled(w().byPhone)));
  if (way === null) acts.push(button(w().byCard, () => handOut(id), labelled(w().byCard)));
  if (way === "CARD") acts.push(button(w().takeBack, () => takeBack(id), labelled(w().takeBack)));
  const how = way === "PHONE" ? (collected ? w().collected : w().codeGiven) : w().ways[way ?? "none"];
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, name),
    el("td", { class: way ? "" : "quiet" }, how),
    el("td", { class: "acts" }, acts),
  );
}

function theBox() {
  const { desk, state } = page;
  const casting = desk.phase === "CASTING";
  const heads = casting ? [w().unit, w().expected, w().inUrn, w().missing] : [w().unit, w().phase, w().inBox];
  const rows = casting
    ? desk.units.map((unit) => [unit.name, unit.expected, unit.inUrn, unit.missing])
    : state.units.map((unit) => [unit.name, w().states[unit.state], unit.ballots ?? ""]);
  return [
    el("h2", {}, w().boxTitle),
    casting ? el("p", { class: "hint" }, w().boxHint) : null,
    el(
      "div",
      { class: "scroll" },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, heads.map((head, i) => el("th", { scope: "col", class: i && "number" }, head)))),
        el("tbody", {}, rows.map(([name, ...cells]) => el("tr", {}, el("th", { scope: "row" }, name), cells.map((cell) => el("td", { class: "number" }, cell))))),
      ),
    ),
  ];
}

/** A heading, what it means, fields and a button. `ask` is asked first. */
function act(name, fields, work, ask) {
  const onsubmit = async (event) => {
    event.preventDefault();
    const typed = Object.fromEntries(new FormData(event.target));
    if (ask && !(await sure(ask))) return;
    await attempt(async () => {
      const said = await work(typed);
      await refresh();
      announce(typeof said === "string" ? said : w().done);
    });
  };
  return [
    el("h2", {}, w()[`${name}Title`]),
    el("p", { class: "hint" }, w()[`${name}Hint`]),
    el("form", { onsubmit, autocomplete: "off" }, fields, el("button", { type: "submit", class: "primary" }, w()[`${name}Act`] ?? w()[name])),
  ];
}

const numberField = (id, label, value, min) => [
  el("label", { for: id }, label),
  el("input", { id, name: id, type: "number", min, step: 1, value, required: true, inputmode: "numeric" }),
];

function acts() {
  const { desk, state } = page;
  switch (desk.phase) {
    case "COLLECTING":
      return [
        act("print", [numberField("count", w().printCount, 40, 1), inspectorateField()], printCards),
        act(
          "close",
          // Counted by hand, hence no figure to begin with: that it adds up is the check.
          numberField("returned", w().returned, "", 0),
          ({ returned }) => fact("closeCollection", { cardsReturned: Number(returned) }),
          w().closeSure,
        ),
      ].flat();
    case "CASTING":
      return act("seal", [], () => fact("sealRating"), w().sealSure);
    case "SEALED":
      return act("destroy", [], () => fact("destroyIssuerKeys"), w().destroySure);
    case "CLOSED":
      return [
        desk.cardsPrinted > desk.cardsHandedOut ? act("reveal", revealField(), reveal, w().revealSure) : [],
        state.units.some((unit) => unit.state === "SEALED")
          ? act("publish", [], () => fact("publishRatingResults"), w().publishSure)
          : [],
      ].flat();
    default:
      return [];
  }
}

function inspectorateField() {
  if (page.state.issuers.length < 2) return null;
  return [
    el("label", { for: "inspectorate" }, w().inspectorateLabel),
    el("input", { id: "inspectorate", name: "inspectorate", type: "text", class: "code", required: true }),
  ];
}

const revealField = () => [
  el("label", { for: "seeds" }, w().revealLabel),
  el("textarea", { id: "seeds", name: "seeds", rows: 8, class: "code", required: true, spellcheck: "false" }),
];

// -- what is done

async function printCards({ count, inspectorate }) {
  announce(w().printing);
  const request = { count: Number(count), origin: location.origin, ...(inspectorate ? { inspectorateCode: inspectorate } : {}) };
  save(await wire.file(person.token, `/rate/${box}/cards.pdf`, request), `cards-${box}.pdf`);
  return w().printDone(count);
}

async function reveal({ seeds }) {
  // A scanner types the whole address of a card.
  const lines = seeds.split("\n").map((line) => line.trim()).filter(Boolean);
  const read = lines.map((line) => readCode(line.split("#").at(-1), SEED_LENGTH));
  if (read.includes(null)) throw new Error(w().seedWrong);
  await fact("revealUnusedCards", { seeds: read });
}

const handOut = (rater) => changed(() => step("handOutCards", { raters: [rater] }, "... on CardsHandedOut { handedOut }"));
const takeBack = (rater) => changed(() => step("takeCardBack", { rater }, "... on CardsHandedOut { handedOut }"));

const changed = (work) =>
  attempt(async () => {
    await work();
    await refresh();
  });

async function giveCode(rater, name) {
  await attempt(async () => {
    const { code, path } = await step("checkInRater", { rater }, "... on CheckedIn { code path }");
    const picture = await wire.file(person.token, `/rate/${box}/code.svg`, { text: location.origin + path });
    await showCode(name, code, URL.createObjectURL(picture));
    await refresh();
  });
}

function showCode(name, code, picture) {
  const dialog = el(
    "dialog",
    { "aria-labelledby": "code-title" },
    el("h2", { id: "code-title" }, w().codeTitle(name)),
    el("img", { src: picture, alt: "" }),
    el("p", { class: "big" }, grouped(code)),
    el("p", { class: "hint" }, w().codeHint),
    button(w().close, () => dialog.close(), { class: "primary" }),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      URL.revokeObjectURL(picture);
      resolve();
    });
  });
}

function leave() {
  signOut();
  Object.assign(page, { desk: null, state: null });
  render();
}

async function refresh() {
  if (person.token === null) return render();
  [page.state, { ratingDesk: page.desk }, page.tree] = await Promise.all([
    wire.state(box),
    wire.graphql(person.token, DESK, { box: ID }),
    page.tree ?? signedTree(),
  ]);
  return render();
}

/** The tree with the box's keys in it, or null while it is not signed. */
async function signedTree() {
  try {
    return (await openedBox(box, await wire.keys(box))).tree;
  } catch (error) {
    if (error.code === "rating.unsigned") return null;
    throw error;
  }
}

async function turnOfTime() {
  if (person.token !== null && !document.hidden) {
    try {
      await refresh();
    } catch (error) {
      explain(error);
      if (error instanceof wire.Refused && error.code === "UNAUTHENTICATED") leave();
    }
  }
  setTimeout(turnOfTime, POLL_MS);
}

onLanguage(() => render({ anew: true }));
await signedInBefore();
render();
await turnOfTime();
