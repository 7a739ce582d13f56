// The id of a sale: a UUID of version 7, made here, before anything is sent. And the short reference
// that a person can read out to the assistance while the service has given none.

export function newOperationId(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let left = now;
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = left % 256;
    left = Math.floor(left / 256);
  }
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function localReference(operationId) {
  const end = operationId.slice(-8).toUpperCase();
  return `${end.slice(0, 4)} ${end.slice(4)}`;
}
