// SPDX-License-Identifier: Apache-2.0
//
// The form: checks what is written, remembers the name, posts and keeps the keyboard in the text.

const NAME_KEY = 'fcedge-author';

function remembered() {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

function remember(name) {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Where storage is forbidden the name is asked for each time.
  }
}

// Marks a field for eyes and for screen readers alike; returns whether it is filled.
function check(field) {
  const filled = field.value.trim() !== '';
  document.getElementById(`${field.id}-error`).hidden = filled;
  if (filled) field.removeAttribute('aria-invalid');
  else field.setAttribute('aria-invalid', 'true');
  return filled;
}

export function connectForm(form, post) {
  const { author, text } = form.elements;
  author.value = remembered();
  for (const field of [author, text]) {
    field.addEventListener('input', () => {
      if (field.hasAttribute('aria-invalid')) check(field);
    });
  }
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const bad = [author, text].filter((field) => !check(field));
    if (bad.length > 0) {
      bad[0].focus();
      return;
    }
    remember(author.value.trim());
    post(author.value.trim(), text.value.trim());
    text.value = '';
    text.focus();
  });
}
