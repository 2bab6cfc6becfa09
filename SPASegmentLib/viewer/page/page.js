// What the page does by itself: keys, files, and the position under the pointer.
(function () {
  "use strict";

  async function upload(input, address, setBusy, setProblem) {
    const file = input.files[0];
    input.value = "";
    if (!file) return;
    setBusy(true);
    setProblem("");
    try {
      const answer = await fetch(`${address}?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
      const text = await answer.text();
      if (!answer.ok) setProblem(text || "The file could not be sent; try again.");
    } catch (error) {
      setProblem("The file could not be sent; it may be too large, or the viewer has ended.");
    } finally {
      setBusy(false);
    }
  }

  // geometry: width and height of the view in its pixels, then a 3 x 4 matrix from pixels to mm.
  function position(event, geometry) {
    const box = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * geometry[0];
    const y = (1 - (event.clientY - box.top) / box.height) * geometry[1];
    return [0, 1, 2].map((row) => {
      const m = geometry.slice(2 + 4 * row, 6 + 4 * row);
      return m[0] * x + m[1] * y + m[3];
    });
  }

  function readout(event, geometry) {
    const place = document.getElementById("readout");
    if (!place) return;
    if (!event || !geometry) {
      place.textContent = "\u00a0";
      return;
    }
    const [r, a, s] = position(event, geometry).map((value) => value.toFixed(1));
    place.textContent = `R ${r}  A ${a}  S ${s} mm`;
  }

  function isTyping(target) {
    return target.matches("input[type=text], select, textarea");
  }

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey || isTyping(event.target)) return;
    let key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey) key = `Ctrl+${key}`;
    let control = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (event.key === "Enter") {
      // On a picture Enter accepts that mask; on any other control it presses the control.
      const mask = event.target.dataset && event.target.dataset.mask;
      if (mask !== undefined) control = document.querySelector(`[data-accept="${mask}"]`);
      else if (event.target.matches("button, a, input, label")) return;
    }
    if (!control || control.disabled) return;
    event.preventDefault();
    control.click();
  });

  window.trame.utils.spa = { upload, readout };
})();
