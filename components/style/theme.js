// Tells the server when the visitor switches the theme, which Streamlit keeps to itself: charts are
// drawn there, in the colours of the theme. Nothing is told of the theme the page began with.

export default function ({ parentElement, setStateValue }) {
  const element = parentElement.host ?? parentElement;
  const background = getComputedStyle(element).getPropertyValue("--st-background-color");
  if (element.earmark !== undefined && element.earmark !== background) {
    setStateValue("background", background);
  }
  element.earmark = background;
}
