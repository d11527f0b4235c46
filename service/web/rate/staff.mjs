// What the pages of evaluation staff share: who is signed in, what goes wrong, the frame around the view.

import { announce, el, say, spoken, switchLanguage, titled } from "./dom.mjs";
import { words } from "./staff-words.mjs";
import * as wire from "./wire.mjs";

const TOKEN = "duban-token";
const STAFF = new Set(["OFFICE", "EVALUATOR"]);

export const w = () => say(words);
export const box = location.pathname.split("/")[2];

/** The person signed in: { token, actor }. Kept for this tab. */
export const person = { token: null, actor: null };

/** { token, actor } of a member of staff; throws an Error whose message is for people. */
export async function staffMember(token) {
  try {
    const { viewer } = await wire.graphql(token.trim(), "{ viewer { role actor } }");
    if (!STAFF.has(viewer.role)) throw new Error(w().notStaff);
    return { token: token.trim(), actor: viewer.actor };
  } catch (error) {
    if (error instanceof wire.Refused) throw new Error(w().tokenWrong);
    throw error;
  }
}

export async function signIn(token) {
  Object.assign(person, await staffMember(token));
  try {
    sessionStorage.setItem(TOKEN, person.token);
  } catch {
    // Signed in as long as the page is open.
  }
}

export async function signedInBefore() {
  let token = null;
  try {
    token = sessionStorage.getItem(TOKEN);
  } catch {
    // Nothing is kept.
  }
  if (token) await signIn(token).catch(() => signOut());
}

export function signOut() {
  Object.assign(person, { token: null, actor: null });
  try {
    sessionStorage.removeItem(TOKEN);
  } catch {
    // Nothing was kept.
  }
}

export function signInForm(after) {
  const onsubmit = async (event) => {
    event.preventDefault();
    await attempt(async () => {
      await signIn(new FormData(event.target).get("token"));
      await after();
    });
  };
  return [
    el("h1", {}, w().signIn),
    el(
      "form",
      { onsubmit },
      el("label", { for: "token" }, w().tokenLabel),
      el("input", { id: "token", name: "token", type: "password", autocomplete: "off", required: true }),
      el("p", { class: "hint" }, w().tokenHint),
      el("button", { type: "submit", class: "primary" }, w().signIn),
    ),
  ];
}

/** Give a mutation about this box, in the name of whose token it is; what is selected of its answer. */
export async function give(token, mutation, input, selection = "") {
  const type = mutation[0].toUpperCase() + mutation.slice(1);
  const query = `mutation ($input: ${type}Input!) { ${mutation}(input: $input) { __typename
    ... on Refused { code messageZh messageEn } ${selection} } }`;
  return (await wire.graphql(token, query, { input: { box: `rating:${box}`, ...input } }))[mutation];
}

/** Give one that is a fact, and not a step such as a check-in: it carries an idempotency key. */
export const giveFact = (token, mutation, input) =>
  give(token, mutation, { ...input, idempotencyKey: crypto.randomUUID() });

/** Do something; what goes wrong is said in words. Answers whether it went well. */
export async function attempt(work) {
  announce("");
  try {
    await work();
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}

export function explain(error) {
  if (error instanceof wire.Away) announce(w().away, "alert");
  else if (error instanceof wire.Refused) {
    if (error.code === "UNAUTHENTICATED") announce(w().tokenWrong, "alert");
    else announce(spoken() === "zh" ? error.messageZh : error.messageEn, "alert");
  } else if (error instanceof TypeError || error instanceof ReferenceError) {
    console.error(error);
    announce(w().fault, "alert");
  } else if (error.message.startsWith("log.")) announce(w().distrust, "alert");
  else announce(error.message, "alert");
}

/** Title, pages and language switch. `here` is "desk" or "keying". */
export function frame(here, title) {
  titled(title ? `${title} · ${w()[here]}` : w()[here]);
  document.getElementById("brand").textContent = w()[here];
  const language = document.getElementById("language");
  language.textContent = w().other;
  language.lang = spoken() === "zh" ? "en" : "zh-CN";
  const pages = document.getElementById("steps");
  pages.hidden = person.token === null;
  pages.setAttribute("aria-label", w().pages);
  pages.replaceChildren(
    ...["desk", "keying"].map((page) =>
      el("a", { href: `/rate/${box}/${page}`, "aria-current": page === here ? "page" : null }, w()[page]),
    ),
    el("span", { class: "hint signed" }, person.token ? w().signedIn(person.actor) : ""),
  );
}

export function onLanguage(render) {
  document.getElementById("language").addEventListener("click", () => {
    switchLanguage();
    announce("");
    render();
  });
}

/** Ask before something that cannot be undone. */
export function sure(question) {
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      dialog.close();
      dialog.remove();
      resolve(yes);
    };
    const dialog = el(
      "dialog",
      { "aria-labelledby": "question", oncancel: answer(false) },
      el("p", { class: "lead", id: "question" }, question),
      el(
        "div",
        { class: "pair" },
        el("button", { type: "button", onclick: answer(false) }, w().cancel),
        el("button", { type: "button", class: "primary", onclick: answer(true) }, w().sure),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
