// The photo is for comparing, not for keeping on a screen: gone after 20 seconds (design §9).
// Without scripts the style sheet hides it after the same time, and its address dies by itself.

const SECONDS = 20;
let timer = 0;

export const photo = {
  watch(region) {
    clearTimeout(timer);
    const place = region.querySelector("#till-photo");
    const image = place?.querySelector("img");
    if (!image) return;
    const again = region.querySelector(".till-again");
    if (again) again.hidden = true;
    timer = setTimeout(() => {
      image.remove();
      place.classList.add("till-photo-hidden");
      if (again) again.hidden = false;
    }, SECONDS * 1000);
  },
  forget() {
    clearTimeout(timer);
  },
};
