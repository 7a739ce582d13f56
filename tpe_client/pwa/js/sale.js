// One sale, screen by screen: card, identity, wallet and amount, PIN where it is due, the debit and
// its truth. The law: what the screen says about money was said by the service; a new try of a
// refused sale takes a new id; the PIN lives from the pad to the answer and nowhere else.

import { amounts } from "./amount.js";
import { camera } from "./camera.js";
import { word } from "./draw.js";
import { minute } from "./moments.js";
import { euros } from "./money.js";
import { localReference, newOperationId } from "./operation_id.js";
import { pad } from "./pad.js";
import { photo } from "./photo.js";
import { askOn, giveUp, takeDebit } from "./settle.js";
import { say, show, thisTurn } from "./stage.js";
import { ticket } from "./ticket.js";
import { asksPin, till } from "./till.js";
import { play } from "./tunes.js";
import { wire } from "./wire.js";

const CHANGE = new Set(["insufficient_balance", "amount_above_terminal_limit", "wallet_not_accepted"]);
const PIN_CODES = new Set(["pin_wrong", "pin_required"]);

let home = () => undefined;
// The sale under way. An attempt (order and PIN) lives with the screen that awaits its truth.
let sale = null;

export function sellFrom(goHome) {
  home = goHome;
}

export function forgetSale() {
  sale = null;
}

// -- card ----------------------------------------------------------------------------------------

export function scan() {
  forgetSale();
  const words = { heading: word("scan.card"), aim: word("scan.card.aim") };
  let stop = () => undefined;
  const place = show("scan", words, { acts: { type, cancel: home }, leave: () => stop() });
  stop = camera(place, { read, gone: home });
}

export function type() {
  forgetSale();
  const place = show("type", {}, { acts: { submit, cancel: home } });
  function submit(form) {
    const code = form.elements.code.value.trim();
    if (code) return read(code);
    place.querySelector("[data-error]").hidden = false;
    form.elements.code.setAttribute("aria-invalid", "true");
    form.elements.code.focus();
    return undefined;
  }
}

export async function read(reading) {
  forgetSale();
  show("reading", {});
  const isMine = thisTurn();
  const answer = await wire.identify(reading.slice(0, 200));
  // Left, locked or revoked meanwhile: the screen is no longer ours.
  if (!isMine() || !wire.isOpen() || answer?.status === 401) return;
  if (answer?.status !== 200) return problem(answer, () => read(reading));
  if (answer.body.outcome !== "identified") {
    play("declined", till.choices);
    show("card-declined", answer.body);
    return;
  }
  identity(answer.body);
}

// A problem of the service, or no answer: nothing was decided about anybody's money.
function problem(answer, again) {
  const wait = answer?.status === 429;
  play("unknown", till.choices);
  const told = { cut: answer === null, can_retry: !wait && answer?.status !== 403, ...answer?.body };
  show("problem", told, { acts: { again } });
}

// -- identity, amount, PIN -----------------------------------------------------------------------

function identity(found) {
  const { holder, card, wallets } = found;
  sale = {
    identification: found.identification,
    pin: found.pin,
    first_name: holder.first_name,
    last4: card.last4,
    wallets,
    wallet: null,
    typed: "",
    limit_cents: till.me?.settings.limit_cents ?? Infinity,
    asksPin: (cents) => asksPin(found.pin, cents),
  };
  const facts = {
    first_name: holder.first_name,
    initial: holder.last_name_initial ? `${holder.last_name_initial}.` : "",
    age: holder.age,
    last4: card.last4,
    photo: holder.photo_url,
    wallets: wallets.length,
  };
  let stop = () => undefined;
  const place = show("identity", facts, { acts: { verified: amount }, leave: () => stop() });
  stop = photo(place);
}

function amount() {
  const wallets = sale.wallets.map((one) => ({ ...one, balance: euros(one.balance_cents) }));
  const place = show("amount", { first_name: sale.first_name, wallets }, {
    acts: { whole: () => entry.whole(), submit: () => entry.submit(), back: home },
  });
  const entry = amounts(place, sale, ({ wallet, cents }) => {
    Object.assign(sale, { label: wallet.label, cents });
    if (sale.asksPin(cents)) pin();
    else debit(null);
  });
}

function pin(told = {}) {
  const { shuffled, spoken } = till.choices;
  let forget = () => undefined;
  const place = show("pin", { ...summed(sale), ...told }, { acts: { back: amount }, leave: () => forget() });
  forget = pad(place.querySelector("[data-pad]"), { fewest: 4, most: 4, done: debit, shuffled, spoken });
}

const summed = ({ cents, label }) => ({ amount: euros(cents), wallet: label });

// -- the debit -----------------------------------------------------------------------------------

async function debit(digits) {
  const order = {
    operation_id: newOperationId(),
    identification: sale.identification,
    wallet: sale.wallet,
    amount_cents: sale.cents,
    last4: sale.last4,
    identity_checked: true,
  };
  const attempt = { order, pin: digits, pinSent: Boolean(digits), sale };
  await awaited(attempt, "debit", (late) => takeDebit(order, digits, { late }));
}

// Shows that the answer is awaited, then the truth. Nothing else can be done meanwhile.
async function awaited(attempt, doing, work) {
  const stay = () => say(word("wait"), { seen: true });
  const facts = { ...summed(attempt.sale), heading: word(`sending.${doing}`) };
  const place = show("sending", facts, { acts: { home: stay, back: stay, day: stay, settings: stay, lock: stay } });
  const isMine = thisTurn();
  till.isAwaiting = true;
  let end;
  try {
    end = await work(() => {
      place.querySelector("[data-wait=late]")?.removeAttribute("hidden");
    });
  } finally {
    till.isAwaiting = false;
  }
  // Opened in another tab meanwhile, or revoked: the truth is told there.
  if (isMine() && wire.isOpen()) told(end, attempt);
}

function told(end, attempt) {
  const { state, body } = end;
  const { order, sale: own, pinSent } = attempt;
  const facts = { ...summed(own), last4: own.last4, operation: order.operation_id, reference: body?.reference };
  if (state === "revoked") return;
  if (state === "approved") {
    play("approved", till.choices);
    const approved = { ...facts, minute: minute(body.accepted_at), balance: euros(body.balance_after_cents) };
    show("approved", approved, { acts: { ticket: () => ticket({ ...body, label: own.label }, { pinSent }) } });
  } else if (state === "declined") {
    play("declined", till.choices);
    declined(body, facts);
  } else if (state === "cancelled" || state === "never") {
    play("undone", till.choices);
    const cancellation = state === "cancelled" && (body.cancellation?.reference ?? body.reference);
    show(state === "cancelled" ? "undone" : "never", { ...facts, cancellation });
  } else if (state === "unkept") {
    play("unknown", till.choices);
    show("unkept", facts);
  } else {
    play("unknown", till.choices);
    unknown(facts, end.given_up ? { ...attempt, pin: null, givenUp: true } : attempt);
  }
}

function declined(body, facts) {
  const pinAgain = PIN_CODES.has(body.code) && body.tries_left !== 0;
  const change = CHANGE.has(body.code);
  const rescan = body.code === "identification_expired";
  const ways = { pin: pinAgain, change, rescan, other: !pinAgain && !change && !rescan };
  const told = body.code === "pin_wrong" ? { message: body.message, next_step: body.next_step } : {};
  show("declined", { ...facts, ...ways, message: body.message, next_step: body.next_step }, {
    acts: { pin: () => pin(told), change: amount },
  });
}

// Once it is given up, no debit leaves any more: only its cancellation, until somebody answers.
function unknown(facts, attempt) {
  const { order, givenUp = false } = attempt;
  const forgo = () => awaited({ ...attempt, pin: null }, "undo", () => giveUp(order));
  const ask = givenUp ? forgo : () => awaited(attempt, "ask", () => askOn(order, attempt.pin));
  const onLine = () => ask();
  addEventListener("online", onLine);
  show("unknown", { ...facts, given_up: givenUp, local_reference: localReference(order.operation_id) }, {
    acts: { ask, "give-up": forgo },
    leave: () => removeEventListener("online", onLine),
  });
}
