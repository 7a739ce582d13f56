// The spoken guide of the PIN pad. The law: it says how many digits were typed, never which.

export function speak(words) {
  if (!words || !("speechSynthesis" in window)) return;
  speechSynthesis.cancel();
  const spoken = new SpeechSynthesisUtterance(words);
  spoken.lang = "fr-FR";
  speechSynthesis.speak(spoken);
}

export function hush() {
  if ("speechSynthesis" in window) speechSynthesis.cancel();
}
