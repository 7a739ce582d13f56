// The till's page, one step at a time without leaving it: forms are sent by fetch and the region of
// the answer takes the place of the old one, so that focus, sound and the reader stay where they are.
// The law: what the page says about money was said by the server. A debit whose answer was lost is
// unknown: it is asked for by its operation id, and nothing is ever sent again by itself.
// Kept in the browser: an operation id until its answer is known. Never a card code, never a PIN.

import { amounts } from "./till_amount.js";
import { camera } from "../webkit/camera.js";
import { outcome } from "./till_outcome.js";
import { photo } from "./till_photo.js";
import { reader } from "./till_reader.js";
import { line, say, words } from "./till_ribbon.js";
import { sounds } from "./till_sound.js";

const HOME = "/partenaire/caisse";
const READ = `${HOME}/lecture`;
// Longer than the service takes to decide that it does not know.
const PATIENCE_MS = 20_000;
// Steps in which a card that is read begins the next sale: nothing under way would be lost.
const OPEN_STEPS = new Set(["ready", "identity", "result", "declined", "ticket"]);

let region = document.getElementById("till");
let busy = false;

const asking = outcome({ home: HOME, ask: (address, fields) => request(address, fields), show });

// -- asking the server ---------------------------------------------------------------------------

// The page at an address; null when it did not come whole, or when the service has failed.
async function request(address, fields) {
  try {
    const answer = await fetch(address, {
      method: fields ? "POST" : "GET",
      body: fields,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("till") && answer.status >= 500) return null;
    line(true);
    return { page, url: answer.url };
  } catch {
    line(false);
    return null;
  }
}

async function send(address, fields, { money = false, form = null } = {}) {
  if (busy) return;
  setBusy(true);
  asking.stop();
  if (money) asking.remember(fields.get("operation"));
  const answer = await request(address, fields);
  setBusy(false);
  // A result that is only looked up makes no noise.
  if (answer) show(answer, { loud: fields !== null });
  else if (money) asking.begin(fields);
  else lost(form);
}

// Nothing was decided by a step that moves no money: it is simply taken again.
function lost(form) {
  region.querySelector(".till-lost")?.remove();
  const told = words("lost");
  told.querySelector("[data-act=again]").addEventListener("click", () => {
    told.remove();
    if (form?.isConnected) form.requestSubmit();
    else send(HOME);
  });
  (region.querySelector(".panel") ?? region).prepend(told);
  sounds.play("unknown");
}

function setBusy(now) {
  busy = now;
  region.toggleAttribute("aria-busy", now);
}

// -- showing what it says ------------------------------------------------------------------------

function show({ page, url }, { loud = true } = {}) {
  const fresh = page.getElementById("till");
  if (!fresh) {
    // Signed out meanwhile, or a page of the portal that is no step of a sale.
    if (url && !new URL(url).pathname.startsWith(HOME)) location.assign(url);
    else document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
    return;
  }
  camera.stop();
  photo.forget();
  put(document.importNode(fresh, true));
  ribbon(page);
  document.title = page.title;
  asking.settled(region);
  const told = region.querySelector("[data-outcome]")?.dataset.outcome;
  if (told && loud) sounds.play(told);
}

function put(fresh) {
  region.replaceWith(fresh);
  region = fresh;
  begin();
  const target = region.querySelector("[data-focus]") ?? region.querySelector("h1");
  if (target?.matches("h1")) target.tabIndex = -1;
  target?.focus({ preventScroll: true });
  region.scrollIntoView({ block: "nearest" });
  // Focus on a field or a button does not say what the page now shows.
  const heading = region.querySelector(".till-said, .till-refusal-why, h1");
  if (heading && heading !== target) say(heading.textContent.trim());
}

function ribbon(page) {
  for (const part of [".till-place", ".till-person", ".till-day"]) {
    const old = document.querySelector(`#till-ribbon ${part}`);
    const fresh = page.querySelector(`#till-ribbon ${part}`);
    // A page made while the database was away has no figures: the old ones are not wrong.
    if (old && fresh) old.replaceWith(document.importNode(fresh, true));
  }
}

// What a step needs when it appears.
function begin() {
  amounts(region);
  photo.watch(region);
  camera.offer(region, { read: card });
  for (const printer of region.querySelectorAll("[data-act=print]")) printer.hidden = false;
}

// -- what the cashier does -----------------------------------------------------------------------

// Before the kit's own listener, which locks a form that leaves the page: ours stay.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("#till form[data-till]")) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const direct = form.matches("[data-amount]") && amounts.direct(form, event.submitter);
  const address = direct ? form.dataset.direct : form.getAttribute("action");
  send(address, fields, { money: Boolean(direct) || form.matches("[data-money]"), form });
}, { capture: true });

document.addEventListener("click", (event) => {
  const link = event.target.closest("#till a[data-till]");
  if (link && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    send(link.getAttribute("href"), null);
    return;
  }
  const act = event.target.closest("#till [data-act]")?.dataset.act;
  if (act === "print") window.print();
  if (act === "ask") asking.now();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector(":popover-open")) return;
  if (region.dataset.step === "unknown" || busy) {
    say(words("leave").textContent, { seen: true });
    return;
  }
  if (!["outlet", "closed"].includes(region.dataset.step)) send(HOME, null);
});

// A card was read, by a USB reader, by the camera, or handed over by the scanner program.
function card(code) {
  if (!OPEN_STEPS.has(region.dataset.step) || busy) {
    say(words("stray").textContent, { seen: true });
    return;
  }
  const token = document.querySelector('[name="jeton"]').value;
  const field = region.querySelector("[name=code_carte]");
  send(READ, new URLSearchParams({ jeton: token, code_carte: code }), {
    form: field && Object.assign(field, { value: code }).form,
  });
}

reader({
  read: card,
  // In these fields a code is out of place; it is taken out again and said to be one.
  misread: (field) => say(words(field.name === "montant" ? "stray-amount" : "stray").textContent, { seen: true }),
  wanted: (field) => OPEN_STEPS.has(region.dataset.step) && field?.name !== "montant",
});

// The focus stays in the code field: a reader types wherever the focus is.
document.addEventListener("pointerup", (event) => {
  if (region.dataset.step !== "ready" || event.target.closest("a, button, input, select, summary, label, video")) return;
  if (!String(getSelection())) region.querySelector("[name=code_carte]")?.focus({ preventScroll: true });
});
window.addEventListener("focus", () => {
  if (region.dataset.step === "ready" && document.activeElement === document.body) {
    region.querySelector("[name=code_carte]")?.focus({ preventScroll: true });
  }
});

// -- arriving ------------------------------------------------------------------------------------

begin();
region.querySelector("[data-focus]")?.focus({ preventScroll: true });
if (!asking.resume(region)) handedOver();

// `#code=…`: the scanner program opens the till with a card. A fragment is sent to no server, and
// it leaves the address before anything else happens.
function handedOver() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code === null) return;
  history.replaceState(null, "", location.pathname);
  if (code) card(code.slice(0, 200));
}
window.addEventListener("hashchange", handedOver);
