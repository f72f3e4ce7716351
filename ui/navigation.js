// Shows the page that the address names (#chat where it names none) and marks its link.
const links = [...element.querySelectorAll("nav a")];
const names = links.map((link) => link.hash.slice(1));

const show = () => {
  const named = location.hash.slice(1);
  const name = names.includes(named) ? named : names[0];
  document.body.dataset.page = name;
  for (const link of links) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.dispatchEvent(new CustomEvent("fn-page", { detail: name }));
};

// Gradio's <base> takes "#library" for another address than that of an open conversation, which would be left for it.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.hash = link.hash;
});

window.addEventListener("hashchange", show);
show();
