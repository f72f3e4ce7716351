// Saves what the server made as a file. Runs once; `props` and `watch` come from Gradio.
watch("value", () => {
  const file = props.value;
  if (!file || !file.text) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.text], { type: `${file.media_type};charset=utf-8` }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
});
