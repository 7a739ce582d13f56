// The pad for secret digits: the till code and the holder's PIN. The law: the digits live in this
// closure until they are handed over, once; the page holds dots, and nothing else ever learns them.

import { draw, word } from "./draw.js";
import { hush, speak } from "./voice.js";

// `fewest` to `most` digits; `done(digits)` is called once per entry, and may resolve to false to be
// asked again. `shuffled`: the keys in an order of the moment. `spoken`: told aloud, without digits.
export function pad(place, { fewest, most, done, shuffled = false, spoken = false }) {
  let typed = "";
  let isBusy = false;
  place.replaceChildren(draw("pad"));
  const dots = place.querySelector("[data-dots]");
  const status = place.querySelector("[data-typed]");
  const enter = place.querySelector("[data-key=enter]");
  if (shuffled) shuffle(place.querySelector("[data-keys]"));
  if (spoken) speak(word(shuffled ? "pad.shuffled" : "pad.usual"));

  function told(words) {
    status.textContent = words;
    if (spoken) speak(words);
  }

  function refresh() {
    const places = Math.max(fewest, typed.length);
    dots.replaceChildren(...Array.from({ length: places }, (_, at) => {
      const dot = document.createElement("i");
      dot.className = at < typed.length ? "full" : "";
      return dot;
    }));
    enter.disabled = typed.length < fewest || isBusy;
  }

  function press(key) {
    if (isBusy) return;
    if (key === "enter") return finish();
    if (key === "back") {
      if (!typed) return undefined;
      typed = typed.slice(0, -1);
      told(word("typed.erased"));
    } else if (typed.length < most) {
      typed += key;
      told(`${word(`typed.${typed.length}`)} ${typed.length === most ? word("typed.full") : ""}`.trim());
    }
    refresh();
    return undefined;
  }

  async function finish() {
    if (typed.length < fewest) return;
    const digits = typed;
    typed = "";
    isBusy = true;
    place.setAttribute("aria-busy", "true");
    refresh();
    hush();
    await done(digits);
    isBusy = false;
    place.removeAttribute("aria-busy");
    if (place.isConnected) refresh();
  }

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("back");
    else if (event.key === "Enter" && !event.target.closest?.("button, summary, a")) press("enter");
    else return;
    event.preventDefault();
  };
  const onClick = (event) => {
    const key = event.target.closest("[data-key]");
    if (key && !key.disabled) press(key.dataset.key);
  };
  // What a card reader typed here was no code of anybody.
  const onStray = () => {
    typed = "";
    refresh();
  };
  place.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("stray-reading", onStray);
  refresh();

  // To be called when the screen goes: nothing is heard, and nothing remembered.
  return () => {
    typed = "";
    hush();
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("stray-reading", onStray);
  };
}

// Only the digits change their places; « Effacer » and « Valider » are found where they always are.
function shuffle(keys) {
  const digits = [...keys.querySelectorAll("[data-key]")].filter((key) => /^[0-9]$/.test(key.dataset.key));
  const order = digits.map((key) => key.dataset.key);
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = below(at + 1);
    [order[at], order[other]] = [order[other], order[at]];
  }
  digits.forEach((key, at) => {
    key.dataset.key = order[at];
    key.textContent = order[at];
  });
}

// A uniform integer 0..count-1: bytes beyond the last whole multiple are drawn again.
function below(count) {
  const limit = 256 - (256 % count);
  const [drawn] = crypto.getRandomValues(new Uint8Array(1));
  return drawn < limit ? drawn % count : below(count);
}
