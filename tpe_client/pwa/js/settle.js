// From a debit that is wanted to its truth, over a line that may be cut at any byte.
// The law: written before sent; one id, one content; an answer that was lost is asked for (GET), and
// on 404 the same id is sent again while the sale is on screen. A sale that is given up is written down
// as such before its cancellation leaves; from then on the cancellation's own answer alone decides, so
// nothing else is sent. Tries are few, spaced and jittered; after them the sale is unknown, which is
// never shown as refused.

import { journal } from "./journal.js";
import { wire } from "./wire.js";

const WAITS_MS = [400, 900, 1_800, 3_500, 6_000, 9_000];
const FEW_WAITS_MS = [400, 1_200];
// More than a cashier can be asked to wait.
const LONGEST_OBEYED_S = 15;
const REUSED = "operation_id_reused";
// The reason of a cancellation that makes sure of a doubtful sale.
const NOBODY_IS_SURE = "other";

const jittered = (milliseconds) => milliseconds * (0.6 + 0.8 * (crypto.getRandomValues(new Uint8Array(1))[0] / 255));

// False, at once, after the last try, and when the service asks for more time than there is.
async function paused(wait, answer) {
  const asked = answer?.retry_after ?? 0;
  if (wait === null || asked > LONGEST_OBEYED_S) return false;
  await new Promise((resolve) => setTimeout(resolve, Math.max(jittered(wait), asked * 1_000)));
  return true;
}

// What is known is known even when the disk is full: the entry stays open in the journal, and is asked
// for again at the next start.
const noted = (operationId, state, facts) => journal.settle(operationId, state, facts).catch(() => undefined);

// -- reading answers -----------------------------------------------------------------------------

// Busy or broken for the moment: it decided nothing that we know of.
const isPassing = (answer) => answer === null || answer.status === 408 || answer.status === 429 || answer.status >= 500;

const isNotThere = (answer) => answer?.status === 404 && answer.body.code === "operation_unknown";

const isNamed = (body, operationId) => String(body.operation_id).toLowerCase() === operationId.toLowerCase();

// An answer about another sale, or in words we do not know, is no answer.
const isAbout = (body, order) =>
  isNamed(body, order.operation_id) && body.amount_cents === order.amount_cents && body.wallet === order.wallet;

// The truth of a stored answer, written down; null when it says nothing about this sale.
async function settled(order, body) {
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

// {state: approved | declined | never | cancelled | unknown | revoked | unkept, body, given_up}. `late`
// is called when the first answer does not come; `given_up`: unknown, and not to be sent any more.
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
export async function askOn(order, pin) {
  if (await journal.cancellationAsked(order.operation_id)) return giveUp(order);
  return sendUntilKnown(order, pin, { isDoubtful: true });
}

async function sendUntilKnown(order, pin, { late = () => undefined, isDoubtful = false }) {
  for (const wait of [...WAITS_MS, null]) {
    // A doubtful one is asked about first: if it has arrived, nothing needs to be sent again.
    let answer = isDoubtful ? await wire.ask(order.operation_id) : null;
    if (!isDoubtful || isNotThere(answer)) answer = await wire.sendDebit(order, pin);
    const truth = isPassing(answer) ? null : await judged(order, answer, isDoubtful);
    if (truth) return truth;
    if (!isDoubtful) late();
    isDoubtful = true;
    if (!(await paused(wait, answer))) break;
  }
  await noted(order.operation_id, "unknown");
  return { state: "unknown" };
}

async function judged(order, { status, body }, isDoubtful) {
  if (status < 400) {
    // It refuses this copy alone; an earlier one may still be on its way.
    const decidedNothing = body.outcome === "declined" && body.code === "identification_expired";
    return isDoubtful && decidedNothing && isAbout(body, order) ? secured(order, body) : settled(order, body);
  }
  const refusal = { message: body.title, next_step: body.detail, code: body.code, final: true };
  // An id that is another sale's can never be ours, and a tombstone would undo the other.
  if (isDoubtful && body.code !== REUSED) return status === 401 ? { state: "revoked" } : secured(order, refusal);
  await noted(order.operation_id, "declined", { message: body.title, next_step: body.detail });
  return status === 401 ? { state: "revoked" } : { state: "declined", body: refusal };
}

// The service takes no such sale (any more): a tombstone makes sure that an earlier copy finds nothing
// to do, or undoes what it did.
async function secured(order, refusal) {
  const end = await giveUp(order);
  return ["never", "cancelled"].includes(end.state) ? { state: "declined", body: refusal } : end;
}

// -- giving up, cancelling -----------------------------------------------------------------------

// Cancels what may never have arrived: from then on it cannot be taken any more.
export async function giveUp(order) {
  const end = await cancelDebit(order.operation_id, NOBODY_IS_SURE);
  if (end.state === "cancelled") return { ...end, state: end.body.reference === null ? "never" : "cancelled" };
  if (end.state === "revoked") return end;
  // It had been refused, or its day is over: what is stored tells.
  if (end.state === "declined" && end.stands) return end.stands;
  return { state: "unknown", given_up: end.state === "unanswered" };
}

// {state: cancelled | declined | unanswered | unkept | revoked | problem, body}: written down, then sent
// again until told, which is safe, for a debit is cancelled once.
export async function cancelDebit(operationId, reason) {
  try {
    await journal.askCancellation(operationId, reason);
  } catch {
    return { state: "unkept" };
  }
  return undone(operationId, reason);
}

async function undone(operationId, reason) {
  for (const wait of [...FEW_WAITS_MS, null]) {
    const answer = await wire.cancel(operationId, reason);
    const end = isPassing(answer) ? null : await judgedUndone(operationId, answer);
    if (end) return end;
    if (!(await paused(wait, answer))) break;
  }
  return { state: "unanswered" };
}

async function judgedUndone(operationId, { status, body }) {
  if (status === 401) return { state: "revoked" };
  if (status >= 400) {
    // The service will never hear of it.
    await journal.dropCancellation(operationId).catch(() => undefined);
    if (body.code === REUSED) await noted(operationId, "declined", { message: body.title });
    return { state: "problem", body };
  }
  if (!isNamed(body, operationId)) return null;
  if (body.outcome === "cancelled") {
    const state = body.reference === null ? "never" : "cancelled";
    await noted(operationId, state, { cancellation_reference: body.reference });
    return { state: "cancelled", body };
  }
  if (body.outcome !== "declined") return null;
  await journal.dropCancellation(operationId).catch(() => undefined);
  return { state: "declined", body, stands: await whatStands(operationId) };
}

// A cancellation was refused: the debit is decided, and the journal may not know it yet.
async function whatStands(operationId) {
  const entry = await journal.of(operationId).catch(() => null);
  if (!entry) return null;
  const answer = await wire.ask(operationId);
  if (answer?.status === 401) return { state: "revoked" };
  return answer?.status === 200 ? settled(entry, answer.body) : null;
}

// -- after a restart -----------------------------------------------------------------------------

let resolving = null;

// Finds out about every sale without an end; what the service does not have is given up, what was given
// up stays so. It ends with the first one that nobody answers for. Once at a time.
export function resolveOpen() {
  resolving ??= resolved().finally(() => {
    resolving = null;
  });
  return resolving;
}

async function resolved() {
  for (const entry of (await journal.unresolved()).toReversed()) {
    if (!entry.given_up && !(await isHeard(entry))) return;
  }
  for (const { operation_id: operationId, reason } of await journal.cancellationsAsked()) {
    const entry = await journal.of(operationId);
    if (["declined", "cancelled", "never"].includes(entry?.state)) await journal.dropCancellation(operationId);
    else if (["unanswered", "revoked"].includes((await undone(operationId, reason)).state)) return;
  }
}

// Whether the service talks.
async function isHeard(entry) {
  const answer = await wire.ask(entry.operation_id);
  if (answer?.status === 401) return false;
  if (isNotThere(answer)) {
    // No proof: a copy may be on its way.
    const end = await giveUp(entry);
    return !end.given_up && end.state !== "revoked";
  }
  if (answer?.status === 200 && (await settled(entry, answer.body))) return true;
  await noted(entry.operation_id, "unknown");
  return !isPassing(answer);
}
