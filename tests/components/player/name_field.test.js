import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesFor } from "../../../components/player/name_field.js";

/** @type {import("../../../components/player/name_field.js").Offer} */
const OFFER = {
  groups: [{ title: "In this clip", labels: ["Hot dog vendor", "My fox"] }],
  categories: [
    {
      title: "Animal",
      entries: [
        [0, "Animal"],
        [1, "Dog"],
        [2, "Bark"],
      ],
    },
    {
      title: "",
      entries: [
        [0, "Hot dog vendor"],
        [0, "My fox"],
      ],
    },
  ],
};

/** @param {string} typed */
const names = (typed) => choicesFor(typed, OFFER).map(({ name }) => name);

test("names are found as in the class picker", () => {
  assert.deepEqual(names("dog"), ["Dog", "Hot dog vendor", "Bark"]);
  assert.equal(choicesFor("bark", OFFER)[0].note, "Animal > Dog");
});

test("what is typed can be taken as it is, unless it is a name", () => {
  assert.deepEqual(names("fox"), ["My fox", "fox"]);
  assert.deepEqual(names("Doorbell"), ["Doorbell"]);
  assert.deepEqual(names("MY FOX"), ["My fox"]);
});
