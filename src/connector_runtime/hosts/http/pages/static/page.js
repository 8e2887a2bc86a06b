"use strict";
// Everything works without this file; with it, lists can be searched by words, and what arrives appears by itself.

const each = (selector, work) => document.querySelectorAll(selector).forEach(work);

each("[data-filters]", (input) => {
  const items = [...document.querySelectorAll(input.dataset.filters)];
  const found = document.getElementById("found");
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = items.filter((item) => {
      const text = (item.dataset.words || item.textContent).toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      return !item.hidden;
    });
    found.textContent = words.length ? `${shown.length} found` : "";
  });
});

each("[data-focus]", (part) => part.focus());

each("form", (form) => {
  form.addEventListener("submit", (event) => {
    const sure = event.submitter && event.submitter.dataset.sure;
    if (sure && !window.confirm(sure)) {
      event.preventDefault();
      return;
    }
    const busy = form.querySelector(".busy");
    if (busy) busy.hidden = false;
  });
});

// A field's choices by words: the browser's own list, which a keyboard and a screen reader can use.
each("[data-choices]", (input) => {
  const form = input.closest("form");
  const many = "many" in input.dataset;
  const asks = many ? document.createElement("input") : input;
  const list = document.createElement("datalist");
  const told = document.createElement("p");
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
  const look = async () => {
    const query = new URLSearchParams(new FormData(form));
    query.delete(input.name);
    query.set("field", input.dataset.choices);
    query.set("search", asks.value);
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
    told.textContent = known.get(asks.value) || choices.note || "";
  };
  const choose = () => {
    if (!known.has(asks.value)) return false;
    told.textContent = known.get(asks.value);
    if (many) {
      input.value = [input.value.trim(), asks.value].filter(Boolean).join("\n");
      asks.value = "";
    }
    return true;
  };
  asks.addEventListener("focus", look, { once: true });
  asks.addEventListener("input", () => {
    window.clearTimeout(waiting);
    if (!choose()) waiting = window.setTimeout(look, 200);
  });
});

each("[data-copy]", (button) => {
  if (!navigator.clipboard) { // only an address that the browser trusts may copy
    button.hidden = button.classList.contains("copy");
    return;
  }
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const said = button.textContent;
    button.textContent = "Copied";
    window.setTimeout(() => { button.textContent = said; }, 1200);
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
    row.insertCell().append(linked(`/triggers/${event.event}`, event.event));
    row.insertCell().textContent = event.connection;
    row.insertCell().append(event.caused_by ? linked(`/runs/${event.caused_by}`, event.caused_by) : "—");
    const told = document.createElement("code");
    told.className = "payload";
    told.textContent = JSON.stringify(event.payload);
    row.insertCell().append(told);
    const none = document.getElementById("none");
    if (none) none.hidden = true;
  });
});
