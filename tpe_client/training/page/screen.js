// Draws the till's state into the TPE's screen, from the page's templates.

import { copyOf } from "./filling.js";

/** A function (state, values) that shows a state in `box`. */
export function screenIn(box) {
  return (state, values = {}) => {
    const { choices = [], photo_url: photo, ...texts } = values;
    const drawn = copyOf("screen", state, texts);
    for (const choice of choices) {
      drawn.querySelector(".choices").append(copyOf("choice", "", choice));
    }
    const image = drawn.querySelector("[data-photo]");
    if (image) {
      if (photo) image.src = photo;
      image.hidden = !photo;
      drawn.querySelector("[data-no-photo]").hidden = Boolean(photo);
    }
    box.dataset.state = state;
    box.replaceChildren(drawn);
  };
}
