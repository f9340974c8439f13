// The page around the question: choices above it, results below.

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);
const frame = /** @type {HTMLIFrameElement} */ (byId("question"));
const CHOICES = ["kind", "lang", "theme", "width"];
let run = "";

/** @param {HTMLSelectElement} select @param {[string, string][]} options values and names */
function offer(select, options) {
  for (const [value, name] of options) select.add(new Option(name, value));
}

/** A new run begins where the kind was chosen anew. */
function begin() {
  run = crypto.getRandomValues(new Uint32Array(4)).join("-");
  show();
}

function show() {
  const [kind, lang, theme] = CHOICES.map((id) => byId(id).value);
  frame.style.maxInlineSize = byId("width").value ? `${byId("width").value}px` : "";
  frame.src = `/try?${new URLSearchParams({ run, kind, lang, theme })}`;
}

async function results() {
  const rows = await (await fetch("/results")).json();
  byId("rows").replaceChildren(...rows.map(row));
}

/** @param {any} of */
function row(of) {
  const share = of.first_tries ? ` = ${Math.round(100 * of.rate)} %` : "";
  const cells = [
    of.pointer ? "" : of.kind,
    of.pointer || "all",
    `${of.right_first} of ${of.first_tries}${share}`,
    of.right_first ? `${of.median_s.toFixed(1)} s` : "–",
    String(of.exchanged),
  ];
  const line = document.createElement("tr");
  line.className = of.pointer ? "part" : "";
  for (const text of cells) line.insertCell().textContent = text;
  return line;
}

/** As high as the question needs. */
function fit() {
  const page = frame.contentDocument?.documentElement;
  if (page) frame.style.blockSize = `${Math.max(420, (page.querySelector("main")?.offsetHeight ?? 0) + 48)}px`;
}

frame.addEventListener("load", () => {
  results();
  const inside = frame.contentDocument?.querySelector("main");
  if (inside) new ResizeObserver(fit).observe(inside);
});
byId("kind").addEventListener("change", begin);
for (const id of CHOICES.slice(1)) byId(id).addEventListener("change", show);
byId("skip").addEventListener("click", async () => {
  await fetch("/skip", { method: "POST", body: JSON.stringify({ visit: run }) });
  show();
});
byId("choices").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());

const { kinds, languages } = await (await fetch("/options")).json();
offer(byId("kind"), kinds.map((/** @type {string} */ kind) => [kind, kind]));
offer(byId("lang"), Object.entries(languages));
if (navigator.language.slice(0, 2) in languages) byId("lang").value = navigator.language.slice(0, 2);
begin();
