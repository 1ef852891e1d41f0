/** Order and hierarchy of the class picker: which classes match a text, which rows are visible. */

/**
 * @typedef {object} Group Classes that are offered first.
 * @property {string} title
 * @property {string[]} labels
 */

/**
 * @typedef {object} Category Classes of a category, as `models.events.taxonomy.outline` gives them.
 * @property {string} title - Empty for labels that are not in AudioSet.
 * @property {[number, string][]} entries - Depth and label; descendants follow their class.
 */

/**
 * @typedef {object} Row Visible row of the tree.
 * @property {string} key - Unique in the tree; what is open is known by it.
 * @property {string} text
 * @property {string | null} label - The class; null for a group.
 * @property {number} level - From 1.
 * @property {boolean | null} isOpen - Null for a row without children.
 */

/**
 * Return the classes whose label contains a text: its very name first, then those of the groups in
 * their order, then the others, each by their number of words and by alphabet.
 *
 * @param {string} text
 * @param {Group[]} groups
 * @param {Category[]} categories
 * @returns {string[]}
 */
export function matching(text, groups, categories) {
  const typed = text.trim().toLowerCase();
  const labels = categories.flatMap(({ entries }) => entries.map(([, label]) => label));
  const rank = (/** @type {string} */ label) => {
    if (label.toLowerCase() === typed) return -1;
    const group = groups.findIndex((one) => one.labels.includes(label));
    return group < 0 ? groups.length : group;
  };
  return labels
    .filter((label) => label.toLowerCase().includes(typed))
    .map((label) => ({ label, rank: rank(label), words: label.split(/\s+/).length }))
    .sort((a, b) => a.rank - b.rank || a.words - b.words || a.label.localeCompare(b.label))
    .map(({ label }) => label);
}

/**
 * Return the rows of a search: the classes that match, then, indented as in the tree, the subclasses
 * of those that have the text as a whole word of their label or as their label.
 *
 * @param {string} text
 * @param {Group[]} groups
 * @param {Category[]} categories
 * @returns {Row[]}
 */
export function foundRows(text, groups, categories) {
  const typed = text.trim().toLowerCase();
  const direct = matching(text, groups, categories);
  const listed = new Set(direct);
  const rows = direct.map((label) => asRow(label, 1));
  for (const label of direct) {
    const words = label.toLowerCase().split(/[^\p{L}\p{N}]+/u);
    if (label.toLowerCase() !== typed && !words.includes(typed)) continue;
    for (const [level, below] of subclasses(label, categories)) {
      if (!listed.has(below)) rows.push(asRow(below, 1 + level));
      listed.add(below);
    }
  }
  return rows;
}

/**
 * @param {string} label
 * @param {Category[]} categories
 * @returns {[number, string][]} - Levels below the class, from 1, and labels, in the tree's order.
 */
function subclasses(label, categories) {
  for (const { entries } of categories) {
    const at = entries.findIndex(([, one]) => one === label);
    if (at < 0) continue;
    const rest = entries.slice(at + 1);
    const end = rest.findIndex(([depth]) => depth <= entries[at][0]);
    return rest
      .slice(0, end < 0 ? rest.length : end)
      .map(([depth, below]) => [depth - entries[at][0], below]);
  }
  return [];
}

/**
 * @param {string} label
 * @param {number} level
 * @returns {Row}
 */
function asRow(label, level) {
  return { key: label, text: label, label, level, isOpen: null };
}

/**
 * Return the visible rows of the tree.
 *
 * @param {Group[]} groups
 * @param {Category[]} categories
 * @param {ReadonlySet<string>} open - Keys of the open rows.
 * @returns {Row[]}
 */
export function visibleRows(groups, categories, open) {
  /** @type {Row[]} */
  const rows = [];
  const add = (/** @type {string} */ title, /** @type {Category["entries"]} */ entries) => {
    const key = `group ${title}`;
    const isOpen = open.has(key);
    rows.push({ key, text: title, label: null, level: 1, isOpen });
    if (isOpen) addEntries(rows, `${title} `, entries, 2, open);
  };
  for (const { title, labels } of groups) {
    add(
      title,
      labels.map((label) => [0, label]),
    );
  }
  const isFlat = categories.length === 1 && categories[0].title === "";
  for (const { title, entries } of categories) {
    if (isFlat) addEntries(rows, "", entries, 1, open);
    else add(title || "Other classes", entries);
  }
  return rows;
}

/**
 * @param {Row[]} rows
 * @param {string} prefix - Of the keys.
 * @param {Category["entries"]} entries
 * @param {number} level - Of an entry of depth 0.
 * @param {ReadonlySet<string>} open
 */
function addEntries(rows, prefix, entries, level, open) {
  let closedAt = Infinity; // depth of the class whose descendants are hidden
  for (const [at, [depth, label]] of entries.entries()) {
    if (depth > closedAt) continue;
    const key = prefix + label;
    const hasChildren = (entries[at + 1]?.[0] ?? 0) > depth;
    closedAt = hasChildren && !open.has(key) ? depth : Infinity;
    const isOpen = hasChildren ? open.has(key) : null;
    rows.push({ key, text: label, label, level: level + depth, isOpen });
  }
}

/**
 * Return the path of each class, such as "Animal > Dog" for Bark.
 *
 * @param {Category[]} categories
 * @returns {Map<string, string>}
 */
export function pathsOf(categories) {
  const paths = new Map();
  for (const { title, entries } of categories) {
    /** @type {string[]} */
    const above = [];
    for (const [depth, label] of entries) {
      above.length = depth;
      const names = title && title !== above[0] ? [title, ...above] : above;
      paths.set(label, names.filter((name) => name !== label).join(" > "));
      above[depth] = label;
    }
  }
  return paths;
}
