// Names for sales: the id they travel under, a UUID of version 7 made here before anything is sent,
// and the short reference that a person can say while the service has given none. The reference is a
// function of the id alone, the same as on every other terminal (tests compare them).

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS = 7;

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

// `T7K2M9QXR`: "T", the last 35 bits of the id in base 32, and a check character (Luhn's, in 32).
export function localReference(operationId) {
  const last = BigInt(`0x${operationId.replaceAll("-", "")}`) & ((1n << 35n) - 1n);
  const digits = Array.from({ length: DIGITS }, (_, at) => Number((last >> BigInt(5 * (DIGITS - 1 - at))) & 31n));
  return `T${[...digits, check(digits)].map((digit) => ALPHABET[digit]).join("")}`;
}

function check(digits) {
  const total = digits.toReversed().reduce((sum, digit, at) => {
    const counted = at % 2 === 0 ? digit * 2 : digit;
    return sum + Math.floor(counted / 32) + (counted % 32);
  }, 0);
  return (32 - (total % 32)) % 32;
}
