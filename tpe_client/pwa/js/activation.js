// A phone becomes a counter in two steps (C48): the code (scanned, typed, or from the link of the
// portal's QR), then « c'est bien ici ? », a name and a till code. The law: the key is told once
// and must be sealed as it comes: the till code is chosen, and the seal proven, before it is asked for.

import { camera } from "./camera.js";
import { word } from "./draw.js";
import { journal } from "./journal.js";
import { shell } from "./shell.js";
import { show, thisTurn } from "./stage.js";
import { vault } from "./vault.js";
import { wire } from "./wire.js";

const FRAGMENT = "activation";
const KIND = "phone";
const CODE = /^[0-9]{6}$/;
// One group of digits again and again, or a staircase up or down.
const WEAK = /^(\d{1,3})\1+$/;
const STAIRCASES = "01234567890 09876543210";
const isWeak = (code) => WEAK.test(code) || STAIRCASES.includes(code);

// The code of a QR: the portal's leads to this very app, an older one is the bare code.
export function codeIn(text) {
  const at = text.indexOf("#");
  const named = at >= 0 ? new URLSearchParams(text.slice(at + 1)).get(FRAGMENT) : null;
  return (named ?? text).trim().slice(0, 100);
}

// The code in the address, taken out of it before anything else happens.
export function handedOver() {
  const code = new URLSearchParams(location.hash.slice(1)).get(FRAGMENT);
  if (location.hash) history.replaceState(null, "", location.pathname);
  return code?.slice(0, 100) ?? "";
}

// `why`: revoked, wiped, forgotten or nothing; `done()` once the key is sealed.
export async function activate(done, { why = "", code = "" } = {}) {
  const unresolved = (await journal.unresolved()).map((entry) => entry.local_reference).join(", ");
  const facts = { [why]: true, unresolved, installable: shell.isInstallable(), apple: shell.isAppleBrowser() };

  function first(typed = "", error = "") {
    const place = show("activate", facts, { acts: { submit, scan, install: () => shell.install() }, isHome: true });
    const field = place.querySelector("[name=code]");
    field.value = typed;
    if (error) wrong(field, place.querySelector("[data-error]"), error);
  }

  const submit = (form) => recognise(form.elements.code.value.trim());

  function scan() {
    const words = { heading: word("scan.activation"), aim: word("scan.activation.aim") };
    let stop = () => undefined;
    const back = () => first();
    const place = show("scan", words, { acts: { type: back, cancel: back }, leave: () => stop() });
    stop = camera(place, { read: (text) => recognise(codeIn(text)), gone: back });
  }

  async function recognise(typed) {
    if (!typed) return first("", word("activation.empty"));
    show("reading", {}, {});
    const isMine = thisTurn();
    const answer = await wire.recognise(typed);
    if (!isMine()) return undefined;
    if (!answer) return first(typed, word("activation.cut"));
    if (answer.status !== 201) return first(typed, answer.body.detail ?? "");
    // A box's key has no place on a phone, and its box would wait for it in vain.
    if (answer.body.kind !== KIND) return first("", word("activation.kind"));
    return second(answer.body);
  }

  function second({ partner, outlet, activation_token, terminal_id }) {
    const place = { partner: partner.name, outlet: outlet.name, address: outlet.address, terminal: terminal_id };
    show("place", place, {
      acts: { yes: () => name(place, activation_token), no: () => first(), back: () => first() },
    });
  }

  function name(place, token) {
    const screen = show("name", { ...place, label: "" }, {
      acts: { submit: (form) => confirm(screen, form, place, token), back: () => first() },
    });
  }

  async function confirm(screen, form, place, token) {
    const [label, code1, code2] = ["label", "code", "again"].map((field) => form.elements[field].value.trim());
    for (const part of screen.querySelectorAll("[data-error]")) part.hidden = true;
    for (const part of form.querySelectorAll("[aria-invalid]")) part.removeAttribute("aria-invalid");
    const refused = !label ? ["label", "name.label"]
      : !CODE.test(code1) ? ["code", "name.code"]
      : isWeak(code1) ? ["code", "name.weak"]
      : code1 !== code2 ? ["again", "name.again"] : null;
    if (refused) {
      const [field, sentence] = refused;
      return wrong(form.elements[field], screen.querySelector(`[data-error=${field}]`), word(sentence));
    }
    const button = form.querySelector("button:not([type])");
    if (button.disabled) return undefined;
    button.disabled = true;
    const isMine = thisTurn();
    const tell = (sentence) => {
      const told = screen.querySelector("[data-error=all]");
      if (!isMine()) return;
      button.disabled = false;
      told.textContent = sentence;
      told.hidden = false;
    };
    // Kept even when the disk is short: a browser may else throw a site's store away.
    await navigator.storage?.persist?.().catch(() => undefined);
    const seal = await vault.prepared(code1).catch(() => null);
    if (!seal) return tell(word("name.full"));
    const answer = await wire.confirm(token, label);
    if (answer?.status === 201) {
      const { terminal_key: key } = answer.body;
      if (await seal(key, { ...place, label }).then(() => true, () => false)) return done(key);
      return tell(word("name.lost"));
    }
    if (answer?.status === 404 && isMine()) return first("", answer.body.detail);
    return tell(answer ? (answer.body.detail ?? "") : word("name.lost"));
  }

  if (code) await recognise(code);
  else first();
}

function wrong(field, place, sentence) {
  place.textContent = sentence;
  place.hidden = false;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}
