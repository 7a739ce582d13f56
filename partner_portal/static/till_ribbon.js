// The ribbon's own state (connected or not) and the words that scripts show: they stand in the page's
// template, never here.

const place = document.getElementById("till-line");
const EVERY_MS = 20_000;

export function line(connected) {
  if (!place) return;
  place.hidden = false;
  place.classList.toggle("till-line-cut", !connected);
  place.querySelector("[data-online]").hidden = !connected;
  place.querySelector("[data-offline]").hidden = connected;
}

// A copy of the part of the template that carries these words.
export function words(name) {
  const found = document.getElementById("till-words").content.querySelector(`[data-words="${name}"]`);
  return document.importNode(found, true);
}

let seen = 0;

// Tells a screen reader; with `seen` also everybody else, for some seconds.
export function say(text, { seen: isSeen = false } = {}) {
  const said = document.getElementById("till-said");
  said.textContent = text;
  if (!isSeen) return;
  document.querySelector(".till-toast")?.remove();
  const toast = document.createElement("p");
  toast.className = "till-toast";
  toast.setAttribute("aria-hidden", "true");
  toast.textContent = text;
  document.body.append(toast);
  clearTimeout(seen);
  seen = setTimeout(() => toast.remove(), 6_000);
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(8_000) });
    line(answer.ok);
  } catch {
    line(false);
  }
}

line(navigator.onLine);
setInterval(look, EVERY_MS);
