// The phone terminal begins here: is this browser fit, is the counter open elsewhere, is there a key;
// then lock, truth of the last sale, home. The law: without a key nothing but activation, without the
// till code nothing but the lock, and before the first screen of a sale the last one's truth.

import { activate, codeIn, handedOver } from "./activation.js";
import { hearReaders } from "./burst.js";
import { counted, day, operation, stateShown } from "./day.js";
import { word } from "./draw.js";
import { fingerLifted } from "./finger.js";
import { journal } from "./journal.js";
import { line } from "./line.js";
import { askCode, lockWhenIdle } from "./lock.js";
import { hour } from "./moments.js";
import { euros } from "./money.js";
import { forgetSale, read, scan, sellFrom, type } from "./sale.js";
import { resolveOpen } from "./settle.js";
import { shell } from "./shell.js";
import { actEverywhere, say, show, shown, thisTurn } from "./stage.js";
import { store } from "./store.js";
import { till } from "./till.js";
import { vault } from "./vault.js";
import { wire } from "./wire.js";

const LOCK = "cjeune-tpe";
const LOCK_PATIENCE_MS = 1_500;
// Screens on which a card that is read begins a sale: nothing under way would be lost.
const OPEN_SCREENS = new Set(["home", "scan", "type", "card-declined", "problem", "identity", "approved", "declined", "never", "ticket", "day", "operation"]);

// -- opening -------------------------------------------------------------------------------------

async function begin() {
  if (!(await isFit())) return;
  try {
    await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(LOCK_PATIENCE_MS) }, run);
  } catch (failure) {
    if (["AbortError", "TimeoutError"].includes(failure.name)) elsewhere();
    else show("unfit", {}, { isHome: true });
  }
}

async function isFit() {
  const insecure = !window.isSecureContext;
  if (!insecure && crypto.subtle && window.indexedDB && navigator.locks) {
    const isOpen = await store.open().then(() => true, () => false);
    if (isOpen) return true;
  }
  show("unfit", { insecure }, { isHome: true });
  return false;
}

// Held for as long as the page lives; another page that takes it over ends this one.
async function run() {
  await start();
  return new Promise(() => undefined);
}

function elsewhere() {
  close();
  show("elsewhere", {}, {
    acts: { here: () => navigator.locks.request(LOCK, { steal: true }, run).catch(elsewhere) },
    isHome: true,
  });
}

async function start() {
  till.choices = await vault.choices();
  await journal.prune();
  const code = handedOver();
  const kept = await vault.look();
  if (!kept) activate(unlocked, { code });
  else locked();
}

function locked() {
  close();
  askCode({ opened: unlocked, wiped: () => activate(unlocked, { why: "wiped" }), reset: () => confirmForget(locked) });
}

function close() {
  wire.forget();
  forgetSale();
  till.me = null;
  ribbon(null);
}

async function unlocked(key) {
  wire.present(key);
  const kept = await vault.look();
  till.place = kept.place;
  ribbon(kept.place);
  // Only the lock opens from here: the truth of the last sale comes before the next one.
  const stay = () => say(word("opening"), { seen: true });
  show("starting", {}, { acts: { home: stay, day: stay, settings: stay }, isHome: true });
  await resolvedHome();
}

async function resolvedHome() {
  const isMine = thisTurn();
  await resolveOpen();
  if (isMine() && wire.isOpen()) await home();
}

async function revoked() {
  await vault.wipe();
  close();
  activate(unlocked, { why: "revoked" });
}

function confirmForget(back) {
  show("forget", {}, { acts: { back, home: back, forget } });
}

async function forget() {
  await vault.wipe();
  close();
  activate(unlocked, { why: "forgotten" });
}

// -- home ----------------------------------------------------------------------------------------

let homeShown = "";

async function home() {
  forgetSale();
  // What is known stands at once; what the service says since takes its place.
  if (till.me) await drawHome(thisTurn());
  const isMine = thisTurn();
  const answer = await wire.me(till.me ? undefined : 8_000);
  if (!wire.isOpen()) return;
  if (answer?.status === 200) await known(answer.body);
  if (!isMine()) return;
  if (till.me && answer !== null) await drawHome(isMine, { again: shown() === "home" });
  else if (!till.me || line.isCut()) cut();
}

async function known(me) {
  till.me = me;
  const place = { partner: me.partner.name, outlet: me.outlet.name, address: me.outlet.address, terminal: me.terminal.terminal_id, label: me.terminal.label };
  if (JSON.stringify(place) !== JSON.stringify(till.place)) await vault.keepPlace(place);
  till.place = place;
  ribbon(place);
}

function cut() {
  show("cut", {}, { acts: { again: home, home }, isHome: true });
}

async function drawHome(isMine, { again = false } = {}) {
  const [open, last] = await Promise.all([journal.unresolved(), journal.last()]);
  // Revoked, locked or gone elsewhere meanwhile.
  if (!till.me || !isMine()) return;
  const today = till.me.today;
  const facts = {
    label: till.me.terminal.label,
    total: euros(today.amount_cents),
    sales: counted(today.count),
    open: open.map((entry) => ({ amount: euros(entry.amount_cents), local_reference: entry.local_reference, given_up: entry.given_up })),
    // One whose result is not known stands above, with what to do about it.
    last: last && !open.some((one) => one.operation_id === last.operation_id) ? [lastShown(last)] : [],
  };
  // Drawn again only for news: nobody's focus moves for nothing.
  if (again && JSON.stringify(facts) === homeShown) return;
  if (again) await fingerLifted();
  if (!isMine()) return;
  homeShown = JSON.stringify(facts);
  const before = document.activeElement;
  const place = show("home", facts, { acts: { resolve }, isHome: true });
  if (!again) return;
  const same = before?.dataset.act && place.querySelector(`[data-act=${CSS.escape(before.dataset.act)}]`);
  (before?.isConnected ? before : same)?.focus?.({ preventScroll: true });
}

function lastShown(entry) {
  return {
    operation: entry.operation_id,
    amount: euros(entry.amount_cents),
    wallet: word(`wallet.${entry.wallet}`),
    last4: entry.last4,
    hour: hour(entry.accepted_at ?? entry.written_at),
    has_more: Boolean(entry.reference ?? entry.cancellation_reference),
    ...stateShown(entry.state),
  };
}

async function resolve() {
  show("starting", {});
  await resolvedHome();
}

function ribbon(place) {
  const part = (name) => document.querySelector(`[data-ribbon=${name}]`);
  part("tools").hidden = place === null;
  part("label").textContent = place?.label ?? "SMART TPE";
  part("outlet").textContent = place?.outlet ?? part("outlet").dataset.scheme;
}

// -- settings ------------------------------------------------------------------------------------

function settings() {
  const facts = { ...till.place, limit: till.me ? euros(till.me.settings.limit_cents) : "", version: document.documentElement.dataset.version, installable: shell.isInstallable() };
  const place = show("settings", facts, { acts: { reset: () => confirmForget(settings), install: () => shell.install() } });
  for (const box of place.querySelectorAll("[data-choice]")) {
    box.checked = till.choices[box.name];
    box.addEventListener("change", () => {
      till.choices = { ...till.choices, [box.name]: box.checked };
      vault.choose(till.choices);
    });
  }
}

// -- what may come at any time -------------------------------------------------------------------

function card(code) {
  if (!wire.isOpen()) {
    if (shown() === "activate") activate(unlocked, { code: codeIn(code) });
    else document.dispatchEvent(new Event("stray-reading"));
  } else if (till.isAwaiting || !OPEN_SCREENS.has(shown())) {
    document.dispatchEvent(new Event("stray-reading"));
    say(word("stray"), { seen: true });
  } else {
    read(code);
  }
}

const isFree = (act) => (control) => (till.isAwaiting ? say(word("wait"), { seen: true }) : act(control));

sellFrom(home);
actEverywhere({
  home: isFree(() => wire.isOpen() && home()),
  day: isFree(() => wire.isOpen() && day()),
  settings: isFree(() => wire.isOpen() && settings()),
  lock: isFree(() => wire.isOpen() && locked()),
  scan: isFree(() => wire.isOpen() && scan()),
  type: isFree(() => wire.isOpen() && type()),
  show: isFree((control) => operation(control.dataset.operation)),
});
hearReaders(card);
wire.tell({ line: (isOpen) => line.tell(isOpen), revoked });
line.watch(
  () => (wire.isOpen() ? wire.me(3_000) : Promise.resolve(line.tell(navigator.onLine))),
  () => shown() === "cut" && home(),
);
lockWhenIdle({ may: () => wire.isOpen() && !till.isAwaiting, lock: locked });
addEventListener("hashchange", () => {
  const code = handedOver();
  if (code && shown() === "activate") activate(unlocked, { code });
});
shell.begin();
begin();
