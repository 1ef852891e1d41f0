import assert from "node:assert/strict";
import { test } from "node:test";
import { acts } from "../../../components/player/page_keys.js";

/** An element that matches the selectors it is made with. */
class Named {
  /** @param {string[]} selectors */
  constructor(...selectors) {
    this.selectors = selectors;
  }

  /** @param {string} list */
  matches(list) {
    return list.split(",").some((each) => this.selectors.includes(each.trim()));
  }
}
Object.assign(globalThis, { Element: Named });

/** @param {Named[]} path */
function at(...path) {
  return /** @type {EventTarget[]} */ (/** @type {unknown} */ (path));
}

test("Space, J and K are for the player outside of fields", () => {
  for (const key of [" ", "j", "K", "Escape"]) assert.ok(acts(key, at(new Named("body"))), key);
  for (const key of ["a", "ArrowLeft", "Enter"]) assert.ok(!acts(key, at(new Named("body"))), key);
});

test("a field keeps all keys, and so does what is inside one", () => {
  for (const field of ["textarea", "select", "[role=combobox]", "[role=grid]", "[role=dialog]"]) {
    for (const key of [" ", "j", "Escape"]) {
      assert.ok(!acts(key, at(new Named("canvas"), new Named(field))), `${key} in ${field}`);
    }
  }
});

test("Space presses a button, on which J and K act", () => {
  const button = at(new Named("button"));
  assert.ok(!acts(" ", button));
  assert.ok(acts("j", button));
});

test("the table of events is no field: the player plays its rows", () => {
  assert.ok(acts(" ", at(new Named("[role=grid]"), new Named(".st-key-events-table"))));
});

test("keys of the review act in the table, and elsewhere while annotating", () => {
  const body = at(new Named("body"));
  const table = at(new Named("[role=grid]"), new Named(".st-key-events-table"));
  for (const key of ["u", "A", "x"]) {
    assert.ok(!acts(key, body), key);
    assert.ok(acts(key, body, true), key);
    assert.ok(acts(key, table), key);
    assert.ok(!acts(key, at(new Named("textarea")), true), key);
  }
});
