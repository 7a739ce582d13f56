// Reads a QR code with the camera: frames go to the decoder in its worker, ten a second at most.
// The law: typing stays one tap away, and is put forward after three seconds without a reading; a
// camera that is refused or absent is told in words. The stream ends with the first reading, and when
// the page goes out of sight (its lamp would stay on, and iOS would keep it locked).

const EVERY_MS = 100;
const SLOW_MS = 3_000;
const WANTED = { video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };
const DECODER = new URL("../decoder.worker.js", import.meta.url);

// `place` holds the screen of scanning; `read(text)` is called once. Returns what stops it.
export function camera(place, { read, gone }) {
  const began = performance.now();
  const video = place.querySelector("video");
  let stream = null;
  let worker = null;
  let isOver = false;

  const tell = (state) => {
    place.dataset.camera = state;
    for (const part of place.querySelectorAll("[data-camera]")) part.hidden = part.dataset.camera !== state;
  };
  // From the first moment on: a camera that hangs is also one that reads nothing.
  const slow = setTimeout(() => tell("slow"), SLOW_MS);

  function stop() {
    isOver = true;
    clearTimeout(slow);
    delete place.dataset.camera;
    document.removeEventListener("visibilitychange", onHidden);
    for (const track of stream?.getTracks() ?? []) track.stop();
    worker?.terminate();
    video.srcObject = null;
  }

  function onHidden() {
    if (!document.hidden) return;
    stop();
    gone();
  }

  async function look() {
    if (isOver) return;
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      setTimeout(look, EVERY_MS);
      return;
    }
    const frame = await createImageBitmap(video).catch(() => null);
    if (isOver || !frame) {
      frame?.close();
      if (!isOver) setTimeout(look, EVERY_MS);
      return;
    }
    worker.postMessage(frame, [frame]);
  }

  function onDecoded({ data }) {
    if (isOver) return;
    if (!data.text) {
      setTimeout(look, Math.max(0, EVERY_MS - data.milliseconds));
      return;
    }
    stop();
    performance.measure("first reading", { start: began });
    read(data.text);
  }

  async function start() {
    tell("starting");
    // The decoder wakes while the camera does.
    worker = new Worker(DECODER, { type: "module" });
    worker.addEventListener("message", onDecoded);
    worker.addEventListener("error", () => tell("absent"));
    try {
      const opened = await navigator.mediaDevices.getUserMedia(WANTED);
      if (isOver) {
        for (const track of opened.getTracks()) track.stop();
        return;
      }
      stream = opened;
    } catch (failure) {
      if (isOver) return;
      clearTimeout(slow);
      tell(failure.name === "NotAllowedError" ? "refused" : "absent");
      return;
    }
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    if (isOver) return;
    if (place.dataset.camera === "starting") tell("looking");
    tools(place, stream.getVideoTracks()[0]);
    look();
  }

  document.addEventListener("visibilitychange", onHidden);
  if (navigator.mediaDevices) start();
  else {
    clearTimeout(slow);
    tell("absent");
  }
  return stop;
}

// Lamp and zoom, where the camera has them.
function tools(place, track) {
  const able = track.getCapabilities?.() ?? {};
  const torch = place.querySelector("[data-camera-tool=torch]");
  torch.hidden = !able.torch;
  torch.addEventListener("click", () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    torch.setAttribute("aria-pressed", String(on));
    track.applyConstraints({ advanced: [{ torch: on }] }).catch(() => undefined);
  });
  const zoom = place.querySelector("[data-camera-tool=zoom]");
  zoom.parentElement.hidden = !able.zoom;
  if (!able.zoom) return;
  const { min, max, step } = able.zoom;
  Object.assign(zoom, { min, max, step: step || 0.1, value: track.getSettings().zoom });
  zoom.addEventListener("input", () => {
    track.applyConstraints({ advanced: [{ zoom: Number(zoom.value) }] }).catch(() => undefined);
  });
}
