// The result for ears and hands: four tunes a cashier knows without looking, made here, and a
// vibration. Always beside the word and the colour, never instead of them.

const TUNES = {
  approved: { notes: [[880, 0.09], [1174.7, 0.16]], buzz: [80] },
  declined: { notes: [[311.1, 0.16], [207.7, 0.28]], buzz: [180, 90, 180] },
  undone: { notes: [[587.3, 0.12], [440, 0.16]], buzz: [60, 60, 60] },
  unknown: { notes: [[440, 0.1], [440, 0.1], [440, 0.1]], buzz: [60, 60, 60, 60, 60] },
};

let audio = null;

export function play(name, { sound, vibration }) {
  const tune = TUNES[name];
  if (!navigator.userActivation?.hasBeenActive) return;
  if (vibration) navigator.vibrate?.(tune.buzz);
  if (!sound || !window.AudioContext) return;
  audio ??= new AudioContext();
  audio.resume();
  let at = audio.currentTime + 0.02;
  for (const [pitch, seconds] of tune.notes) {
    note(pitch, at, seconds, name === "declined" ? "triangle" : "sine");
    at += seconds + 0.03;
  }
}

function note(pitch, at, seconds, type) {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  Object.assign(tone, { type });
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.22, at + 0.012);
  volume.gain.linearRampToValueAtTime(0, at + seconds);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + seconds);
}
