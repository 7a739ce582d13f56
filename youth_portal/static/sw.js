// The youths' service worker: shows pushes, keeps the shell, says when there is no network.
//
// The law: only the files listed in SHELL are kept; a page of somebody and whatever holds money passes
// as if this file did not exist. A push is shown under its notice's tag: shown twice, it replaces
// itself.

const SHELF = `cjeune-jeune-${self.SHELL.version}`;
const KEPT = new Set([...self.SHELL.files, self.SHELL.offline].map((path) => new URL(path, self.location).href));
const OFFLINE = new URL(self.SHELL.offline, self.location).href;

self.addEventListener("install", (event) => {
  const fresh = [...KEPT].map((url) => new Request(url, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith("cjeune-jeune-") && name !== SHELF))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => kept(OFFLINE).then((page) => page ?? Response.error())));
  } else if (KEPT.has(request.url)) {
    event.respondWith(kept(request.url).then((file) => file ?? fetch(request)));
  }
});

function kept(url) {
  return caches.open(SHELF).then((shelf) => shelf.match(url));
}

self.addEventListener("push", (event) => {
  const told = event.data?.json();
  if (!told) return;
  event.waitUntil(
    self.registration.showNotification(told.titre, {
      body: told.texte,
      tag: told.etiquette,
      icon: self.SHELL.icon,
      badge: self.SHELL.badge,
      lang: "fr",
      data: { address: told.adresse },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const wanted = new URL(event.notification.data?.address ?? "/jeune", self.location).href;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((windows) => {
      const open = windows.find((one) => one.url.split("?")[0] === wanted);
      return open ? open.focus() : self.clients.openWindow(wanted);
    }),
  );
});
