// The library page's clicks, drops and keys, all of them: its other parts are only shown. `element` and `trigger`
// come from Gradio. Names, ids and form fields leave; files go to their own address.
const page = element.closest("#fn-library-page");
const part = (name) => page.querySelector(`#fn-lib-${name}`);
const here = () => document.body.dataset.page === "library";
const view = { page: 1 };
const chosen = new Set();
let taken = null;
let opener = null;
let waiting = 0;

const filters = () => {
  const form = page.querySelector("[data-find]");
  return form ? Object.fromEntries(new FormData(form)) : {};
};
const wanted = () => ({ ...filters(), page: view.page });
const show = () => trigger('show', { view: wanted() });
const sending = (words) => { page.querySelector("[data-sending]").textContent = words; };

const mark = () => {
  const bar = page.querySelector("[data-chosen]");
  if (!bar) return;
  const ids = [...chosen];
  bar.hidden = !ids.length;
  bar.querySelector("span").textContent = `${ids.length.toLocaleString("en")} chosen`;
  bar.querySelector("[data-export]").href = `/library/export?ids=${ids.join(",")}`;
  const boxes = [...page.querySelectorAll("#fn-lib-list tbody input")];
  boxes.forEach((box) => { box.checked = chosen.has(Number(box.value)); });
  const every = page.querySelector("[data-every]");
  if (every) every.checked = boxes.every((box) => box.checked);
};

const errorOf = (answer) => {
  const id = answer?.headers.get("x-request-id");
  return id ? ` Error ${id}.` : "";
};
const post = async (file, name) => {
  const answer = await fetch(`/library/upload?name=${encodeURIComponent(name)}`, {
    method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
  }).catch(() => null);
  const said = answer && await answer.json().catch(() => null);
  return said?.upload ? { upload: said.upload } : { why: said?.reason || `${name} did not arrive.${errorOf(answer)}` };
};

const send = async (files) => {
  const problems = [];
  for (let start = 0; start < files.length; start += 500) {
    const batch = files.slice(start, start + 500);
    const uploads = new Array(batch.length);
    let next = 0;
    const work = async () => {
      while (next < batch.length) {
        const at = next++;
        sending(`Sending ${(start + at + 1).toLocaleString("en")} of ${files.length.toLocaleString("en")}: ${batch[at].name}`);
        const { upload, why } = await post(batch[at].file, batch[at].name);
        if (upload) uploads[at] = upload; else problems.push(why);
      }
    };
    await Promise.all([work(), work(), work()]);
    const sent = uploads.filter(Boolean);
    if (sent.length) trigger('ingest', { uploads: sent });
  }
  sending(problems.slice(0, 5).join(" ") + (problems.length > 5 ? ` And ${problems.length - 5} more.` : ""));
};

const named = (file) => ({ file, name: file.webkitRelativePath || file.name });
const walk = async (entry, found) => {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((done) => entry.file(done, () => done(null)));
    if (file) found.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const inner = await new Promise((done) => reader.readEntries(done, () => done([])));
    if (!inner.length) return;
    for (const each of inner) await walk(each, found);
  }
};
const dropped = async (data) => {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...data.files].map(named);
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
};

const close = () => {
  document.body.classList.remove("fn-lib-reading");
  ["article", "why", "text"].forEach((name) => part(name).classList.add("fn-gone"));
  opener?.isConnected ? opener.focus() : page.querySelector("[data-find] input")?.focus();
};
const open = (id, from) => {
  opener = from;
  part("said").classList.add("fn-gone");
  ["article", "why", "text"].forEach((name) => part(name).classList.remove("fn-gone"));
  document.body.classList.add("fn-lib-reading");
  trigger('open', { id });
};

page.addEventListener("click", (event) => {
  const at = (name) => event.target.closest(`[data-${name}]`);
  const titled = event.target.closest("button[data-open]");
  const step = event.target.closest("button[data-page]");
  const job = event.target.closest("button[data-do]");
  const confirm = page.querySelector("[data-confirm]");
  if (titled) open(Number(titled.dataset.open), titled);
  else if (step) { view.page = Number(step.dataset.page); show(); part("list").scrollIntoView({ block: "nearest" }); }
  else if (job) trigger('job', { job: job.closest("[data-job]").dataset.job, do: job.dataset.do });
  else if (at("about") || at("close")) close();
  else if (at("clear")) { chosen.clear(); mark(); }
  else if (at("again")) trigger('again', { ids: [...chosen] });
  else if (at("remove")) {
    confirm.querySelector("h2").textContent = `Remove ${chosen.size === 1 ? "this article" : `these ${chosen.size} articles`}?`;
    confirm.showModal();
  } else if (at("keep")) confirm.close();
  else if (at("really")) {
    confirm.close();
    trigger('remove', { ids: [...chosen].slice(0, 500), view: wanted() });
    [...chosen].slice(0, 500).forEach((id) => chosen.delete(id));
    mark();
  }
});

page.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("[data-files]")) {
    send([...box.files].map(named)).then(() => { box.value = ""; });
  } else if (box.matches("[data-every]")) {
    page.querySelectorAll("#fn-lib-list tbody input").forEach((each) => {
      box.checked ? chosen.add(Number(each.value)) : chosen.delete(Number(each.value));
    });
    mark();
  } else if (box.matches("#fn-lib-list tbody input")) {
    box.checked ? chosen.add(Number(box.value)) : chosen.delete(Number(box.value));
    mark();
  }
});

page.addEventListener("input", (event) => {
  if (!event.target.closest("[data-find]")) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => { view.page = 1; show(); }, 250);
});

page.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const fields = Object.fromEntries(new FormData(form));
  if (form.matches("[data-from]") && fields.source.trim()) { trigger('ingest', { source: fields.source }); form.reset(); }
  else if (form.matches("[data-correct]")) { part("said").classList.remove("fn-gone"); trigger('correct', { ...fields, id: Number(form.dataset.correct) }); }
  else if (form.matches("[data-why]")) { part("said").classList.add("fn-gone"); trigger('why', { ...fields, id: Number(form.dataset.why) }); }
});

page.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !page.querySelector("dialog[open]") && document.body.classList.contains("fn-lib-reading")) close();
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  page.addEventListener(name, (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    page.classList.toggle("fn-dropping", name === "dragenter" || name === "dragover");
    if (name === "drop") dropped(event.dataTransfer).then(send);
  });
}

const keepOpen = new Set();
page.addEventListener("toggle", (event) => {
  const key = event.target.dataset.key;
  if (key) event.target.open ? keepOpen.add(key) : keepOpen.delete(key);
}, true);
const noticed = () => {
  part("jobs").querySelectorAll("details[data-key]").forEach((each) => {
    if (keepOpen.has(each.dataset.key)) each.open = true;
  });
  const now = part("jobs").querySelector("[data-taken]")?.dataset.taken ?? "0";
  if (taken !== null && taken !== now) { show(); document.dispatchEvent(new CustomEvent("fn-library")); }
  taken = now;
};
// Gradio changes what is shown in place: other rows or another article may be other words in the same elements, with
// what was ticked or typed there before.
const listed = () => {
  view.page = Number(part("list").querySelector("[data-at]")?.dataset.at ?? view.page); // the server may know of fewer
  mark();
};
const opened = () => {
  part("article").querySelectorAll("form").forEach((form) => form.reset());
  part("article").querySelector("h2")?.focus({ preventScroll: true });
};
new MutationObserver(() => {
  part("said").classList.remove("fn-gone");
  part("said").scrollIntoView({ block: "nearest" });
}).observe(part("said"), { childList: true, subtree: true, characterData: true });
new MutationObserver(noticed).observe(part("jobs"), { childList: true, subtree: true });
new MutationObserver(listed)
  .observe(part("list"), { childList: true, subtree: true, attributeFilter: ["data-at", "value"] });
new MutationObserver(opened).observe(part("article"), { childList: true, subtree: true, attributeFilter: ["data-id"] });
new MutationObserver(() => part("why").firstElementChild && part("why").querySelector(".fn-why, .fn-failure")?.scrollIntoView({ block: "nearest" }))
  .observe(part("why"), { childList: true, subtree: true });

const look = () => trigger('look', { revision: part("jobs").querySelector("[data-revision]")?.dataset.revision ?? "" });
let begun = false;
const arrive = () => {
  document.body.classList.toggle("fn-lib-reading", here() && Boolean(part("article").querySelector("h2")) && !part("article").classList.contains("fn-gone"));
  if (!here()) return;
  if (begun) { look(); return; }
  begun = true;
  trigger('begin', { view: wanted() });
};
document.addEventListener("fn-page", arrive);
arrive();
setInterval(() => {
  if (here() && !document.hidden && part("jobs").querySelector("[data-active]")) look();
}, 1500);
