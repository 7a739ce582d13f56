// The till code between a phone that lies about and the money: asked for on start, after five idle
// minutes, and when the app was out of sight for two. While an answer is awaited the lock waits too.

import { pad } from "./pad.js";
import { shell } from "./shell.js";
import { show, thisTurn } from "./stage.js";
import { vault } from "./vault.js";

const IDLE_MS = 5 * 60_000;
const HIDDEN_MS = 2 * 60_000;
const LOOK_EVERY_MS = 5_000;

// `opened(key)`, `wiped()`, `reset()`: what follows the code, the fifth wrong one, a forgotten one.
export async function askCode({ opened, wiped, reset }) {
  const kept = await vault.look();
  if (!kept) {
    wiped();
    return;
  }
  let forget = () => undefined;
  const draw = (triesLeft) => {
    const told = { several: triesLeft > 1 && triesLeft < 5, last: triesLeft === 1, tries_left: triesLeft < 5 && triesLeft };
    const place = show("locked", { label: kept.place.label, ...told }, {
      acts: { reset }, leave: () => forget(), isHome: true,
    });
    forget = pad(place.querySelector("[data-pad]"), { fewest: 6, most: 6, done: attempt });
  };
  const attempt = async (code) => {
    const isMine = thisTurn();
    const found = await vault.open(code);
    if (found.wiped) wiped();
    else if (!isMine()) return;
    else if (found.key) opened(found.key);
    else draw(found.tries_left);
  };
  draw(kept.tries_left);
  shell.renew();
}

// Calls `lock()` when nobody has touched the open counter for a while, and `may()` allows it.
export function lockWhenIdle({ may, lock }) {
  let touchedAt = Date.now();
  let hiddenAt = null;

  const touched = () => {
    touchedAt = Date.now();
  };
  const look = () => {
    // Timers sleep with the phone, clocks do not.
    const isIdle = Date.now() - touchedAt > IDLE_MS;
    const isForgotten = hiddenAt !== null && Date.now() - hiddenAt > HIDDEN_MS;
    if ((isIdle || isForgotten) && may()) lock();
  };
  for (const kind of ["pointerdown", "keydown", "input"]) document.addEventListener(kind, touched, { capture: true });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hiddenAt = Date.now();
      return;
    }
    look();
    hiddenAt = null;
  });
  setInterval(look, LOOK_EVERY_MS);
  return { touched };
}
