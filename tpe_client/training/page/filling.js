// Copies of the page's templates, with values put into their places. Every sentence is in the HTML.

/** A copy of the template that carries this attribute (and value), its places filled. */
export function copyOf(attribute, value, values = {}) {
  const wanted = value === "" ? `template[data-${attribute}]` : `template[data-${attribute}="${value}"]`;
  const copy = document.querySelector(wanted).content.cloneNode(true);
  for (const [name, text] of Object.entries(values)) {
    for (const place of copy.querySelectorAll(`[data-fill="${name}"]`)) place.textContent = text;
  }
  return copy;
}
