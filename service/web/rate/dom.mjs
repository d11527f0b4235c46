// Elements, the language of the page, and what is said to screen readers.

/** An element: el("p", { class: "hint" }, "text", other). Functions named on… listen. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute.startsWith("on")) element.addEventListener(attribute.slice(2), value);
    else if (value === true) element.setAttribute(attribute, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(attribute, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const button = (label, onclick, attributes = {}) =>
  el("button", { type: "button", onclick, ...attributes }, label);

const LANGUAGE = "duban-language";
let language = "zh";
try {
  language = localStorage.getItem(LANGUAGE) === "en" ? "en" : "zh";
} catch {
  // The choice then lasts as long as the page.
}

export const spoken = () => language;
/** The text in the language that is spoken, of { zh, en }. */
export const say = (texts) => texts[language];

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  try {
    localStorage.setItem(LANGUAGE, language);
  } catch {
    // As above.
  }
}

/** Put the page's title, and set the document's language. */
export function titled(title) {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = title;
}

/** Say something once, aloud and on the page; an empty text takes it away. */
export function announce(message, kind = "status") {
  const place = document.getElementById("notice");
  place.className = message ? kind : "";
  place.textContent = message;
}

/** Show a view; the focus goes to its heading, so that whoever hears the page knows where they are. */
export function show(view, { focus = true } = {}) {
  document.getElementById("view").replaceChildren(...[view].flat(Infinity).filter(Boolean));
  const heading = document.querySelector("#view h1, #view h2");
  if (focus && heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
