// Amounts as people type and read them. Money is whole cents: no float ever holds a sum.

const MOST_CENTS = 100_000;

/** Cents of "10", "10,5" or "10,55"; null for anything else, zero, or more than the contract. */
export function centsOf(typed) {
  const found = /^(\d{1,5})(?:,(\d{0,2}))?$/.exec(typed);
  if (!found) return null;
  const cents = Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
  return cents >= 1 && cents <= MOST_CENTS ? cents : null;
}

/** "1 234,56 €" with no-break spaces. */
export function euros(cents) {
  const whole = String(Math.trunc(cents / 100)).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
  return `${whole},${String(cents % 100).padStart(2, "0")}\u00a0€`;
}

/** What has been typed so far and one more key; a key that cannot follow is dropped. */
export function typedWith(typed, key) {
  const longer = key === "," && typed === "" ? "0," : typed + key;
  return /^\d{0,4}(,\d{0,2})?$/.test(longer) ? longer : typed;
}
