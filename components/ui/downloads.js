// Starts a download once, however often the page is drawn anew.

const started = new Set();

export default function (component) {
  const { data } = component;
  if (!data || started.has(data.token)) return;
  started.add(data.token);
  const link = document.createElement("a");
  link.href = data.address;
  link.download = data.name;
  document.body.append(link);
  link.click();
  link.remove();
}
