// Wallet and amount: the button says the whole sentence before it is pressed, a keypad for fingers,
// « Solde entier ». The server reads the amount again: nothing here decides.

const EUROS = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });
const AMOUNT = /^\s*(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d{1,12})(?:[.,](\d{1,2}))?\s*€?\s*$/;

export function euros(cents) {
  return EUROS.format(cents / 100).replace(/[\u202f ]/g, "\u00a0");
}

export function centsOf(text) {
  const found = AMOUNT.exec(text);
  if (!found) return null;
  const cents = Number(found[1].replace(/\D/g, "")) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
  return cents > 0 ? cents : null;
}

function pinIsDue(form, cents) {
  if (form.dataset.pin === "always") return true;
  return form.dataset.pin === "above" && cents > Number(form.dataset.pinAbove);
}

function sale(form) {
  const wallet = form.querySelector("[name=porte_monnaie]:checked");
  return { wallet, cents: centsOf(form.elements.montant.value) };
}

export function amounts(region) {
  const form = region.querySelector("form[data-amount]");
  if (!form) return;
  const field = form.elements.montant;
  const button = form.querySelector("[data-do]");
  const hint = form.querySelector(".till-amount-hint");
  const plain = button.textContent;
  const refresh = () => {
    const { wallet, cents } = sale(form);
    const ready = wallet && cents;
    const sentence = ready && pinIsDue(form, cents) ? button.dataset.wordsPin : button.dataset.words;
    button.textContent = ready
      ? sentence.replace("{montant}", euros(cents)).replace("{porte_monnaie}", wallet.dataset.label)
      : plain;
    hint.textContent = warning(form, hint, wallet, cents);
  };
  form.addEventListener("input", refresh);
  whole(form, field, refresh);
  keypad(form, field);
  wallets(form, field);
  refresh();
}

// Whether the form may be debited at once: the sentence was on the button and no PIN is due.
amounts.direct = (form, submitter) => {
  const { wallet, cents } = sale(form);
  return Boolean(wallet && cents && submitter?.name !== "solde_entier" && !pinIsDue(form, cents));
};

function warning(form, hint, wallet, cents) {
  if (!cents) return "";
  if (cents > Number(form.dataset.most)) {
    return hint.dataset.tooHigh.replace("{plafond}", euros(Number(form.dataset.most)));
  }
  if (wallet && cents > Number(wallet.dataset.balance)) {
    return hint.dataset.tooMuch.replace("{solde}", euros(Number(wallet.dataset.balance)));
  }
  return "";
}

function whole(form, field, refresh) {
  const button = form.querySelector("[data-whole]");
  button.type = "button";
  button.addEventListener("click", () => {
    const chosen = form.querySelector("[name=porte_monnaie]:checked");
    if (!chosen) {
      form.querySelector("[name=porte_monnaie]").focus();
      form.reportValidity();
      return;
    }
    field.value = euros(Number(chosen.dataset.balance)).slice(0, -2);
    refresh();
    field.focus();
  });
}

function keypad(form, field) {
  const keys = form.querySelector(".till-keys");
  keys.hidden = false;
  // Fingers have the keypad of the page; the system's would cover the button.
  if (matchMedia("(pointer: coarse)").matches) field.inputMode = "none";
  keys.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key === undefined) return;
    field.value = key === "" ? field.value.slice(0, -1) : field.value + key;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// A wallet that was clicked or confirmed with Enter leads to the amount; arrows only choose.
function wallets(form, field) {
  const list = form.querySelector(".till-wallets");
  list.addEventListener("click", (event) => {
    // The arrow keys click too, from no place on the screen.
    if (event.target.name === "porte_monnaie" && event.detail > 0) field.focus();
  });
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.name !== "porte_monnaie") return;
    event.preventDefault();
    event.target.checked = true;
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}
