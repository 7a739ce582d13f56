// Wallet and amount: a keypad with a comma, « Solde entier », and a button that says the whole
// sentence before it is pressed. The service judges the amount: a hint here forbids nothing it allows.

import { word } from "./draw.js";
import { centsOf, euros, isAmountSoFar } from "./money.js";

// `sale`: {wallets, wallet, typed, limit_cents, asksPin(cents)}. `done({wallet, cents})`.
// What was typed stays in `sale`, for whoever comes back to change it.
export function amounts(place, sale, done) {
  const form = place.querySelector("form");
  const field = form.elements.amount;
  const button = form.querySelector("[data-do]");
  const hint = form.querySelector("#amount-hint");
  const chosen = () => sale.wallets.find((one) => one.wallet === sale.wallet);
  // Fingers have the keypad of the page; the system's would cover the button.
  if (matchMedia("(pointer: coarse)").matches) field.inputMode = "none";
  if (sale.wallets.length === 1) sale.wallet = sale.wallets[0].wallet;
  for (const radio of form.querySelectorAll("[name=wallet]")) radio.checked = radio.value === sale.wallet;
  field.value = sale.typed;

  function refresh() {
    const [wallet, cents] = [chosen(), centsOf(sale.typed)];
    const facts = { amount: euros(cents ?? 0), wallet: wallet?.label };
    const sentence = !wallet ? "do.choose" : !cents ? "do.amount" : sale.asksPin(cents) ? "do.pin" : "do.debit";
    button.textContent = word(sentence, facts);
    button.setAttribute("aria-disabled", String(!wallet || !cents));
    hint.textContent = warning(sale, wallet, cents);
  }

  function type(text) {
    if (isAmountSoFar(text)) sale.typed = text.replace(".", ",");
    field.value = sale.typed;
    refresh();
  }

  form.addEventListener("input", (event) => {
    if (event.target.name === "wallet") sale.wallet = event.target.value;
    if (event.target === field) type(field.value.replace(/[\s\u00a0€]/g, ""));
    else refresh();
  });
  form.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key) type(key === "back" ? sale.typed.slice(0, -1) : sale.typed + key);
    // A wallet that was pressed leads to the amount; arrow keys only choose (they click from nowhere).
    if (event.target.name === "wallet" && event.detail > 0) field.focus({ preventScroll: true });
  });
  refresh();
  (sale.wallet ? field : form.querySelector("[name=wallet]")).focus({ preventScroll: true });

  return {
    whole() {
      const wallet = chosen();
      if (wallet) type(euros(wallet.balance_cents).slice(0, -2).replace(/\u00a0/g, ""));
      else form.querySelector("[name=wallet]").focus();
    },
    submit() {
      const [wallet, cents] = [chosen(), centsOf(sale.typed)];
      if (!wallet) form.querySelector("[name=wallet]").focus();
      else if (!cents) field.focus();
      else done({ wallet, cents });
    },
  };
}

function warning(sale, wallet, cents) {
  if (!cents) return "";
  if (wallet && cents > wallet.balance_cents) {
    return word("hint.balance", { balance: euros(wallet.balance_cents) });
  }
  return cents > sale.limit_cents ? word("hint.limit", { limit: euros(sale.limit_cents) }) : "";
}
