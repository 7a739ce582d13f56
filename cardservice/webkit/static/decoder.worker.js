// Finds a QR code in a picture, away from the page: WebAssembly is compiled under the policy of this
// file alone. The library and its .wasm are of one version and come from our own address (its default
// would be somebody else's). A picture that cannot be read is a picture without a code.

import { prepareZXingModule, readBarcodes } from "./vendor/zxing/reader/index.js";

const WASM = new URL("./vendor/zxing/zxing_reader.wasm", import.meta.url).href;
const WANTED = { formats: ["QRCode"], textMode: "Plain", tryHarder: true, maxNumberOfSymbols: 1 };

prepareZXingModule({ overrides: { locateFile: () => WASM } });

const canvas = new OffscreenCanvas(1, 1);
const pen = canvas.getContext("2d", { willReadFrequently: true });

async function textIn(frame) {
  try {
    canvas.width = frame.width;
    canvas.height = frame.height;
    pen.drawImage(frame, 0, 0);
    const pixels = pen.getImageData(0, 0, canvas.width, canvas.height);
    const [found] = await readBarcodes(pixels, WANTED);
    return found?.isValid ? found.text : "";
  } catch {
    return "";
  } finally {
    frame.close();
  }
}

self.addEventListener("message", async ({ data: frame }) => {
  const began = performance.now();
  const text = await textIn(frame);
  self.postMessage({ text, milliseconds: performance.now() - began });
});
