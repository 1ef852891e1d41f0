/**
 * Keys of the player that work on the whole page: Space, J, K, Escape for the list of keys, and
 * those of the review in the table of events or while annotating.
 */

/** @import { Player } from "./player.js" */

/** Elements that take text, or that a key chooses in. */
const FIELDS = [
  "input:not([type=checkbox], [type=radio], [type=range], [type=button])",
  "textarea",
  "select",
  "[contenteditable]:not([contenteditable=false])",
  "[role=textbox]",
  "[role=combobox]",
  "[role=listbox]",
  "[role=grid]",
  "[data-testid=data-grid-canvas]", // of Streamlit's tables, whose grid is inside
  "[role=menu]",
  "[role=dialog]",
].join(",");

/** Elements that Space presses. */
const PRESSED =
  "button, summary, input:not([type=range]), [role=button], [role=switch], [role=tab], [role=checkbox], [role=radio]";

/** A table of which the player plays the rows: its cells cannot be edited. */
const PLAYED = ".st-key-events-table";

export class PageKeys {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    // Captured: a table would open the focused cell.
    player.on(document, "keydown", (event) => this.onKey(event), { capture: true });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const { player } = this;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const path = event.composedPath();
    if (path.includes(player.root)) return; // its own keys
    if (!acts(event.key, path, player.annotation.isOn) || !isShown(player.root)) return;
    if (event.key === "Escape" && !player.isHelpOpen) return;
    const act = player.actionOf(event.key);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}

/**
 * Return whether a key is meant for the player, by where it was pressed.
 *
 * @param {string} key
 * @param {EventTarget[]} path - Of the event, from the innermost element.
 * @param {boolean} [isAnnotating]
 */
export function acts(key, path, isAnnotating = false) {
  const elements = path.filter((each) => each instanceof Element);
  const isIn = (/** @type {string} */ selector) => elements.some((each) => each.matches(selector));
  if (isIn(FIELDS) && !isIn(PLAYED)) return false;
  if (key === " ") return !isIn(PRESSED);
  const name = key.toLowerCase();
  if (["u", "a", "x"].includes(name)) return isAnnotating || isIn(PLAYED);
  return ["j", "k", "escape"].includes(name);
}

/** @param {HTMLElement} root */
function isShown(root) {
  return root.isConnected && root.getClientRects().length > 0;
}
