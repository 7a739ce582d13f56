// A USB reader is a keyboard that types faster than anybody: eight characters or more, half of the
// gaps under 35 ms, then Enter or Tab (design §7). Speed only decides where the characters go; what
// they mean is the server's business, which repairs American readers on French keyboards.

const FEWEST = 8;
const MEDIAN_MS = 35;
const LONGEST_GAP_MS = 80;
// A reader that falters (Bluetooth, a busy machine) goes on sooner; a code without its first half is
// another code.
const FALTERS_MS = 300;
const CODE_LENGTH = 14;
// Readers that end with both CR and LF send Enter twice.
const SECOND_ENTER_MS = 50;

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

// `read(code)`: a card was read. `wanted(field)`: whether one may be read now, in this field.
// `misread(field)`: it may not, and has been taken out of the field again.
export function reader({ read, wanted, misread }) {
  let typed = "";
  let times = [];
  let field = null;
  let before = "";
  // The last pause: how many keys came before it, and what the field held.
  let paused = { at: 0, value: "" };
  let endedAt = -Infinity;

  function forget() {
    typed = "";
    times = [];
    field = null;
  }

  function isField(target) {
    return target instanceof HTMLInputElement && /^(text|password|search)$/.test(target.type);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey !== event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Enter" && event.timeStamp - endedAt < SECOND_ENTER_MS) {
      event.preventDefault();
      return;
    }
    if (event.key.length === 1) {
      const gap = times.length ? event.timeStamp - times[times.length - 1] : Infinity;
      if (gap > FALTERS_MS) {
        forget();
        field = isField(event.target) ? event.target : null;
        before = field?.value ?? "";
      }
      if (gap > LONGEST_GAP_MS) paused = { at: times.length, value: field?.value ?? "" };
      typed += event.key;
      times.push(event.timeStamp);
      return;
    }
    const from = beginning(times, paused.at);
    if ((event.key === "Enter" || event.key === "Tab") && isBurst(times.slice(from))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      endedAt = event.timeStamp;
      const [code, place, value] = [typed.slice(from), field, from ? paused.value : before];
      forget();
      if (place && place.name !== "code_carte") {
        place.value = value;
        place.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (wanted(place)) read(code);
      else misread(place ?? document.body);
      return;
    }
    if (event.key !== "Shift" && event.key !== "CapsLock" && event.key !== "AltGraph") forget();
  }, { capture: true });
}
