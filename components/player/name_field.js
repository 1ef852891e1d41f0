/** Field for the name of a true event: the matching of the class picker, or any other text. */

import { element, find } from "../frontend/dom.js";
import { foundRows, pathsOf } from "../ui/class_tree.js";

/** @import { Category, Group } from "../ui/class_tree.js" */
/** @import { Player } from "./player.js" */

/**
 * @typedef {object} Offer Names that are offered.
 * @property {Group[]} groups - Offered first.
 * @property {Category[]} categories
 */

/**
 * @typedef {object} Choice
 * @property {string} name
 * @property {string} note - Where it belongs.
 */

const MAX_CHOICES = 60;
const AS_TYPED = "Not a class: use this name";

export class NameField {
  /**
   * @param {Player} player
   * @param {() => void} onTaken - Called once a name was chosen by Enter or by a click.
   */
  constructor(player, onTaken) {
    this.onTaken = onTaken;
    this.player = player;
    this.field = find(player.root, ".event-name", HTMLInputElement);
    this.list = find(player.root, ".event-names");
    /** @type {Offer} */
    this.offer = { groups: [], categories: [] };
    /** @type {Choice[]} */
    this.choices = [];
    this.active = -1;
    const { on } = player;
    on(this.field, "input", () => this.search());
    on(this.field, "click", () => this.browse());
    on(this.field, "keydown", (event) => this.onKey(event));
    on(this.field, "blur", () => this.close());
    on(this.list, "mousedown", (event) => event.preventDefault()); // the field keeps the focus
  }

  get value() {
    return this.field.value;
  }

  set value(name) {
    this.field.value = name;
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** Ask for a name. */
  ask() {
    this.field.select();
    this.field.scrollIntoView({ block: "nearest" }); // the bar may cover it
    this.browse();
  }

  /** Offer the groups, whatever the field has. */
  browse() {
    const named = new Set();
    const choices = this.offer.groups.flatMap(({ title, labels }) =>
      labels.map((name) => ({ name, note: title })),
    );
    this.open(choices.filter(({ name }) => !named.has(name) && named.add(name)));
  }

  search() {
    const typed = this.field.value.trim();
    if (typed === "") {
      this.browse();
      return;
    }
    this.open(choicesFor(typed, this.offer));
    this.mark(0);
  }

  /** @param {Choice[]} choices */
  open(choices) {
    this.choices = choices.slice(0, MAX_CHOICES);
    this.list.replaceChildren(...this.choices.map((choice, at) => this.option(choice, at)));
    this.list.scrollTop = 0;
    this.list.hidden = this.choices.length === 0;
    this.field.setAttribute("aria-expanded", String(this.isOpen));
    this.mark(-1);
  }

  close() {
    this.open([]);
  }

  /**
   * @param {Choice} choice
   * @param {number} at
   */
  option({ name, note }, at) {
    const item = element("li");
    item.id = `name-${at}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-label", name);
    item.setAttribute("aria-description", note);
    item.append(element("span", name), element("span", note, "note"));
    item.addEventListener("click", () => this.take(at));
    return item;
  }

  /** @param {number} active - The choice that Enter takes; -1 for what the field has. */
  mark(active) {
    this.active = active;
    for (const [at, item] of [...this.list.children].entries()) {
      item.classList.toggle("active", at === active);
      item.setAttribute("aria-selected", String(at === active));
      if (at === active) item.scrollIntoView({ block: "nearest" });
    }
    if (active < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `name-${active}`);
  }

  /** @param {number} at */
  take(at) {
    const choice = this.choices[at];
    if (choice) this.field.value = choice.name;
    this.close();
    this.onTaken();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    event.stopPropagation(); // the player's keys are letters here
    if (event.isComposing) return;
    if (event.key === "ArrowDown" && !this.isOpen) this.browse();
    else if (event.key === "ArrowDown")
      this.mark(Math.min(this.active + 1, this.choices.length - 1));
    else if (event.key === "ArrowUp") this.mark(Math.max(this.active - 1, -1));
    else if (event.key === "Enter") this.take(this.active);
    else if (event.key === "Escape" && this.isOpen) this.close();
    else if (event.key === "Escape") this.player.stage.focus({ preventScroll: true });
    else return;
    event.preventDefault();
  }
}

/**
 * Return the names that a text finds, and the text itself last, unless it is one of them.
 *
 * @param {string} typed
 * @param {Offer} offer
 * @returns {Choice[]}
 */
export function choicesFor(typed, { groups, categories }) {
  const paths = pathsOf(categories);
  const found = foundRows(typed, groups, categories).slice(0, MAX_CHOICES - 1);
  const choices = found.map(({ text }) => ({ name: text, note: paths.get(text) ?? "" }));
  const isName = choices.some(({ name }) => name.toLowerCase() === typed.toLowerCase());
  return isName ? choices : [...choices, { name: typed, note: AS_TYPED }];
}
