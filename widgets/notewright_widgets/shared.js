// What all widgets use. Text is set with textContent only.

// Hide the static form while the widget is shown. A style reaches it wherever it is, also when
// the notebook draws it later.
function hide(name) {
  const style = document.createElement("style");
  if (name) {
    style.textContent =
      `.${CSS.escape(name)} { display: none; }\n` +
      `:is(.jp-OutputArea-child, .output_area):has(.${CSS.escape(name)}) { display: none; }`;
  }
  document.head.append(style);
  return style;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
