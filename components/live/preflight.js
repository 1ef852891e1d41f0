// Checks before Start whether there is a microphone, and keeps checking: what is granted, refused or
// plugged in shows at once.

const LOOK_AGAIN_MS = 2000; // not every browser tells of a change by itself

const WORDS = {
  insecure:
    "This page is not served over HTTPS, so the browser gives it no microphone. " +
    "Open it over https:// or on localhost, or record a file and drop it on the page Clip.",
  unsupported:
    "This browser offers no microphone to web pages. Use a current Chrome, Edge, Firefox or Safari.",
  denied:
    "The browser was told not to give this page the microphone. Allow it in the site's settings " +
    "(the icon beside the address).",
  missing: "No microphone was found. Plug one in, or allow it in the system's settings.",
};

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const line = parentElement.querySelector(".preflight");
  const look = async () => {
    const problem = await findProblem();
    const words = WORDS[problem] ?? "";
    if (line.textContent !== words) line.textContent = words;
    line.hidden = words === "";
    // The script hides a Start button that cannot do anything, until it can.
    const stops = problem !== "";
    if (stops === (line.earmarkStops ?? data.stops)) return;
    line.earmarkStops = stops;
    setStateValue("problem", stops);
  };
  clearInterval(line.earmark);
  line.earmark = setInterval(look, LOOK_AGAIN_MS);
  look();
  return () => clearInterval(line.earmark);
}

async function findProblem() {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia) return "unsupported";
  if ((await permission()) === "denied") return "denied";
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.some((device) => device.kind === "audioinput") ? "" : "missing";
}

async function permission() {
  try {
    return (await navigator.permissions.query({ name: "microphone" })).state;
  } catch {
    return "unknown"; // some browsers do not tell
  }
}
