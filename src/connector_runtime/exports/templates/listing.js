// Search in place: shows what has all the words, and says in which fields. Without this file everything shows.
"use strict";

(() => {
  const search = document.querySelector("[role=search]");
  if (!search) return;
  const field = search.querySelector("input");
  const status = search.querySelector("[role=status]");
  const nothing = document.querySelector("[data-nothing]");
  const FIELDS_NAMED = 6;

  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const indexed = (text) => `${plain(text)} ${plain(text).replaceAll("_", " ")}`; // user_id is found as it is and as two words
  const groups = [...document.querySelectorAll("[data-group]")].map((group) => ({
    group,
    name: group.dataset.group,
    items: [...group.querySelectorAll("[data-words]")].map((item) => ({
      item,
      words: indexed(item.dataset.words),
      fields: (item.dataset.fields ?? "").split("\n").filter(Boolean).map((line) => ({
        title: line.split("\t")[0],
        words: indexed(line),
      })),
    })),
  }));

  // A word may stand in the item's own words or in a field's; the fields that were needed are named.
  const match = ({ words, fields }, asked) => {
    const needed = asked.filter((word) => !words.includes(word));
    const found = needed.map((word) => fields.filter((each) => each.words.includes(word)));
    return found.every((some) => some.length) && [...new Set(found.flat().map((each) => each.title))];
  };

  const name = (item, titles) => {
    const why = item.querySelector(".why");
    if (!why) return;
    const more = titles.length - FIELDS_NAMED;
    why.hidden = titles.length === 0;
    why.textContent = `Has ${titles.slice(0, FIELDS_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  };

  const show = () => {
    const asked = plain(field.value).split(/\s+/).filter(Boolean);
    const found = new Map();
    for (const { group, name: of, items } of groups) {
      let here = 0;
      for (const each of items) {
        const titles = match(each, asked);
        each.item.hidden = !titles;
        if (titles) name(each.item, titles);
        here += titles ? 1 : 0;
      }
      group.hidden = here === 0;
      found.set(of, (found.get(of) ?? 0) + here);
    }
    nothing.hidden = [...found.values()].some((count) => count > 0);
    status.textContent = asked.length
      ? [...found].map(([of, count]) => `${count} ${count === 1 ? of.replace(/s$/, "") : of}`).join(", ")
      : "";
  };

  // What is linked to must not stay hidden by an old search.
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.closest("[hidden]")) {
      field.value = "";
      show();
      target.scrollIntoView();
    }
  });
  field.addEventListener("input", show);
  search.hidden = false;
  show(); // a browser that goes back keeps what was typed
})();
