// The source view of a page with citations: opened at one of them, stepped through, closed. Stands in front of page.js
// and evals.js. `id`: the part that shows it; `list`: where it is cited; `reading`: the body's class while it is open.
const sourceView = ({ id, list, reading }) => {
  const part = () => document.querySelector(id);
  const view = () => part().querySelector(".fn-source");
  const place = () => view()?.dataset.place ?? part().dataset.asked; // asked of it where it could not be opened

  const cite = (asked) => {
    part().dataset.asked = asked;
    trigger('cite', { place: asked });
  };
  const close = () => { // back to what was pressed
    const from = place();
    trigger('close', {});
    document.querySelector(`${list} [data-place="${from}"]`)?.focus();
  };
  const reveal = () => {
    const open = view();
    document.body.classList.toggle(reading, Boolean(open));
    document.querySelectorAll(`${list} [data-place]`).forEach((mark) => {
      mark.setAttribute("aria-expanded", String(Boolean(open) && mark.dataset.place === place()));
    });
    const mark = open?.querySelector("mark.fn-current");
    if (!mark) { open?.querySelector(".fn-close").focus({ preventScroll: true }); return; }
    const head = open.querySelector(".fn-source-head");
    const column = document.querySelector(`${id}-column`);
    const offset = mark.getBoundingClientRect().top - column.getBoundingClientRect().top + column.scrollTop;
    column.scrollTop = offset - head.offsetHeight - (column.clientHeight - head.offsetHeight) / 4;
    mark.focus({ preventScroll: true });
  };
  const key = (event) => {
    const step = { ArrowLeft: "Previous", ArrowRight: "Next" }[event.key];
    if (!element.querySelector(".fn-source")) return;
    if (event.key === "Escape") close();
    else if (step) element.querySelector(`[data-step="${step}"]:not(:disabled)`)?.click();
  };
  return { cite, close, reveal, key };
};
