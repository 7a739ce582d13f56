// The open home page follows its wallets: it is told that something changed and asks for the part of
// itself that moves.
//
// A page in the background listens to nothing; when it comes back, the mark it was drawn with says
// whether anything has happened meanwhile.

const live = document.getElementById("live");
const news = document.getElementById("news");
const offline = document.getElementById("offline");

// After a stream that was refused: a proxy between two versions, or too many open pages.
const AGAIN_MS = 8_000;

let source = null;
let asking = false;
let again = false;
let later = 0;

function listen() {
  if (source || document.hidden) return;
  source = new EventSource(`${live.dataset.stream}?vu=${live.dataset.mark}`);
  source.addEventListener("open", () => (offline.hidden = true));
  source.addEventListener("changed", refresh);
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) {
      // A cut line: the browser tries again by itself.
      offline.hidden = navigator.onLine;
      return;
    }
    // Refused, and the browser will not come back: the page asks for itself from time to time.
    rest();
    askLater();
  });
}

function askLater() {
  later ||= setTimeout(() => {
    later = 0;
    if (document.hidden) return;
    refresh();
    listen();
  }, AGAIN_MS);
}

function rest() {
  source?.close();
  source = null;
}

async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(live.dataset.part + location.search, { headers: { Accept: "text/html" } });
    // A service that is away: what stands there is of before.
    if (answer.status >= 500) throw new Error(String(answer.status));
    // Signed out elsewhere, or the card is another one: the whole page is another.
    if (answer.redirected || !answer.ok) {
      location.reload();
      return;
    }
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    offline.hidden = true;
  } catch {
    offline.hidden = false;
    // It is told of each change once.
    askLater();
  } finally {
    asking = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

function show(page) {
  const fresh = page.getElementById("live");
  // Another person has signed in meanwhile: the whole page is another.
  if (fresh?.dataset.session !== live.dataset.session) {
    location.reload();
    return;
  }
  const known = new Map([...live.querySelectorAll("a.movement")].map((one) => [one.pathname, one.textContent]));
  const held = live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  live.replaceChildren(...document.adoptNode(fresh).childNodes);
  live.dataset.mark = fresh.dataset.mark;
  if (held) live.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  const moved = [...live.querySelectorAll("a.movement")].filter((one) => known.get(one.pathname) !== one.textContent);
  for (const one of moved) one.classList.add("fresh");
  // Read aloud, in the words of the line itself.
  if (moved.length) news.textContent = moved[0].textContent.replace(/\s+/g, " ").trim();
}

if (live && "EventSource" in window) {
  listen();
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", listen);
}
