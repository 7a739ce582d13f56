// The terminal's key, sealed twice: with a key made from the till code (PBKDF2), and with a key of
// this browser that no script can read out (non-extractable). So a copy of the files is worth
// nothing without this browser, and this browser nothing without the code.
// The law: a try is counted on the disk before it is made; the fifth wrong one in a row ends the key.

import { store } from "./store.js";

const MOST_TRIES = 5;
const ROUNDS = 600_000;
const SEALED = "key";
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

  async seal(terminalKey, code, place) {
    const [salt, inner, outer] = [drawn(16), drawn(12), drawn(12)];
    const browserKey = await crypto.subtle.generateKey(SEAL, false, ["encrypt", "decrypt"]);
    const once = await encrypted(await keyOf(code, salt, ROUNDS), inner, new TextEncoder().encode(terminalKey));
    const sealed = await encrypted(browserKey, outer, once);
    const kept = { sealed, browserKey, salt, inner, outer, rounds: ROUNDS, tries: 0, place };
    await store.write("vault", kept, SEALED);
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
