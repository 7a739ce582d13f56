// A debit whose answer is not known: asked for by its operation id until the service tells.
// The law: asking changes nothing and may be repeated; sending again or cancelling is the cashier's
// choice, offered by the server once it says that the debit is not there.

import { centsOf, euros } from "./till_amount.js";
import { line, words } from "./till_ribbon.js";
import { sounds } from "./till_sound.js";

// Survives a closed window and a reload, not the end of the day's browser; holds the id alone.
const KEPT = "cjeune-till-operation";
const FIRST_MS = 800;
const MOST_MS = 5_000;

export function outcome({ home, ask, show }) {
  let fields = null;
  let timer = 0;
  let pause = FIRST_MS;
  let turn = 0;

  function remember(operation) {
    sessionStorage.setItem(KEPT, operation);
  }

  function begin(sent) {
    fields = new URLSearchParams(sent);
    // Typed by the holder, for one try: it is asked for again rather than kept.
    fields.delete("code_pin");
    fields.delete("motif");
    const region = document.getElementById("till");
    region.dataset.step = "unknown";
    region.replaceChildren(words("unknown"));
    region.querySelector("h1").focus({ preventScroll: true });
    const [sum, cents] = [region.querySelector(".till-sum"), centsOf(fields.get("montant") ?? "")];
    sum.hidden = !cents;
    if (cents) sum.firstElementChild.textContent = euros(cents);
    sounds.play("unknown");
    later();
  }

  function later() {
    clearTimeout(timer);
    const mine = ++turn;
    timer = setTimeout(() => poll(mine), pause);
    pause = Math.min(pause * 1.6, MOST_MS);
  }

  async function poll(mine) {
    if (!fields || mine !== turn) return;
    const answer = await ask(`${home}/operation/${fields.get("operation")}`, new URLSearchParams(fields));
    if (mine !== turn) return;
    if (answer) {
      stop();
      show(answer);
      return;
    }
    told(false);
    later();
  }

  function told(connected) {
    const panel = document.querySelector("#till .till-unknown");
    if (!panel) return;
    const [waiting, cut] = [panel.querySelector("[data-asking]"), panel.querySelector("[data-cut]")];
    if (!waiting || !cut) return;
    waiting.hidden = !connected;
    cut.hidden = connected;
  }

  function now() {
    if (!fields) return;
    pause = FIRST_MS;
    told(true);
    clearTimeout(timer);
    poll(++turn);
  }

  function stop() {
    clearTimeout(timer);
    turn += 1;
    fields = null;
    pause = FIRST_MS;
  }

  // What the server has shown: a decided debit is forgotten, an undecided one is asked for again.
  function settled(region) {
    const part = region.querySelector("[data-operation]");
    if (part?.dataset.outcome !== "unknown") {
      // Decided, or a step that decides nothing: there is no answer left to wait for.
      sessionStorage.removeItem(KEPT);
      return;
    }
    const form = part.querySelector("form[data-ask]");
    if (!form) return;
    fields = new URLSearchParams(new FormData(form));
    later();
  }

  // A page that was loaded anew, while a debit had not been answered yet.
  function resume(region) {
    const operation = sessionStorage.getItem(KEPT);
    if (!operation || region.dataset.step !== "ready") {
      settled(region);
      return Boolean(fields);
    }
    const token = document.querySelector('[name="jeton"]').value;
    begin({ jeton: token, operation });
    return true;
  }

  window.addEventListener("online", () => {
    line(true);
    now();
  });
  window.addEventListener("offline", () => {
    line(false);
    told(false);
  });

  return { remember, begin, now, stop, settled, resume };
}
