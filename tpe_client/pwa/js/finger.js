// Whether a finger is on the glass. What lies under it must not be drawn anew before it is lifted:
// a press that begins on one button and ends on its copy is no press, and the tap would be lost.

let lift = null;
let lifted = Promise.resolve();

addEventListener("pointerdown", () => {
  lift?.();
  lifted = new Promise((done) => { lift = done; });
}, { capture: true });

for (const kind of ["pointerup", "pointercancel"]) {
  // After the click that follows, not before it.
  addEventListener(kind, () => setTimeout(() => lift?.(), 0), { capture: true });
}

export const fingerLifted = () => lifted;
