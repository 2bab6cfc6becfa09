// Two fingers on a slice zoom and move it, under the fingers. What is below would take the second finger for the end of
// a click of the first one, so it is told nothing of either.
(function () {
  "use strict";

  const fingers = new Map();
  let view = null;
  let before = null;
  let asked = false;

  const mine = (event) => event.isTrusted && event.pointerType === "touch";
  const viewOf = (event) => event.target.closest && event.target.closest(".picture:not([data-view=Surface])");

  // Distance of the first two fingers, and where their middle is, in shares of the view's width and height.
  function spread() {
    const [one, other] = [...fingers.values()];
    const box = view.getBoundingClientRect();
    return {
      apart: Math.max(Math.hypot(one.x - other.x, one.y - other.y), 1),
      middle: [((one.x + other.x) / 2 - box.left) / box.width, ((one.y + other.y) / 2 - box.top) / box.height],
    };
  }

  async function begin(first) {
    before = spread();
    // The viewer has to know that the first finger's press means nothing before it is told that the finger has gone.
    try {
      await window.trame.trigger("let_go", [view.dataset.view]);
    } finally {
      first.target.dispatchEvent(new PointerEvent("pointercancel", {
        pointerId: first.id, pointerType: "touch", bubbles: true, clientX: first.x, clientY: first.y,
      }));
    }
  }

  // Fingers tell much more than the viewer can show: one step at a time, the next one with all that was moved since.
  async function follow() {
    if (asked || !view || fingers.size !== 2) return;
    asked = true;
    const [was, now] = [before, spread()];
    before = now;
    try {
      await window.trame.trigger("pinch", [view.dataset.view, now.apart / was.apart, ...was.middle, ...now.middle]);
    } finally {
      asked = false;
    }
    if (view && fingers.size === 2 && spread().apart !== before.apart) follow();
  }

  document.addEventListener("pointerdown", (event) => {
    const found = mine(event) && viewOf(event);
    if (view) {
      if (mine(event)) event.stopPropagation();
      return;
    }
    if (!found) return;
    const first = [...fingers.values()].find((finger) => finger.view === found);
    fingers.set(event.pointerId, {
      id: event.pointerId, view: found, target: event.target, x: event.clientX, y: event.clientY,
    });
    if (!first) return;
    event.stopPropagation();
    view = found;
    begin(first);
  }, true);

  document.addEventListener("pointermove", (event) => {
    if (!mine(event)) return;
    const finger = fingers.get(event.pointerId);
    if (finger) Object.assign(finger, { x: event.clientX, y: event.clientY });
    if (!view) return;
    event.stopPropagation();
    if (finger) follow();
  }, true);

  ["pointerup", "pointercancel"].forEach((kind) => document.addEventListener(kind, (event) => {
    if (!mine(event)) return;
    fingers.delete(event.pointerId);
    if (!view) return;
    event.stopPropagation();
    // A finger that stays draws no box.
    if (!fingers.size) view = null;
  }, true));
})();
