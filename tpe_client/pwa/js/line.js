// The line to the service, told in one sentence at the top while it is cut. While it is, the service
// is asked every few seconds, so that the counter opens again by itself.

const EVERY_MS = 4_000;

const banner = document.querySelector("#cut span");
let isCut = false;
let timer = 0;
let ask = async () => undefined;
let back = () => undefined;

export const line = {
  // `asking`: a call that tells of itself whether it came through; `restored`: called once it does.
  watch(asking, restored) {
    [ask, back] = [asking, restored];
  },
  isCut: () => isCut,
  tell(isOpen) {
    if (isOpen && isCut) {
      isCut = false;
      banner.hidden = true;
      clearTimeout(timer);
      back();
    } else if (!isOpen && !isCut) {
      isCut = true;
      banner.hidden = false;
      later();
    }
  },
};

function later() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    await ask();
    if (isCut) later();
  }, EVERY_MS);
}

addEventListener("offline", () => line.tell(false));
addEventListener("online", () => ask());
