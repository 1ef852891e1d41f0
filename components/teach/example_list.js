// Rows of examples. Each call brings the whole list; rows are made anew only when it changed, so
// that what plays plays on. Names are somebody's text: they go into textContent alone.

const SVG = "http://www.w3.org/2000/svg";
const PLAY = "M8 5v14l11-7z";
const STOP = "M6 6h12v12H6z";
const REMOVE =
  "M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12z";

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const shelf = parentElement.querySelector(".shelf");
  shelf.earmark ??= { sound: new Audio(), playing: null, list: "" };
  const own = shelf.earmark;
  own.tell = setTriggerValue;
  const list = JSON.stringify(data);
  if (own.list !== list) {
    own.list = list;
    own.sound.pause();
    shelf.replaceChildren(...data.rows.map((row) => makeRow(own, row, data.classes)));
  }
  return () => own.sound.pause();
}

function makeRow(own, row, classes) {
  const item = document.createElement("li");
  item.append(playButton(own, row), wave(row.outline), words(row));
  item.classList.toggle("choosable", classes.length > 0);
  if (classes.length > 0) item.append(classChoice(own, row, classes));
  const remove = button(REMOVE, `Remove ${row.name}`);
  remove.addEventListener("click", () => own.tell("remove", row.number));
  item.append(remove);
  return item;
}

function playButton(own, row) {
  const play = button(PLAY, `Play ${row.name}`);
  play.disabled = row.sound === null;
  const show = (path) => play.querySelector("path").setAttribute("d", path);
  play.addEventListener("click", () => {
    const again = own.playing === row.number && !own.sound.paused;
    own.sound.pause();
    if (again) return;
    own.sound.onpause = own.sound.onended = () => show(PLAY);
    own.sound.src = row.sound;
    own.playing = row.number;
    show(STOP);
    own.sound.play().catch(() => show(PLAY));
  });
  return play;
}

function classChoice(own, row, classes) {
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", `Class of ${row.name}`);
  for (const label of classes) choice.append(new Option(label, label, false, label === row.label));
  choice.addEventListener("change", () =>
    own.tell("relabel", { number: row.number, label: choice.value })
  );
  return choice;
}

function button(path, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.title = label;
  made.setAttribute("aria-label", label);
  made.append(drawing("0 0 24 24", path));
  return made;
}

function wave(outline) {
  const bars = outline.map((percent, at) => {
    const half = Math.max(0.4, percent / 10);
    return `M${at} ${10 - half}h.7v${2 * half}h-.7z`;
  });
  const picture = drawing(`0 0 ${Math.max(1, outline.length)} 20`, bars.join(""));
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("fill", "currentColor");
  picture.classList.add("wave");
  return picture;
}

function drawing(box, shape) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", box);
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", shape);
  picture.append(path);
  return picture;
}

function words(row) {
  const both = document.createElement("div");
  both.className = "words";
  const name = document.createElement("span");
  name.textContent = name.title = row.name;
  const more = document.createElement("span");
  more.className = "more";
  more.textContent = row.words;
  both.append(name, more);
  return both;
}
