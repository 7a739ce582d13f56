// The printer: a ticket rolls out of the TPE, the newest nearest to it.

import { euros } from "./cents.js";
import { copyOf } from "./filling.js";

const WHEN = new Intl.DateTimeFormat("fr-FR", {
  timeZone: "Europe/Paris", day: "2-digit", month: "2-digit", year: "numeric",
  hour: "2-digit", minute: "2-digit",
});
const MOST_TICKETS = 12;

/** A function that prints a sale or its cancellation into `room`. */
export function printerIn(room) {
  return ({ kind, duplicate, sale, me }) => {
    const done = kind === "cancellation" ? sale.cancelled : null;
    const at = done ? done.cancelled_at : sale.accepted_at;
    const balance = done ? done.balance_after_cents : sale.balance_after_cents;
    const reference = done ? done.reference : sale.reference;
    const ticket = copyOf("ticket", "", {
      partner: me.partner.name, outlet: me.outlet.name,
      label: me.terminal.label, terminal_id: me.terminal.terminal_id,
      when: WHEN.format(new Date(at)), last4: sale.card.last4, wallet: sale.wallet_label,
      amount: euros(sale.amount_cents), balance: euros(balance), reference,
    });
    const hide = (selector, isHidden) => {
      for (const part of ticket.querySelectorAll(selector)) part.hidden = isHidden;
    };
    hide("[data-duplicate]", !duplicate);
    hide(`[data-kind]:not([data-kind="${kind}"])`, true);
    hide(`[data-proof="${sale.pinned ? "identity" : "pin"}"]`, true);
    hide("[data-rule]", kind === "cancellation");
    ticket.querySelector("[data-qr]").src = `/training/qr/${reference}.svg`;
    ticket.querySelector(".ticket").classList.add("is-new");
    room.querySelector(".paper-empty")?.remove();
    for (const old of room.querySelectorAll(".is-new")) old.classList.remove("is-new");
    room.append(ticket);
    while (room.childElementCount > MOST_TICKETS) room.firstElementChild.remove();
    room.scrollTop = room.scrollHeight;
  };
}
