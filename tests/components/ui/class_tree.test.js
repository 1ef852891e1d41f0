/** Order and hierarchy of the class picker. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { foundRows, matching, pathsOf, visibleRows } from "../../../components/ui/class_tree.js";

/** @import { Category } from "../../../components/ui/class_tree.js" */

const GROUPS = [
  { title: "In this clip", labels: ["Whimper (dog)"] },
  { title: "Recently used", labels: ["Canidae, dogs, wolves"] },
];
/** @type {Category[]} */
const CATEGORIES = [
  {
    title: "Animal",
    entries: [
      [0, "Animal"],
      [1, "Dog"],
      [2, "Bark"],
      [2, "Whimper (dog)"],
      [1, "Hot dog"],
      [1, "Canidae, dogs, wolves"],
    ],
  },
  { title: "", entries: [[0, "Doorbell of mine"]] },
];
const texts = (/** @type {string[]} */ open) =>
  visibleRows(GROUPS, CATEGORIES, new Set(open)).map(({ text, level }) => `${level} ${text}`);

test("the very name comes first, then what is present and recent, then the shortest", () => {
  assert.deepEqual(matching("dog", GROUPS, CATEGORIES), [
    "Dog",
    "Whimper (dog)",
    "Canidae, dogs, wolves",
    "Hot dog",
  ]);
  assert.deepEqual(matching(" MINE ", GROUPS, CATEGORIES), ["Doorbell of mine"]);
  assert.deepEqual(matching("dg", GROUPS, CATEGORIES), []); // no fuzzy matches
});

test("subclasses of a class that is named by a whole word follow all matches, each once", () => {
  const found = (/** @type {string} */ text) =>
    foundRows(text, GROUPS, CATEGORIES).map(({ label, level }) => `${level} ${label}`);
  const direct = ["1 Dog", "1 Whimper (dog)", "1 Canidae, dogs, wolves", "1 Hot dog"];
  assert.deepEqual(found("dog"), [...direct, "2 Bark"]);
  assert.ok(!found("do").includes("2 Bark")); // part of a word
  const below = ["2 Dog", "3 Bark", "3 Whimper (dog)", "2 Hot dog", "2 Canidae, dogs, wolves"];
  assert.deepEqual(found("ANIMAL "), ["1 Animal", ...below]);
});

test("rows are visible where all that they belong to is open", () => {
  const groups = ["1 In this clip", "1 Recently used", "1 Animal", "1 Other classes"];
  assert.deepEqual(texts([]), groups);
  assert.deepEqual(texts(["group Animal", "Animal Dog"]).slice(2, 4), ["1 Animal", "2 Animal"]);
  const open = ["group Animal", "Animal Animal"];
  const closed = ["1 Animal", "2 Animal", "3 Dog", "3 Hot dog", "3 Canidae, dogs, wolves"];
  assert.deepEqual(texts(open).slice(2, 7), closed);
  const barks = ["3 Dog", "4 Bark", "4 Whimper (dog)", "3 Hot dog"];
  assert.deepEqual(texts([...open, "Animal Dog"]).slice(4, 8), barks);
});

test("labels without categories are a plain list", () => {
  const rows = visibleRows([], [CATEGORIES[1]], new Set());
  assert.deepEqual(
    rows.map(({ level, label, isOpen }) => [level, label, isOpen]),
    [[1, "Doorbell of mine", null]],
  );
});

test("a path names what a class belongs to, once each", () => {
  const paths = pathsOf(CATEGORIES);
  assert.equal(paths.get("Bark"), "Animal > Dog");
  assert.equal(paths.get("Animal"), "");
  assert.equal(paths.get("Doorbell of mine"), "");
});
