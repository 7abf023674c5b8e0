// The editor of questions: rows of its lists are added, moved and removed here; without this file the same buttons ask
// the server. Files that were chosen outlive a form that comes back with faults.
(() => {
  const { say, words } = window.ly;
  const rowsOf = list => [...list.querySelectorAll(':scope > [data-row]')];
  const FIRST = 'textarea, select, input:not([type=hidden]):not([type=checkbox]):not([type=radio])';
  const form = () => document.getElementById('editor');
  const moved = () => form()?.dispatchEvent(new CustomEvent('ed:moved'));

  // A row holds lists of its own where it is a gap: what is inside those is not the row's.
  const own = (row, selector) => [...row.querySelectorAll(selector)].filter(part => part.closest('[data-row]') === row);
  // Numbers in labels follow the order of the rows; ids and tokens stay with their row.
  const renumber = list => rowsOf(list).forEach((row, at, every) => {
    for (const part of own(row, '[aria-label]')) part.setAttribute('aria-label', part.getAttribute('aria-label').replace(/\d+/, at + 1));
    for (const part of own(row, '[data-n]')) part.textContent = part.textContent.replace(/\d+/, at + 1);
    own(row, '[data-row-up]')[0].disabled = at === 0;
    own(row, '[data-row-down]')[0].disabled = at === every.length - 1;
  });
  const place = row => words.moved.replace('{item}', (row.querySelector('textarea, input:not([type=hidden])')?.value ?? '').slice(0, 80)).replace('{place}', rowsOf(row.parentElement).indexOf(row) + 1).replace('{all}', rowsOf(row.parentElement).length);

  const emptied = row => {
    for (const field of row.querySelectorAll('input:not([data-keep]), textarea')) {
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = field.defaultChecked = false;
      else { field.value = ''; field.defaultValue = ''; }
      field.removeAttribute('aria-invalid'); field.removeAttribute('aria-describedby');
    }
    row.querySelectorAll('.field-error').forEach(error => error.remove());
    row.querySelectorAll('.has-error').forEach(cell => cell.classList.remove('has-error'));
    row.querySelectorAll('input[type=hidden][name=right], input[type=hidden][name=gap_right]').forEach(mark => mark.remove());
    row.querySelectorAll('details').forEach(part => { part.open = false; });
    return row;
  };
  let added = 0;
  const add = list => {
    const rows = rowsOf(list), name = list.dataset.rows;
    const row = rows.at(-1).cloneNode(true), token = `n${++added}`;
    for (const part of [row, ...row.querySelectorAll('[id], [for]')]) {
      if (part.id) part.id = part.id.replace(/\.[^.]+(?=\.|$)/, `.${token}`);
      if (part.htmlFor) part.htmlFor = part.htmlFor.replace(/\.[^.]+(?=\.)/, `.${token}`);
    }
    emptied(row).querySelector(`input[name="${name}.token"]`).value = token;
    for (const mark of row.querySelectorAll('[name=right], [name=gap_right]')) mark.value = token;
    for (const button of row.querySelectorAll('button[name=do]')) button.value = button.value.replace(/:.*/, `:${token}`);
    list.append(row); renumber(list);
    row.querySelector(FIRST).focus();
  };
  const shift = (row, step) => {
    const list = row.parentElement, rows = rowsOf(list), to = rows[rows.indexOf(row) + step];
    if (!to) return;
    if (step < 0) to.before(row); else to.after(row);
    renumber(list);
    const [up, down] = [own(row, '[data-row-up]')[0], own(row, '[data-row-down]')[0]];
    const button = step < 0 ? up : down;
    (button.disabled ? (step < 0 ? down : up) : button).focus();
    say(place(row)); moved();
  };
  const remove = row => {
    const list = row.parentElement, rows = rowsOf(list), at = rows.indexOf(row);
    if (rows.length === 1) emptied(row); else row.remove();
    renumber(list);
    rowsOf(list)[Math.min(at, rowsOf(list).length - 1)]?.querySelector(FIRST)?.focus();
    moved();
  };
  document.addEventListener('click', event => {
    const button = event.target.closest?.('#editor button[data-row-up], #editor button[data-row-down], #editor button[data-row-remove], #editor button[data-row-add]');
    if (!button) return;
    event.preventDefault();
    if (button.dataset.rowAdd) { add(button.previousElementSibling); return; }
    const row = button.closest('[data-row]');
    if (button.hasAttribute('data-row-remove')) remove(row); else shift(row, button.hasAttribute('data-row-up') ? -1 : 1);
  });

  // One right option only, where there is one.
  document.addEventListener('change', event => {
    const list = event.target.closest?.('#editor [data-one]');
    if (!list || event.target.name !== 'gap_right' || !event.target.checked) return;
    for (const box of list.querySelectorAll('[name=gap_right]')) if (box !== event.target) box.checked = false;
  });
  // A gap more comes from the server; the cursor goes to what is to be written in it.
  let isGapWanted = false;
  document.addEventListener('click', event => { if (event.target.closest?.('[data-gap-add]')) isGapWanted = true; });

  // Files chosen before a form came back: the new form gets them again.
  let chosen = new Map();
  document.addEventListener('submit', event => {
    if (event.target.id !== 'editor') return;
    chosen = new Map([...event.target.querySelectorAll('input[type=file]')].filter(field => field.files.length).map(field => [field.name, field.files]));
  }, true);
  const again = () => {
    for (const [name, files] of chosen) {
      const field = form()?.querySelector(`input[type=file][name="${name}"]`);
      if (field && !field.files.length) { field.files = files; field.dispatchEvent(new Event('change', { bubbles: true })); }
    }
    chosen = new Map();
  };
  const prepare = () => document.querySelectorAll('#editor [data-rows]').forEach(renumber);
  document.addEventListener('ly:ready', event => {
    if (isGapWanted && event.target.id === 'answer-part') { isGapWanted = false; event.target.querySelector('.ed-gap:last-child .ed-cell input')?.focus(); moved(); }
  });
  document.addEventListener('ly:ready', () => { prepare(); if (chosen.size) again(); });
  prepare();

  // What was written is not left by accident.
  let touched = false;
  document.addEventListener('input', event => { if (event.target.closest?.('#editor')) touched = true; });
  document.addEventListener('submit', event => { if (event.target.id === 'editor') touched = false; }, true);
  document.addEventListener('ly:ready', event => { if (event.target.matches('main') && form()) touched = true; }); // it came back with faults
  addEventListener('beforeunload', event => { if (touched) event.preventDefault(); });
})();
