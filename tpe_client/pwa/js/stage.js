// One screen at a time: shows it, says it to those who do not see it, puts the focus where the hand
// goes next, and hands every press to whoever showed it. The address never changes with a screen:
// the browser's history knows nothing of a sale; its « back » leaves the screen, not the app.

import { draw, titleOf } from "./draw.js";

const place = document.getElementById("screen");
const said = document.getElementById("said");
const scheme = document.title.split("–").pop().trim();

let current = { name: "", acts: {}, leave: null, isHome: true };
let everywhere = {};
let turn = 0;
let isGuarded = false;

// `acts`: what each `data-act` does on this screen. `leave`: called once when another screen comes.
// `isHome`: « back » leaves the app from here.
export function show(name, facts = {}, { acts = {}, leave = null, isHome = false } = {}) {
  const drawn = draw(name, facts);
  current.leave?.();
  current = { name, acts, leave, isHome };
  turn += 1;
  document.body.dataset.screen = name;
  document.title = `${titleOf(name)} – ${scheme}`;
  place.replaceChildren(drawn);
  guard(!isHome);
  focus();
  return place;
}

export const shown = () => current.name;

// For whoever waits for an answer: whether the screen of this moment is still the one that is shown.
// An answer that comes after its screen has gone takes nobody else's place.
export function thisTurn() {
  const began = turn;
  return () => began === turn;
}

// Acts that every screen has unless it has its own.
export function actEverywhere(acts) {
  everywhere = acts;
}

export function say(words, { seen = false } = {}) {
  said.textContent = "";
  document.querySelector(".toast")?.remove();
  said.textContent = words;
  if (!seen) return;
  const toast = Object.assign(document.createElement("p"), { className: "toast", textContent: words });
  toast.setAttribute("aria-hidden", "true");
  document.body.append(toast);
  setTimeout(() => toast.remove(), 5_000);
}

function focus() {
  const heading = place.querySelector("h1");
  if (heading) heading.tabIndex = -1;
  const target = place.querySelector("[data-focus]") ?? heading;
  target?.focus({ preventScroll: true });
  scrollTo(0, 0);
  // Focus on a button does not say what the screen now shows; alerts speak for themselves.
  if (heading && target !== heading) say(heading.textContent.trim());
}

function perform(name, control) {
  const act = current.acts[name] ?? everywhere[name];
  act?.(control);
  return Boolean(act);
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("[data-act]");
  if (control) perform(control.dataset.act, control);
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  current.acts.submit?.(event.target);
});

function leaveScreen() {
  return ["back", "cancel", "home"].some((name) => perform(name, null));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) leaveScreen();
});

// One entry of history stands before the app's own while a screen may be left by « back ».
function guard(wanted) {
  if (wanted && !isGuarded) history.pushState(null, "");
  isGuarded ||= wanted;
}

addEventListener("popstate", () => {
  isGuarded = false;
  if (!current.isHome) {
    const before = current;
    leaveScreen();
    if (before === current) guard(true);
  }
});
