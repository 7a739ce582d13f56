// Installing, and the service worker of the shell. A new version takes over while nothing is under
// way (the counter is locked or not yet activated), never in the middle of a sale.

import { shown } from "./stage.js";

const AT_REST = new Set(["locked", "activate", "unfit", "elsewhere"]);

let offer = null;
let hadWorker = false;

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
});

export const shell = {
  isInstallable: () => offer !== null,
  // Apple offers no prompt, and gives an installed app a store of its own.
  isAppleBrowser: () => "standalone" in navigator && navigator.standalone === false,
  async install() {
    await offer?.prompt();
    offer = null;
  },

  async begin() {
    if (!("serviceWorker" in navigator)) return;
    hadWorker = Boolean(navigator.serviceWorker.controller);
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (hadWorker && AT_REST.has(shown())) location.reload();
      hadWorker = true;
    });
    try {
      await navigator.serviceWorker.register("sw.js", { updateViaCache: "none" });
    } catch {
      // Without it the app works as a page does.
    }
  },

  // Asks for a newer version and lets it in; called when the counter comes to rest.
  async renew() {
    const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
    if (!worker) return;
    const letIn = () => AT_REST.has(shown()) && worker.waiting?.postMessage("take-over");
    worker.addEventListener("updatefound", () => {
      worker.installing?.addEventListener("statechange", letIn);
    }, { once: true });
    letIn();
    await worker.update().catch(() => undefined);
  },
};
