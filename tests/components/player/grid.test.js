import assert from "node:assert/strict";
import { test } from "node:test";
import { Grid, Lanes } from "../../../components/player/grid.js";
import { readSample } from "../samples/read.js";

const cases = JSON.parse(new TextDecoder().decode(readSample("grid.json")));

for (const { edges, ...parameters } of cases) {
  const grid = new Grid(parameters);
  const name = `${parameters.duration} s at a hop of ${parameters.hop} s`;

  test(`frames have the edges of models/audio/timing.py: ${name}`, () => {
    assert.equal(edges.length, grid.frames + 1);
    edges.forEach((/** @type {number} */ edge, /** @type {number} */ frame) => {
      assert.ok(Math.abs(grid.edge(frame) - edge) < 1e-8, `frame ${frame}`);
    });
  });

  test(`a time belongs to the frame between whose edges it lies: ${name}`, () => {
    for (let frame = 0; frame < grid.frames; frame++) {
      const [begin, end] = [grid.edge(frame), grid.edge(frame + 1)];
      if (begin === end) continue; // beyond the clip's end
      assert.equal(grid.frame(begin), frame);
      assert.equal(grid.frame((begin + end) / 2), frame);
    }
    assert.equal(grid.frame(-1), 0);
    assert.equal(grid.frame(1e6), grid.frames - 1);
  });
}

test("lanes give the scores of their columns, in [0, 1]", () => {
  const grid = new Grid({ duration: 2.4, window: 0.975, hop: 0.48, frames: 4 });
  const content = {
    names: ["Dog", "Siren"],
    colours: ["#111111", "#222222"],
    thresholds: [0.3, 0.5],
    scores: Uint8Array.of(0, 64, 128, 255),
    frames_per_column: 2,
  };
  const lanes = new Lanes(grid, content);
  assert.equal(lanes.columns, 2);
  assert.deepEqual([lanes.score(0, 0), lanes.score(0, 1)], [0, 0.25]);
  assert.deepEqual([lanes.score(1, 0), lanes.score(1, 1)], [0.5, 255 / 256]);
  assert.deepEqual([lanes.column(0), lanes.column(2.3)], [0, 1]);
  assert.deepEqual([lanes.edge(0), lanes.edge(1), lanes.edge(2)], [0, grid.edge(2), 2.4]);
});
