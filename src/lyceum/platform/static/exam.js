// A mock exam: one task at a time, every change saved by itself, the server's clock. The paper is whole in the page, so
// that a lost connection stops nothing: changes wait on the device and go out when it is back.
(() => {
  const source = document.getElementById('ly-exam');
  if (!source || !window.ly) return;
  const exam = JSON.parse(source.textContent), { words, base } = exam, { say, formulas } = window.ly;
  const tasks = new Map(exam.tasks.map(task => [task.number, { ...task, tried: task.seq, sent: task.elapsed_ms, dirty: false, sending: false, changed: 0 }]));
  const numbers = [...tasks.keys()];
  const sheet = number => document.getElementById(`task-${number}`);
  const form = number => sheet(number).querySelector('[data-exam-form]');
  const square = number => document.querySelector(`[data-pal="${number}"]`);
  const store = `ly-exam-${base.split('/').pop()}`;
  let now = numbers[0];
  document.body.classList.add('js-exam');

  // What waits to be sent is kept on the device, too ------------------------------------------------------------------
  const kept = () => { try { return JSON.parse(localStorage.getItem(store) || '{}'); } catch { return {}; } };
  const keep = change => { const all = kept(); change(all); try { if (Object.keys(all).length) localStorage.setItem(store, JSON.stringify(all)); else localStorage.removeItem(store); } catch { /* private window */ } };
  const fieldsOf = number => [...new FormData(form(number))].filter(([name]) => name.startsWith('answer')).map(([name, value]) => [name, String(value)]);
  const fill = (number, fields) => {
    const values = name => fields.filter(([other]) => other === name).map(([, value]) => value);
    for (const field of form(number).elements) {
      if (!field.name.startsWith('answer')) continue;
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = values(field.name).includes(field.value);
      else if (field.type !== 'hidden') field.value = values(field.name)[0] ?? '';
    }
    const list = form(number).querySelector('[data-order]');
    if (list) for (const value of values('answer')) list.append(list.querySelector(`input[value="${CSS.escape(value)}"]`).closest('[data-order-row]'));
  };
  const isAnswered = number => {
    const task = tasks.get(number), fields = fieldsOf(number);
    return form(number).querySelector('[data-order]') ? task.answered : fields.some(([, value]) => value.trim() !== '');
  };

  // Palette, count, state of saving -------------------------------------------------------------------------------------
  const bar = document.querySelector('[data-exam-save]'), count = document.querySelector('[data-exam-count]');
  const draw = number => {
    const task = tasks.get(number), mark = square(number);
    task.answered = isAnswered(number);
    mark.classList.toggle('is-answered', task.answered); mark.classList.toggle('is-marked', task.marked);
    mark.querySelector('[data-pal-state]').textContent = [task.answered ? words.answered : words.open, task.marked ? words.marked : ''].filter(Boolean).join(', ');
    sheet(number).querySelector('[data-mark]').setAttribute('aria-pressed', task.marked);
    const done = [...tasks.values()].filter(it => it.answered).length;
    count.textContent = words.count.replace('{done}', done).replace('{all}', tasks.size);
  };
  let told = '';
  const tell = (state, text) => {
    bar.className = `small exam-save${state === 'off' ? ' is-off' : state === 'bad' ? ' is-bad' : ''}`;
    if (told !== text) bar.textContent = told = text;
  };
  const waiting = () => [...tasks.values()].some(task => task.dirty || task.sending);

  // Saving ----------------------------------------------------------------------------------------------------------------
  let pause = 1000, over = false, retry;
  const touched = (number, delay = 0) => {
    const task = tasks.get(number);
    task.dirty = true; task.changed += 1;
    draw(number);
    note(number);
    clearTimeout(task.timer);
    task.timer = setTimeout(() => send(number), delay);
  };
  // `tried` is the highest number that this window may have sent: an acknowledgement that was lost is not mistaken for
  // another window's answer.
  const note = number => { const task = tasks.get(number); keep(all => { all[number] = { tried: task.tried, fields: fieldsOf(number), marked: task.marked, answered: task.answered }; }); };
  const bodyOf = (number, task) => {
    const body = new URLSearchParams(task.answered ? fieldsOf(number) : []);
    body.set('seq', task.tried); body.set('marked', task.marked ? '1' : ''); body.set('elapsed_ms', Math.round(spent(number)));
    return body;
  };
  const send = async (number, last = false) => {
    const task = tasks.get(number);
    if (!task.dirty || task.sending || over) return;
    task.sending = deliver(number, last);
    await task.sending;
  };
  const deliver = async (number, last) => {
    const task = tasks.get(number);
    task.dirty = false;
    task.tried = Math.max(task.tried, task.seq) + 1;
    note(number);
    const version = task.changed, csrf = document.querySelector('meta[name=csrf-token]')?.content ?? '';
    tell('', words.saving);
    let answer;
    try {
      answer = await fetch(`${base}/tasks/${number}`, { method: 'POST', keepalive: last, headers: { Accept: 'application/json', 'X-CSRF-Token': csrf }, body: bodyOf(number, task) });
    } catch { answer = null; }
    task.sending = null;
    if (answer?.ok) await saved(number, task, version, await answer.json());
    else if (!answer || answer.status >= 500 || answer.status === 429) later(task, words.offline, 'off');
    else if (answer.status === 401 || answer.status === 403) later(task, words.signedOut, 'bad');
    else if (answer.status === 409) await refused(number, task, await answer.json());
    else { tell('bad', words.refused); }
  };
  const saved = async (number, task, version, body) => {
    task.seq = body.seq; pause = 1000; task.sent = spent(number);
    sync(body.server_time);
    if (task.changed === version) keep(all => { delete all[number]; });
    else task.dirty = true;
    if (task.dirty) send(number); else if (!waiting()) tell('', words.saved);
  };
  const later = (task, text, state) => {
    task.dirty = true;
    tell(state, text);
    clearTimeout(retry);
    retry = setTimeout(flush, pause);
    pause = Math.min(pause * 2, 20000);
  };
  const refused = async (number, task, problem) => {
    if (problem.code !== 'training.answer_overtaken') { keep(all => { for (const key of Object.keys(all)) delete all[key]; }); return finish(); }
    keep(all => { delete all[number]; });
    const fresh = await fetch(`${base}/tasks/${number}`, { headers: { Accept: 'text/html' } }).catch(() => null);
    if (!fresh?.ok) { task.seq = problem.seq; return later(task, words.offline, 'off'); }
    const made = new DOMParser().parseFromString(await fresh.text(), 'text/html').querySelector('[data-task]');
    made.classList.toggle('is-now', number === now);
    sheet(number).replaceWith(made);
    Object.assign(task, { seq: problem.seq, tried: problem.seq, marked: problem.marked, answered: true, dirty: false });
    watch(number); draw(number); formulas(made);
    made.dispatchEvent(new CustomEvent('ly:ready', { bubbles: true }));
    tell('off', words.overtaken); say(words.overtaken);
  };
  // What is on its way is waited for: whoever presses “hand in” just then need not press again.
  const flush = () => Promise.all(numbers.map(async number => { const task = tasks.get(number); clearTimeout(task.timer); while (task.sending) await task.sending; await send(number); }));
  addEventListener('online', () => { pause = 1000; flush(); });
  addEventListener('offline', () => tell('off', words.offline));
  addEventListener('pagehide', () => { for (const number of numbers) send(number, true); });

  // The server's clock, counted by the browser's own stop-watch: what the device believes the time to be does not matter
  let offset;
  const deadline = Date.parse(exam.deadline);
  const sync = server => { offset = Date.parse(server) - performance.now(); };
  sync(exam.server);
  const left = () => Math.max(0, deadline - performance.now() - offset);
  const clock = ms => { const s = Math.ceil(ms / 1000), pad = value => String(value).padStart(2, '0'); return s >= 3600 ? `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}` : `${pad(Math.floor(s / 60))}:${pad(s % 60)}`; };
  const face = document.querySelector('[data-exam-left]');
  const warned = new Set(['15', '5', '1'].filter(minutes => left() <= minutes * 60000));
  const tick = () => {
    const rest = left();
    face.textContent = clock(rest);
    face.parentElement.classList.toggle('is-short', rest <= 5 * 60000);
    for (const minutes of ['15', '5', '1']) if (rest <= minutes * 60000 && !warned.has(minutes)) { warned.add(minutes); say(words.minutes[minutes]); tell('', words.minutes[minutes]); }
    if (rest <= 0 && !over) finish();
  };
  const finish = async () => {
    if (!navigator.onLine) { tell('off', words.offline); addEventListener('online', finish, { once: true }); return; }
    say(words.over); clearInterval(ticking);
    await flush();
    over = true;
    location.assign(`${base}/result`);
  };
  const ticking = setInterval(tick, 1000);
  document.addEventListener('visibilitychange', async () => {
    account();
    if (document.hidden) return;
    const answer = await fetch(`${base}/clock`, { headers: { Accept: 'application/json' } }).catch(() => null);
    if (answer?.ok) { const state = await answer.json(); sync(state.server_time); if (state.state !== 'running') finish(); else tick(); }
  });

  // Time on each task -----------------------------------------------------------------------------------------------------
  let since = performance.now();
  const account = () => { const at = performance.now(); if (!document.hidden) tasks.get(now).elapsed_ms += at - since; since = at; };
  const spent = number => { if (number === now) account(); return tasks.get(number).elapsed_ms; };

  // One task at a time --------------------------------------------------------------------------------------------------
  const show = (number, focus = true) => {
    if (!tasks.has(number)) return;
    const left = tasks.get(now);
    account();
    if (number !== now && left.elapsed_ms - left.sent > 5000) touched(now);
    now = number; since = performance.now();
    for (const other of numbers) { sheet(other).classList.toggle('is-now', other === number); if (other === number) square(other).setAttribute('aria-current', 'true'); else square(other).removeAttribute('aria-current'); }
    square(number).scrollIntoView({ block: 'nearest', inline: 'center' });
    history.replaceState(null, '', `#task-${number}`);
    document.querySelector('[data-exam-prev]').disabled = number === numbers[0];
    document.querySelector('[data-exam-next]').disabled = number === numbers.at(-1);
    if (focus) { scrollTo({ top: 0 }); sheet(number).focus({ preventScroll: true }); }
  };
  const step = by => show(numbers[numbers.indexOf(now) + by] ?? now);
  const mark = number => { const task = tasks.get(number); task.marked = !task.marked; touched(number); };
  const watch = number => {
    const list = form(number).querySelector('[data-order]');
    if (list) new MutationObserver(() => { tasks.get(number).answered = true; touched(number); }).observe(list, { childList: true });
  };
  document.addEventListener('input', event => { const at = event.target.closest?.('[data-task]'); if (at && event.target.matches('textarea, input:not([type=radio]):not([type=checkbox])')) touched(Number(at.dataset.task), 700); });
  document.addEventListener('change', event => { const at = event.target.closest?.('[data-task]'); if (at) touched(Number(at.dataset.task)); });
  document.addEventListener('submit', event => { if (event.target.matches('[data-exam-form]')) { event.preventDefault(); event.stopImmediatePropagation(); touched(now); step(1); } }, true);
  document.addEventListener('click', async event => {
    const on = name => event.target.closest?.(`[${name}]`);
    const pal = on('data-pal');
    if (pal) { event.preventDefault(); show(Number(pal.dataset.pal)); }
    if (on('data-mark')) mark(now);
    if (on('data-exam-prev')) step(-1);
    if (on('data-exam-next')) step(1);
    const end = on('data-exam-finish');
    if (end) { event.preventDefault(); await flush(); if (waiting()) { tell('off', words.unsent); say(words.unsent); } else location.assign(end.href); }
  });

  // Keys ------------------------------------------------------------------------------------------------------------------
  const typing = target => target.closest?.('textarea, select, [contenteditable=true], input:not([type=radio]):not([type=checkbox])');
  const choose = number => {
    const field = [...form(now).querySelectorAll('.opts input')][number - 1];
    if (!field) return false;
    field.focus(); field.checked = field.type === 'checkbox' ? !field.checked : true;
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return true;
  };
  const act = event => {
    const key = event.key.toLowerCase();
    if (/^[1-9]$/.test(key)) return choose(Number(key));
    // M and Ь share a key.
    if (key === 'm' || key === 'ь') { mark(now); return true; }
    if (event.target.matches?.('input[type=radio], [data-order-grip]')) return false;
    if (key === 'arrowright') { step(1); return true; }
    if (key === 'arrowleft') { step(-1); return true; }
    return key === '/';
  };
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || document.querySelector('dialog[open]')) return;
    if (act(event)) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);

  // Begin: what waited on the device from before is put back, unless something newer is saved -----------------------------
  for (const number of numbers) { watch(number); draw(number); }
  for (const [key, change] of Object.entries(kept())) {
    const number = Number(key), task = tasks.get(number);
    if (!task || task.seq > change.tried) { keep(all => { delete all[key]; }); continue; }
    fill(number, change.fields); task.marked = change.marked; task.answered = change.answered; task.tried = change.tried;
    touched(number);
  }
  show(Number(location.hash.replace('#task-', '')) || numbers[0], false);
  tick();
})();
