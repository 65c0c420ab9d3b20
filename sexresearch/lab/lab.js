// Draws what Python computed and tells Python what the reader asked for; no number is made here.

const SVG = "http://www.w3.org/2000/svg";

function make(tag, attributes = {}, ...children) {
  const drawn = ["svg", "g", "path", "rect", "ellipse", "text", "tspan", "title", "defs", "marker"].includes(tag);
  const element = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  // JupyterLab takes arrow keys for itself (folding headings, changing cells) unless an element says that it needs them.
  if (["input", "select", "textarea"].includes(tag)) element.setAttribute("data-lm-suppress-shortcuts", "true");
  element.append(...children);
  return element;
}

// Replaces the content of an element; what had the focus has it again, found by its data-key.
function put(element, ...children) {
  const had = element.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  element.replaceChildren(...children);
  if (had !== undefined) element.querySelector(`[data-key="${CSS.escape(had)}"]`)?.focus();
}

function asker(model) {
  let count = 0;
  return (wish) => {
    model.set("wish", { ...wish, number: ++count });
    model.save_changes();
  };
}

// A control that Enter, the space bar and a click set off.
function pressed(action) {
  return {
    onclick: action,
    onkeydown: (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        action(event);
      }
    },
  };
}

function choice(label, options, value, action) {
  const select = make("select", { onchange: () => action?.(select.value) });
  for (const [key, text] of options) select.append(make("option", { value: key, selected: key === value }, text));
  return [make("label", {}, `${label} `, select), select];
}

function codeBox() {
  const area = make("textarea", { readonly: true, "aria-label": "Code that gives the same numbers", spellcheck: "false" });
  const said = make("span", { role: "status" });
  const copy = make("button", { type: "button", onclick: () => {
    area.select();
    const done = navigator.clipboard ? navigator.clipboard.writeText(area.value) : Promise.reject();
    done.then(() => (said.textContent = "Copied."), () => (said.textContent = "Selected: copy it with the keyboard."));
  } }, "Copy");
  const box = make("div", { hidden: true, class: "sx-code" }, area, make("div", { class: "sx-bar" }, copy, said));
  const button = make("button", { type: "button", "aria-expanded": "false", class: "sx-export", onclick: () => {
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    if (!box.hidden) area.focus();
  } }, "Show as code");
  return { area, box, button };
}

// ---------------------------------------------------------------------------------------------- the chain

// Where a line from the middle of a construct towards a point leaves its shape.
function rim(node, box, [x, y]) {
  const [mx, my] = node.at, dx = x - mx, dy = y - my;
  const a = box[0] / 2, b = box[1] / 2;
  const t = node.latent ? 1 / Math.hypot(dx / a, dy / b) : Math.min(a / Math.abs(dx || 1e-9), b / Math.abs(dy || 1e-9));
  return [mx + dx * t, my + dy * t];
}

function way(arrow, nodes, box) {
  const [from, to] = arrow.ends.map((name) => nodes[name]);
  let points = arrow.between;
  if (!points.length && (arrow.state === "added" || to.at[0] <= from.at[0])) {
    const [dx, dy] = [to.at[0] - from.at[0], to.at[1] - from.at[1]], far = Math.hypot(dx, dy) || 1;
    points = [[(from.at[0] + to.at[0]) / 2 + (dy / far) * 46, (from.at[1] + to.at[1]) / 2 - (dx / far) * 46]];
  }
  const start = rim(from, box, points[0] ?? to.at), end = rim(to, box, points.at(-1) ?? from.at);
  let d = `M${start}`, label;
  if (!points.length) {
    d += `L${end}`;
    label = [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2];
  } else {
    points.slice(0, -1).forEach((p, k) => (d += `Q${p} ${(p[0] + points[k + 1][0]) / 2},${(p[1] + points[k + 1][1]) / 2}`));
    d += `Q${points.at(-1)} ${end}`;
    label = points.length > 1 ? points[Math.floor(points.length / 2)]
      : [(start[0] + 2 * points[0][0] + end[0]) / 4, (start[1] + 2 * points[0][1] + end[1]) / 4];
  }
  return [d, label];
}

function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && `${lines.at(-1)} ${word}`.length > most) lines.push("");
    lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
  }
  if (lines.length > 2) lines.splice(1, lines.length, `${lines[1].slice(0, most - 1)}…`);
  return lines.map((line) => (line.length > most + 4 ? `${line.slice(0, most + 3)}…` : line));
}

function drawChain(scene, view) {
  const nodes = Object.fromEntries(scene.nodes.map((node) => [node.name, node]));
  const head = "sx-head-" + view.id;
  const marker = make("marker", { id: head, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto" },
    make("path", { d: "M0,0L10,5L0,10z", fill: "context-stroke" }));
  const svg = make("svg", { viewBox: `0 -14 ${scene.size[0]} ${scene.size[1] + 28}`, role: "group", "aria-label": "Path diagram" }, make("defs", {}, marker));
  const labels = [];
  for (const arrow of scene.arrows) {
    const [d, at] = way(arrow, nodes, scene.box);
    const width = arrow.text.length * 7.4 + 8;
    labels.push(make("g", { class: `sx-arrow ${arrow.state} ${arrow.weak ? "weak" : ""} ${arrow.loading ? "loading" : ""} ${view.picked === arrow.key ? "picked" : ""}`,
      tabindex: 0, role: "button", "aria-label": arrow.said, "aria-pressed": String(view.picked === arrow.key), "data-key": arrow.key,
      onmouseenter: () => view.say(arrow.said), onfocus: () => view.say(arrow.said), ...pressed(() => view.pick(arrow.key)) },
      make("path", { class: "sx-reach", d }), make("path", { d, "marker-end": `url(#${head})` }),
      make("rect", { x: at[0] - width / 2, y: at[1] - 10, width, height: 20, rx: 3 }),
      make("text", { x: at[0], y: at[1] + 4.5, "font-size": 13 }, arrow.text)));
  }
  svg.append(...labels);
  for (const node of scene.nodes) {
    const [x, y] = node.at, [w, h] = scene.box, lines = wrapped(node.label, 16);
    const shape = node.latent ? make("ellipse", { cx: x, cy: y, rx: w / 2, ry: h / 2 }) : make("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h });
    const top = y + 4 - (lines.length - 1 + (node.r2 ? 1 : 0)) * 7;
    const texts = lines.map((line, k) => make("text", { x, y: top + k * 14, "font-size": 13 }, line));
    if (node.r2) texts.push(make("text", { x, y: top + lines.length * 14, class: "sx-r2" }, node.r2));
    svg.append(make("g", { class: `sx-node ${view.picked === node.name ? "picked" : ""}`, tabindex: 0, role: "button", "data-key": node.name,
      "aria-label": `${node.said}. ${node.items.join("; ")}`, onmouseenter: () => view.say(node.said, node.items),
      onfocus: () => view.say(node.said, node.items), ...pressed(() => view.pick(node.name)) }, shape, ...texts));
  }
  return svg;
}

function pathTable(scene, view, ask) {
  const heads = ["Arrow", scene.standardized ? "Standardized" : "Estimate", "95 % interval", "p"];
  const changed = scene.arrows.some((arrow) => arrow.cells[3]);
  if (changed) heads.push("before");
  const body = scene.arrows.map((arrow) => {
    const back = arrow.state === "dropped";
    const button = make("button", { type: "button", "data-key": `act ${arrow.key}`, "aria-label": `${back ? "Bring back" : "Drop"} ${arrow.label}`,
      onclick: () => ask({ kind: back ? "add" : "drop", arrow: arrow.ends }) }, back ? "bring back" : "drop");
    const cells = (changed ? arrow.cells : arrow.cells.slice(0, 3)).map((text) => make("td", {}, text));
    return make("tr", { class: view.picked === arrow.key || arrow.ends[1] === view.picked ? "picked" : "", "data-row": arrow.key },
      make("td", {}, arrow.label), ...cells, make("td", {}, arrow.loading ? "" : button));
  });
  return make("table", {}, make("caption", { hidden: true }, "Arrows"),
    make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)), make("th", { scope: "col", "aria-label": "Change" }))),
    make("tbody", {}, ...body));
}

function fitTable(scene) {
  const changed = scene.fit.some((row) => row[2]);
  const heads = changed ? ["Fit", "before", "now"] : ["Fit", ""];
  return make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...scene.fit.map((row) => make("tr", {}, ...row.slice(0, changed ? 3 : 2).map((text) => make("td", {}, text))))));
}

function chainView(model, el) {
  const ask = asker(model);
  const part = (attributes = {}) => make("div", attributes);
  const bar = part({ class: "sx-bar" }), drawing = part({ class: "sx-scroll" }), said = part({ class: "sx-said", role: "status", "aria-live": "polite" });
  const message = part({ class: "sx-message", role: "alert" }), sliders = part(), assumed = part({ class: "sx-soft" });
  const paths = part(), fit = part(), sentence = part({ role: "status" }), adding = part({ class: "sx-bar" });
  const code = codeBox();
  const view = { id: Math.random().toString(36).slice(2), picked: "" };
  const hint = "Point at a construct or an arrow, or walk with the Tab key, to read it; click or press Enter for its row.";
  view.say = (text, items = []) => put(said, text, ...(items.length ? [make("ul", {}, ...items.map((item) => make("li", {}, item)))] : []));
  view.pick = (key) => {
    view.picked = view.picked === key ? "" : key;
    redraw();
    paths.querySelector("tr.picked")?.scrollIntoView({ block: "nearest" });
  };

  const rows = new Map();
  function slide() {
    const scene = model.get("scene");
    for (const one of scene.sliders) {
      if (!rows.has(one.name)) rows.set(one.name, sliderRow(one, ask, sliders));
      rows.get(one.name)(one);
    }
    assumed.textContent = scene.assumed ? `Assumed: ${scene.assumed}.` : "";
    if (code.area.value !== scene.code) code.area.value = scene.code;
  }

  let shown = "";
  function controls(scene) {
    const key = JSON.stringify([scene.groups, scene.group, scene.standardized]);
    if (key === shown) return;
    shown = key;
    const parts = [];
    if (scene.groups.length) parts.push(choice("Group", scene.groups.map((g) => [g, g]), scene.group, (group) => ask({ kind: "group", group }))[0]);
    const box = make("input", { type: "checkbox", "data-key": "std", onchange: () => ask({ kind: "values", standardized: box.checked }) });
    box.checked = scene.standardized;
    parts.push(make("label", {}, box, " standardized"));
    parts.push(make("button", { type: "button", "data-key": "reset", onclick: () => ask({ kind: "reset" }) }, "Start again"), code.button);
    put(bar, ...parts);
  }

  function addControls(scene) {
    const names = scene.nodes.map((node) => [node.name, node.label]);
    const [from, cause] = choice("Add an arrow from", names, names[0][0]);
    const [to, effect] = choice("to", names, names.at(-1)[0]);
    put(adding, from, to, make("button", { type: "button", onclick: () => ask({ kind: "add", arrow: [cause.value, effect.value] }) }, "Add"));
  }

  function redraw() {
    const scene = model.get("scene");
    controls(scene);
    put(drawing, drawChain(scene, view));
    put(paths, pathTable(scene, view, ask));
    put(fit, fitTable(scene));
    sentence.textContent = scene.changed;
    message.textContent = scene.message;
    slide();
  }

  let last = "";
  model.on("change:scene", () => {
    const { sliders: _, assumed: __, code: ___, message: now, ...rest } = model.get("scene");
    const drawn = JSON.stringify(rest);
    if (drawn === last) { slide(); message.textContent = now; } else { last = drawn; redraw(); }
    el.dataset.drawn = String(performance.timeOrigin + performance.now());
  });
  el.append(bar, drawing, said, message, code.box, make("h4", {}, "What if"), sliders, assumed,
    make("div", { class: "sx-two" }, make("div", {}, make("h4", {}, "Arrows"), paths, adding), make("div", {}, make("h4", {}, "Fit"), fit, sentence)));
  view.say(hint);
  addControls(model.get("scene"));
  redraw();
}

function sliderRow(first, ask, parent) {
  const input = make("input", { type: "range", step: 0.1, "aria-label": `${first.label}: change in points`, "data-slider": first.name });
  const text = make("output", {}), track = make("div", { class: "sx-track", "aria-hidden": "true" });
  input.addEventListener("input", () => ask({ kind: "move", construct: first.name, points: Number(input.value) }));
  parent.append(make("div", { class: "sx-row" }, make("span", {}, first.label), make("div", {}, input, track), text));
  return (one) => {
    input.disabled = !one.can;
    if (!one.can) { text.textContent = one.why; return; }
    Object.assign(input, { min: one.lowest, max: one.highest });
    if (document.activeElement !== input || one.value === 0) input.value = one.value;
    text.textContent = one.text;
    input.setAttribute("aria-valuetext", one.text);
    const [then, low, high] = one.bar ?? [one.stands, one.stands, one.stands];
    put(track, make("s", { style: `left:${one.stands}%` }), make("i", { style: `left:${low}%;width:${high - low}%` }), make("b", { style: `left:${then}%` }));
  };
}

// ---------------------------------------------------------------------------------------------- anything with rows

// A table whose cells are texts, choices, boxes or sliders; what is changed is asked for with the row's key.
function tableView(model, el) {
  const ask = asker(model), code = codeBox();
  const top = make("p"), message = make("div", { class: "sx-message", role: "alert" }), body = make("div", { class: "sx-scroll" });
  const foot = make("p", { class: "sx-soft", role: "status" });
  function cell(row, item) {
    if (typeof item === "string") return make("td", { class: item.length > 24 ? "sx-words" : "" }, item);
    const key = `${row.key} ${item.name}`, label = `${row.label}: ${item.name}`;
    const tell = (value) => ask({ kind: "set", row: row.key, name: item.name, value });
    if (item.options) {
      const select = make("select", { "data-key": key, "aria-label": label, disabled: !!item.off, onchange: () => tell(select.value) },
        ...item.options.map(([value, text]) => make("option", { value, selected: value === item.value }, text)));
      return make("td", {}, select);
    }
    if (item.range) {
      const shown = make("output", {}, item.text);
      const input = make("input", { type: "range", min: item.range[0], max: item.range[1], step: item.range[2], "data-key": key, "aria-label": label,
        "aria-valuetext": item.text, oninput: () => (shown.textContent = input.value), onchange: () => tell(Number(input.value)) });
      input.value = item.value;
      return make("td", {}, input, " ", shown);
    }
    const box = make("input", { type: "checkbox", "data-key": key, "aria-label": label, disabled: !!item.off, onchange: () => tell(box.checked) });
    box.checked = item.value;
    return make("td", {}, box);
  }
  function redraw() {
    const scene = model.get("scene");
    top.textContent = scene.top;
    message.textContent = scene.message;
    foot.textContent = scene.foot;
    code.area.value = scene.code;
    put(body, make("table", {}, make("thead", {}, make("tr", {}, ...scene.heads.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...scene.rows.map((row) => make("tr", {}, ...row.cells.map((item) => cell(row, item)))))));
  }
  model.on("change:scene", redraw);
  el.append(top, message, body, foot, make("div", { class: "sx-bar" }, code.button), code.box);
  redraw();
}

export default {
  render({ model, el }) {
    el.classList.add("sx-lab");
    try {
      (model.get("kind") === "chain" ? chainView : tableView)(model, el);
    } catch (error) {
      el.textContent = `The drawing failed (${error.message}); the picture of it is in the saved notebook.`;
    }
  },
};
