// The terminal's line to the training server: the same origin and nothing else.
// An answer is what the service said; `null` means that nobody knows.

const PATIENCE_MS = 8_000;

export class Line {
  constructor(key) {
    this.key = key;
  }

  /** {status, body} of a JSON answer, or null: no answer, a cut one, or somebody else's page. */
  async ask(method, path, body) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
    try {
      const answer = await fetch(`/api/v1${path}`, {
        method,
        headers: { Authorization: `Bearer ${this.key}`, "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: stop.signal,
        redirect: "error",
        credentials: "omit",
      });
      return { status: answer.status, body: await answer.json() };
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A fresh operation id; randomUUID is absent where the page is not served from this machine. */
export function newOperationId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((id, at) => `${id.slice(0, at)}-${id.slice(at)}`, hex);
}
