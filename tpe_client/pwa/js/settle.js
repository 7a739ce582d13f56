// From a debit that is wanted to its truth, over a line that may be cut at any byte.
// The law: written before sent; one id, one content; an answer that was lost is asked for (GET), and
// on 404 the same id is sent again while the sale is on screen, or given up by a cancellation that
// leaves a tombstone. Tries are few, spaced and jittered; after them the sale is unknown, which is
// never shown as refused.

import { journal } from "./journal.js";
import { wire } from "./wire.js";

const WAITS_MS = [400, 900, 1_800, 3_500, 6_000, 9_000];
const FEW_WAITS_MS = [400, 1_200];

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const jittered = (milliseconds) => milliseconds * (0.6 + 0.8 * (crypto.getRandomValues(new Uint8Array(1))[0] / 255));

// What is known is known even when the disk is full: the sale stays open in the journal, and is
// asked for again at the next start.
async function noted(operationId, state, facts) {
  try {
    await journal.settle(operationId, state, facts);
  } catch {
    // Told above.
  }
}

// -- reading answers -----------------------------------------------------------------------------

const isKnown = (answer) => answer !== null && answer.status < 500 && answer.status !== 429;

// An answer about another sale, or in words we do not know, is no answer.
function isAbout(body, order) {
  if (String(body.operation_id).toLowerCase() !== order.operation_id) return false;
  return body.amount_cents === order.amount_cents && body.wallet === order.wallet;
}

// The truth of a stored answer, written down; null when it says nothing about this sale.
async function settled(order, { body }) {
  if (!isAbout(body, order)) return null;
  const { reference, accepted_at, message, next_step, code, tries_left } = body;
  if (body.outcome === "approved" && reference) {
    if (body.cancellation) {
      const undone = { reference, accepted_at, cancellation_reference: body.cancellation.reference };
      await noted(order.operation_id, "cancelled", undone);
      return { state: "cancelled", body };
    }
    await noted(order.operation_id, "approved", { reference, accepted_at });
    return { state: "approved", body };
  }
  if (body.outcome !== "declined" || !code) return null;
  const state = code === "operation_cancelled" ? "never" : "declined";
  await noted(order.operation_id, state, { reference, message, next_step, code, tries_left });
  return { state, body };
}

// -- taking a debit ------------------------------------------------------------------------------

// {state: approved | declined | never | cancelled | unknown | revoked | unkept, body}. `late` is called when
// the first answer does not come.
export async function takeDebit(order, pin, { late = () => undefined } = {}) {
  try {
    await journal.write(order, { with_pin: Boolean(pin) });
  } catch {
    // A sale that cannot be written down is not begun.
    return { state: "unkept" };
  }
  return sendUntilKnown(order, pin, { late });
}

// The sale is still on screen: goes on asking, and sends the same id again where it is not there.
export const askOn = (order, pin) => sendUntilKnown(order, pin, { asksFirst: true });

async function sendUntilKnown(order, pin, { late = () => undefined, asksFirst = false }) {
  let answer = asksFirst ? null : await wire.sendDebit(order, pin);
  let isFirst = !asksFirst;
  for (const wait of [...WAITS_MS, 0]) {
    const truth = isKnown(answer) ? await judged(order, answer, isFirst) : null;
    if (truth) return truth;
    if (wait === 0) break;
    if (isFirst) late();
    if (!(asksFirst && wait === WAITS_MS[0])) await pause(jittered(wait));
    isFirst = false;
    answer = await wire.ask(order.operation_id);
    if (answer?.status === 404) answer = await wire.sendDebit(order, pin);
  }
  await noted(order.operation_id, "unknown");
  return { state: "unknown" };
}

async function judged(order, answer, isFirst) {
  if (answer.status === 200 || answer.status === 201) return settled(order, answer);
  if (answer.status === 401) return { state: "revoked" };
  if (answer.status === 404 || answer.status === 409) return null;
  // The service would not hear of it. Had an earlier try arrived, the tombstone tells.
  if (!isFirst) return giveUp(order);
  const { title, detail } = answer.body;
  await noted(order.operation_id, "declined", { message: title, next_step: detail });
  return { state: "declined", body: { message: title, next_step: detail, code: answer.body.code, final: true } };
}

// -- giving up, cancelling -----------------------------------------------------------------------

// Cancels what may never have arrived: from then on it cannot be taken any more.
export async function giveUp(order) {
  for (const wait of [...FEW_WAITS_MS, 0]) {
    const answer = await wire.cancel(order.operation_id, null);
    if (answer?.status === 401) return { state: "revoked" };
    if (isKnown(answer) && answer.body.outcome === "cancelled") {
      if (answer.body.reference === null) {
        await noted(order.operation_id, "never");
        return { state: "never" };
      }
      return (await askedOnce(order)) ?? { state: "unknown" };
    }
    // It had been refused, or its day is over: what is stored tells.
    if (isKnown(answer) && answer.body.outcome === "declined") return (await askedOnce(order)) ?? { state: "unknown" };
    if (wait) await pause(jittered(wait));
  }
  return { state: "unknown" };
}

async function askedOnce(order) {
  const answer = await wire.ask(order.operation_id);
  if (answer?.status === 401) return { state: "revoked" };
  return answer?.status === 200 ? settled(order, answer) : null;
}

// {state: cancelled | declined | unanswered | revoked | problem, body}: sent again until told, which
// is safe, for a debit is cancelled once.
export async function cancelDebit(operationId, reason) {
  for (const wait of [...FEW_WAITS_MS, 2_500, 0]) {
    const answer = await wire.cancel(operationId, reason);
    if (isKnown(answer)) {
      const { status, body } = answer;
      if (status === 401) return { state: "revoked" };
      if (status >= 400) return { state: "problem", body };
      if (body.outcome === "cancelled") {
        await noted(operationId, "cancelled", { cancellation_reference: body.reference });
        return { state: "cancelled", body };
      }
      if (body.outcome === "declined") return { state: "declined", body };
    }
    if (wait) await pause(jittered(wait));
  }
  return { state: "unanswered" };
}

// -- after a restart -----------------------------------------------------------------------------

// Asks for every sale without an end; one that the service does not have is given up.
export async function resolveOpen() {
  for (const entry of await journal.unresolved()) {
    const answer = await wire.ask(entry.operation_id);
    if (answer?.status === 401) return;
    const truth = answer?.status === 200 ? await settled(entry, answer) : null;
    if (truth) continue;
    const end = answer?.status === 404 ? await giveUp(entry) : { state: "unknown" };
    if (end.state === "unknown") await noted(entry.operation_id, "unknown");
  }
}
