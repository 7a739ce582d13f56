// The QR code of a reference, drawn by ourselves: version 1, level M, alphanumeric, up to twenty
// characters, which is more than any reference has (ISO/IEC 18004).

const SIDE = 21;
const DATA_BYTES = 16;
const CHECK_BYTES = 10;
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const MOST = 20;
const NAMESPACE = "http://www.w3.org/2000/svg";

export function qrOf(text, label) {
  const dark = modules(text);
  const svg = document.createElementNS(NAMESPACE, "svg");
  const path = document.createElementNS(NAMESPACE, "path");
  const lines = [];
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) if (dark[y][x]) lines.push(`M${x + 4} ${y + 4}h1v1h-1z`);
  }
  path.setAttribute("d", lines.join(""));
  svg.setAttribute("viewBox", `0 0 ${SIDE + 8} ${SIDE + 8}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.append(path);
  return svg;
}

function modules(text) {
  const dark = Array.from({ length: SIDE }, () => Array(SIDE).fill(null));
  frame(dark);
  const bytes = dataOf(text);
  place(dark, [...bytes, ...checksOf(bytes)]);
  return dark;
}

// -- what is written -----------------------------------------------------------------------------

function dataOf(text) {
  if (text.length > MOST) throw new Error("too long for this QR code");
  let bits = "0010" + text.length.toString(2).padStart(9, "0");
  for (let at = 0; at < text.length; at += 2) {
    const [one, other] = [LETTERS.indexOf(text[at]), LETTERS.indexOf(text[at + 1] ?? " ")];
    const isPair = at + 1 < text.length;
    bits += (isPair ? one * 45 + other : one).toString(2).padStart(isPair ? 11 : 6, "0");
  }
  bits += "0".repeat(Math.min(4, DATA_BYTES * 8 - bits.length));
  bits += "0".repeat(-bits.length & 7);
  const bytes = bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2));
  for (let filler = 0xec; bytes.length < DATA_BYTES; filler ^= 0xec ^ 0x11) bytes.push(filler);
  return bytes;
}

// Reed–Solomon over GF(256), polynomial 0x11d.
function times(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product & 0x80 ? 0x11d : 0);
    if ((other >> bit) & 1) product ^= one;
  }
  return product & 0xff;
}

function checksOf(bytes) {
  let generator = [1];
  for (let at = 0, root = 1; at < CHECK_BYTES; at += 1, root = times(root, 2)) {
    const next = [...generator, 0];
    generator.forEach((factor, place) => (next[place + 1] ^= times(factor, root)));
    generator = next;
  }
  const rest = Array(CHECK_BYTES).fill(0);
  for (const byte of bytes) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    for (let at = 0; at < CHECK_BYTES; at += 1) rest[at] ^= times(generator[at + 1], factor);
  }
  return rest;
}

// -- where it stands -----------------------------------------------------------------------------

function frame(dark) {
  for (const [left, top] of [[3, 3], [SIDE - 4, 3], [3, SIDE - 4]]) {
    for (let y = -4; y <= 4; y += 1) {
      for (let x = -4; x <= 4; x += 1) {
        const [row, column] = [top + y, left + x];
        const ring = Math.max(Math.abs(x), Math.abs(y));
        if (row in dark && column in dark[row]) dark[row][column] = ring !== 2 && ring !== 4;
      }
    }
  }
  for (let at = 8; at < SIDE - 8; at += 1) dark[6][at] = dark[at][6] = at % 2 === 0;
  format(dark);
}

// Level M, mask 0: 00 000, with its ten check bits, over the constant of the standard. Readers take
// any mask; the choice of the prettiest would double this file.
function format(dark) {
  const bits = 0x5412;
  const bit = (at) => Boolean((bits >> at) & 1);
  for (let at = 0; at < 6; at += 1) dark[at][8] = bit(at);
  dark[7][8] = bit(6);
  dark[8][8] = bit(7);
  dark[8][7] = bit(8);
  for (let at = 9; at < 15; at += 1) dark[8][14 - at] = bit(at);
  for (let at = 0; at < 8; at += 1) dark[8][SIDE - 1 - at] = bit(at);
  for (let at = 8; at < 15; at += 1) dark[SIDE - 15 + at][8] = bit(at);
  dark[SIDE - 8][8] = true;
}

function place(dark, bytes) {
  const bits = bytes.flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((at) => Boolean((byte >> at) & 1)));
  let at = 0;
  let isUpward = true;
  for (let right = SIDE - 1; right > 0; right -= 2) {
    // The column of timing belongs to no pair.
    if (right === 6) right = 5;
    for (let step = 0; step < SIDE; step += 1) {
      const y = isUpward ? SIDE - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (dark[y][x] === null) dark[y][x] = (bits[at++] ?? false) !== ((x + y) % 2 === 0);
      }
    }
    isUpward = !isUpward;
  }
}
