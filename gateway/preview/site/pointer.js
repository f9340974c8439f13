// Beside the page's own script: says with an answer what it was given by. Nothing else is noted.
(() => {
  let pressed = "";
  let typed = false;
  addEventListener("pointerdown", (event) => { pressed = event.pointerType; }, true);
  addEventListener("keydown", () => { typed = true; }, true);
  const send = window.fetch;
  window.fetch = (url, init) => {
    const pointer = pressed || (typed ? "keyboard" : "");
    pressed = "";
    typed = false;
    return send(url, { ...init, headers: { ...init?.headers, "X-Pointer": pointer } });
  };
})();
