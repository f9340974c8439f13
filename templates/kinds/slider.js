// Drag the handle to the end of its track. Dragging is one way of three: arrow keys (Home, End, Page
// keys) on the handle, and a button that moves it a step per tap (WCAG 2.5.7: no dragging needed).
// A released handle stays where it is, so that a trembling hand may take several pulls.

const END = 0.98; // released beyond this, the handle snaps to the end

export const texts = {
  en: {
    title: "Slide the handle to the end",
    handle: "Handle: slide it to the end",
    value: "{n} percent",
    step: "Or tap here, step by step",
  },
  zh: {
    title: "请将滑块拖到末端",
    handle: "滑块：请拖到末端",
    value: "百分之 {n}",
    step: "也可以点这里，一步步移动",
  },
};

/** How many steps a key moves the handle, in left-to-right pages. @type {Record<string, number>} */
const KEYS = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 2,
  PageDown: -2,
  Home: -Infinity,
  End: Infinity,
};
/** @type {Record<string, string>} */
const MIRRORED = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };

/**
 * @param {HTMLElement} box
 * @param {{start: number, steps: number}} view where the handle waits, and how many steps to the end
 * @param {(value: unknown) => void} done called once with {reached: 0..1, steps: keys and taps used}
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  const track = document.createElement("div");
  track.className = "track";
  const fill = document.createElement("div");
  fill.className = "track-fill";
  const handle = document.createElement("div");
  handle.className = "handle";
  handle.tabIndex = 0;
  handle.setAttribute("role", "slider");
  handle.setAttribute("aria-label", ctx.t("handle"));
  handle.setAttribute("aria-valuemin", "0");
  handle.setAttribute("aria-valuemax", "100");
  track.append(fill, handle);
  const step = document.createElement("button");
  step.type = "button";
  step.className = "step";
  step.textContent = ctx.t("step");
  box.append(track, step);

  const step_frac = (1 - view.start) / view.steps;
  let at = view.start;
  let used = 0;
  let over = false;
  /** Pointer x minus the handle's start, in CSS px, while dragged. @type {number | null} */
  let grip_px = null;

  /** @param {number} to */
  function move(to) {
    at = Math.min(1, Math.max(0, to));
    const percent = Math.round(at * 100);
    track.style.setProperty("--at", String(at));
    handle.setAttribute("aria-valuenow", String(percent));
    handle.setAttribute("aria-valuetext", ctx.t("value", { n: percent }));
  }

  function settle() {
    if (over || at < END) return;
    over = true;
    move(1);
    track.classList.add("is-done");
    handle.setAttribute("aria-disabled", "true");
    step.setAttribute("aria-disabled", "true");
    done({ reached: 1, steps: used });
  }

  /** @param {number} steps forwards, or back when negative */
  function walk(steps) {
    used++;
    move(at + steps * step_frac + 1e-9); // so that the last step is not short by a rounding
    settle();
  }

  /** Distance of the pointer from the start edge of the track. @param {PointerEvent} event */
  function along_px(event) {
    const rect = track.getBoundingClientRect();
    return ctx.dir === "rtl" ? rect.right - event.clientX : event.clientX - rect.left;
  }

  function room_px() {
    return Math.max(1, track.clientWidth - handle.offsetWidth);
  }

  handle.addEventListener("pointerdown", (event) => {
    if (over || event.button !== 0) return;
    handle.setPointerCapture(event.pointerId);
    grip_px = along_px(event) - at * room_px();
    track.classList.add("is-dragged");
  });
  handle.addEventListener("pointermove", (event) => {
    if (grip_px !== null && !over) move((along_px(event) - grip_px) / room_px());
  });
  const release = () => {
    if (grip_px === null) return;
    grip_px = null;
    track.classList.remove("is-dragged");
    settle();
  };
  handle.addEventListener("pointerup", release);
  handle.addEventListener("pointercancel", release);
  handle.addEventListener("lostpointercapture", release);

  handle.addEventListener("keydown", (event) => {
    const key = ctx.dir === "rtl" ? (MIRRORED[event.key] ?? event.key) : event.key;
    const steps = KEYS[key];
    if (over || !steps || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    walk(steps);
  });
  step.addEventListener("click", () => {
    if (!over) walk(1);
  });

  move(at);
  return {
    unmount() {
      track.remove();
      step.remove();
    },
  };
}
