// The step of the card: what the camera has read is sent as if it had been typed.

import { camera } from "../webkit/camera.js";

const region = document.getElementById("card");
const form = region?.querySelector("[data-reading]");
const typed = region?.querySelector("[name=code_carte][type=text]");

if (typed) {
  camera.offer(region, {
    read(text) {
      typed.value = text;
      form.requestSubmit();
    },
  });
  // The camera is the quick way where there is one: the typed one steps back.
  const scan = region.querySelector("[data-act=camera]");
  if (!scan.hidden) region.querySelector("[data-typed]").classList.add("secondary");
}
