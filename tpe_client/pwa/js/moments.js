// Instants as this counter reads them: in Paris, whatever the phone believes about its place.

const ZONE = "Europe/Paris";
const MINUTE = new Intl.DateTimeFormat("fr-FR", { timeZone: ZONE, day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" });
const HOUR = new Intl.DateTimeFormat("fr-FR", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("fr-FR", { timeZone: ZONE, weekday: "long", day: "numeric", month: "long" });

export const minute = (instant) => MINUTE.format(new Date(instant)).replace(",", "");
export const hour = (instant) => HOUR.format(new Date(instant));

// A business day (`2026-11-22`) in words.
export const dayInWords = (day) => DAY.format(new Date(`${day}T12:00:00Z`));
