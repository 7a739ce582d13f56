// Registers the service worker; nothing else of a page waits for it.

navigator.serviceWorker?.register("/jeune/sw.js", { scope: "/jeune" }).catch(() => {});
