/**
 * Class picker component: a field that finds classes by what is typed, and a tree to browse. Enter
 * takes the class that is marked, at first the first one. Labels are set as text, never as markup.
 */

import { element, find, instanceOn, setText } from "../frontend/dom.js";
import { foundRows, pathsOf, visibleRows } from "./class_tree.js";

/** @import { Component, Tell } from "../frontend/streamlit.js" */
/** @import { Category, Group, Row } from "./class_tree.js" */

/**
 * @typedef {object} PickerData
 * @property {string} label - Name of the field.
 * @property {string} placeholder
 * @property {string[]} chosen
 * @property {string | null} token - Of the latest choice that the script knows.
 * @property {string} session - Random name of the server's session.
 * @property {Group[]} groups
 * @property {Category[]} categories
 */

class ClassPicker {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {HTMLInputElement} */
    this.field = find(root, "input", HTMLInputElement);
    this.chips = find(root, ".chips");
    this.matches = find(root, ".matches");
    this.tree = find(root, ".tree");
    this.told = find(root, ".none");
    /** @type {Set<string>} */
    this.open = new Set(); // keys of the open rows of the tree
    /** @type {Row[]} */
    this.rows = [];
    this.active = -1;
    /** @type {string[]} */
    this.chosen = [];
    /** @type {string | null} */
    this.pending = null; // token of a choice that the script may not know yet
    /** @type {PickerData | null} */
    this.data = null;
    this.shown = "";
    /** @type {Tell} */
    this.tell = () => {};
    this.listen();
  }

  listen() {
    this.field.addEventListener("input", () => this.search());
    this.field.addEventListener("click", () => this.show());
    this.field.addEventListener("keydown", (event) => this.press(event));
    this.root.addEventListener("focusout", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.root.contains(relatedTarget))) this.hide();
    });
    for (const list of [this.matches, this.tree]) {
      list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps focus
    }
  }

  /**
   * @param {PickerData} data
   * @param {Tell} tell
   */
  update(data, tell) {
    this.tell = tell;
    const isSame = this.data?.session === data.session;
    if (!isSame || this.pending === null || this.pending === data.token) {
      this.pending = null;
      this.chosen = data.chosen;
    }
    const shown = JSON.stringify([data, this.chosen]);
    if (this.shown === shown) return;
    this.shown = shown;
    for (const { title } of data.groups) {
      if (!this.data?.groups.some((group) => group.title === title))
        this.open.add(`group ${title}`);
    }
    this.data = data;
    this.paths = pathsOf(data.categories);
    this.field.setAttribute("aria-label", data.label);
    this.field.placeholder = data.placeholder;
    this.tree.setAttribute("aria-label", data.label);
    this.matches.setAttribute("aria-label", data.label);
    this.draw();
  }

  get isOpen() {
    return this.field.getAttribute("aria-expanded") === "true";
  }

  show() {
    if (this.isOpen) return;
    this.field.setAttribute("aria-expanded", "true");
    this.active = -1;
    this.draw();
  }

  hide() {
    this.field.value = "";
    this.field.setAttribute("aria-expanded", "false");
    this.draw();
  }

  search() {
    this.field.setAttribute("aria-expanded", "true");
    this.active = this.field.value.trim() ? 0 : -1;
    this.draw();
    this.matches.scrollTop = 0;
  }

  draw() {
    if (this.data === null) return;
    const { groups, categories } = this.data;
    const isSearch = this.field.value.trim() !== "";
    const list = isSearch ? this.matches : this.tree;
    this.rows = !this.isOpen
      ? []
      : isSearch
        ? foundRows(this.field.value, groups, categories)
        : visibleRows(groups, categories, this.open);
    this.active = Math.min(this.active, this.rows.length - 1);
    this.matches.replaceChildren();
    this.tree.replaceChildren();
    list.replaceChildren(
      ...this.rows.map((row, at) => (isSearch ? this.option(row, at) : this.treeItem(row, at))),
    );
    this.matches.hidden = !isSearch || this.rows.length === 0;
    this.tree.hidden = isSearch || this.rows.length === 0;
    setText(this.told, isSearch && this.rows.length === 0 ? "No class contains this." : "");
    this.field.setAttribute("aria-haspopup", isSearch ? "listbox" : "tree");
    this.field.setAttribute("aria-controls", list.id);
    this.drawChips();
    this.mark();
  }

  drawChips() {
    this.chips.hidden = this.chosen.length === 0;
    this.chips.replaceChildren(...this.chosen.map((label) => this.chip(label)));
  }

  /** @param {string} label */
  chip(label) {
    const item = element("li");
    const remove = element("button", "×");
    remove.type = "button";
    remove.title = `Remove ${label}`;
    remove.setAttribute("aria-label", `Remove ${label}`);
    remove.addEventListener("click", () => {
      this.toggle(label);
      this.field.focus();
    });
    item.append(element("span", label), remove);
    return item;
  }

  /**
   * @param {Row} row
   * @param {number} at
   */
  item(row, at) {
    const item = element("li");
    item.id = `row-${at}`;
    item.addEventListener("click", () => this.act(row));
    const isChosen = row.label !== null && this.chosen.includes(row.label);
    if (row.label !== null) item.setAttribute("aria-selected", `${isChosen}`);
    item.setAttribute("aria-label", row.text);
    const mark = element("span", isChosen ? "✓" : "", "mark");
    mark.setAttribute("aria-hidden", "true");
    const words = element("span");
    words.append(element("span", row.text, "label"));
    return { item, mark, words };
  }

  /**
   * @param {Row} row
   * @param {number} at
   */
  option(row, at) {
    const { item, mark, words } = this.item(row, at);
    item.setAttribute("role", "option");
    item.style.setProperty("--depth", `${row.level - 1}`);
    const path = this.paths?.get(row.text) ?? "";
    if (path) {
      item.setAttribute("aria-description", path);
      words.append(element("span", path, "path"));
    }
    item.append(mark, words);
    return item;
  }

  /**
   * @param {Row} row
   * @param {number} at
   */
  treeItem(row, at) {
    const { item, mark, words } = this.item(row, at);
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", `${row.level}`);
    item.style.setProperty("--depth", `${row.level - 1}`);
    item.classList.toggle("group", row.label === null);
    const turn = element("span", row.isOpen === null ? "" : row.isOpen ? "▾" : "▸", "turn");
    turn.setAttribute("aria-hidden", "true");
    if (row.isOpen !== null) {
      item.setAttribute("aria-expanded", `${row.isOpen}`);
      turn.addEventListener("click", (event) => {
        event.stopPropagation();
        this.turn(row);
      });
    }
    item.append(turn, words, mark);
    return item;
  }

  /** Mark the active row, which Enter takes. */
  mark() {
    const list = this.tree.hidden ? this.matches : this.tree;
    for (const [at, item] of [...list.children].entries()) {
      item.classList.toggle("active", at === this.active);
      if (at === this.active) item.scrollIntoView({ block: "nearest" });
    }
    if (this.active < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `row-${this.active}`);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.isComposing) return;
    const row = this.rows[this.active];
    const isTree = !this.tree.hidden && row !== undefined;
    if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "Enter") this.enter(row);
    else if (event.key === "Escape" && this.isOpen) this.hide();
    else if (event.key === "ArrowRight" && isTree && row.isOpen === false) this.turn(row);
    else if (event.key === "ArrowLeft" && isTree) this.ascend(row);
    else if (event.key === "Backspace" && this.field.value === "" && this.chosen.length > 0) {
      this.toggle(this.chosen[this.chosen.length - 1]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} step */
  move(step) {
    if (!this.isOpen) {
      this.show();
      return;
    }
    this.active = Math.max(0, Math.min(this.rows.length - 1, this.active + step));
    this.mark();
  }

  /** @param {Row | undefined} row */
  enter(row) {
    if (row === undefined) return;
    const isSearch = this.tree.hidden;
    this.act(row);
    if (isSearch) this.hide();
  }

  /** @param {Row} row */
  act(row) {
    if (row.label === null) this.turn(row);
    else this.toggle(row.label);
  }

  /** @param {Row} row */
  turn(row) {
    if (!this.open.delete(row.key)) this.open.add(row.key);
    this.active = this.rows.findIndex(({ key }) => key === row.key);
    this.draw();
  }

  /** @param {Row} row - Close it, or go to the row that it belongs to. */
  ascend(row) {
    if (row.isOpen) {
      this.turn(row);
      return;
    }
    const above = this.rows.slice(0, this.active).findLastIndex(({ level }) => level < row.level);
    if (above >= 0) this.active = above;
    this.mark();
  }

  /** @param {string} label */
  toggle(label) {
    const others = this.chosen.filter((one) => one !== label);
    this.chosen = others.length < this.chosen.length ? others : [...others, label];
    this.pending = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.draw();
    this.tell("chosen", { labels: this.chosen, token: this.pending });
  }
}

/** @param {Component<PickerData>} component */
function mountClassPicker({ data, parentElement, setTriggerValue }) {
  const root = find(parentElement, ".picker");
  instanceOn(root, () => new ClassPicker(root)).update(data, setTriggerValue);
}

export default mountClassPicker;
