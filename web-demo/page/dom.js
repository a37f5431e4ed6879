// @ts-check
/** dom - finds elements, checked, and shows one view at a time. */

const VIEWS = ['home', 'join', 'call', 'card'];

/**
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function find(selector, type, root = document) {
  const element = root.querySelector(selector);
  if (!(element instanceof type)) throw new TypeError(`${selector} is missing`);
  return element;
}

/**
 * A copy of what a template holds.
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function cloneTemplate(selector) {
  const first = find(selector, HTMLTemplateElement).content.firstElementChild;
  return /** @type {HTMLElement} */ (document.importNode(/** @type {Element} */ (first), true));
}

/** @param {'home' | 'join' | 'call' | 'card'} name */
export function showView(name) {
  for (const view of VIEWS) find(`#${view}`, HTMLElement).hidden = view !== name;
  find('#masthead', HTMLElement).hidden = name === 'call';
}

/**
 * A toggle button says whether its thing is on.
 * @param {HTMLButtonElement} button
 * @param {boolean} isOn
 */
export function setPressed(button, isOn) {
  button.setAttribute('aria-pressed', String(isOn));
}
