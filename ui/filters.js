// What a question is limited to: choosing articles and taking them out, "Ask about this article" wherever it stands on
// the page, and the way back to all of them. `element` and `trigger` come from Gradio. Only ids and indices leave.
const ask = () => {
  location.hash = "#chat";
  setTimeout(() => document.querySelector("#fn-question textarea")?.focus(), 50);
};

const search = () => document.querySelector("#fn-article-search :is(textarea, input)");

// What is taken out is followed by the next one in the same place; of the last one the place goes too.
const stay = (button) => {
  const item = button.closest("li");
  if (!item.nextElementSibling) (item.previousElementSibling?.querySelector("button") ?? search())?.focus();
};

document.addEventListener("click", (event) => {
  const at = (name) => event.target.closest?.(`button[data-${name}]`);
  const [offered, chosen, about] = [at("choose"), at("unchoose"), at("about")];
  if (offered) { trigger('choose', { id: Number(offered.dataset.choose) }); search()?.focus(); }
  else if (chosen) { trigger('unchoose', { index: Number(chosen.dataset.unchoose) }); stay(chosen); }
  else if (about) { trigger('about', { id: Number(about.dataset.about) }); ask(); }
  else if (at("unlimited")) { trigger('unlimited', {}); ask(); }
});
