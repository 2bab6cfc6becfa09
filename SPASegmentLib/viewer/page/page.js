// What the page does by itself: keys, files, and the position under the pointer.
(function () {
  "use strict";

  // What went wrong with a file is said by the viewer itself (422); only where it cannot be reached, or lets nobody
  // in, this page has to. Its texts come with the page, in the user's language.
  const say = (name) => document.getElementById("texts").dataset[name];

  // Whether a mark beside a slider is of the slice that the slider stands on.
  function shows(mark, slice) {
    const place = (100 * (slice.offset - slice.lowest)) / Math.max(slice.highest - slice.lowest, slice.step);
    return mark.left <= place && place < mark.left + mark.width;
  }

  // A text with its placeholders filled in, as `Text.format` does it in Python.
  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? values[name] : place));
  }

  // Of all views the one that an image of a single slice is seen in, or all.
  function only(tag, views) {
    return tag ? { [tag]: views[tag] } : views;
  }

  function accepted(answer) {
    if (!answer.ok && answer.status !== 422) window.alert(fill(say("refused"), { status: answer.status }));
    return answer.ok;
  }

  async function send(input, address) {
    const file = input.files[0];
    input.value = "";
    if (!file) return;
    try {
      await file.slice(0, 1).arrayBuffer();
    } catch (error) {
      window.alert(fill(say("unreadable"), { name: file.name }));
      return;
    }
    try {
      const there = `${address}?name=${encodeURIComponent(file.name)}`;
      accepted(await fetch(there, { method: "POST", body: file }));
    } catch (error) {
      if (!window.trame.client.isConnected()) window.alert(say("unreachable"));
    }
  }

  // Asked here and not when the button is pressed: a file that is dropped on it comes without a press.
  async function open(input, unsaved) {
    if (mayLeave(unsaved)) await send(input, "spa/volume");
    else input.value = "";
  }

  // A file that misses its button would take the page's place in the browser, or be downloaded. It goes to the button
  // for volumes, which says whether one may be opened now; a study has none.
  ["dragover", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
    if (!event.dataTransfer.types.includes("Files") || event.target.matches("input[type=file]:enabled")) return;
    event.preventDefault();
    const button = document.querySelector("[data-test=upload]:enabled");
    event.dataTransfer.dropEffect = button ? "copy" : "none";
    if (kind === "dragover" || !button || !event.dataTransfer.files.length) return;
    button.files = event.dataTransfer.files;
    button.dispatchEvent(new Event("change"));
  }));

  // The name of a result says which volume it belongs to: all others are called alike.
  function named(address, volume) {
    const stem = (volume || "").replace(/\.(nii|nii\.gz|nrrd|mha|zip|png|jpe?g|bmp|tiff?)$/i, "").replace(/[\\/:*?"<>|]/g, "_");
    return `${stem ? `${stem}-` : ""}${address.split("/").pop()}`;
  }

  async function fetchFile(address, volume) {
    let answer, content;
    try {
      answer = await fetch(address);
      content = await answer.blob();
    } catch (error) {
      window.alert(say("unreachable"));
      return;
    }
    if (!accepted(answer)) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = named(address, volume);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    // Only what has arrived is saved.
    const version = answer.headers.get("X-SPA-Version");
    if (version) window.trame.trigger("saved", [version]);
  }

  function mayLeave(unsaved) {
    return !unsaved || window.confirm(say("unsaved"));
  }

  // A value of a volume with as many digits as tell a hundredth of its range.
  function rounded(value, [lowest, highest]) {
    const digits = Math.round(2 - Math.log10(highest - lowest || 1));
    return digits > 4 ? value.toExponential(1) : value.toFixed(Math.max(digits, 0));
  }

  // Which values are black and white once a slider has been moved: it stops where the other one stands.
  function greys(slider, which, [dark, bright], [lowest, highest]) {
    const least = (highest - lowest) / 1000;
    const found = which ? [dark, Math.max(Number(slider.value), dark + least)]
      : [Math.min(Number(slider.value), bright - least), bright];
    slider.value = found[which];
    return found;
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

  // unit: of the places, "mm", or "" where the size of voxels is unknown.
  function readout(event, geometry, unit) {
    const place = document.getElementById("readout");
    if (!place) return;
    if (!event || !geometry) {
      place.textContent = "\u00a0";
      return;
    }
    const [r, a, s] = position(event, geometry).map((value) => value.toFixed(1));
    place.textContent = `R ${r}  A ${a}  S ${s} ${unit}`;
  }

  // Views have as many pixels as the screen, where one point may be several of these.
  function tellPixels() {
    window.trame.state.set("pixels_per_point", window.devicePixelRatio || 1);
  }
  tellPixels();
  window.addEventListener("resize", tellPixels);

  // Every page is in its own language: that of its address, or else what its browser prefers.
  const asked = [new URLSearchParams(window.location.search).get("lang") || "", ...navigator.languages];
  const spoken = asked.map((name) => name.split(/[-_]/)[0].toLowerCase())
    .find((name) => window.trame.state.get("languages").includes(name)) || "en";
  const language = () => spoken;
  document.documentElement.lang = spoken;

  // Another page of this viewer (a second tab, a tablet beside the screen) gives the views a size of its own, and lets
  // the viewer speak its own language. Whoever turns to a page has the views in its size again, and no slice out of
  // proportion, and is spoken to in its language.
  const PAUSE = 1000;
  let resumed = -Infinity;
  let told = -Infinity;

  function resume() {
    if (window.trame.client.isConnected() && window.trame.state.get("language") !== spoken
      && performance.now() - told > PAUSE) {
      told = performance.now();
      window.trame.trigger("speak", [spoken]);
    }
    const geometry = window.trame.state.get("geometry");
    if (!geometry || performance.now() - resumed < PAUSE || !window.trame.client.isConnected()) return;
    const p = Math.max(1, window.devicePixelRatio);
    const areas = [...document.querySelectorAll(".picture")].map((view) => {
      const { width, height } = view.getBoundingClientRect();
      return [view.dataset.view, width, height];
    });
    const differs = ([tag, ...size]) => geometry[tag]
      && size.some((length, n) => Math.abs(geometry[tag][n] - length * p) > 3 * p);
    const pixels = window.devicePixelRatio || 1;
    if (!areas.some(differs) && window.trame.state.get("pixels_per_point") === pixels) return;
    resumed = performance.now();
    tellPixels();
    const session = window.trame.client.getConnection().getSession();
    areas.forEach(([tag, w, h]) => session.call("trame.rca.size", [tag, "anonymous", { w, h, p }]));
  }
  ["pointermove", "pointerdown", "wheel", "keydown", "focus"].forEach((kind) =>
    window.addEventListener(kind, resume, { capture: true, passive: true }));

  // A page that has lost its viewer (a tablet that slept, a network that was away, a viewer that is started again) comes
  // back by itself: all that it shows is kept by the viewer.
  const AGAIN = 2000;
  let lost = false;

  async function comeBack() {
    try {
      const answer = await fetch(window.location.href, { cache: "no-store" });
      if (answer.ok) {
        window.location.reload();
        return;
      }
    } catch (error) {
      // Not yet.
    }
    setTimeout(comeBack, AGAIN);
  }

  window.trame.client.onConnectionClose(() => {
    if (!lost) setTimeout(comeBack, AGAIN);
    lost = true;
  });

  // What is inside of a view takes the focus, too, with no name and nothing to do there.
  new MutationObserver(() => document.querySelectorAll(".remote-controlled-area[tabindex='0']").forEach((area) => {
    area.tabIndex = -1;
  })).observe(document.body, { childList: true, subtree: true, attributeFilter: ["tabindex"] });

  // The cross that stands for the pointer, for the keyboard: where it is in each view, as shares of its size.
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const places = {};
  const mark = document.createElement("div");
  mark.className = "cross";

  function cross(event, tag) {
    if (!event) {
      mark.remove();
      return;
    }
    const arrow = ARROWS[event.key];
    if ((!arrow && event.key !== " ") || event.altKey || event.metaKey) return;
    event.preventDefault();
    const view = event.currentTarget;
    const place = (places[tag] = places[tag] || [0.5, 0.5]);
    if (arrow) {
      const step = event.shiftKey ? 2 : 12;
      const size = [view.clientWidth, view.clientHeight];
      [0, 1].forEach((n) => { place[n] = Math.min(Math.max(place[n] + (arrow[n] * step) / size[n], 0), 1); });
    } else if (mark.parentElement === view && !event.repeat) {
      window.trame.trigger("click", [tag, place[0], place[1], event.ctrlKey]);
    }
    mark.style.left = `${100 * place[0]}%`;
    mark.style.top = `${100 * place[1]}%`;
    view.appendChild(mark);
  }

  // The mask that is pointed at, by the mouse or else by the focus; the recommended one where none is.
  function pointed(focused = document.activeElement) {
    const card = document.querySelector(".card:hover") || (focused && focused.closest(".card"));
    return card ? Number(card.dataset.card) : 0;
  }

  // Whether a click is not the second half of a double click, which accepts and does not choose once more. Nor
  // must a mask that was clicked be what Enter accepts after the mouse has gone on; one chosen by a key may be.
  function first(event) {
    if (event.detail) event.currentTarget.blur();
    return event.detail < 2;
  }

  // The focus goes without a word when the masks go.
  window.trame.state.watch(["masks"], (masks) => {
    if (!masks.length) window.trame.state.set("highlighted", 0);
  });

  // The segment in use is in sight in its list. `scrollIntoView` would move the whole page, too.
  window.trame.state.watch(["segment"], () => setTimeout(() => {
    const used = document.querySelector(".segments :checked");
    if (!used) return;
    const list = used.closest(".segments");
    const [row, box] = [used.closest("li"), list].map((each) => each.getBoundingClientRect());
    const room = 4;
    if (row.top < box.top + room) list.scrollTop -= box.top + room - row.top;
    else if (row.bottom > box.bottom - room) list.scrollTop += row.bottom - box.bottom + room;
  }));

  // Letters and digits choose in a list, too; Escape has no meaning there.
  function isTyping(event) {
    const inList = event.target.matches("select") && event.key !== "Escape";
    return inList || event.target.matches("input[type=text], textarea");
  }

  // The mouse leaves the focus on what it has pressed, and Enter would press that once more instead of accepting.
  document.addEventListener("click", (event) => {
    const button = event.detail && event.target.closest("button, summary");
    if (button) button.blur();
  });

  // Keys that go on while they are held down.
  const LASTING = ["Backspace", "Ctrl+z", "Ctrl+y"];

  // What a key may do is known only once the answer to the one before it is on the page, so it waits for its turn.
  let waiting = 0;
  let turn = Promise.resolve();

  async function press(selector) {
    const control = document.querySelector(selector);
    if (!control || control.disabled) return;
    control.click();
    // The viewer answers in order: first what the control has asked for, then this.
    await shown(await window.trame.trigger("settle"));
  }

  // The answer may be here before the values are, and these before the controls follow them.
  async function shown(answered) {
    const place = document.getElementById("answered");
    const end = Date.now() + 5000;
    do await new Promise((later) => setTimeout(later, 5));
    while (place && Number(place.dataset.number) < answered && Date.now() < end);
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.metaKey || isTyping(event)) return;
    let key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // The plus sign's key gives an equals sign without Shift on many keyboards.
    if (key === "=") key = "+";
    if (event.ctrlKey) key = `Ctrl+${event.shiftKey && key === "z" ? "y" : key}`;
    let selector = `[data-key="${CSS.escape(key)}"]`;
    if (event.key === "Enter") {
      // On a picture Enter accepts that mask; on any other control it presses the control. Check boxes and sliders have
      // no use for it.
      const mask = event.target.dataset && event.target.dataset.mask;
      if (mask !== undefined) selector = `[data-accept="${mask}"]`;
      else if (event.target.matches("button, a, label, summary, [type=color], [type=file]")) return;
    }
    const control = document.querySelector(selector);
    if (!waiting && (!control || control.disabled)) return;
    if (control) event.preventDefault();
    if (event.repeat && !LASTING.includes(key)) return;
    inTurn(selector);
  });

  function inTurn(selector) {
    waiting += 1;
    turn = turn.then(() => press(selector)).catch(() => {}).then(() => { waiting -= 1; });
  }

  // The wheel with Shift over a slice: the larger thing, or the smaller one. Some browsers turn it sideways then. One
  // flick of it sends many events, of which the first counts.
  const REST = 300;
  let turned = -Infinity;

  document.addEventListener("wheel", (event) => {
    if (!event.shiftKey || event.ctrlKey || !event.target.closest(".picture")) return;
    if (!document.querySelector(".card") && !waiting) return;
    event.preventDefault();
    event.stopPropagation();
    const before = turned;
    turned = event.timeStamp;
    const way = event.deltaY || event.deltaX;
    if (way && turned - before >= REST && !waiting) inTurn(`[data-key="${way < 0 ? "+" : "-"}"]`);
  }, { capture: true, passive: false });

  const valueOf = (id) => document.getElementById(id).value;

  window.trame.utils.spa = {
    language, valueOf, fill, only, shows, open, send, fetchFile, mayLeave, rounded, greys, readout, cross, pointed, first,
  };
})();
