// Extras of every page, each of which the page does without where scripts are off:
// the focus goes to what was refused, a form is sent once, passwords can be read, codes copied.

const summary = document.querySelector("[data-first-focus]");
if (summary) summary.focus();

// The link of an error leads into its field, not just near it.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('#errors a[href^="#f-"]');
  if (!link) return;
  const field = document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const control = field.matches("fieldset") ? field.querySelector("input") : field;
  field.scrollIntoView({ block: "center" });
  (control ?? field).focus();
});

const sending = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (sending.has(form)) {
    event.preventDefault();
    return;
  }
  // A task of its own runs after every listener (a microtask would run between two): a script that
  // takes the form over has called preventDefault by then.
  setTimeout(() => {
    if (event.defaultPrevented) return;
    sending.add(form);
    event.submitter?.setAttribute("data-sending", "");
    // A page still there by then was answered with a file, or not at all: it may send again.
    setTimeout(() => release(form), 10_000);
  }, 0);
});

// Back to a page that the browser kept: its forms can be sent again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) release(form);
});

function release(form) {
  sending.delete(form);
  for (const button of form.querySelectorAll("[data-sending]")) button.removeAttribute("data-sending");
}

for (const toggle of document.querySelectorAll("button[data-shows]")) {
  const field = document.getElementById(toggle.dataset.shows);
  const said = toggle.firstElementChild;
  const words = said.textContent;
  toggle.hidden = false;
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    said.textContent = shown ? toggle.dataset.shown : words;
  };
  toggle.addEventListener("click", () => show(field.type === "password"));
  // What is sent is a password again, so that the browser may offer to keep it.
  field.form?.addEventListener("submit", () => show(false));
}

for (const copier of document.querySelectorAll("button[data-copies]")) {
  if (!navigator.clipboard) continue;
  const words = copier.textContent;
  copier.hidden = false;
  copier.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(copier.dataset.copies).textContent.trim());
    copier.textContent = copier.dataset.copied;
    setTimeout(() => { copier.textContent = words; }, 3000);
  });
}

for (const printer of document.querySelectorAll("button[data-prints]")) {
  printer.hidden = false;
  printer.addEventListener("click", () => window.print());
}
