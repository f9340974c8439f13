// Lays out the boxes that a question brings, out of sight, and tells where one of each came to lie:
// see gateway/layout.py. Nothing of the visitor's own is measured.

/** @typedef {{css: string, in: string[], at: number}} Tree */

// Styles of the page, of add-ons and of users must not reach them.
const PLAIN = "all:initial;display:block;direction:ltr;box-sizing:content-box;";
const UNSEEN = "position:absolute;left:0;top:0;width:1000px;visibility:hidden;pointer-events:none";

/** @param {string} css @param {HTMLElement[]} inside */
function box(css, inside = []) {
  const element = document.createElement("div");
  element.style.cssText = PLAIN + css;
  element.append(...inside);
  return element;
}

/** [left, top, width, height] of one box of each tree, CSS pixels from the tree's corner.
 * @param {Tree[] | undefined} trees @returns {number[][] | undefined} */
export function laid(trees) {
  if (!trees) return undefined;
  return trees.map((tree) => {
    const root = box(tree.css, tree.in.map((css) => box(css)));
    const unseen = box(UNSEEN, [root]);
    unseen.setAttribute("aria-hidden", "true");
    document.body.append(unseen);
    const from = root.getBoundingClientRect();
    const rect = root.children[tree.at].getBoundingClientRect();
    unseen.remove();
    const told = [rect.left - from.left, rect.top - from.top, rect.width, rect.height];
    return told.map((px) => Math.round(px * 100) / 100);
  });
}
