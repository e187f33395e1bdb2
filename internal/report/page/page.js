"use strict";

// The list of rows: finding, choosing, sorting, leafing, and all that is known of one row.
// Everything is in the page already; without this script its table is whole.
(() => {
  const onAPage = 100;
  const $ = (id) => document.getElementById(id);
  $("list").classList.add("ready"); // first, so that the rows are seen whatever comes
  const [heads, values] = JSON.parse($("data").textContent);
  const table = $("list"), body = table.tBodies[0], tools = $("tools");
  const rows = Array.from(body.rows, (tr, at) => ({ tr, at, owner: values[at][0], own: values[at][1], signers: values[at][2] }));
  const collator = new Intl.Collator(["nb", "en"], { numeric: true });
  const own = (row, name) => row.own[heads.row.indexOf(name)];

  const wanted = { find: "", turn: "", states: new Set(), order: "row:line", down: false };
  let found = rows, page = 0;

  // Columns are named "owner:3" and "row:state": the owner may have a "state" too.
  const columns = {
    "of the report": heads.row.map((name) => ["row:" + name, spoken(name)]),
    "of the manifest": heads.owner.map((name, i) => ["owner:" + i, name || "(no header)"]),
  };
  const value = (row, column) => {
    const [of, name] = column.split(/:(.*)/s);
    return of === "owner" ? row.owner[name] ?? "" : own(row, name);
  };

  function text(row) {
    row.text ??= [row.owner, row.own, row.signers].flat(2).join("\n").toLowerCase();
    return row.text;
  }

  // A number is found where it begins: not within another, nor in a digest.
  function pattern(word) {
    const plain = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(/^\d/.test(word) ? "(?<![0-9a-z])" + plain : plain);
  }

  function choose() {
    const words = wanted.find.toLowerCase().split(/\s+/).filter(Boolean).map(pattern);
    found = rows.filter((row) =>
      (!wanted.states.size || wanted.states.has(own(row, "state"))) &&
      (!wanted.turn || own(row, "turn") === wanted.turn) &&
      words.every((word) => word.test(text(row))));
    sort();
    show(0);
  }

  // Empty cells stand last either way, and equal ones in the manifest's order.
  function sort() {
    const key = (row) => {
      const v = value(row, wanted.order);
      return wanted.order === "row:state" ? String(heads.states.indexOf(v)) : v;
    };
    const keyed = found.map((row) => [key(row), row]);
    const way = wanted.down ? -1 : 1;
    keyed.sort(([a, p], [b, q]) => (a === "") - (b === "") || way * collator.compare(a, b) || p.at - q.at);
    found = keyed.map(([, row]) => row);
    for (const th of table.tHead.rows[0].cells) {
      if ("row:" + th.dataset.column === wanted.order) th.setAttribute("aria-sort", wanted.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    $("order").value = wanted.order;
    $("direction").textContent = wanted.down ? "descending" : "ascending";
  }

  function show(to) {
    const pages = Math.max(1, Math.ceil(found.length / onAPage));
    page = Math.min(Math.max(0, to), pages - 1);
    const shown = found.slice(page * onAPage, (page + 1) * onAPage);
    fill(shown);
    const counted = found.length.toLocaleString("nb");
    $("count").textContent = found.length === rows.length ? `${counted} rows` : `${counted} of ${rows.length.toLocaleString("nb")} rows: ${said()}`;
    $("pages").hidden = pages === 1;
    $("page").textContent = `Page ${page + 1} of ${pages}`;
    $("back").disabled = page === 0;
    $("on").disabled = page === pages - 1;
  }

  // Whoever leafs reads on at the first row.
  function leaf(to) {
    show(to);
    found[page * onAPage].button.focus();
  }

  // What was chosen, in words: on paper nobody sees the tools.
  function said() {
    const states = Array.from(wanted.states).join(" or ");
    return [states, wanted.turn && `${wanted.turn}’s turn`, wanted.find.trim() && `“${wanted.find.trim()}”`].filter(Boolean).join(", ");
  }

  function fill(shown) {
    for (const row of shown) if (!row.button) addButton(row);
    body.replaceChildren(...shown.flatMap((row) => (row.more ? [row.tr, row.more] : [row.tr])));
  }

  // A row's key opens what is known of it.
  function addButton(row) {
    const key = row.tr.querySelector(".key b");
    row.button = element("button", key.textContent);
    row.button.type = "button";
    row.button.setAttribute("aria-expanded", "false");
    row.button.setAttribute("aria-label", `${key.textContent}, all that is known`);
    row.button.addEventListener("click", () => (row.more ? close(row) : open(row)));
    key.replaceChildren(row.button);
  }

  function open(row) {
    row.more = element("tr");
    row.more.className = "details";
    row.more.setAttribute("role", "row");
    const cell = row.more.appendChild(element("td"));
    cell.colSpan = table.tHead.rows[0].cells.length;
    cell.setAttribute("role", "cell");
    if (heads.owner.length) cell.append(element("h3", "In the manifest"), list(heads.owner, row.owner));
    cell.append(element("h3", "What became of it"), list(heads.row.map(spoken), row.own));
    row.signers.forEach((signer) => cell.append(element("h3", `Signer ${signer[0]}`), list(heads.signer.slice(1).map(spoken), signer.slice(1))));
    row.tr.after(row.more);
    row.button.setAttribute("aria-expanded", "true");
  }

  function close(row) {
    row.more.remove();
    delete row.more;
    row.button.setAttribute("aria-expanded", "false");
  }

  function spoken(name) {
    return name.replaceAll("_", " ");
  }

  function list(names, cells) {
    const dl = element("dl");
    names.forEach((name, i) => {
      if (!cells[i]) return;
      const pair = dl.appendChild(element("div"));
      if (cells[i].length > 60) pair.className = "long";
      pair.append(element("dt", name || "(no header)"), element("dd", cells[i]));
    });
    return dl;
  }

  function element(name, text = "") {
    const e = document.createElement(name);
    e.textContent = text;
    return e;
  }

  function sortBy(order, down) {
    Object.assign(wanted, { order, down });
    sort();
    show(0);
  }

  function addTools() {
    for (const [of, all] of Object.entries(columns)) {
      const group = $("order").appendChild(element("optgroup"));
      group.label = of;
      group.append(...all.map(([name, shown]) => new Option(shown, name)));
    }
    for (const state of heads.states) {
      const n = rows.filter((row) => own(row, "state") === state).length;
      if (!n) continue;
      const label = $("only").appendChild(element("label"));
      const box = label.appendChild(element("input"));
      Object.assign(box, { type: "checkbox", value: state });
      label.append(` ${state} `, element("small", n.toLocaleString("nb")));
    }
    for (const th of table.tHead.querySelectorAll("[data-column]")) {
      const button = element("button", th.textContent);
      button.type = "button";
      const order = "row:" + th.dataset.column;
      button.addEventListener("click", () => sortBy(order, wanted.order === order && !wanted.down));
      th.replaceChildren(button);
    }
  }

  // What the tools say is what is wanted.
  function read() {
    wanted.find = $("find").value;
    wanted.turn = $("turn").value;
    wanted.states = new Set(Array.from($("only").querySelectorAll(":checked"), (box) => box.value));
    choose();
  }

  // A figure above the list leads to its rows.
  function follow(link) {
    $("find").value = link.dataset.find ?? "";
    $("turn").value = link.dataset.turn ?? "";
    for (const box of $("only").querySelectorAll("input")) box.checked = box.value === link.dataset.state;
    read();
    $("rows").focus();
  }

  addTools();
  tools.hidden = false;
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.addEventListener("reset", () => setTimeout(() => {
    Object.assign(wanted, { order: "row:line", down: false });
    read();
  }));
  $("find").addEventListener("input", read);
  $("turn").addEventListener("change", read);
  $("only").addEventListener("change", read);
  $("order").addEventListener("change", () => sortBy($("order").value, false));
  $("direction").addEventListener("click", () => sortBy(wanted.order, !wanted.down));
  $("back").addEventListener("click", () => leaf(page - 1));
  $("on").addEventListener("click", () => leaf(page + 1));
  for (const link of document.querySelectorAll("a[data-state]")) link.addEventListener("click", () => follow(link));
  addEventListener("beforeprint", () => fill(found)); // paper has no pages to leaf
  addEventListener("afterprint", () => show(page));
  choose();
})();
