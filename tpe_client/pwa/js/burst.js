// A USB or Bluetooth reader is a keyboard that types faster than anybody: eight characters or more,
// half of the gaps under 35 ms, then Enter or Tab. It is heard on every screen.
// An American reader on a French keyboard writes `à` for 0: then the keys themselves are taken, which
// are the same on both.

const FEWEST = 8;
const MEDIAN_MS = 35;
const LONGEST_GAP_MS = 80;
// A reader that falters (Bluetooth, a busy machine) goes on sooner; a code without its first half is
// another code.
const FALTERS_MS = 300;
const CODE_LENGTH = 14;
const SECOND_ENTER_MS = 50;
const PLAIN = /^[\w\s:+/.=-]+$/;
const KEY = /^(?:Digit|Key|Numpad)([0-9A-Z])$/;

export function isBurst(times) {
  if (times.length < FEWEST) return false;
  const gaps = times.slice(1).map((at, index) => at - times[index]).sort((one, other) => one - other);
  return gaps[Math.floor(gaps.length / 2)] < MEDIAN_MS;
}

// Where the reader's keys begin: behind a pause when a whole code stands there and a hand before it.
export function beginning(times, pausedAt) {
  const isWhole = times.length - pausedAt >= CODE_LENGTH;
  const wasQuick = pausedAt > 1 && times[pausedAt - 1] - times[pausedAt - 2] < MEDIAN_MS;
  return isWhole && !wasQuick ? pausedAt : 0;
}

// `read(code)` gets what a reader has typed; the field it typed into gets its old value back.
export function hearReaders(read) {
  let keys = [];
  let field = null;
  let before = "";
  // The last pause: how many keys came before it, and what the field held.
  let paused = { at: 0, value: "" };
  let endedAt = -Infinity;

  const forget = () => {
    keys = [];
    field = null;
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey !== event.altKey || event.metaKey || event.isComposing) return;
      const isEnd = event.key === "Enter" || event.key === "Tab";
      const times = keys.map((one) => one.at);
      const from = beginning(times, paused.at);
      if (event.key === "Enter" && event.timeStamp - endedAt < SECOND_ENTER_MS) {
        // Readers that end with CR and LF send Enter twice.
        event.preventDefault();
      } else if (event.key.length === 1) {
        const gap = keys.length ? event.timeStamp - keys.at(-1).at : Infinity;
        if (gap > FALTERS_MS) {
          forget();
          field = event.target instanceof HTMLInputElement ? event.target : null;
          before = field?.value ?? "";
        }
        if (gap > LONGEST_GAP_MS) paused = { at: keys.length, value: field?.value ?? "" };
        keys.push({ at: event.timeStamp, text: event.key, key: KEY.exec(event.code)?.[1] ?? "" });
      } else if (isEnd && isBurst(times.slice(from))) {
        event.preventDefault();
        event.stopImmediatePropagation();
        endedAt = event.timeStamp;
        const code = codeOf(keys.slice(from));
        if (field) {
          field.value = from ? paused.value : before;
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }
        const target = field;
        forget();
        read(code, target);
      } else if (!["Shift", "CapsLock", "AltGraph"].includes(event.key)) {
        forget();
      }
    },
    { capture: true },
  );
}

function codeOf(keys) {
  const written = keys.map((one) => one.text).join("");
  return PLAIN.test(written) ? written : keys.map((one) => one.key).join("");
}
