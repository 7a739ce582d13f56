// Every sale this phone has begun. The law: an operation id and its content are on the disk before a
// byte is sent, and never a PIN, a name or a balance. What was not settled is asked for, not guessed.
// States: written (sent, no answer yet), unknown (asked in vain), approved, declined, cancelled,
// never (given up before the service had it: a tombstone stands there).

import { localReference } from "./operation_id.js";
import { store } from "./store.js";

const SHELF = "operations";
const KEPT_MS = 31 * 24 * 3_600_000;
const OPEN = new Set(["written", "unknown"]);

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

  async settle(operationId, state, facts = {}) {
    const entry = await store.read(SHELF, operationId);
    if (!entry) return null;
    const settled = { ...entry, ...facts, state, settled_at: Date.now() };
    await store.write(SHELF, settled);
    return settled;
  },

  of: (operationId) => store.read(SHELF, operationId),

  async noteTicket(operationId) {
    const entry = await store.read(SHELF, operationId);
    if (entry) await store.write(SHELF, { ...entry, ticket_shown: true });
  },

  async unresolved() {
    return (await sorted()).filter((entry) => OPEN.has(entry.state));
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
