import assert from "node:assert/strict";
import { test } from "node:test";
import { AlertScreen, findAlerts, PAUSE_S, SHOWN_S } from "../../../components/live/alerts.js";

/**
 * @param {number} number
 * @param {string} label
 */
function event(number, label, { open = true, offset_s = 10 } = {}) {
  return { number, label, open, offset_s, at: 0, lasted: "", peak: 0.8 };
}

test("each event of a watched class is an alert once", () => {
  const events = [event(0, "Dog"), event(1, "Speech"), event(2, "Siren")];
  const first = findAlerts(events, -1, ["Dog", "Siren"], 10);
  assert.deepEqual(
    first.alerts.map(({ number }) => number),
    [0, 2],
  );
  assert.equal(first.last, 2);
  const again = findAlerts([...events, event(3, "Dog")], first.last, ["Dog", "Siren"], 11);
  assert.deepEqual(
    again.alerts.map(({ number }) => number),
    [3],
  );
  assert.deepEqual(findAlerts(events, again.last, ["Dog"], 12), { alerts: [], last: 3 });
});

test("what had been heard before the page was loaded is no alert", () => {
  const old = event(0, "Dog", { open: false, offset_s: 3 });
  const recent = event(1, "Dog", { open: false, offset_s: 59 });
  assert.deepEqual(findAlerts([old, recent], -1, ["Dog"], 60).alerts, [recent]);
});

test("an alert is shown for two seconds", () => {
  const screen = new AlertScreen();
  screen.add("Dog", 100);
  assert.deepEqual(screen.shown(100), ["Dog"]);
  assert.deepEqual(screen.shown(100 + SHOWN_S - 0.01), ["Dog"]);
  assert.deepEqual(screen.shown(100 + SHOWN_S), []);
});

test("two classes at once are shown together", () => {
  const screen = new AlertScreen();
  screen.add("Dog", 100);
  screen.add("Siren", 101);
  assert.deepEqual(screen.shown(102.5), ["Dog", "Siren"]);
});

test("a class that sounds again and again does not hide the screen all the time", () => {
  const screen = new AlertScreen();
  let hidden = 0;
  for (let now = 0; now < 60; now += 0.25) {
    screen.add("Dog", now);
    if (screen.shown(now).length > 0) hidden += 0.25;
  }
  assert.ok(hidden <= (60 * SHOWN_S) / (SHOWN_S + PAUSE_S) + SHOWN_S);
  assert.ok(hidden >= 20, "it is shown again after the pause");
});
