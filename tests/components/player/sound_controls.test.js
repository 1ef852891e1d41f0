import assert from "node:assert/strict";
import { test } from "node:test";
import { SPEEDS, speedBeside } from "../../../components/player/sound_controls.js";

test("speeds go from a quarter to four times, in steps", () => {
  assert.equal(SPEEDS[0], 0.25);
  assert.equal(SPEEDS.at(-1), 4);
  assert.equal(speedBeside(1, 1), 1.25);
  assert.equal(speedBeside(1, -1), 0.75);
  assert.equal(speedBeside(4, 1), 4);
  assert.equal(speedBeside(0.25, -1), 0.25);
});
