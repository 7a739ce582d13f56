// What the open counter knows: who it is (`me`, as the service told it), the cashier's choices, and
// whether an answer about money is awaited.

export const till = {
  me: null,
  place: null,
  choices: {},
  isAwaiting: false,
};

// Whether this terminal's policy asks for the holder's PIN: `above` means strictly more.
export function asksPin({ required, above_cents }, cents) {
  return required === "always" || (required === "above" && cents > above_cents);
}
