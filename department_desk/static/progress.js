// Moves the bar of papers while they are rendered or read back, and shows the page anew at the end.
// Without scripts the page says how far they are and offers to look again.

const shown = document.getElementById("rendering");
const bar = shown?.querySelector("progress");
const told = shown?.querySelector("[data-told]");
const EVERY_MS = 1500;

async function look() {
  const answer = await fetch(shown.dataset.from, { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const { made, remittances, is_rendering: isRendering, is_over: isOver } = await answer.json();
  const isDone = isOver ?? (made >= remittances || (!isRendering && shown.dataset.made !== String(made)));
  bar.max = remittances;
  bar.value = made;
  told.textContent = String(made);
  if (isDone) {
    location.reload();
    return;
  }
  if (isRendering) setTimeout(() => look().catch(() => {}), EVERY_MS);
}

if (shown) look().catch(() => {});
