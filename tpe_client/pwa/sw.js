// Keeps the shell of the app (page, scripts, style, decoder) so that it opens at once and can say
// that there is no network. The law: never an answer of the API, never money: only the files listed
// in shell.js are looked at, every other request passes as if this file did not exist.
// A version is kept whole or not at all; the next one waits until the app stands still.

importScripts("shell.js");

const SHELF = `cjeune-tpe-${self.SHELL.version}`;
const HOME = new URL("./", self.registration.scope).href;
const KEPT = new Set(self.SHELL.files.map((file) => new URL(file, HOME).href));

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELF)
      .then((shelf) => shelf.addAll([...KEPT].map((url) => new Request(url, { cache: "no-cache" })))),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== SHELF).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", ({ data }) => {
  if (data === "take-over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  url.hash = "";
  url.search = "";
  if (request.method !== "GET" || !KEPT.has(url.href)) return;
  event.respondWith(
    caches
      .open(SHELF)
      .then((shelf) => shelf.match(url.href))
      .then((kept) => kept ?? fetch(request)),
  );
});
