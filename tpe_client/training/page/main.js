// Puts the page together: the cast, the cards, the keys, the exercises.

import { Exercises } from "./exercises.js";
import { copyOf } from "./filling.js";
import { Line } from "./line.js";
import { printerIn } from "./paper.js";
import { screenIn } from "./screen.js";
import { Till } from "./till.js";

const byId = (id) => document.getElementById(id);
const COMPUTER_KEYS = {
  Enter: "green", Escape: "red", Backspace: "yellow", m: "menu", M: "menu", ".": ",", ",": ",",
};

const till = new Till({
  show: screenIn(byId("screen")),
  print: printerIn(byId("paper")),
  tell: (what, facts) => exercises.saw(what, facts),
});
const exercises = new Exercises(document.querySelector(".exercise-list"), {
  want: wanted,
  allDone: () => { byId("all-done").firstElementChild.hidden = false; },
});
const school = await (await fetch("/training/school.json")).json();

fillTerminals();
fillCards();
listenToKeys();
listenToSlot();
listenToSchool();
keepInSight();
await plug();

function fillTerminals() {
  for (const terminal of school.terminals) {
    const option = copyOf("terminal-option", "").firstElementChild;
    option.value = terminal.key;
    option.textContent = terminal.title;
    byId("terminal").append(option);
  }
  byId("terminal").addEventListener("change", plug);
}

async function plug() {
  await till.plug(new Line(byId("terminal").value));
}

function fillCards() {
  for (const { group, title, cards } of school.groups) {
    const count = String(cards.length);
    const box = copyOf("group", "", { title, count }).firstElementChild;
    box.dataset.of = group;
    box.open = group === "ordinary";
    for (const card of cards) box.lastElementChild.append(drawn(card));
    byId("groups").append(box);
  }
}

function drawn(card) {
  const item = copyOf("school-card", "", card).firstElementChild;
  const button = item.firstElementChild;
  button.dataset.name = card.name;
  button.addEventListener("click", () => present(card.code));
  button.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/plain", card.code);
  });
  return item;
}

/** The eye follows the card: the screen comes into sight, and Enter is the green key again. */
function present(reading) {
  byId("screen").focus({ preventScroll: true });
  byId("screen").scrollIntoView({ block: "nearest" });
  till.present(reading);
}

function listenToKeys() {
  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => till.press(button.dataset.key));
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const on = event.target.closest("button, input, select, summary, a");
    // Enter on a button is that button's; letters in a field are the field's.
    if (on && (event.key === "Enter" || on.matches("input, select"))) return;
    const key = /^\d$/.test(event.key) ? event.key : COMPUTER_KEYS[event.key];
    if (!key) return;
    event.preventDefault();
    flash(key);
    till.press(key);
  });
}

function flash(key) {
  const button = document.querySelector(`[data-key="${key}"]`);
  button.classList.add("is-pressed");
  setTimeout(() => button.classList.remove("is-pressed"), 120);
}

function listenToSlot() {
  const slot = byId("slot");
  slot.addEventListener("dragover", (event) => {
    event.preventDefault();
    slot.classList.add("is-over");
  });
  slot.addEventListener("dragleave", () => slot.classList.remove("is-over"));
  slot.addEventListener("drop", (event) => {
    event.preventDefault();
    slot.classList.remove("is-over");
    present(event.dataTransfer.getData("text/plain"));
  });
  byId("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = byId("typed-code");
    if (field.value.trim()) present(field.value);
    field.value = "";
  });
}

function listenToSchool() {
  byId("fresh-start").addEventListener("click", async () => {
    await fetch("/training/fresh-start", { method: "POST" });
    byId("school-told").replaceChildren(copyOf("told", "fresh"));
    await plug();
  });
  byId("close-day").addEventListener("click", async () => {
    const { closed } = await (await fetch("/training/day-close", { method: "POST" })).json();
    const day = closed.split("-").reverse().join("/");
    byId("school-told").replaceChildren(copyOf("told", "closed", { day }));
  });
}

/** The style sheet keeps the TPE in sight; it needs to know how tall the paper has made it. */
function keepInSight() {
  const side = document.querySelector(".terminal-side");
  new ResizeObserver(() => {
    side.style.setProperty("--side-height", `${side.offsetHeight}px`);
  }).observe(side);
}

/** An exercise wants a card and a terminal: both are shown. */
async function wanted({ card, terminal }) {
  for (const one of document.querySelectorAll(".is-wanted")) one.classList.remove("is-wanted");
  if (!card) return;
  const button = document.querySelector(`[data-name="${card}"]`);
  button.classList.add("is-wanted");
  button.closest("details").open = true;
  const { key } = school.terminals[Number(terminal)];
  if (byId("terminal").value !== key) {
    byId("terminal").value = key;
    await plug();
  }
}
