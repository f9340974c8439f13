// What all controls of picture kinds share: the picture in a room whose height is known before the
// picture is, a place in it as fractions, keys that walk, and a button that confirms.
//
// Pictures and coordinates are never mirrored: whatever the page's direction, things on a stage are put
// by `left` and `top`, `x` grows to the right and `y` downwards. Pictures come as data URIs in the view.

/** @typedef {import("../page.js").Context} Context */
/** @typedef {(value: unknown) => void} Done */
/** @typedef {[x: number, y: number]} Place fractions of the picture's width and height */

const PROMPT_PX = 78; // its height; narrow pages shrink it

/** Where an arrow key leads. @type {Record<string, Place>} */
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} name of its class
 * @param {Record<string, string>} [attributes]
 */
export function make(tag, name, attributes = {}) {
  const element = document.createElement(tag);
  element.className = name;
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  return element;
}

/** @param {string} name of its class @param {string} label @param {() => void} press */
export function button(name, label, press) {
  const element = make("button", name, { type: "button" });
  element.textContent = label;
  element.addEventListener("click", press);
  return element;
}

/** @param {string} uri @param {string} alt "" where its surroundings name it */
export function picture(uri, alt) {
  const image = make("img", "picture", { alt, draggable: "false" });
  image.src = uri;
  return image;
}

/** Room for a picture of this shape. @param {number} aspect width by height @param {Record<string, string>} [attributes] */
export function stage(aspect, attributes) {
  const room = make("div", "stage", attributes);
  room.style.setProperty("--high", `${100 / aspect}%`);
  return room;
}

/** A smaller picture that says what to look for, if the view has one.
 * @param {{prompt?: string, prompt_aspect?: number}} view @param {Context} ctx @param {string} alt */
export function prompt(view, ctx, alt) {
  const row = make("p", "prompt");
  row.hidden = !view.prompt;
  if (!view.prompt) return row;
  const image = picture(view.prompt, alt);
  image.height = PROMPT_PX;
  image.width = Math.round(PROMPT_PX * (view.prompt_aspect || 1));
  row.append(ctx.t("prompt"), image);
  return row;
}

/** Where an event happened. @param {MouseEvent} event @param {Element} room @returns {Place} */
export function placeOf(event, room) {
  const rect = room.getBoundingClientRect();
  return [(event.clientX - rect.left) / rect.width, (event.clientY - rect.top) / rect.height];
}

/** @param {number} value @param {number} [most] */
export const within = (value, most = 1) => Math.min(most, Math.max(0, value));

/** As an answer has it. @param {number} value */
export const rounded = (value) => Math.round(value * 1e4) / 1e4;

/** A key with Ctrl, Alt or Meta is the browser's. @param {KeyboardEvent} event */
export const isOurs = (event) => !(event.ctrlKey || event.metaKey || event.altKey);

/**
 * The body of a control.
 * @param {HTMLElement} box @param {Context} ctx @param {Done} done called once, with the answer
 */
export function begin(box, ctx, done) {
  const root = make("div", "control");
  box.classList.add("has-control");
  box.append(root);
  const control = {
    root,
    over: false,
    /** The answer is given: everything rests, and whoever changes anything looks at `over`. @param {unknown} answer */
    finish(answer) {
      control.over = true;
      root.classList.add("is-over");
      for (const element of root.querySelectorAll("button, [tabindex]")) {
        element.setAttribute("aria-disabled", "true");
      }
      done(answer);
    },
    /** A button that gives the answer, once nothing is lacking; `refresh` it after each change.
     * @param {() => string} lacking what is still to do, in words, or "" @param {() => void} act */
    confirm(lacking, act) {
      const element = button("primary", ctx.t("confirm"), () => {
        if (control.over) return;
        const words = lacking();
        if (words) ctx.announce(words);
        else act();
      });
      const refresh = () => element.setAttribute("aria-disabled", String(Boolean(lacking())));
      refresh();
      return Object.assign(element, { refresh });
    },
    unmount() {
      root.remove();
      box.classList.remove("has-control");
    },
  };
  return control;
}
