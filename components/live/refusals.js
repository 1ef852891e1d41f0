// streamlit-webrtc's frame says in a browser's own words why there is no microphone, such as
// "NotReadableError: Could not start audio source". This hides that, and tells the script the name
// of the error, for which the page has words. The frame is of the same origin.

const LOOK_MS = 200;
const ERROR = /^(\w+Error): /;

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const look = () => {
    const frame = document.querySelector('iframe[title*="webrtc"]');
    for (const alert of frame?.contentDocument?.querySelectorAll(".MuiAlert-root") ?? []) {
      const name = ERROR.exec(alert.textContent)?.[1];
      if (name === undefined || alert.style.display === "none") continue;
      alert.style.display = "none";
      setTriggerValue("refused", name);
    }
  };
  clearInterval(parentElement.earmarkLook);
  parentElement.earmarkLook = setInterval(look, LOOK_MS);
  return () => clearInterval(parentElement.earmarkLook);
}
