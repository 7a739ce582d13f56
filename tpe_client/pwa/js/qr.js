// The QR code of a reference as a drawing. The library makes the modules; what is ours is how they
// are drawn: one path, sharp at any size, with a name for those who hear the page.

import { encode } from "../vendor/uqr/index.mjs";

const NAMESPACE = "http://www.w3.org/2000/svg";
// What a reader wants to see around a code, in modules.
const QUIET = 4;

export function qrOf(text, label) {
  const { data, size } = encode(text, { ecc: "M", border: QUIET });
  const svg = document.createElementNS(NAMESPACE, "svg");
  const path = document.createElementNS(NAMESPACE, "path");
  const dark = data.flatMap((row, y) => row.flatMap((is, x) => (is ? [`M${x} ${y}h1v1h-1z`] : [])));
  path.setAttribute("d", dark.join(""));
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.append(path);
  return svg;
}
