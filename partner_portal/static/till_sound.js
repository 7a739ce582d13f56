// Three tunes that a cashier knows without looking, made here: no file, no network. The result is
// always in words and colour too; the switch in the ribbon is remembered in this browser.

const KEPT = "cjeune-till-sound";
const TUNES = {
  approved: [[880, 0.09], [1174.7, 0.16]],
  declined: [[311.1, 0.16], [207.7, 0.28]],
  cancelled: [[587.3, 0.12], [440, 0.16]],
  unknown: [[440, 0.1], [440, 0.1], [440, 0.1]],
};

const button = document.getElementById("till-sound");
let on = stored() !== "off";
let audio = null;

function stored() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function press() {
  button.setAttribute("aria-pressed", String(on));
}

if (button && window.AudioContext) {
  button.hidden = false;
  press();
  button.addEventListener("click", () => {
    on = !on;
    press();
    try {
      localStorage.setItem(KEPT, on ? "on" : "off");
    } catch {
      // A browser that keeps nothing: the switch holds for this page.
    }
    if (on) sounds.play("approved");
  });
}

export const sounds = {
  play(name) {
    const tune = TUNES[name];
    if (!on || !tune || !window.AudioContext || !navigator.userActivation?.hasBeenActive) return;
    audio ??= new AudioContext();
    audio.resume();
    let at = audio.currentTime + 0.02;
    for (const [pitch, seconds] of tune) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.type = name === "declined" ? "triangle" : "sine";
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.22, at + 0.012);
      volume.gain.linearRampToValueAtTime(0, at + seconds);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + seconds);
      at += seconds + 0.03;
    }
  },
};
