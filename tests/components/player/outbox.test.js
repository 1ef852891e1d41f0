import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../../components/player/outbox.js";

/** @typedef {import("../../../components/player/outbox.js").Message} Message */

function posting() {
  /** @type {Message[]} */
  const sent = [];
  const outbox = new Outbox((message) => sent.push(message));
  const answer = (/** @type {number} */ number, player = outbox.player) => {
    return { player, number, words: `Done ${number}.`, is_refusal: false };
  };
  const numbers = () => sent.map(({ requests }) => requests.map(({ request }) => request));
  return { outbox, sent, answer, numbers };
}

test("a message has all requests that are not answered", () => {
  const { outbox, sent, answer, numbers } = posting();
  outbox.add("delete", { number: 3 });
  outbox.add("undo");
  assert.deepEqual(numbers(), [[1], [1, 2]]);
  assert.deepEqual(sent[0].requests, [{ kind: "delete", number: 3, request: 1 }]);
  assert.match(sent[0].player, /^[\w-]{1,40}$/);
  assert.equal(outbox.settle([answer(2)])?.words, "Done 2.");
  outbox.add("redo");
  assert.deepEqual(numbers().at(-1), [3]);
});

test("what was lost is sent again", () => {
  const { outbox, answer, numbers } = posting();
  outbox.add("undo");
  outbox.add("redo");
  outbox.settle([answer(1)]);
  assert.deepEqual(numbers().at(-1), [2]);
  assert.equal(numbers().length, 3);
});

test("what is never answered is not sent for ever", () => {
  const { outbox, numbers } = posting();
  outbox.add("undo");
  for (let run = 0; run < 20; run++) outbox.settle([]);
  assert.equal(outbox.requests.length, 0);
  assert.ok(numbers().length < 10);
  outbox.add("redo");
  assert.deepEqual(numbers().at(-1), [2]);
});

test("an answer is new once, and that to another player never", () => {
  const { outbox, answer } = posting();
  assert.equal(outbox.settle([answer(1)]), null);
  outbox.add("undo");
  assert.equal(outbox.settle([answer(9, "another")]), null);
  assert.notEqual(outbox.settle([answer(9, "another"), answer(1)]), null);
  assert.equal(outbox.settle([answer(1)]), null);
});

test("two players have names of their own", () => {
  assert.notEqual(posting().outbox.player, posting().outbox.player);
});
