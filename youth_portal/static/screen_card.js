// The card on the screen: turns to the next code every thirty seconds, ten minutes long without a
// network, and asks for fresh ones while there is one.
//
// The law: which code is due is counted from what the server said, never from the phone's date. A code
// that is over is taken away: better none than one that a till refuses.

const STEP_MS = Number(document.getElementById("screen").dataset.step);
// Fresh codes well before these are used up: a network is gone without a warning.
const ASK_WHEN_LEFT = 16;
const TRY_AGAIN_MS = 5_000;

const screen = document.getElementById("screen");
const over = document.getElementById("over");
const bar = document.getElementById("left");
const minutes = document.getElementById("minutes");
const sentences = document.querySelectorAll("#state [data-when]");

let codes = [];
let begunAt;
let shown = -1;
let alone = false;
let asking = false;
let nextTryAt = 0;

take(document);
// Where scripts run, the code changes by itself.
document.getElementById("again").parentElement.hidden = true;
setInterval(turn, 250);
turn();
keepAwake();
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  nextTryAt = 0;
  turn();
  keepAwake();
});
window.addEventListener("online", () => { nextTryAt = 0; turn(); });

// Two clocks: one stands still while the phone sleeps, the other may be set back; the later is right.
function elapsed() {
  return Math.max(performance.now() - begunAt.steady, Date.now() - begunAt.wall);
}

function take(page) {
  const face = page.getElementById("screen");
  const later = page.getElementById("later");
  codes = [face.firstElementChild, ...later.content.children].map((one) => document.importNode(one, true));
  const into = Number(face.dataset.into);
  begunAt = { steady: performance.now() - into, wall: Date.now() - into };
  shown = -1;
}

function turn() {
  const passed = elapsed();
  const due = Math.floor(passed / STEP_MS);
  const left = codes.length - due;
  const isOver = left <= 0;
  if (due !== shown) {
    shown = due;
    screen.hidden = isOver;
    over.hidden = !isOver;
    if (!isOver) screen.replaceChildren(codes[due]);
  }
  bar.style.transform = `scaleX(${isOver ? 0 : 1 - (passed % STEP_MS) / STEP_MS})`;
  const word = isOver ? "over" : alone ? "alone" : "now";
  const whole = String(Math.max(1, Math.floor((left * STEP_MS - (passed % STEP_MS)) / 60_000)));
  if (minutes.textContent !== whole) minutes.textContent = whole;
  for (const one of sentences) one.hidden = one.dataset.when !== word;
  if (left <= ASK_WHEN_LEFT || alone) ask();
}

async function ask() {
  if (asking || performance.now() < nextTryAt || document.visibilityState !== "visible") return;
  if (!navigator.onLine) {
    alone = true;
    return;
  }
  asking = true;
  // AbortSignal.timeout is younger than many a phone.
  const patience = new AbortController();
  const enough = setTimeout(() => patience.abort(), 8_000);
  try {
    const answer = await fetch(screen.dataset.again, { cache: "no-store", redirect: "manual", signal: patience.signal });
    if (answer.type === "opaqueredirect" || answer.status === 403) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Paused or blocked meanwhile: the page says so.
    if (!page.getElementById("screen")) return location.reload();
    take(page);
    alone = false;
  } catch {
    alone = true;
    nextTryAt = performance.now() + TRY_AGAIN_MS;
  } finally {
    clearTimeout(enough);
    asking = false;
  }
}

window.addEventListener("offline", () => { alone = true; turn(); });

async function keepAwake() {
  try { await navigator.wakeLock?.request("screen"); } catch { /* A phone that saves its battery. */ }
}
