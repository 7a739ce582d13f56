// Screens are drawn from the templates of the page: `{name}` in a text or an attribute is filled,
// `data-if` and `data-unless` keep or drop an element, `data-each` repeats it.
// The law: no sentence is written here, and what comes from outside only ever becomes text.

const SLOT = /\{(\w+)\}/g;

const filled = (text, facts) => text.replace(SLOT, (_, name) => String(facts[name] ?? ""));

export function draw(name, facts = {}) {
  // Filled while still inert: an image must not be asked for before its address is known.
  const drawn = document.getElementById(`t-${name}`).content.cloneNode(true);
  fill(drawn, facts);
  return drawn;
}

export const titleOf = (name) => document.getElementById(`t-${name}`).dataset.title;

// A sentence by its key, from the list of words; "" for a key that has none.
export function word(key, facts = {}) {
  const list = document.getElementById("words").content;
  const found = list.querySelector(`[data-word="${CSS.escape(key)}"]`);
  return found ? filled(found.textContent, facts) : "";
}

function fill(parent, facts) {
  for (const node of [...parent.childNodes]) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.data.includes("{")) node.data = filled(node.data, facts);
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      fillElement(node, facts);
    }
  }
}

function fillElement(element, facts) {
  const { if: wanted, unless: unwanted, each } = element.dataset;
  if ((wanted && !facts[wanted]) || (unwanted && facts[unwanted])) {
    element.remove();
    return;
  }
  if (each) {
    element.removeAttribute("data-each");
    const copies = (facts[each] ?? []).map((item) => {
      const copy = element.cloneNode(true);
      fillElement(copy, { ...facts, ...item });
      return copy;
    });
    element.replaceWith(...copies);
    return;
  }
  for (const attribute of element.attributes) {
    if (attribute.value.includes("{")) attribute.value = filled(attribute.value, facts);
  }
  fill(element, facts);
}
