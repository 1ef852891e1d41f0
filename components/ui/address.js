// Keeps the address in step with the settings of the page, without an entry in the browser's history
// for each change: Back leads to the page before.

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.host ?? parentElement;
  const before = element.earmark;
  if (before !== undefined && before.session !== data.session) {
    // The server lost this tab's session, but the tab still shows what it showed: tell what that is.
    element.earmark = { session: data.session, query: before.query };
    setTriggerValue("reported", before.query);
    return;
  }
  element.earmark = { session: data.session, query: data.query };
  const url = new URL(window.location.href);
  const kept = [...url.searchParams].filter(([name]) => data.foreign.some((start) => name.startsWith(start)));
  url.search = [data.query, new URLSearchParams(kept).toString()].filter(Boolean).join("&");
  if (url.href !== window.location.href) {
    window.history.replaceState(window.history.state, "", url);
  }
}
