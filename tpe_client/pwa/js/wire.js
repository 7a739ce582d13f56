// This phone's line to the service: the calls of API v1, as one small function each.
// The law: a call ends in {status, body, retry_after}, or in null when nobody knows (no connection, no
// time left, cut, unreadable, or not in our service's words: a proxy that says no has refused nothing).
// Nothing is logged, kept or followed elsewhere. The key lives here, in memory.

const API = "/api/v1";
const PATIENCE_MS = 15_000;
// What the register of terminals shows; a browser does not let a page name itself as its agent.
const PROGRAM = `cjeune-phone/1.0+${document.documentElement.dataset.version}`;

let key = null;
let told = { line: () => undefined, revoked: () => undefined };

// The day's own PIN is in this body and nowhere else.
async function call(method, path, { body, withKey = true, patience = PATIENCE_MS } = {}) {
  const headers = { accept: "application/json", "cjeune-program": PROGRAM };
  const presented = withKey ? key : null;
  if (presented) headers.authorization = `Bearer ${presented}`;
  if (body) headers["content-type"] = "application/json";
  try {
    const answer = await fetch(`${API}${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(patience),
    });
    const content = await answer.json();
    if (!isOurs(answer, content)) throw new TypeError("foreign");
    told.line(true);
    if (answer.status === 401 && presented && presented === key) told.revoked();
    return { status: answer.status, body: content, retry_after: secondsOf(answer) };
  } catch {
    told.line(false);
    return null;
  }
}

// A success is plain JSON, a refusal of the call a problem (RFC 9457) that repeats its status.
function isOurs({ status, headers }, content) {
  const kind = (headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
  if (content === null || typeof content !== "object" || Array.isArray(content)) return false;
  if ([200, 201, 202].includes(status)) return kind === "application/json";
  if (status < 400 || kind !== "application/problem+json") return false;
  return content.status === status && typeof content.code === "string";
}

// The date that HTTP also allows is not used by our service.
function secondsOf({ headers }) {
  const asked = (headers.get("retry-after") ?? "").trim();
  return /^[0-9]{1,6}$/.test(asked) ? Number(asked) : null;
}

const debit = (operationId) => `/debits/${encodeURIComponent(operationId)}`;

export const wire = {
  present(terminalKey) {
    key = terminalKey;
  },
  forget() {
    key = null;
  },
  isOpen: () => key !== null,
  tell(listeners) {
    told = listeners;
  },

  recognise: (code) => call("POST", "/terminals/activation", { body: { activation_code: code }, withKey: false }),
  confirm: (token, label) =>
    call("POST", "/terminals/activation/confirmation", { body: { activation_token: token, label }, withKey: false }),
  me: (patience) => call("GET", "/me", { patience }),
  identify: (reading) => call("POST", "/identifications", { body: { reading } }),
  sendDebit({ operation_id, identification, wallet, amount_cents, identity_checked }, pin) {
    const body = { identification, wallet, amount_cents, identity_checked };
    return call("PUT", debit(operation_id), { body: pin ? { ...body, pin } : body });
  },
  ask: (operationId) => call("GET", debit(operationId)),
  cancel: (operationId, reason) => call("PUT", `${debit(operationId)}/cancellation`, { body: { reason } }),
  day(cursor) {
    const query = new URLSearchParams({ limit: "25", ...(cursor && { cursor }) });
    return call("GET", `/debits?${query}`);
  },
  mailTicket: (operationId, email) => call("POST", `${debit(operationId)}/ticket`, { body: { email } }),
};
