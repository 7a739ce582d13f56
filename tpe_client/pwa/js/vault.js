// The terminal's key, sealed twice: with a key made from the till code (PBKDF2), and with a key of
// this browser that no script can read out (non-extractable). Neither stands against a thief of the
// browser's files: that second key lies in them as plain bytes, and a million codes are soon tried
// without us counting. Whoever loses a phone has its terminal revoked; that alone ends the key.
// The law: a try is counted on the disk before it is made; the fifth wrong one in a row ends the key.

import { store } from "./store.js";

const MOST_TRIES = 5;
const ROUNDS = 600_000;
const SEALED = "key";
const TRIAL = "trial";
const CHOICES = "choices";
const SEAL = { name: "AES-GCM", length: 256 };

const drawn = (length) => crypto.getRandomValues(new Uint8Array(length));

async function keyOf(code, salt, rounds) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(code), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, typed, SEAL, false, ["encrypt", "decrypt"]);
}

const encrypted = (key, iv, content) => crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, content);
const decrypted = (key, iv, content) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, content);

export const vault = {
  // What may be known without the code: {place, tries_left}, or null without a key.
  async look() {
    const kept = await store.read("vault", SEALED);
    return kept ? { place: kept.place, tries_left: MOST_TRIES - kept.tries } : null;
  },

  // A seal that has been proven here, on something of a key's size: given once `seal(terminalKey,
  // place)` is needed. It fails while no key has been told yet, on a disk that is full or a browser
  // that keeps nothing.
  async prepared(code) {
    const salt = drawn(16);
    const [codeKey, browserKey] = await Promise.all([
      keyOf(code, salt, ROUNDS),
      crypto.subtle.generateKey(SEAL, false, ["encrypt", "decrypt"]),
    ]);
    const write = async (name, secret, place) => {
      const [inner, outer] = [drawn(12), drawn(12)];
      const once = await encrypted(codeKey, inner, new TextEncoder().encode(secret));
      const sealed = await encrypted(browserKey, outer, once);
      await store.write("vault", { sealed, browserKey, salt, inner, outer, rounds: ROUNDS, tries: 0, place }, name);
    };
    const trial = "x".repeat(2_048);
    await write(TRIAL, trial, null);
    const kept = await store.read("vault", TRIAL);
    const once = await decrypted(kept.browserKey, kept.outer, kept.sealed);
    const found = new TextDecoder().decode(await decrypted(codeKey, kept.inner, once));
    await store.remove("vault", TRIAL);
    if (found !== trial) throw new Error("what was kept is not what was given");
    return (terminalKey, place) => write(SEALED, terminalKey, place);
  },

  // {key}, {tries_left} after a wrong code, or {wiped: true}.
  async open(code) {
    const kept = await store.read("vault", SEALED);
    if (!kept) return { wiped: true };
    const tries = kept.tries + 1;
    await store.write("vault", { ...kept, tries }, SEALED);
    try {
      const once = await decrypted(kept.browserKey, kept.outer, kept.sealed);
      const key = await decrypted(await keyOf(code, kept.salt, kept.rounds), kept.inner, once);
      await store.write("vault", { ...kept, tries: 0 }, SEALED);
      return { key: new TextDecoder().decode(key) };
    } catch {
      if (tries < MOST_TRIES) return { tries_left: MOST_TRIES - tries };
      await vault.wipe();
      return { wiped: true };
    }
  },

  async keepPlace(place) {
    const kept = await store.read("vault", SEALED);
    if (kept) await store.write("vault", { ...kept, place }, SEALED);
  },

  wipe: () => store.remove("vault", SEALED),

  async choices() {
    const usual = { sound: true, vibration: true, shuffled: false, spoken: false };
    return { ...usual, ...(await store.read("vault", CHOICES)) };
  },

  choose: (choices) => store.write("vault", choices, CHOICES),
};
