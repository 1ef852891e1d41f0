import assert from "node:assert/strict";
import { test } from "node:test";
import { fileStem } from "../../../components/player/saved_picture.js";
import { SvgContext } from "../../../components/player/svg_context.js";

function made() {
  const measured = /** @type {TextMetrics} */ ({ width: 10 });
  return new SvgContext(100, 50, () => measured);
}

test("shapes are written with their colours", () => {
  const svg = made();
  svg.fillStyle = "#ff0000";
  svg.globalAlpha = 0.5;
  svg.fillRect(1, 2.3456, 3, 4);
  svg.globalAlpha = 1;
  svg.strokeStyle = "#00ff00";
  svg.setLineDash([2, 4]);
  svg.strokeRect(0, 0, 5, 5);
  svg.setLineDash([]);
  svg.beginPath();
  svg.moveTo(0, 0);
  svg.lineTo(1.5, 2);
  svg.closePath();
  svg.fill();
  assert.deepEqual(svg.elements, [
    '<rect x="1" y="2.35" width="3" height="4" fill="#ff0000" opacity="0.5"/>',
    '<rect x="0" y="0" width="5" height="5" fill="none" stroke="#00ff00" stroke-width="1" stroke-dasharray="2 4"/>',
    '<path d="M0 0L1.5 2Z" fill="#ff0000"/>',
  ]);
  assert.match(svg.toString(), /^<svg xmlns="[^"]*" width="100" height="50" viewBox="0 0 100 50">/);
});

test("a path that begins with a line begins there", () => {
  const svg = made();
  svg.beginPath();
  svg.lineTo(1, 2);
  svg.lineTo(3, 4);
  svg.stroke();
  assert.match(svg.elements[0], /d="M1 2L3 4"/);
});

test("names cannot add elements or break the file", () => {
  const svg = made();
  svg.fillText('<script>"&\u0000\ud800', 0, 0);
  assert.match(svg.elements[0], />&lt;script&gt;&quot;&amp;\ufffd\ufffd<\/text>$/);
});

test("clips and shifts end with what was saved", () => {
  const svg = made();
  svg.save();
  svg.translate(5, 6);
  svg.beginPath();
  svg.rect(0, 0, 10, 20);
  svg.save();
  svg.clip();
  svg.fillRect(0, 0, 1, 1);
  svg.restore();
  svg.restore();
  const kinds = svg.elements.map((each) => each.split(/[ >]/)[0]);
  assert.deepEqual(kinds, ["<g", "<clipPath", "<g", "<rect", "</g", "</g"]);
  assert.match(svg.elements[1], /id="clip-0"><path d="M0 0h10v20h-10Z"/);
});

test("a text is placed by its baseline and its side", () => {
  const svg = made();
  svg.font = "600 10px sans-serif";
  svg.textBaseline = "middle";
  svg.textAlign = "right";
  svg.fillText("Dog", 20, 30);
  assert.match(
    svg.elements[0],
    /x="20" y="33.5" .*font-size="10" font-weight="600" text-anchor="end"/,
  );
});

test("a file's name is that of the clip, without what no file may be named", () => {
  assert.equal(fileStem("Garden 7.5.wav"), "Garden 7.5");
  assert.equal(fileStem("../../etc/<b>.mp3"), "_.._etc__b_");
  assert.equal(fileStem("Ölpumpe\u202egpj.flac"), "Ölpumpe_gpj");
  assert.equal(fileStem(""), "clip");
  assert.equal(fileStem("..."), "clip");
});
