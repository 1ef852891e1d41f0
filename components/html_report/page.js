
// ---- the report: hands the player what the server would

const given = JSON.parse(document.querySelector("#data").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const darkness = matchMedia("(prefers-color-scheme: dark)");
const constant = {
  ...given,
  scores: bytes(given.scores),
  events: bytes(given.events),
  picture: bytes(given.picture),
  audio: given.sound && URL.createObjectURL(new Blob([bytes(given.sound)], { type: given.mime_type })),
};
let wish = null;

function showReport() {
  const dark = darkness.matches;
  mountPlayer({
    parentElement: document.querySelector("#stage"),
    data: {
      ...constant,
      wish,
      palette: dark ? given.dark.palette : given.palette,
      lanes: dark ? { ...given.lanes, colours: given.dark.colours } : given.lanes,
    },
    setStateValue() {},
    setTriggerValue() {},
  });
}

darkness.addEventListener("change", showReport);
for (const row of document.querySelectorAll("tbody tr")) {
  row.addEventListener("click", () => {
    const [onset, offset] = [row.dataset.onset, row.dataset.offset].map(Number);
    wish = { number: (wish?.number ?? 0) + 1, onset_s: onset, offset_s: offset };
    showReport();
  });
}
showReport();
