// Every sale this phone has begun, and every cancellation that nobody has answered yet. The law: an
// operation id and its content are on the disk before a byte is sent, a cancellation before it leaves;
// never a PIN, a name or a balance. What was not settled is asked for, not guessed.
// States: written (sent, no answer yet), unknown (asked in vain), approved, declined, cancelled,
// never (given up before the service had it: a tombstone stands there).

import { localReference } from "./operation_id.js";
import { store, whenRead } from "./store.js";

const SHELF = "operations";
const ASKED = "cancellations";
const KEPT_MS = 31 * 24 * 3_600_000;
const OPEN = new Set(["written", "unknown"]);
const UNDONE = new Set(["cancelled", "never"]);

// The first certain answer stands; only an approved sale can still become cancelled.
function mayBecome(before, state) {
  if (state === "unknown") return before === "written";
  return OPEN.has(before) || (before === "approved" && UNDONE.has(state));
}

export const journal = {
  async write(order, { with_pin }) {
    await store.write(SHELF, {
      operation_id: order.operation_id,
      wallet: order.wallet,
      amount_cents: order.amount_cents,
      last4: order.last4,
      identity_checked: order.identity_checked,
      with_pin,
      state: "written",
      local_reference: localReference(order.operation_id),
      written_at: Date.now(),
    });
  },

  // What the service has decided. A debit of another terminal has no entry here, its cancellation has.
  settle(operationId, state, facts = {}) {
    return store.change([SHELF, ASKED], (sales, asked) => {
      if (UNDONE.has(state)) asked.delete(operationId);
      whenRead(sales, operationId, (entry) => {
        if (!entry || !mayBecome(entry.state, state)) return;
        const settled = OPEN.has(state) ? {} : { settled_at: Date.now() };
        sales.put({ ...entry, ...facts, ...settled, state });
      });
    });
  },

  // From now on only the answer to the cancellation decides: it may arrive at any time.
  askCancellation: (operationId, reason) =>
    store.write(ASKED, { operation_id: operationId, reason, asked_at: Date.now() }),

  // The service has answered that this one is not cancelled.
  dropCancellation: (operationId) => store.remove(ASKED, operationId),

  cancellationAsked: (operationId) => store.read(ASKED, operationId),

  async cancellationsAsked() {
    return (await store.all(ASKED)).sort((one, other) => one.asked_at - other.asked_at);
  },

  of: (operationId) => store.read(SHELF, operationId),

  noteTicket(operationId) {
    return store.change([SHELF], (sales) => {
      whenRead(sales, operationId, (entry) => entry && sales.put({ ...entry, ticket_shown: true }));
    });
  },

  // Sales the service has still to be asked about, newest first; `given_up`: their cancellation is.
  async unresolved() {
    const asked = new Set((await store.all(ASKED)).map((one) => one.operation_id));
    return (await sorted())
      .map((entry) => ({ ...entry, given_up: asked.has(entry.operation_id) }))
      .filter((entry) => OPEN.has(entry.state) || entry.given_up);
  },

  async last() {
    return (await sorted())[0] ?? null;
  },

  // What was settled a month ago is the service's to tell; what was not stays.
  async prune(now = Date.now()) {
    for (const entry of await sorted()) {
      if (!OPEN.has(entry.state) && now - entry.written_at > KEPT_MS) {
        await store.remove(SHELF, entry.operation_id);
      }
    }
  },
};

async function sorted() {
  return (await store.all(SHELF)).sort((one, other) => other.written_at - one.written_at);
}
