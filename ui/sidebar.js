// The list of conversations: clicks, keys, the drawer, and the page's address. Only ids and a new name leave.
const narrow = window.matchMedia("(max-width: 1099px)");
const column = document.querySelector("#fn-kept-column");
const switchButton = document.querySelector("#fn-kept-toggle");
const itemOf = (node) => node.closest?.("li[data-id]");
const current = () => element.querySelector(".fn-kept")?.dataset.current ?? "";
const reading = () => element.querySelector(".fn-kept")?.dataset.reading ?? "";

// Beside the chat it stands from the first paint on, so that nothing moves; over it, only when it is asked for.
const shown = () => {
  const { classList } = document.body;
  return narrow.matches ? classList.contains("fn-kept-open") : !classList.contains("fn-kept-away");
};
const show = (wanted) => {
  if (narrow.matches) document.body.classList.toggle("fn-kept-open", wanted);
  else document.body.classList.toggle("fn-kept-away", !wanted);
  switchButton.setAttribute("aria-expanded", String(wanted));
};
const settle = () => {
  document.body.classList.remove("fn-kept-open", "fn-kept-away");
  show(!narrow.matches && localStorage.getItem("fn-kept") !== "closed");
};
const leave = () => { if (narrow.matches && shown()) { show(false); switchButton.focus(); } };

switchButton.addEventListener("click", () => {
  const wanted = !shown();
  show(wanted);
  if (!narrow.matches) localStorage.setItem("fn-kept", wanted ? "open" : "closed");
  else if (wanted) column.querySelector("#fn-kept-search :is(textarea, input)").focus();
});
document.addEventListener("click", (event) => {
  if (narrow.matches && shown() && !event.target.closest("#fn-kept-column, #fn-kept-toggle")) show(false);
});
column.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const item = itemOf(event.target);
  if (item?.querySelector(".fn-kept-row[hidden]")) turn(item, "row");
  else leave();
});
narrow.addEventListener("change", settle);
settle();

// A row shows its conversation, or the field for a new name, its link, whom to share with, or whether to delete.
const turn = (item, part) => {
  for (const name of ["row", "rename", "link", "share", "sure"]) {
    const shown = item.querySelector(`.fn-kept-${name}`);
    if (shown) shown.hidden = name !== part;
  }
  const inner = { row: "[data-do=open]", rename: "input", link: "input", share: "button", sure: "[data-do=cancel]" };
  const focus = item.querySelector(`.fn-kept-${part} ${inner[part]}`);
  if (part === "rename") focus.value = focus.defaultValue; // what was typed and not saved, or another row's
  focus.focus();
  if (focus.matches("input")) focus.select();
};
const place = () => document.querySelector("#fn-source .fn-source")?.dataset.place;

// c: a conversation of one's own; s: the word under which one is shared; at: a citation in it.
const address = (id, word, at) => {
  const url = new URL(location.href);
  for (const [name, value] of [["c", word ? "" : id], ["s", word], ["at", at]]) {
    url.searchParams.delete(name);
    if (value) url.searchParams.set(name, value);
  }
  url.search = url.search.replaceAll("%3A", ":");
  return url;
};
const copy = async (tool, item) => {
  const { id, share } = item.dataset;
  const link = address(id, share, id === current() ? place() : "").href;
  try {
    await navigator.clipboard.writeText(link);
    tool.dataset.said = "Copied";
    setTimeout(() => delete tool.dataset.said, 2000);
  } catch { // browsers have no clipboard for pages that come over plain http
    item.querySelector(".fn-kept-link input").value = link;
    turn(item, "link");
  }
};

element.addEventListener("click", (event) => {
  const tool = event.target.closest("[data-do]");
  const item = tool && itemOf(tool);
  if (!item) return;
  const id = item.dataset.id;
  const does = {
    open: () => { trigger("open", { id }); leave(); },
    link: () => copy(tool, item),
    sharing: () => turn(item, "share"),
    share: () => { changed = id; trigger("grant", { id }); },
    unshare: () => { changed = id; trigger("revoke", { id }); },
    rename: () => turn(item, "rename"),
    delete: () => turn(item, "sure"),
    cancel: () => turn(item, "row"),
    really: () => {
      wanted = (item.nextElementSibling ?? item.previousElementSibling)?.dataset.id ?? "";
      trigger("delete", { id });
    },
  };
  does[tool.dataset.do]?.();
});
element.addEventListener("submit", (event) => {
  const item = itemOf(event.target);
  if (!item) return;
  event.preventDefault();
  const { id } = item.dataset;
  const { value: title, defaultValue: before } = event.target.querySelector("input");
  turn(item, "row");
  if (!title.trim() || title.trim() === before) return;
  wanted = id;
  trigger("rename", { id, title });
});

// The page's address is the link to what it shows: the conversation, and the citation that is open.
let began = false;
let read = "";
let changed = "";
let wanted = null; // the conversation whose row has the focus once the list has changed, "" for none
const remember = () => {
  const at = current() || reading() ? place() : "";
  history.replaceState(history.state, "", address(current(), reading(), at));
};
const refocus = () => {
  const free = document.activeElement === document.body || column.contains(document.activeElement);
  const row = element.querySelector(`li[data-id="${wanted}"] [data-do=open]`);
  if (wanted !== null && free) (row ?? column.querySelector("#fn-kept-search :is(textarea, input)")).focus();
  wanted = null;
};
const follow = () => {
  if (read && current()) document.querySelector("#fn-source .fn-close")?.click(); // it was another conversation's
  read = reading();
  const item = changed && element.querySelector(`li[data-id="${changed}"]`);
  if (item) turn(item, "share");
  changed = "";
  refocus();
};
const reachPlace = () => {
  if (!began && place()) {
    document.querySelector(`#fn-conversation [data-place="${place()}"]`)?.scrollIntoView({ block: "center" });
  }
  began = true;
};
watch("value", () => setTimeout(() => { follow(); reachPlace(); remember(); }, 50));
const again = () => { if (began) remember(); };
new MutationObserver(again).observe(document.querySelector("#fn-source"), { childList: true, subtree: true });
window.addEventListener("popstate", again); // "Back" leads to another page of the page, not to another conversation
