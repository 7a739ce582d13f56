// The photo is for comparing, not for keeping on a screen: gone after twenty seconds.

const SECONDS = 20;

// Returns what forgets it at once.
export function photo(place) {
  const image = place.querySelector("[data-photo]");
  if (!image) return () => undefined;
  const gone = place.querySelector("[data-photo-gone]");
  const hide = () => {
    image.remove();
    gone.hidden = false;
  };
  const timer = setTimeout(hide, SECONDS * 1000);
  image.addEventListener("error", hide);
  return () => clearTimeout(timer);
}
