// Reads the QR code with the camera: frames go to the decoder in its worker, ten a second at most.
// The law: typing stays one tap away and is offered after three seconds without a reading; a camera
// that is refused or absent is said to be so, in words. The stream ends with the first reading.
// The page has templates/kit/camera.html in a region with data-worker and, where it is there, data-decoder.

const EVERY_MS = 100;
const SLOW_MS = 3_000;
const WANTED = { video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };

let stream = null;
let worker = null;
let slow = 0;
let running = 0;
let place = null;
let read = null;
let typed = null;

function tell(state) {
  for (const part of place.querySelectorAll("[data-camera]")) part.hidden = part.dataset.camera !== state;
}

function stop() {
  running += 1;
  clearTimeout(slow);
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  worker?.terminate();
  worker = null;
}

function close() {
  stop();
  if (!place) return;
  place.hidden = true;
  place.querySelector("video").srcObject = null;
}

async function start(address) {
  const mine = ++running;
  place.hidden = false;
  place.querySelector(".camera-view").hidden = false;
  tell("starting");
  // From the first tap on: a camera that hangs is also one that reads nothing.
  let isSlow = false;
  clearTimeout(slow);
  slow = setTimeout(() => {
    isSlow = true;
    tell("slow");
  }, SLOW_MS);
  try {
    const opened = await navigator.mediaDevices.getUserMedia(WANTED);
    if (mine !== running) {
      for (const track of opened.getTracks()) track.stop();
      return;
    }
    stream = opened;
  } catch (failure) {
    if (mine !== running) return;
    clearTimeout(slow);
    place.querySelector(".camera-view").hidden = true;
    tell(failure.name === "NotAllowedError" ? "refused" : "absent");
    typed?.focus();
    return;
  }
  const video = place.querySelector("video");
  video.srcObject = stream;
  await video.play().catch(() => undefined);
  if (mine !== running) return;
  if (!isSlow) tell("looking");
  tools(stream.getVideoTracks()[0]);
  place.scrollIntoView({ block: "nearest" });
  decode(video, address, mine);
}

function decode(video, address, mine) {
  worker = new Worker(address, { type: "module" });
  worker.addEventListener("message", ({ data }) => {
    if (mine !== running) return;
    if (data.text) {
      const found = data.text;
      navigator.vibrate?.(40);
      close();
      read(found);
    } else {
      setTimeout(look, Math.max(0, EVERY_MS - data.milliseconds));
    }
  });
  worker.addEventListener("error", () => tell("absent"));
  const look = async () => {
    if (mine !== running || !worker) return;
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      setTimeout(look, EVERY_MS);
      return;
    }
    const frame = await createImageBitmap(video);
    if (mine === running && worker) worker.postMessage(frame, [frame]);
    else frame.close();
  };
  look();
}

// Lamp and zoom, where the camera has them.
function tools(track) {
  const able = track.getCapabilities?.() ?? {};
  const torch = place.querySelector("[data-act=torch]");
  torch.hidden = !able.torch;
  torch.onclick = () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    torch.setAttribute("aria-pressed", String(on));
    track.applyConstraints({ advanced: [{ torch: on }] }).catch(() => undefined);
  };
  const zoom = place.querySelector("[data-zoom]");
  zoom.parentElement.hidden = !able.zoom;
  if (!able.zoom) return;
  Object.assign(zoom, { min: able.zoom.min, max: able.zoom.max, step: able.zoom.step || 0.1, value: track.getSettings().zoom });
  zoom.oninput = () => track.applyConstraints({ advanced: [{ zoom: Number(zoom.value) }] }).catch(() => undefined);
}

export const camera = {
  stop,
  offer(region, how) {
    const button = region.querySelector("[data-act=camera]");
    place = region.querySelector(".camera");
    if (!button || !place || !("decoder" in region.dataset) || !navigator.mediaDevices) return;
    read = how.read;
    typed = region.querySelector("[name=code_carte]");
    button.hidden = false;
    button.addEventListener("click", () => (place.hidden ? start(region.dataset.worker) : close()));
    place.querySelector("[data-act=type]").addEventListener("click", () => {
      close();
      typed?.focus();
    });
  },
};

// A page that goes out of sight lets the camera go: its lamp would stay on, and iOS keeps it locked.
document.addEventListener("visibilitychange", () => {
  if (document.hidden && stream) close();
});
