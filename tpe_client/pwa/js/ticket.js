// The holder's ticket on the screen, and by mail if asked for. The law: no name; the card by its last
// four; what was shown before is marked DUPLICATA. The address is sent once and kept nowhere.

import { word } from "./draw.js";
import { journal } from "./journal.js";
import { minute } from "./moments.js";
import { euros } from "./money.js";
import { qrOf } from "./qr.js";
import { show } from "./stage.js";
import { till } from "./till.js";
import { wire } from "./wire.js";

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

// `debit`: the service's answer about an approved debit, with its wallet's label.
export async function ticket(debit, { pinSent = null } = {}) {
  const entry = await journal.of(debit.operation_id);
  const undone = debit.cancellation ?? null;
  const { partner, outlet, terminal } = till.me;
  const place = show("ticket", {
    partner: partner.name,
    outlet: outlet.name,
    address: outlet.address,
    label: terminal.label,
    terminal: terminal.terminal_id,
    duplicate: !entry || entry.ticket_shown,
    cancelled: undone !== null,
    amount: euros(debit.amount_cents),
    wallet: debit.label,
    minute: minute(undone?.cancelled_at ?? debit.accepted_at),
    last4: debit.card.last4,
    reference: undone?.reference ?? debit.reference,
    debit_reference: debit.reference,
    balance: !undone && Number.isInteger(debit.balance_after_cents) && euros(debit.balance_after_cents),
    with_pin: pinSent ?? entry?.with_pin,
    operation: debit.operation_id,
  }, { acts: { submit: (form) => mail(place, form, debit.operation_id) } });
  const square = place.querySelector("[data-qr]");
  square.append(qrOf(square.dataset.qr, square.dataset.label));
  await journal.noteTicket(debit.operation_id);
}

async function mail(place, form, operationId) {
  const field = form.elements.email;
  const button = form.querySelector("button");
  const [told, sent] = [place.querySelector("[data-error]"), place.querySelector("[data-sent]")];
  if (button.disabled) return;
  told.hidden = true;
  sent.hidden = true;
  const address = field.value.trim();
  let wrong = ADDRESS.test(address) ? "" : word("email.wrong");
  if (!wrong) {
    button.disabled = true;
    const answer = await wire.mailTicket(operationId, address);
    button.disabled = false;
    if (answer === null || answer.status >= 500) wrong = word("email.cut");
    else if (answer.status === 422) wrong = word("email.wrong");
    else if (answer.status >= 400) wrong = answer.body.detail ?? word("email.cut");
  }
  field.toggleAttribute("aria-invalid", Boolean(wrong));
  if (wrong) {
    told.textContent = wrong;
    told.hidden = false;
    field.focus();
    return;
  }
  sent.hidden = false;
  field.value = "";
}
