"use strict";
// Everything works without this file; with it, lists can be searched by words, and what arrives appears by itself.

const each = (selector, work) => document.querySelectorAll(selector).forEach(work);

// What comes late moves nothing that is being pressed: a button that is left by the pointer is not clicked.
const still = (change) => {
  const held = document.querySelector("button:hover, a:hover");
  const before = held && held.getBoundingClientRect().top;
  change();
  if (held && held.isConnected) window.scrollBy(0, held.getBoundingClientRect().top - before);
};

each("[data-filters]", (input) => {
  const items = [...document.querySelectorAll(input.dataset.filters)];
  const found = document.getElementById("found");
  input.form.addEventListener("submit", (event) => { // Enter opens what is found alone
    const links = items.filter((item) => !item.hidden).map((item) => item.querySelector("a"));
    if (links.length !== 1) return;
    event.preventDefault();
    links[0].click();
  });
  const little = input.dataset.little.split(" ");
  const ending = new RegExp(input.dataset.ending);
  input.addEventListener("input", () => {
    const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const telling = asked.filter((word) => !little.includes(word));
    const words = telling.length ? telling : asked;
    const shown = items.filter((item) => {
      const text = (item.dataset.words || item.textContent).toLowerCase();
      item.hidden = !words.every((word) => text.includes(` ${word}`) || text.includes(` ${word.replace(ending, "$1")}`));
      return !item.hidden;
    });
    found.textContent = words.length ? `${shown.length} found` : "";
    document.getElementById("nothing").hidden = shown.length > 0;
    each("section.found", (part) => { part.hidden = !shown.some((item) => part.contains(item)); });
  });
});

// What was filled in stays with the page's place in the browser's history, so that Back finds it.
const left = (form) => [...new FormData(form)].filter(([name, value]) => name !== "once" && typeof value === "string");
const refilled = (form, sent) => {
  const told = new Map();
  sent.forEach(([name, value]) => told.set(name, [...(told.get(name) || []), value]));
  form.querySelectorAll("input[name]:not([type=hidden]), [name$='~id'], select[name], textarea[name]").forEach((field) => {
    const values = told.get(field.name) || [];
    if (field.type === "checkbox") field.checked = values.includes(field.value);
    else if (values.length) field.value = values.shift();
  });
};
each("form[data-action]", (form) => {
  const [came] = window.performance.getEntriesByType("navigation");
  const kept = window.history.state;
  if (came && came.type === "back_forward" && kept && kept.sent) refilled(form, kept.sent);
  form.addEventListener("submit", () => window.history.replaceState({ sent: left(form) }, "", window.location.href));
});

each("[data-focus]", (part) => part.focus());

each("form", (form) => {
  form.addEventListener("submit", () => {
    const busy = form.querySelector(".busy");
    if (busy) busy.hidden = false;
  });
});

// On which platform an ID was picked or typed: a line `ID@platform`, or `@platform` for what is typed.
const chosen = (form) => form.elements.connection.selectedOptions[0].dataset.platform || "";
const whose = (field) => field.form.elements[`${field.name}~id`];
const typedHere = (field) => {
  const here = `@${chosen(field.form)}`;
  const before = "many" in field.dataset ? whose(field).value.split(/\r?\n/).filter(Boolean) : []; // which may stay
  whose(field).value = [...new Set([...before, here])].join("\n");
};

// A field's choices by words: the browser's own list, which a keyboard and a screen reader can use.
const offered = (input) => {
  const form = input.closest("form");
  const many = "many" in input.dataset;
  const of = (input.dataset.of || "").split(" ");
  const asks = many ? document.getElementById(`${input.id}-search`) : input; // what is left in it is sent
  const list = document.createElement("datalist");
  const told = input.parentElement.querySelector(":scope > .picked") || document.createElement("p");
  list.id = `${input.id}-choices`;
  told.className = "picked";
  told.setAttribute("role", "status");
  if (many) {
    asks.setAttribute("aria-label", `Search to add: ${form.querySelector(`label[for="${input.id}"]`).firstChild.textContent.trim()}`);
    asks.placeholder = "search by words to add";
    input.after(asks);
  }
  asks.setAttribute("list", list.id);
  asks.autocomplete = "off";
  asks.after(list, told);
  const known = new Map();
  let waiting = 0;
  let asked = 0;
  const look = async (words) => {
    const query = new URLSearchParams(new FormData(form));
    query.delete(input.name);
    [...query.keys()].filter((name) => name.endsWith("~id")).forEach((name) => query.delete(name)); // which are long
    query.set("field", input.dataset.choices);
    query.set("search", words);
    const turn = ++asked;
    const answer = await fetch(`/actions/${form.dataset.action}/choices?${query}`);
    if (!answer.ok) return;
    const choices = await answer.json();
    if (turn !== asked) return; // what was typed since has been asked for too
    list.replaceChildren(...choices.items.map((choice) => {
      known.set(String(choice.value), choice.label);
      const option = document.createElement("option");
      option.value = choice.value;
      option.label = choice.hint ? `${choice.label} · ${choice.hint}` : choice.label;
      return option;
    }));
    still(() => { told.textContent = known.get(asks.value) || choices.note || (asks.value ? told.textContent : ""); });
  };
  const named = async () => { // who it is in the list of what is chosen now, where it is there
    await look("");
    if (!known.has(asks.value)) await look(asks.value);
  };
  const add = () => {
    typedHere(input);
    input.value = [input.value.trim(), asks.value.trim()].filter(Boolean).join("\n");
    asks.value = "";
  };
  const choose = (event) => {
    if (!known.has(asks.value)) return false;
    told.textContent = known.get(asks.value);
    const typed = event.inputType && event.inputType !== "insertReplacementText"; // 1 on the way to 152 is nobody's
    if (many && !typed) add();
    return !typed || !many;
  };
  input.addEventListener("input", () => {
    if (input.value.trim()) typedHere(input);
    else whose(input).value = "";
  });
  asks.addEventListener("focus", () => look("")); // what was chosen before it may have changed
  asks.addEventListener("input", (event) => {
    window.clearTimeout(waiting);
    if (!many) input.parentElement.querySelectorAll(":scope > .picked").forEach((name) => { name.textContent = ""; });
    if (choose(event)) return;
    told.textContent = "";
    waiting = window.setTimeout(() => look(asks.value), 200);
  });
  if (many) asks.addEventListener("change", () => { if (asks.value.trim()) add(); });
  form.addEventListener("change", (event) => { // whom an ID means depends on where, and on what was chosen before it
    if (event.target === asks || event.target === input || !("choices" in event.target.dataset || event.target.name === "connection")) return;
    asked += 1;
    known.clear();
    list.replaceChildren();
    if (!of.includes(event.target.name)) return;
    input.parentElement.querySelectorAll(":scope > .picked").forEach((name) => { name.textContent = ""; });
    if (!many && input.value.trim()) named();
  });
};
each("[data-choices]", offered);
each("[data-offered]", (select) => { // what is typed and what is picked never differ
  const field = document.getElementById(select.dataset.offered);
  const told = field.parentElement.querySelector(":scope > .picked");
  let typed = field.value;
  field.addEventListener("input", () => {
    select.value = "";
    typed = field.value;
  });
  select.addEventListener("change", () => {
    field.value = select.value.slice(0, Math.max(select.value.lastIndexOf("@"), 0)) || typed;
    whose(field).value = select.value || `@${chosen(field.form)}`;
    field.dispatchEvent(new Event("change", { bubbles: true })); // what depends on it follows
    if (told) told.textContent = select.value ? select.selectedOptions[0].text : "";
  });
});
each("form[data-action]", (form) => {
  const ids = [...form.querySelectorAll("[data-choices]")];
  form.elements.connection.addEventListener("change", () => { // IDs of one platform are somebody else's on another
    const first = (line) => (line === "@" ? `@${chosen(form)}` : line); // the first that is chosen is that of what was typed
    ids.forEach((field) => {
      whose(field).value = field.value.trim() ? whose(field).value.split(/\r?\n/).map(first).join("\n") : "";
    });
    form.querySelectorAll(".picked").forEach((name) => { name.textContent = ""; });
  });
});
each("[data-until]", (hint) => { // what to fill in first, until that is filled in
  const said = hint.textContent;
  const form = hint.closest("form");
  const fields = hint.dataset.until.split(" ").map((name) => form.elements[name]);
  const tell = () => { hint.textContent = fields.every((field) => field.value.trim()) ? "" : said; };
  form.addEventListener("input", tell);
  tell();
});
each("[data-plain]", (part) => { part.hidden = true; });

// The platform's own fields: asked for again where they came too late, and where what they depend on has changed.
const renewed = async (part, how) => {
  const form = part.closest("form");
  const sent = new FormData(form);
  sent.set(how, part.dataset.own);
  const fields = (at) => [...at.querySelectorAll("[name]")];
  const before = new Map(fields(part).map((field) => [field.name, field.value]));
  const turn = part.dataset.turn = String(Number(part.dataset.turn || 0) + 1);
  part.setAttribute("aria-busy", "true");
  let page = null;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(sent) });
    if (answer.ok && !answer.redirected) page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    page = null;
  }
  part.removeAttribute("aria-busy");
  const made = page && page.querySelector(`[data-own="${CSS.escape(part.dataset.own)}"]`);
  const said = document.getElementById("heard");
  if (turn !== part.dataset.turn) return;
  if (!made) {
    said.textContent = "The host does not show the fields now. Open the page again to try once more.";
    return;
  }
  const typed = new Map(fields(part).filter((field) => field.value !== before.get(field.name)).map((field) => [field.name, field.value]));
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const known = !made.querySelector(":scope > .pair");
  still(() => part.replaceChildren(...made.childNodes));
  fields(part).forEach((field) => { if (typed.has(field.name)) field.value = typed.get(field.name); });
  const again = focused && document.getElementById(focused);
  if (again) again.focus();
  said.textContent = known ? "The fields are shown." : "The fields are not known.";
};
each("[data-own]", (part) => {
  const form = part.closest("form");
  part.addEventListener("click", (event) => {
    if (event.target.name !== "fresh") return;
    event.preventDefault();
    renewed(part, "fresh");
  });
  const uses = part.dataset.uses.split(" ").filter(Boolean);
  form.addEventListener("change", (event) => {
    if (event.target.name === "connection" || uses.includes(event.target.name)) renewed(part, "fields");
  });
  if ("late" in part.dataset) renewed(part, "fields");
});

const copied = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const holder = document.createElement("textarea"); // where the host is not reached over https
  holder.value = text;
  document.body.append(holder);
  const before = document.activeElement;
  holder.select();
  document.execCommand("copy");
  holder.remove();
  before.focus();
};
each("[data-copy]", (button) => {
  if (!navigator.clipboard) { // only an address that the browser trusts may copy
    button.hidden = button.classList.contains("copy");
    return;
  }
  button.addEventListener("click", async () => {
    await copied(button.dataset.copy);
    document.getElementById("heard").textContent = `Copied: ${button.dataset.copy.slice(0, 200)}`;
    button.classList.add("copied");
    window.setTimeout(() => { button.classList.remove("copied"); }, 1200);
  });
});

each("table.sortable", (table) => {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    head.querySelector("[data-sort]").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      [...table.tHead.rows[0].cells].forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) =>
        a.cells[place].textContent.localeCompare(b.cells[place].textContent, undefined, { numeric: true }));
      body.append(...(down ? rows.reverse() : rows));
    });
  });
});

const words = { expected: "Not seen yet", seen: "Seen", missing: "Missing", not_watched: "Nobody looks" };
each("[data-live]", (part) => {
  const source = new EventSource(part.dataset.live);
  source.addEventListener("run", (message) => {
    JSON.parse(message.data).events.forEach((event, number) => {
      const item = part.querySelector(`[data-event="${number}"]`);
      if (!item) return;
      const status = item.querySelector("[data-status]");
      status.className = `tag ${event.status}`;
      status.textContent = words[event.status] || event.status;
      if (event.delays_s && event.delays_s.length) item.querySelector("[data-delay]").textContent = `after ${event.delays_s[0]} s`;
    });
  });
  source.addEventListener("end", () => source.close());
});

// A run in progress: what is known of it, until it has ended; then all of it.
each("[data-running]", (part) => {
  const effects = JSON.parse(part.dataset.effects);
  const source = new EventSource(part.dataset.running);
  source.addEventListener("run", (message) => {
    const run = JSON.parse(message.data);
    if (run.status !== "running") {
      source.close();
      window.location.reload();
    } else if (part.textContent !== effects[run.effect]) part.textContent = effects[run.effect];
  });
});

// Names that came too late for the page.
each("[data-late-names]", async (part) => {
  const answer = await fetch(part.dataset.lateNames);
  const page = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const made = page && page.getElementById(part.id);
  if (made) still(() => part.replaceChildren(...made.childNodes));
});

each("[data-arriving]", (body) => {
  const source = new EventSource(body.dataset.arriving);
  source.addEventListener("event", (message) => {
    const event = JSON.parse(message.data);
    const row = body.insertRow(0);
    const linked = (path, text) => {
      const link = document.createElement("a");
      link.href = path;
      link.textContent = text;
      return link;
    };
    if ("ticks" in body.dataset) {
      const tick = document.createElement("input");
      Object.assign(tick, { type: "checkbox", name: "cursor", value: event.cursor });
      tick.setAttribute("aria-label", `Event ${event.cursor}`);
      row.insertCell().append(tick);
    }
    const time = document.createElement("time");
    time.dateTime = event.received_at;
    time.textContent = `${event.received_at.slice(0, 19).replace("T", " ")} UTC`;
    row.insertCell().append(time);
    const cell = (className, title) => {
      const made = row.insertCell();
      made.className = className;
      if (title) made.dataset.title = title;
      return made;
    };
    cell("first whole").append(linked(`/triggers/${event.event}`, event.event));
    cell("", "On").append(event.connection);
    cell("", "Caused by").append(event.caused_by ? linked(`/runs/${event.caused_by}`, event.caused_by) : "—");
    const told = document.createElement("code");
    told.className = "payload";
    told.textContent = JSON.stringify(event.payload);
    cell("whole").append(told);
    const none = document.getElementById("none");
    if (none) none.hidden = true;
  });
});

// Who asked for one row more goes on in it. Somebody at a desk begins to type at once, at the top of the page; on a phone
// a keyboard would hide the page.
const begins = document.querySelector("form[data-action] [autofocus]");
if (begins) begins.focus();
if (window.matchMedia("(pointer: fine)").matches && document.activeElement === document.body) {
  const needed = [...document.querySelectorAll("form[data-action] .field")].find((field) => field.querySelector(".needed"));
  const first = document.querySelector("input[data-filters]") || (needed && needed.querySelector("input, select, textarea"));
  if (first && !first.value && !window.location.hash) first.focus({ preventScroll: true });
}
