/** Elements of a page: find them, make them, write to them, and keep an object with one. */

const INSTANCE = Symbol.for("earmark.instance");

/**
 * Return the first element that matches a selector.
 *
 * @template {Element} [E=HTMLElement]
 * @param {ParentNode} root - Element or shadow root to search.
 * @param {string} selector - CSS selector.
 * @param {new () => E} [Kind] - Class of the element; HTMLElement by default.
 * @returns {E}
 * @throws {Error} If there is none of that class.
 */
export function find(root, selector, Kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof (Kind ?? HTMLElement))) throw new Error(`no element matches ${selector}`);
  return /** @type {E} */ (found);
}

/**
 * Make an element with text and a class.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [text] - Set as text, never as markup.
 * @param {string} [className]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/**
 * Set an element's text where it differs, so that nothing is laid out without need.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Return the object that belongs to an element, or create it.
 *
 * Streamlit calls a component again on the same element at each run of the script. The object is
 * kept on the element rather than in the module: after an update of the server, an open tab runs
 * the new module on the old element.
 *
 * @template T
 * @param {Element} owner
 * @param {() => T} create
 * @returns {T}
 */
export function instanceOn(owner, create) {
  const holder = /** @type {{ [INSTANCE]?: T }} */ (/** @type {unknown} */ (owner));
  holder[INSTANCE] ??= create();
  return holder[INSTANCE];
}

/**
 * Forget the object that belongs to an element.
 *
 * @param {Element} owner
 */
export function removeInstance(owner) {
  delete (/** @type {{ [INSTANCE]?: unknown }} */ (/** @type {unknown} */ (owner))[INSTANCE]);
}

/**
 * Return the element of the page that a component is mounted in.
 *
 * @param {ShadowRoot | HTMLElement} parent - What Streamlit calls the parent element.
 * @returns {HTMLElement}
 */
export function hostOf(parent) {
  return parent instanceof ShadowRoot ? /** @type {HTMLElement} */ (parent.host) : parent;
}
