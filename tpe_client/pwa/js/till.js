// What the open counter knows: who it is (`me`, as the service told it), the cashier's choices, and
// whether an answer about money is awaited.

export const till = {
  me: null,
  place: null,
  choices: {},
  isAwaiting: false,
};

// Whether this terminal's policy asks for the holder's PIN: `above` means strictly more. A policy this
// program does not know is better asked for than forgotten.
export function asksPin({ required, above_cents } = {}, cents) {
  if (required === "above" && Number.isInteger(above_cents)) return cents > above_cents;
  return required !== "never";
}
