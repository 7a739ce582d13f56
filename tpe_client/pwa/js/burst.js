// A USB or Bluetooth reader is a keyboard that types faster than anybody: eight characters or more,
// half of the gaps under 35 ms, then Enter or Tab. It is heard on every screen.
// An American reader on a French keyboard writes `à` for 0: then the keys themselves are taken, which
// are the same on both.

const FEWEST = 8;
const MEDIAN_MS = 35;
// Also of a reader that falters (Bluetooth, a busy machine): without its first half a code is another
// code. A hand takes longer from the keys to the card.
const LONGEST_GAP_MS = 300;
const SECOND_ENTER_MS = 50;
const PLAIN = /^[\w\s:+/.=-]+$/;
const KEY = /^(?:Digit|Key|Numpad)([0-9A-Z])$/;

export function isBurst(times) {
  if (times.length < FEWEST) return false;
  const gaps = times.slice(1).map((at, index) => at - times[index]).sort((one, other) => one - other);
  return gaps[Math.floor(gaps.length / 2)] < MEDIAN_MS;
}

// `read(code)` gets what a reader has typed; the field it typed into gets its old value back.
export function hearReaders(read) {
  let keys = [];
  let field = null;
  let before = "";
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
      if (event.key === "Enter" && event.timeStamp - endedAt < SECOND_ENTER_MS) {
        // Readers that end with CR and LF send Enter twice.
        event.preventDefault();
      } else if (event.key.length === 1) {
        const last = keys.at(-1);
        if (!last || event.timeStamp - last.at > LONGEST_GAP_MS) {
          forget();
          field = event.target instanceof HTMLInputElement ? event.target : null;
          before = field?.value ?? "";
        }
        keys.push({ at: event.timeStamp, text: event.key, key: KEY.exec(event.code)?.[1] ?? "" });
      } else if (isEnd && isBurst(keys.map((one) => one.at))) {
        event.preventDefault();
        event.stopImmediatePropagation();
        endedAt = event.timeStamp;
        const code = codeOf(keys);
        if (field) {
          field.value = before;
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
