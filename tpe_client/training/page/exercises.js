// The five exercises: which is open, which card it wants, and when it is done.

const DONE = {
  "simple-sale": (seen) => seen.some((one, at) => one.what === "approved"
    && seen.slice(at).some((later) => later.what === "printed" && !later.facts.duplicate)),
  "insufficient-balance": (seen) => after(seen, "declined", "insufficient_balance", "approved"),
  "wrong-pin": (seen) => after(seen, "declined", "pin_wrong", "approved"),
  cancel: (seen) => seen.some((one) => one.what === "cancelled"),
  "lost-answer": (seen) => seen.some((one) => one.what === "approved" && one.facts.found),
};

function after(seen, first, code, second) {
  const at = seen.findIndex((one) => one.what === first && one.facts.code === code);
  return at >= 0 && seen.slice(at).some((one) => one.what === second);
}

export class Exercises {
  constructor(list, { want, allDone }) {
    this.items = [...list.children];
    this.want = want;
    this.allDone = allDone;
    this.seen = [];
    for (const item of this.items) {
      item.querySelector("button").addEventListener("click", () => this.toggle(item));
    }
  }

  /** Opens one and closes the others; an open one is closed. What was seen before does not count. */
  toggle(item) {
    const opens = !item.classList.contains("is-open");
    for (const one of this.items) this.set(one, opens && one === item);
    this.seen = [];
    this.want(opens ? item.dataset : {});
  }

  set(item, open) {
    item.classList.toggle("is-open", open);
    item.querySelector("button").setAttribute("aria-expanded", String(open));
    item.querySelector(".steps").hidden = !open;
  }

  /** Something happened at the till. */
  saw(what, facts) {
    this.seen.push({ what, facts });
    const open = this.items.find((item) => item.classList.contains("is-open"));
    if (!open || !DONE[open.dataset.exercise](this.seen)) return;
    open.classList.add("is-done");
    open.querySelector("[data-done]").hidden = false;
    if (this.items.every((item) => item.classList.contains("is-done"))) this.allDone();
  }
}
