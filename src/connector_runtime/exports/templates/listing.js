// Search in place: shows what has all the words, in titles, keys, fields and events. Without this file everything shows.
"use strict";

(() => {
  const search = document.querySelector("[role=search]");
  if (!search) return;
  const field = search.querySelector("input");
  const status = search.querySelector("[role=status]");
  const nothing = document.querySelector("[data-nothing]");
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("_", " ");
  const groups = [...document.querySelectorAll("[data-group]")].map((group) => ({
    group,
    name: group.dataset.group,
    items: [...group.querySelectorAll("[data-words]")].map((item) => {
      const words = plain(item.dataset.words);
      return { item, words };
    }),
  }));

  const show = () => {
    const asked = plain(field.value).split(/\s+/).filter(Boolean);
    const found = new Map();
    for (const { group, name, items } of groups) {
      let here = 0;
      for (const { item, words } of items) {
        item.hidden = !asked.every((word) => words.includes(word));
        here += item.hidden ? 0 : 1;
      }
      group.hidden = here === 0;
      found.set(name, (found.get(name) ?? 0) + here);
    }
    nothing.hidden = [...found.values()].some((count) => count > 0);
    status.textContent = asked.length
      ? [...found].map(([name, count]) => `${count} ${count === 1 ? name.replace(/s$/, "") : name}`).join(", ")
      : "";
  };

  // What is linked to, or looked for with the page's own search, must not be hidden by an old search.
  window.addEventListener("hashchange", () => {
    if (document.getElementById(location.hash.slice(1))?.closest("[hidden]")) {
      field.value = "";
      show();
      document.getElementById(location.hash.slice(1)).scrollIntoView();
    }
  });
  field.addEventListener("input", show);
  search.hidden = false;
  show(); // a browser that goes back keeps what was typed
})();
