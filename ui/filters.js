// What a question is limited to: choosing articles and taking them out, "Ask about this article" wherever it stands on
// the page, and the way back to all of them. `element` and `trigger` come from Gradio. Only ids and indices leave.
const ask = () => {
  location.hash = "#chat";
  setTimeout(() => document.querySelector("#fn-question textarea")?.focus(), 50);
};

document.addEventListener("click", (event) => {
  const at = (name) => event.target.closest?.(`button[data-${name}]`);
  const [offered, chosen, about] = [at("choose"), at("unchoose"), at("about")];
  if (offered) trigger('choose', { index: Number(offered.dataset.choose) });
  else if (chosen) trigger('unchoose', { index: Number(chosen.dataset.unchoose) });
  else if (about) { trigger('about', { id: Number(about.dataset.about) }); ask(); }
  else if (at("unlimited")) { trigger('unlimited', {}); ask(); }
});
