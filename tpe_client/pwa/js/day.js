// The day: every sale and refusal of the partner, what became of one of them, and its cancellation.
// The law: read from the service each time; nothing of a list is kept.

import { word } from "./draw.js";
import { journal } from "./journal.js";
import { dayInWords, hour, minute } from "./moments.js";
import { euros } from "./money.js";
import { cancelDebit } from "./settle.js";
import { say, show, thisTurn } from "./stage.js";
import { ticket } from "./ticket.js";
import { till } from "./till.js";
import { play } from "./tunes.js";
import { wire } from "./wire.js";

const TONES = { approved: "done", declined: "wrong", cancelled: "quiet", never: "quiet", unknown: "warning", written: "warning" };

const UNANSWERED = { unanswered: true, can_be_cancelled: false };

export const stateOf = (debit) => (debit.outcome === "declined" ? "declined" : debit.cancellation ? "cancelled" : "approved");
export const stateShown = (state) => ({ state: word(`state.${state}`), tone: TONES[state] });
export const counted = (count) => word(count === 0 ? "count.none" : count === 1 ? "count.one" : "count.several", { count });

// -- the list ------------------------------------------------------------------------------------

export async function day() {
  show("reading-day", {});
  const isMine = thisTurn();
  const [page, me] = await Promise.all([wire.day(null), wire.me()]);
  if (!wire.isOpen()) return;
  if (me?.status === 200) till.me = me.body;
  if (!isMine()) return;
  listed(page?.status === 200 ? page.body : null, page?.status === 200 ? page.body.items : []);
}

function listed(page, debits) {
  const today = till.me?.today ?? { count: 0, amount_cents: 0 };
  const facts = {
    // The business day of the service: a phone's own clock may be anywhere.
    day: debits.length > 0 && dayInWords(debits[0].business_day),
    stale: page === null,
    empty: page !== null && debits.length === 0,
    more: page?.next_cursor,
    own_total: euros(today.amount_cents),
    own_count: counted(today.count),
    totals: (page?.totals ?? []).map((one) => ({
      label: word(`wallet.${one.wallet}`),
      total: euros(one.amount_cents),
      count: counted(one.count),
    })),
    sales: debits.map(line),
  };
  show("day", facts, { acts: { more: () => more(page, debits) } });
}

function line(debit) {
  return {
    operation: debit.operation_id,
    hour: hour(debit.accepted_at),
    amount: euros(debit.amount_cents),
    wallet: word(`wallet.${debit.wallet}`),
    last4: debit.card?.last4,
    ...stateShown(stateOf(debit)),
  };
}

async function more(page, debits) {
  const isMine = thisTurn();
  const next = await wire.day(page.next_cursor);
  if (!isMine() || !wire.isOpen()) return;
  if (next?.status !== 200) {
    say(word("day.cut"), { seen: true });
    return;
  }
  // A sale that arrived meanwhile moves the others down: each is shown once.
  const known = new Set(debits.map((one) => one.operation_id));
  const fresh = next.body.items.filter((one) => !known.has(one.operation_id));
  const reached = debits.length;
  listed({ ...next.body, totals: page.totals }, [...debits, ...fresh]);
  document.querySelectorAll(".sale")[reached]?.focus();
}

// -- one operation -------------------------------------------------------------------------------

export async function operation(operationId) {
  show("reading-day", {});
  const isMine = thisTurn();
  // A cancellation that nobody has answered is asked for again: what stands now is not the end.
  const asked = await journal.cancellationAsked(operationId);
  const end = asked && (await awaited(operationId, asked.reason));
  const answer = await wire.ask(operationId);
  if (!isMine() || !wire.isOpen() || answer?.status === 401) return;
  if (answer?.status !== 200) {
    const told = { cut: answer === null || answer.status >= 500, ...answer?.body };
    show("operation-problem", told, { acts: { again: () => operation(operationId) } });
    return;
  }
  shown(answer.body, end?.state === "unanswered" ? UNANSWERED : {});
}

function shown(debit, told = {}) {
  const state = stateOf(debit);
  const label = word(`wallet.${debit.wallet}`);
  const facts = {
    heading: word(`heading.${state}`),
    amount: euros(debit.amount_cents),
    wallet: label,
    reference: debit.reference,
    cancellation_reference: debit.cancellation?.reference,
    last4: debit.card?.last4,
    minute: debit.accepted_at && minute(debit.accepted_at),
    message: state === "declined" && debit.message,
    next_step: state === "declined" ? debit.next_step : "",
    ticket: state !== "declined",
    // Until midnight: the service knows when that is, and refuses in words.
    can_be_cancelled: state === "approved" && !told.refusal,
    ...told,
  };
  show("operation", facts, {
    acts: {
      submit: (form) => cancel(debit, new FormData(form).get("reason")),
      ticket: () => ticket({ ...debit, label }),
    },
  });
}

async function cancel(debit, reason) {
  show("reading-day", {});
  const isMine = thisTurn();
  const end = await awaited(debit.operation_id, reason);
  if (!isMine() || !wire.isOpen() || end.state === "revoked") return;
  if (end.state === "unanswered") {
    play("unknown", till.choices);
    shown(debit, UNANSWERED);
    return;
  }
  if (end.state === "unkept") {
    play("unknown", till.choices);
    shown(debit, { refusal: word("cancel.unkept"), refusal_next: word("cancel.unkept.next") });
    return;
  }
  if (end.state !== "cancelled") {
    const { message, next_step, title, detail } = end.body;
    play("declined", till.choices);
    shown(debit, { refusal: message ?? title, refusal_next: next_step ?? detail });
    return;
  }
  play("undone", till.choices);
  const { reference, cancelled_at } = end.body;
  shown({ ...debit, cancellation: { reference, cancelled_at } }, { cancelled: true });
}

async function awaited(operationId, reason) {
  till.isAwaiting = true;
  try {
    return await cancelDebit(operationId, reason);
  } finally {
    till.isAwaiting = false;
  }
}
