// Has the browser ask before the tab is closed, or loaded anew, while that would lose what was
// taught. Browsers ask only where something on the page was touched, and in words of their own.

function ask(event) {
  event.preventDefault();
  event.returnValue = true; // for browsers that know no other way: Chromium before 119
}

export default function ({ data }) {
  if (data.unsaved) addEventListener("beforeunload", ask);
  else removeEventListener("beforeunload", ask);
  return () => removeEventListener("beforeunload", ask);
}
