// Behaviour of a question that waits for an answer: keys, the submit button's state, the timer, orderings.
// Hooks: form[data-answer] (the answer), [data-next] (go on), [data-skip] (I do not know), [data-timer], [data-why], [data-bookmark].
(() => {
  const { words, all, say } = window.ly;
  const visible = element => element && element.getClientRects().length > 0;
  const first = selector => [...document.querySelectorAll(selector)].find(visible);

  // Check is possible once something is answered -----------------------------------------------------------------------
  const answered = form => {
    const fields = [...form.querySelectorAll('[name^=answer]')].filter(field => !field.disabled);
    if (!fields.length) return true;
    return fields.some(field => field.type === 'hidden' || (['radio', 'checkbox'].includes(field.type) ? field.checked : field.value.trim() !== ''));
  };
  const refresh = form => { const check = form.querySelector('[data-check], [type=submit]:not([data-skip])'); if (check && check.dataset.was === undefined) check.disabled = !answered(form); };
  document.addEventListener('input', event => { const form = event.target.closest?.('form[data-answer]'); if (form) refresh(form); });
  document.addEventListener('change', event => { const form = event.target.closest?.('form[data-answer]'); if (form) refresh(form); });
  document.addEventListener('reset', event => { const form = event.target; if (form.matches('[data-answer]')) setTimeout(() => refresh(form)); });

  // How long the learner looked at it, sent along as elapsed_ms ---------------------------------------------------------
  const clocks = new WeakMap();
  document.addEventListener('submit', event => {
    const field = event.target.querySelector?.('input[name=elapsed_ms]');
    if (field && clocks.has(event.target)) field.value = Math.round(performance.now() - clocks.get(event.target).since);
  }, true);

  // Timer ---------------------------------------------------------------------------------------------------------------
  let ticking, since = performance.now();
  const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
  const tick = () => { for (const timer of document.querySelectorAll('[data-timer][aria-pressed=true] [data-t]')) timer.textContent = clock((performance.now() - since) / 1000); };
  const timer = button => {
    const on = button.getAttribute('aria-pressed') !== 'true', face = button.querySelector('[data-t]');
    button.setAttribute('aria-pressed', on);
    button.setAttribute('aria-label', words.timer);
    try { sessionStorage.setItem('ly-timer', on ? '1' : ''); } catch { /* not kept then */ }
    clearInterval(ticking);
    if (on) { tick(); ticking = setInterval(tick, 1000); } else if (face) face.textContent = words.timer;
  };
  document.addEventListener('click', event => { const button = event.target.closest?.('[data-timer]'); if (button) timer(button); });

  // Orderings: arrows, buttons, drag ---------------------------------------------------------------------------------------
  const rows = list => [...list.querySelectorAll(':scope > [data-order-row]')];
  const renumber = list => rows(list).forEach((row, index, every) => {
    row.querySelector('.n').textContent = index + 1;
    const up = row.querySelector('[data-order-up]'), down = row.querySelector('[data-order-down]');
    up.disabled = index === 0; down.disabled = index === every.length - 1;
  });
  const told = row => {
    const every = rows(row.parentElement);
    say(words.moved.replace('{item}', row.querySelector('.order-text').textContent.trim().slice(0, 80)).replace('{place}', every.indexOf(row) + 1).replace('{all}', every.length));
  };
  const shift = (row, step, button) => {
    const list = row.parentElement, every = rows(list), to = every.indexOf(row) + step;
    if (to < 0 || to >= every.length) return;
    if (step < 0) every[to].before(row); else every[to].after(row);
    renumber(list);
    (button && !button.disabled ? button : row.querySelector('[data-order-grip]')).focus();
    told(row);
  };
  document.addEventListener('click', event => {
    const button = event.target.closest?.('[data-order-up], [data-order-down]');
    if (button) shift(button.closest('[data-order-row]'), button.matches('[data-order-up]') ? -1 : 1, button);
  });
  document.addEventListener('keydown', event => {
    const grip = event.target.closest?.('[data-order-grip]');
    if (!grip || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
    event.preventDefault();
    shift(grip.closest('[data-order-row]'), event.key === 'ArrowUp' ? -1 : 1);
  });
  document.addEventListener('pointerdown', event => {
    const grip = event.target.closest?.('[data-order-grip]'); if (!grip || event.button) return;
    const row = grip.closest('[data-order-row]'), list = row.parentElement;
    grip.setPointerCapture(event.pointerId); row.classList.add('is-dragged');
    const move = ({ clientY }) => {
      const over = rows(list).find(other => other !== row && clientY > other.getBoundingClientRect().top && clientY < other.getBoundingClientRect().bottom);
      if (!over) return;
      const box = over.getBoundingClientRect(), middle = box.top + box.height / 2;
      const below = row.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
      // The others go round the dragged row: taking it out of the page would end the capture of the pointer.
      if (below && clientY > middle) while (row.previousElementSibling !== over) row.before(row.nextElementSibling);
      else if (!below && clientY < middle) while (row.nextElementSibling !== over) row.after(row.previousElementSibling);
      else return;
      renumber(list);
    };
    const drop = () => {
      row.classList.remove('is-dragged'); told(row);
      grip.removeEventListener('pointermove', move);
      for (const name of ['pointerup', 'pointercancel']) grip.removeEventListener(name, drop);
    };
    grip.addEventListener('pointermove', move);
    for (const name of ['pointerup', 'pointercancel']) grip.addEventListener(name, drop);
  });

  // Keys --------------------------------------------------------------------------------------------------------------------
  const keysOn = () => { try { return localStorage.getItem('ly-keys') !== 'off'; } catch { return true; } };
  document.addEventListener('change', event => { if (event.target.matches?.('[data-keys-switch]')) try { localStorage.setItem('ly-keys', event.target.checked ? 'on' : 'off'); } catch { /* not kept then */ } });
  const typing = target => target.closest?.('textarea, select, [contenteditable=true], input:not([type=radio]):not([type=checkbox]):not([type=button]):not([type=submit])');
  const choose = number => {
    const form = first('form[data-answer]'), field = form && [...form.querySelectorAll('.opts input')][number - 1];
    if (!field || field.disabled) return false;
    field.focus();
    field.checked = field.type === 'checkbox' ? !field.checked : true;
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return true;
  };
  const go = () => {
    const form = first('form[data-answer]');
    if (form) { const check = form.querySelector('[data-check], [type=submit]:not([data-skip])'); if (check && !check.disabled) form.requestSubmit(check); return !!check; }
    const next = first('[data-next]'); next?.click();
    return !!next;
  };
  const press = selector => { const button = first(selector); button?.click(); return !!button; };
  const find = () => {
    const field = first('main [data-code]'); if (field) { field.focus(); return true; }
    return press('[data-find]');
  };
  const act = event => {
    const key = event.key.toLowerCase();
    if (/^[1-9]$/.test(key)) return choose(Number(key));
    if (key === '0') return press('[data-skip]');
    if (key === 'enter') return !event.target.closest?.('a, button, summary, [role=button]') && go();
    // Letters of the Russian layout too: T and Е, B and И share a key.
    if (key === 't' || key === 'е') return press('[data-timer]');
    if (key === 'w' || key === 'ц') { const why = first('[data-why]'); why?.click(); why?.focus(); return !!why; }
    if (key === 'b' || key === 'и') return press('[data-bookmark]');
    if (key === '?' || (key === ',' && event.shiftKey && event.code === 'Slash')) { const dialog = document.getElementById('ly-keys'); dialog?.showModal(); return !!dialog; }
    if (key === '/' || (key === '.' && event.code === 'Slash')) return find();
    return false;
  };
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === 'Escape' && typing(event.target)) { event.target.blur(); return; }
    if (!keysOn() || typing(event.target) || document.querySelector('dialog[open]')) return;
    if (act(event)) event.preventDefault();
  });
  document.addEventListener('click', event => {
    const mark = event.target.closest?.('button[data-bookmark]:not([type=submit], [data-htmx-powered])');
    if (mark) mark.setAttribute('aria-pressed', mark.getAttribute('aria-pressed') !== 'true');
  });

  const ready = node => {
    for (const form of all(node, 'form[data-answer]')) { refresh(form); if (clocks.get(form)?.attempt !== form.dataset.answer) { since = performance.now(); clocks.set(form, { attempt: form.dataset.answer, since }); } }
    all(node, '[data-order]').forEach(renumber);
    for (const button of all(node, '[data-timer][aria-pressed=false]')) { let wanted = ''; try { wanted = sessionStorage.getItem('ly-timer'); } catch { /* off */ } if (wanted) timer(button); }
    const keys = document.querySelector('[data-keys-switch]'); if (keys) keys.checked = keysOn();
  };
  document.addEventListener('ly:ready', event => ready(event.target));
  ready(document.body);
})();
