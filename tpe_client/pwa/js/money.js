// Euro cents as people write them. The law: integers only; text becomes cents digit by digit, never
// through a fraction.

const AMOUNT = /^(\d{0,5})(?:[.,](\d{0,2}))?$/;

// `10,55 €`, with no-break spaces.
export function euros(cents) {
  const whole = String(Math.trunc(cents / 100)).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
  return `${whole},${String(cents % 100).padStart(2, "0")}\u00a0€`;
}

// Whole cents of a typed amount, or null when it is none (or nothing).
export function centsOf(typed) {
  const found = AMOUNT.exec(typed.trim());
  if (!found) return null;
  const cents = Number(found[1] || "0") * 100 + Number((found[2] ?? "").padEnd(2, "0"));
  return cents > 0 ? cents : null;
}

// Whether the typed text could still become an amount: at most five digits and two decimals.
export const isAmountSoFar = (typed) => AMOUNT.test(typed);
