// The rater's page: check in, grade, cast, see it sealed. Its state is the box's phase and what is kept.

import { CODE_LENGTH, SEED_LENGTH, readCode, grouped } from "./ballot.mjs";
import { lacking } from "./capable.mjs";
import { announce, button, el, save, say, show, spoken, switchLanguage, titled } from "./dom.mjs";
import { certified, openedBox, saysTheSame } from "./logged.mjs";
import * as rater from "./rater.mjs";
import * as wire from "./wire.mjs";
import { words } from "./words.mjs";

// How often the box is asked where it stands; less often once all is done but to wait for the seal.
const POLL_MS = 3_000;
const POLL_CAST_MS = 8_000;
// Posted again until sealed, for the case that the urn was lost.
const REPOST_MS = 30_000;

const box = location.pathname.split("/")[2];
const page = {
  opened: null, // what the signed log says of the box
  state: null,
  record: null,
  given: null,
  reviewing: false,
  busy: "",
  problem: null,
  distrust: null, // why the log, or what is said of it, is not to be trusted
  shown: "",
};
let posted = 0;

const w = () => say(words);
const collecting = () => page.state.phase === "COLLECTING";
const casting = () => page.state.phase === "CASTING";

// -- what is shown

function view() {
  const { state, record } = page;
  if (page.distrust) return ["distrust", distrusted];
  if (state === null) return { unknown: ["unknown", unknown], unsigned: ["unsigned", unsigned] }[page.problem] ?? ["loading", loading];
  if (!collecting() && !casting()) return ["sealed", sealed];
  if (page.busy) return ["busy", busy];
  if (record !== null && rater.isCollected(record)) {
    if (collecting()) return ["waiting", waiting];
    if (rater.isCast(record)) return ["cast", cast];
    return page.reviewing ? ["review", review] : ["grade", grading];
  }
  if (page.given?.seed) return collecting() ? ["card", cardWaiting] : ["busy", busy];
  if (collecting()) return ["collect", collect];
  return ["closed", closed];
}

/** Show what is to be shown, unless it is shown already: what somebody is choosing is left alone. */
function render({ anew = false } = {}) {
  const [name, build] = view();
  chrome(name);
  const key = `${name} ${page.state?.phase}`;
  if (key === page.shown && !anew) return;
  const focus = page.shown !== "" && !(anew && key === page.shown);
  page.shown = key;
  show(build(), { focus });
}

/** Title, language switch and steps around the view. */
function chrome(name) {
  titled(page.state ? `${page.state.title} · ${w().title}` : w().title);
  document.getElementById("brand").textContent = w().title;
  const language = document.getElementById("language");
  language.textContent = w().other;
  language.lang = spoken() === "zh" ? "en" : "zh-CN";
  const at = { collect: 0, waiting: 0, card: 0, grade: 1, review: 2, cast: 3, sealed: 3 }[name];
  const steps = document.getElementById("steps");
  steps.hidden = at === undefined;
  if (at === undefined) return;
  const names = w().steps;
  steps.setAttribute("aria-label", w().step(at + 1, names.length, names[at]));
  steps.replaceChildren(
    ...names.map((step, i) =>
      el("li", { class: i < at ? "done" : "", "aria-current": i === at ? "step" : null }, step),
    ),
  );
}

const loading = () => [el("h1", {}, w().loading)];
const busy = () => [el("h1", { class: "busy" }, page.busy || w().loading)];
const unknown = () => [el("h1", {}, w().unknownTitle), el("p", {}, w().unknownLead)];
const unsigned = () => [el("h1", { class: "busy" }, w().unsignedTitle), el("p", {}, w().unsignedLead)];
const distrusted = () => [
  el("h1", {}, w().distrustTitle),
  el("p", { class: "warning" }, w().distrustLead),
  el("p", { class: "hint" }, w().lackWhy, w().distrusts[page.distrust] ?? page.distrust),
];
const occasion = () => el("p", { class: "occasion" }, page.state.title);
const volatile = () => (rater.lasts() ? null : el("p", { class: "warning" }, w().keepsNothing));
const promise = () => [el("p", { class: "promise" }, w().anonymous), signers()];

/** Whose signatures the keys rest on, to be compared with what is posted in the hall. */
function signers() {
  const { logs, witnesses } = page.opened.tree;
  const row = (label) => ({ name, fingerprint, signed }) =>
    el(
      "div",
      {},
      el("dt", {}, label, " ", el("span", { class: "quiet" }, name)),
      el("dd", { class: "code" }, fingerprint, signed ? null : el("span", { class: "quiet" }, " ", w().notCosigned)),
    );
  return el(
    "details",
    { class: "signers" },
    el("summary", {}, w().signersTitle),
    el("p", { class: "hint" }, w().signersHint),
    el("dl", {}, logs.filter((key) => key.signed).map(row(w().signersLog)), witnesses.map(row(w().signersWitness))),
  );
}

function lack(why) {
  return [
    el("h1", {}, w().lackTitle),
    el("p", { class: "lead strong" }, w().lackLead),
    el("p", { class: "hint" }, w().lackWhy, w().lacks[why]),
  ];
}

function field(id, label, value, attributes = {}) {
  const typing = { autocomplete: "off", autocapitalize: "characters", spellcheck: "false", ...attributes };
  return [el("label", { for: id }, label), el("input", { id, name: id, value, class: "code", ...typing })];
}

function collect() {
  const { code = "", inspectorateCode } = page.given ?? {};
  const two = page.state.issuers.length > 1;
  const known = code && (!two || inspectorateCode);
  return [
    occasion(),
    el("h1", {}, w().enterCode),
    el("p", { class: "lead" }, known ? w().collectLead(page.state.units.length) : w().codeHint),
    el(
      "form",
      { onsubmit: collectNow, novalidate: true },
      known ? null : field("code", w().codeLabel, grouped(code)),
      known || !two ? null : field("inspectorate", w().inspectorateLabel, inspectorateCode ?? ""),
      el("button", { type: "submit", class: "primary" }, w().collect),
    ),
    promise(),
    known ? null : cardForm(),
  ];
}

function cardForm() {
  return el(
    "details",
    {},
    el("summary", {}, w().enterSeed),
    el("p", { class: "hint" }, w().seedHint),
    seedForm(),
  );
}

function seedForm() {
  return el(
    "form",
    { onsubmit: useSeed, novalidate: true },
    field("seed", w().seedLabel, ""),
    el("button", { type: "submit", class: "primary" }, w().seedUse),
  );
}

const waiting = () => [
  occasion(),
  el("h1", { class: "good" }, w().waiting),
  volatile(),
  el("p", { class: "lead" }, w().waitingLead),
  el("p", { class: "hint" }, w().waitingHint),
  promise(),
];

const cardWaiting = () => [
  occasion(),
  el("h1", {}, w().cardWaiting),
  el("p", { class: "lead" }, w().cardWaitingLead),
  promise(),
];

const closed = () => [
  occasion(),
  el("h1", {}, w().closedTitle),
  el("p", { class: "lead" }, w().closedLead),
  seedForm(),
];

function grading() {
  const { units, grades } = page.state;
  const counted = el("p", { class: "counted", "aria-live": "polite" });
  const count = () => {
    counted.textContent = w().chosen(Object.keys(page.record.grades).length, units.length);
  };
  const choose = async (unit, code) => {
    page.record.grades[unit] = code;
    announce("");
    count();
    await rater.kept(page.record);
  };
  count();
  return [
    occasion(),
    el("h1", {}, w().grade),
    volatile(),
    el("p", { class: "lead" }, w().gradeLead),
    ...units.map(({ unit, name }) => scale(unit, name, grades, choose)),
    el("div", { class: "bar" }, counted, button(w().review, toReview, { class: "primary" })),
    promise(),
  ];
}

function scale(unit, name, grades, choose) {
  const options = grades.map((grade) => {
    const id = `${unit}-${grade.code}`;
    const checked = page.record.grades[unit] === grade.code;
    const onchange = () => choose(unit, grade.code);
    return [
      el("input", { type: "radio", id, name: unit, value: grade.code, checked, onchange }),
      el("label", { for: id }, grade[spoken()]),
    ];
  });
  return el("fieldset", {}, el("legend", {}, name), el("div", { class: "scale" }, options));
}

const gradeName = (code) => page.state.grades.find((grade) => grade.code === code)?.[spoken()] ?? code;

function review() {
  const { units } = page.state;
  const chosen = page.record.grades;
  const blank = units.filter(({ unit }) => !chosen[unit]).length;
  return [
    occasion(),
    el("h1", {}, w().reviewTitle),
    list(units.map(({ unit, name }) => [name, chosen[unit] ? gradeName(chosen[unit]) : w().blank, !chosen[unit]])),
    blank ? el("p", { class: "warning" }, w().reviewBlank(blank)) : null,
    el("p", { class: "lead" }, w().reviewLead),
    el(
      "div",
      { class: "pair" },
      button(w().change, () => turn({ reviewing: false })),
      button(w().cast, castNow, { class: "primary" }),
    ),
  ];
}

const list = (rows) =>
  el(
    "dl",
    { class: "rows" },
    rows.map(([term, value, quiet]) =>
      el("div", {}, el("dt", {}, term), el("dd", { class: quiet ? "quiet" : "" }, value)),
    ),
  );

function cast() {
  const { closesAt } = page.state;
  return [
    occasion(),
    el("h1", { class: page.record.clashed ? "" : "good" }, w().castTitle),
    rater.isUnposted(page.record) ? el("p", { class: "warning" }, w().unposted) : null,
    page.record.clashed ? el("p", { class: "warning" }, w().hints["rating.already_cast"]) : null,
    volatile(),
    el("p", { class: "lead" }, w().castLead),
    closesAt ? el("p", { class: "strong" }, w().closesAt(timeOf(closesAt))) : null,
    el("p", { class: "hint" }, w().castHint),
    promise(),
  ];
}

/** A time as it is in the city, whatever zone the phone is in: "2020-05-29T17:00:00+08:00". */
function timeOf(moment) {
  const [, year, month, day, time] = moment.match(/^(\d+)-0?(\d+)-0?(\d+)T(\d+:\d+)/);
  return spoken() === "zh" ? `${year}年${month}月${day}日 ${time}` : `${time}, ${year}-${month}-${day}`;
}

function sealed() {
  const { result, record, state } = page;
  const mine = record !== null && rater.isCast(record);
  if (!result) return busy();
  const worst = ["missing", "wrong"].some((bad) => Object.values(result.outcomes).includes(bad));
  const voided = Object.values(result.outcomes).includes("voided");
  return [
    occasion(),
    el("h1", { class: mine && !worst ? "good" : "" }, w().sealedTitle),
    mine && worst ? el("p", { class: "warning" }, w().missing) : null,
    mine && !worst && !voided ? el("p", { class: "lead strong" }, w().found) : null,
    mine ? null : el("p", { class: "lead" }, w().publicLead),
    voided ? el("p", { class: "lead" }, w().voided) : null,
    mine ? list(state.units.filter(({ unit }) => unit in record.cast).map(outcomeRow)) : null,
    result.others.length
      ? el("p", { class: "hint" }, w().others(result.others.length), result.others.map((o) => w().outcomes[o]).join("、"))
      : null,
    el(
      "div",
      { class: "pair" },
      button(w().proof, download, { class: "primary" }),
      mine && !worst ? button(w().forget, forgetNow) : null,
    ),
    el("p", { class: "hint" }, w().proofHint),
    signers(),
  ];
}

function outcomeRow({ unit, name }) {
  const { result, record } = page;
  return [name, `${gradeName(record.grades[unit])} · ${w().outcomes[result.outcomes[unit]]}`];
}

// -- what is done

function turn(changes) {
  Object.assign(page, changes);
  render();
}

async function collectNow(event) {
  event.preventDefault();
  const typed = new FormData(event.target);
  const read = (name) => readCode(typed.get(name) ?? "", CODE_LENGTH);
  const code = read("code") ?? page.given?.code;
  const inspectorateCode = read("inspectorate") ?? page.given?.inspectorateCode;
  if (!code || (page.state.issuers.length > 1 && !inspectorateCode)) return announce(w().codeWrong, "alert");
  page.given = { code, inspectorateCode };
  return during(w().collecting, async () => {
    try {
      page.record = await rater.collect(page.state, page.opened, page.given);
    } catch (error) {
      // Another code may be typed.
      if (error instanceof wire.Refused && error.code === "rating.code_wrong") {
        page.given = null;
        rater.forgetGiven(box);
      }
      throw error;
    }
  });
}

function useSeed(event) {
  event.preventDefault();
  const seed = readCode(new FormData(event.target).get("seed"), SEED_LENGTH);
  if (!seed) return announce(w().seedWrong, "alert");
  page.given = { seed };
  if (collecting()) return render();
  return openCard();
}

async function openCard() {
  await during(w().loading, async () => {
    page.record =
      (await rater.resumed(box, page.given)) ?? (await rater.withCard(page.state, page.opened, page.given.seed));
    if (page.record === null) {
      page.given = null;
      announce(w().unknownCard, "alert");
    }
  });
}

function toReview() {
  if (Object.keys(page.record.grades).length === 0) return announce(w().nothingChosen, "alert");
  return turn({ reviewing: true });
}

async function castNow() {
  await during(w().casting(0, Object.keys(page.record.grades).length), async () => {
    await rater.decide(page.record);
    posted = Date.now();
    await rater.post(page.record, (done, all) => {
      page.busy = w().casting(done, all);
      render({ anew: true });
    });
  });
}

/** Do something that takes a while; what goes wrong is said in words. */
async function during(what, work) {
  announce("");
  turn({ busy: what });
  try {
    await work();
  } catch (error) {
    explain(error);
  }
  turn({ busy: "" });
}

function explain(error) {
  if (error instanceof wire.Away) return announce(w().away, "alert");
  if (error instanceof wire.Refused) {
    return announce(w().hints[error.code] ?? (spoken() === "zh" ? error.messageZh : error.messageEn), "alert");
  }
  console.error(error);
  return announce(w().hints[error.message] ?? w().fault, "alert");
}

const download = async () => {
  // A witness may have cosigned since: then the proof ends there as well. But what was found here stays the evidence:
  // a box that says something else by now does not take its place.
  if (page.opened.tree.witnesses.length) {
    const anew = await wire.sealed(box).catch(() => null);
    if (anew && (await saysTheSame(box, JSON.parse(page.result.body), anew))) page.result.body = anew.body;
  }
  save(new Blob([page.result.body], { type: "application/json" }), `rating-${box}.json`);
};

async function forgetNow() {
  for (const each of [page.record, ...(await rater.others(page.record))]) await rater.forget(each);
  page.record = null;
  page.result = { ...page.result, outcomes: {}, others: [] };
  render({ anew: true });
  announce(w().forgotten);
}

/** The sealed box, checked. What was found leaves the device's store; only this open page still shows it. */
async function openBox() {
  const found = await wire.sealed(box);
  page.opened = await openedBox(box, found);
  const outcomes = page.record ? await rater.checked(page.record, found) : {};
  const others = [];
  for (const each of page.record ? await rater.others(page.record) : []) {
    if (rater.isCast(each)) others.push(...new Set(Object.values(await rater.checked(each, found))));
  }
  page.result = { body: found.body, outcomes, others };
  const bad = [...Object.values(outcomes), ...others].some((each) => each === "missing" || each === "wrong");
  if (page.record && !bad) await rater.forget(page.record);
  rater.forgetGiven(box);
}

// -- the course of time

async function turnOfTime() {
  try {
    page.opened ??= await openedBox(box, await wire.keys(box));
    page.state = certified(await wire.state(box), page.opened);
    if (page.problem === "away") announce("");
    page.problem = null;
    await progress();
  } catch (error) {
    excuse(error);
  }
  render();
  if (page.problem === "unknown" || page.distrust || page.result) return;
  const waits = page.record && rater.isCast(page.record) && !rater.isUnposted(page.record);
  setTimeout(turnOfTime, (waits ? POLL_CAST_MS : POLL_MS) * (0.75 + Math.random() / 2));
}

/** What went wrong with a turn, and whether the next one may mend it. */
function excuse(error) {
  if (error.message.startsWith("log.") || error.code === "LOG_INCONSISTENT") page.distrust = error.message;
  else if (error.code === "rating.unsigned") page.problem = "unsigned";
  else if (error instanceof wire.Refused && page.state === null) page.problem = "unknown";
  else {
    page.problem = "away";
    explain(error);
  }
}

async function progress() {
  if (page.busy) return;
  if (casting() && page.record === null && page.given?.seed) await openCard();
  const due = Date.now() - posted > REPOST_MS * (0.5 + Math.random());
  if (casting() && page.record && rater.isCast(page.record) && (due || rater.isUnposted(page.record))) {
    posted = Date.now();
    const unposted = rater.isUnposted(page.record);
    for (const each of [page.record, ...(await rater.others(page.record))]) {
      if (rater.isCast(each)) await rater.post(each);
    }
    if (unposted) render({ anew: true });
  }
  if (!collecting() && !casting() && !page.result) await openBox();
}

async function start() {
  document.getElementById("language").addEventListener("click", () => {
    switchLanguage();
    announce("");
    if (page.lack) {
      chrome("");
      show(lack(page.lack));
    } else render({ anew: true });
  });
  page.lack = await lacking();
  if (page.lack) {
    chrome("");
    show(lack(page.lack), { focus: false });
    return;
  }
  page.given = rater.given(box, location.hash);
  // Neither code nor seed stays in the address or in the browser's history.
  if (location.hash) history.replaceState(null, "", location.pathname);
  page.record = await rater.resumed(box, page.given);
  render();
  await turnOfTime();
}

await start();
