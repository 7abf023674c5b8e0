// Behaviour of every page: formulas, charts, forms, notes, uploads, small buttons. Loaded with defer; no inline code.
// Pages work without it as plain forms, orderings apart (train.js).
(() => {
  const root = document.documentElement;
  const words = JSON.parse(document.getElementById('ly-words').textContent);
  const token = name => getComputedStyle(root).getPropertyValue(name).trim();
  const all = (node, selector) => [...(node.matches?.(selector) ? [node] : []), ...node.querySelectorAll(selector)];

  // Scripts that few pages need come when the first formula or chart does.
  const loading = new Map();
  const load = url => {
    if (!loading.has(url)) {
      loading.set(url, new Promise((done, failed) => {
        const script = document.createElement('script');
        script.src = url; script.onload = done; script.onerror = failed;
        document.head.append(script);
      }));
    }
    return loading.get(url);
  };

  // Formulas ------------------------------------------------------------------------------------------------------
  const DELIMITERS = [{ left: '\\[', right: '\\]', display: true }, { left: '\\(', right: '\\)', display: false }];
  const IGNORED = ['script', 'noscript', 'style', 'textarea', 'pre', 'code', 'option', 'svg'];
  const formulas = async node => {
    if (!node.isConnected || !/\\[([]/.test(node.textContent)) return;
    await load(words.katex); await load(words.katexAuto);
    if (!node.isConnected) return;
    renderMathInElement(node, { delimiters: DELIMITERS, ignoredTags: IGNORED, throwOnError: false, trust: false, maxExpand: 500, maxSize: 20 });
    for (const math of all(node, '.katex-display, .katex')) scrollable(math);
    for (const field of all(node, 'label:has(.katex) > input')) field.setAttribute('aria-label', spoken(field.parentElement));
    for (const label of all(node, 'label[for]:has(.katex)')) document.getElementById(label.htmlFor)?.setAttribute('aria-label', spoken(label));
  };
  // A formula wider than its column scrolls by itself, never the page; by keys too, where it is not inside a control.
  const scrollable = math => {
    const display = math.matches('.katex-display');
    if (!display && (math.closest('.katex-display') || math.getBoundingClientRect().width <= math.closest('p, li, div, label, td, span:not(.katex *)').clientWidth + 1)) return;
    if (!display) math.classList.add('katex-wide');
    if (math.scrollWidth > math.clientWidth + 1 && !math.closest('label, a, button')) math.tabIndex = 0;
  };
  // The name of a choice that holds a formula: a name is plain text, so the formula is told by its source, made plainer.
  const spoken = label => {
    const copy = label.cloneNode(true);
    copy.querySelectorAll('[aria-hidden=true]:not(.katex-html)').forEach(part => part.remove());
    copy.querySelectorAll('.katex').forEach(math => math.replaceWith(plain(math.querySelector('annotation')?.textContent ?? math.textContent)));
    return copy.textContent.replace(/\s+/g, ' ').trim();
  };
  const plain = tex => ` ${tex.replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, '($1) / ($2)').replace(/\\(left|right|displaystyle|text|mathrm|[,;:! ])/g, ' ').replace(/\\cdot|\\times/g, ' · ').replace(/[\\{}]/g, '')} `;

  // Charts --------------------------------------------------------------------------------------------------------
  // lyChart(element, spec): spec = { type: 'line' | 'bar', x: [label, …], unit?: ' %', min?, max?, interval?,
  //   series: [{ name, data: [number | null, …], color?: token, dash?: 'solid' | 'dashed' | 'dotted', symbol?, width?,
  //              low?: [...], high?: [...] }], mark?: { value, label }, end?: true (labels at the line's end), stack?: true }
  // Colours are names of tokens: ink, ok, part, bad, dim, h1 … h4. Redrawn on a change of theme, disposed when removed.
  const charts = new Map();
  const palette = ['ink', 'ok', 'bad', 'part', 'dim'];
  const symbols = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle'];
  const colour = name => token(`--ly-${name === 'dim' ? 'text-2' : name}`);
  const locale = new Intl.NumberFormat(root.lang, { maximumFractionDigits: 2 });
  const figure = (value, unit) => value == null || value === '-' ? '–' : locale.format(value).replace('-', '−') + (unit || '').replace(' ', '\u00a0');

  const axis = () => ({ axisLine: { lineStyle: { color: colour('dim') } }, axisTick: { show: false }, axisLabel: { color: colour('dim'), fontSize: 13 }, splitLine: { lineStyle: { color: colour('line') } } });

  const seriesOf = (spec, item, index, narrow) => {
    const shade = colour(item.color || palette[index % palette.length]);
    const drawn = { name: item.name, type: spec.type || 'line', data: item.data, itemStyle: { color: shade }, stack: spec.stack ? 'all' : undefined };
    if (drawn.type === 'bar') Object.assign(drawn, { barMaxWidth: 36, itemStyle: { color: shade, borderRadius: spec.stack ? 0 : [3, 3, 0, 0] } });
    else Object.assign(drawn, {
      symbol: item.symbol || symbols[index % symbols.length], symbolSize: 6, connectNulls: false, z: 5,
      lineStyle: { color: shade, width: item.width || 2.5, type: item.dash || ['solid', 'dashed', 'dotted'][index % 3] },
      labelLayout: { moveOverlap: 'shiftY' },
      endLabel: { show: !!spec.end && !narrow, formatter: item.name, color: shade, fontSize: 13, distance: 8 },
    });
    if (index === 0 && spec.mark) drawn.markLine = { symbol: 'none', silent: true, lineStyle: { color: colour('dim'), type: 'dashed' }, label: { formatter: spec.mark.label, color: colour('dim'), position: narrow ? 'insideEndTop' : 'end' }, data: [{ yAxis: spec.mark.value }] };
    const band = { type: 'line', stack: `band${index}`, symbol: 'none', silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false } };
    return item.low && item.high
      ? [{ ...band, data: item.low }, { ...band, data: item.high.map((high, at) => high == null ? null : high - item.low[at]), areaStyle: { color: colour('ink-line'), opacity: .4 } }, drawn]
      : [drawn];
  };

  const option = (spec, narrow) => {
    const many = spec.series.length > 1, legend = many && (narrow || !spec.end);
    const tip = rows => {
      const at = rows[0].dataIndex, line = document.createElement('div');
      line.append(rows[0].axisValueLabel ?? rows[0].name);
      for (const item of spec.series) {
        const range = item.low && item.high ? ` (${figure(item.low[at])}–${figure(item.high[at])})` : '';
        line.append(document.createElement('br'), `${many ? item.name + ': ' : ''}${figure(item.data[at], spec.unit)}${range}`);
      }
      return line;
    };
    return {
      animation: false, aria: { enabled: false }, textStyle: { fontFamily: token('--ly-sans'), fontSize: 13, color: colour('dim') },
      grid: { left: 4, right: spec.mark && !narrow ? 64 : spec.end && !narrow ? 120 : 16, top: legend ? 40 : 14, bottom: 4, outerBoundsMode: 'same', containLabel: true },
      legend: { show: legend, top: 0, left: 0, data: spec.series.map(item => item.name), textStyle: { color: colour('text'), fontSize: 13 }, itemWidth: 22 },
      tooltip: { trigger: 'axis', confine: true, backgroundColor: colour('surface'), borderColor: colour('line'), textStyle: { color: colour('text') }, formatter: tip },
      xAxis: { ...axis(), type: 'category', boundaryGap: spec.type === 'bar', data: spec.x, axisLabel: { ...axis().axisLabel, margin: 12, hideOverlap: true, alignMinLabel: spec.type === 'bar' ? undefined : 'left', alignMaxLabel: spec.type === 'bar' ? undefined : 'right' }, splitLine: { show: false } },
      yAxis: { ...axis(), type: 'value', min: spec.min ?? 0, max: spec.max, interval: spec.interval ?? (spec.max === 100 ? 25 : undefined), splitNumber: 4, minInterval: spec.whole ? 1 : undefined, axisLine: { show: false }, axisLabel: { ...axis().axisLabel, formatter: value => figure(value) } },
      series: spec.series.flatMap((item, index) => seriesOf(spec, item, index, narrow)),
    };
  };

  window.lyChart = async (element, spec) => {
    await load(words.echarts);
    if (!element.isConnected) return;
    const draw = () => {
      charts.get(element)?.drawn?.dispose();
      const drawn = echarts.init(element, null, { renderer: 'svg' });
      drawn.setOption(option(spec, element.clientWidth < 560));
      // Its conclusion stands in the label of the element; the parts would only be noise.
      element.firstElementChild?.setAttribute('aria-hidden', 'true');
      charts.set(element, { drawn, draw });
    };
    draw();
  };
  const sweep = () => { for (const [element, { drawn }] of charts) if (!element.isConnected) { drawn.dispose(); charts.delete(element); } };
  const drawCharts = node => {
    for (const element of all(node, '[data-chart]')) {
      const data = document.querySelector(`script[data-chart-for="${CSS.escape(element.id)}"]`);
      if (data) lyChart(element, JSON.parse(data.textContent));
    }
  };
  let resizing;
  addEventListener('resize', () => { clearTimeout(resizing); resizing = setTimeout(() => charts.forEach(({ draw }) => draw()), 150); });
  addEventListener('ly:theme', () => charts.forEach(({ draw }) => draw()));
  // Charts print with light colours even from the dark theme.
  addEventListener('beforeprint', () => { if (root.dataset.bsTheme === 'dark') { root.dataset.bsTheme = 'light'; root.dataset.printed = 'dark'; charts.forEach(({ draw }) => draw()); } });
  addEventListener('afterprint', () => { if (root.dataset.printed) { root.dataset.bsTheme = root.dataset.printed; delete root.dataset.printed; charts.forEach(({ draw }) => draw()); } });

  // A note beside what was tried: what happened, what is kept, what to do ---------------------------------------------
  const note = (near, text) => {
    clearNote(near);
    const box = document.createElement('div');
    box.className = 'note note-bad ly-note'; box.setAttribute('role', 'alert'); box.textContent = text;
    const form = near?.closest?.('form'), actions = form?.querySelector('.act');
    if (actions) actions.before(box); else if (form) form.append(box); else document.querySelector('main > .wrap').prepend(box);
    return box;
  };
  const clearNote = near => (near?.closest?.('form') ?? document).querySelectorAll('.ly-note').forEach(old => old.remove());
  const say = text => { const live = document.getElementById('ly-live'); live.textContent = ''; setTimeout(() => { live.textContent = text; }, 50); };
  window.ly = { words, all, note, clearNote, say, load, formulas };

  // Submit buttons: one send at a time, the width stays, the word says what goes on -----------------------------------
  const busy = (form, submitter) => {
    const button = submitter?.type === 'submit' ? submitter : form.querySelector('[type=submit]');
    if (!button || button.dataset.was !== undefined) return;
    Object.assign(button.style, { width: `${button.offsetWidth}px`, paddingInline: '0' });
    button.dataset.was = button.innerHTML;
    button.setAttribute('aria-disabled', 'true');
    button.textContent = button.dataset.busy || (form.hasAttribute('data-answer') ? words.checking : words.sending);
  };
  const free = form => {
    for (const button of form.querySelectorAll('[data-was]')) {
      button.innerHTML = button.dataset.was; delete button.dataset.was;
      button.removeAttribute('aria-disabled'); button.style.width = button.style.paddingInline = '';
    }
  };
  document.addEventListener('submit', event => {
    const form = event.target, waiting = form.querySelector('[data-was]');
    if (waiting && !form.hasAttribute('data-upload')) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    clearNote(form);
  }, true);
  document.addEventListener('submit', event => {
    const form = event.target;
    if (event.defaultPrevented) return;
    // After the browser has read the pressed button's name and value.
    if (form.method !== 'dialog' && form.method !== 'get') setTimeout(() => busy(form, event.submitter));
  });
  addEventListener('pageshow', event => { if (event.persisted) document.querySelectorAll('form').forEach(free); });

  // HTMX ------------------------------------------------------------------------------------------------------------
  const formOf = event => event.detail.ctx?.sourceElement?.closest?.('form') ?? null;
  document.addEventListener('htmx:config:request', event => {
    const csrf = document.querySelector('meta[name=csrf-token]')?.content;
    if (csrf) event.detail.ctx.request.headers['X-CSRF-Token'] = csrf;
  });
  document.addEventListener('htmx:before:request', event => { const form = formOf(event); if (form) busy(form, event.detail.ctx.request.submitter); });
  document.addEventListener('htmx:finally:request', event => { const form = formOf(event); if (form) free(form); });
  document.addEventListener('htmx:error', event => {
    const { ctx, error } = event.detail;
    if (!ctx || ctx.response) { if (error) console.error(error); return; }
    const answer = ctx.sourceElement?.closest?.('form[data-answer]');
    note(ctx.sourceElement, answer ? words.answerOffline : words.offline);
    if (answer) answer.dataset.waits = '';
  });
  // An answer is sent again by itself: its attempt has an id, so the server counts it once.
  addEventListener('online', () => { for (const form of document.querySelectorAll('form[data-waits]')) { delete form.dataset.waits; form.requestSubmit(form.querySelector('[data-check]')); } });
  const refusals = { 401: 'signedOut', 403: 'forbidden', 404: 'gone', 413: 'tooLarge', 429: 'tooMany' };
  const explained = text => { try { return JSON.parse(text).detail; } catch { return ''; } };
  const isPage = ctx => (ctx.response.headers.get('content-type') || '').startsWith('text/html');
  document.addEventListener('htmx:response:error', event => {
    const { ctx } = event.detail;
    if (isPage(ctx) && [400, 409, 410, 412, 422].includes(ctx.response.status)) return;
    note(ctx.sourceElement, explained(ctx.text) || words[refusals[ctx.response.status]] || words.failed);
  });
  document.addEventListener('htmx:before:swap', event => {
    const { ctx } = event.detail;
    if (ctx.response && ctx.response.status !== 204 && !isPage(ctx)) event.preventDefault();
  });
  // A new question: read from its top, typed at once where a keyboard is at hand.
  const begin = sheet => {
    if (sheet.getBoundingClientRect().top < 0) sheet.scrollIntoView({ block: 'start' });
    const field = sheet.querySelector('.answer-num input:not([readonly]), .answer-text input:not([readonly]), .gap input:not([readonly])');
    const target = field && matchMedia('(hover: hover) and (pointer: fine)').matches ? field : sheet;
    if (target === sheet) sheet.tabIndex = -1;
    target.focus({ preventScroll: true });
  };
  // A morph keeps what a person has entered; an answer's fields must be as the server wrote them, or the next question
  // would begin with the last one's choice.
  const asWritten = node => {
    for (const field of all(node, 'input, select')) {
      if (!field.closest('.answer, .match, .stem-cloze, .order')) continue;
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = field.defaultChecked;
      else if (field.tagName === 'SELECT') for (const option of field.options) option.selected = option.defaultSelected;
      else field.value = field.defaultValue;
    }
    for (const field of all(node, 'textarea.essay')) field.value = field.defaultValue;
  };
  document.addEventListener('htmx:after:settle', event => {
    const { task, newContent } = event.detail;
    sweep();
    if (/Morph$/.test(task?.swapSpec?.style ?? '')) asWritten(event.target);
    const nodes = [...new Set([event.target, ...newContent])].filter(node => node.nodeType === 1 && node.isConnected);
    for (const node of nodes) if (!nodes.some(other => other !== node && other.contains(node))) prepare(node);
  });
  document.addEventListener('htmx:after:swap', event => {
    const { ctx } = event.detail, target = ctx.target?.isConnected ? ctx.target : ctx.sourceElement;
    const place = target?.isConnected ? target : document;
    const verdict = all(place, '.verdict h2')[0] ?? document.querySelector('[data-focus-after-swap]');
    if (verdict) {
      verdict.focus({ preventScroll: true });
      verdict.scrollIntoView({ block: 'nearest' });
      if (verdict.dataset.verdictWord && !ctx.title) document.title = `${verdict.dataset.verdictWord} — Lyceum`;
      return;
    }
    const wanted = all(place, '[aria-invalid=true], [data-focus]')[0];
    if (wanted) { wanted.focus(); return; }
    const sheet = all(place, '.sheet')[0];
    if (sheet) begin(sheet);
  });

  // Small things ----------------------------------------------------------------------------------------------------
  document.addEventListener('click', async event => {
    const on = name => event.target.closest?.(`[${name}]`);
    if (on('data-theme-toggle')) lyTheme(root.dataset.bsTheme === 'dark' ? 'light' : 'dark');
    const reveal = on('data-reveal');
    if (reveal) {
      const field = document.getElementById(reveal.dataset.reveal), shown = field.type === 'password';
      field.type = shown ? 'text' : 'password'; reveal.setAttribute('aria-pressed', shown);
    }
    const copy = on('data-copy');
    if (copy) {
      try { await navigator.clipboard.writeText(copy.dataset.copy); say(words.copied); copy.classList.add('is-done'); setTimeout(() => copy.classList.remove('is-done'), 1500); }
      catch { say(words.copyFailed); }
    }
    const opener = on('data-dialog');
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
    if (event.target.matches?.('dialog')) event.target.close();
    const question = on('data-confirm');
    if (question && !confirm(question.dataset.confirm)) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);
  document.addEventListener('change', event => { if (event.target.matches?.('[data-submit-on-change]')) event.target.form.requestSubmit(); });
  const count = field => { const line = document.querySelector(`[data-count-for="${CSS.escape(field.id)}"]`); if (line) line.textContent = field.value.trim() ? `${field.value.trim().split(/\s+/).length} · ` : ''; };
  document.addEventListener('input', event => {
    if (event.target.matches?.('[data-count]')) count(event.target);
    if (event.target.matches?.('[data-code]')) event.target.value = event.target.value.replace(/\s/g, '');
  });

  // Files by choice or by drop; an upload form with data-upload shows how far it is ------------------------------------
  const size = octets => octets < 1048576 ? `${locale.format(Math.ceil(octets / 1024))} КБ` : `${locale.format(Math.round(octets / 104857.6) / 10)} МБ`;
  const listFiles = zone => {
    const files = [...zone.querySelector('input[type=file]').files], line = zone.querySelector('[data-drop-files]');
    line.hidden = !files.length;
    line.textContent = files.map(file => `${file.name}, ${root.lang === 'ru' ? size(file.size) : size(file.size).replace('КБ', 'KB').replace('МБ', 'MB')}`).join('; ');
    zone.classList.toggle('has-files', files.length > 0);
  };
  document.addEventListener('change', event => { const zone = event.target.closest?.('[data-drop]'); if (zone) listFiles(zone); });
  for (const name of ['dragenter', 'dragover']) document.addEventListener(name, event => { const zone = event.target.closest?.('[data-drop]'); if (zone && event.dataTransfer?.types.includes('Files')) { event.preventDefault(); zone.classList.add('is-over'); } });
  for (const name of ['dragleave', 'drop']) document.addEventListener(name, event => event.target.closest?.('[data-drop]')?.classList.remove('is-over'));
  document.addEventListener('drop', event => {
    const zone = event.target.closest?.('[data-drop]'); if (!zone || !event.dataTransfer.files.length) return;
    event.preventDefault();
    const field = zone.querySelector('input[type=file]');
    if (field.multiple || event.dataTransfer.files.length === 1) field.files = event.dataTransfer.files;
    else { const one = new DataTransfer(); one.items.add(event.dataTransfer.files[0]); field.files = one.files; }
    field.dispatchEvent(new Event('change', { bubbles: true }));
  });
  document.addEventListener('submit', event => {
    const form = event.target; if (!form.matches('[data-upload]') || event.defaultPrevented) return;
    event.preventDefault();
    upload(form, new FormData(form, event.submitter));
  });
  // fetch cannot tell the progress of what it sends, XMLHttpRequest can.
  const upload = (form, data) => {
    const request = new XMLHttpRequest(), progress = form.querySelector('[data-drop-progress]');
    const bar = progress?.querySelector('[role=progressbar]'), share = progress?.querySelector('[data-drop-share]');
    const done = text => { free(form); if (progress) progress.hidden = true; if (text) note(form, text); };
    request.upload.onprogress = ({ loaded, total }) => {
      if (!progress || !total) return;
      const part = Math.floor(100 * loaded / total);
      bar.setAttribute('aria-valuenow', part); bar.firstElementChild.style.width = `${part}%`;
      share.textContent = words.uploaded.replace('{share}', `${part}${root.lang === 'ru' ? '\u00a0' : ''}%`);
    };
    request.onload = () => {
      const type = request.getResponseHeader('content-type') || '', next = request.getResponseHeader('hx-redirect');
      if (next) { location.assign(next); return; }
      if (request.status < 400 && new URL(request.responseURL).href.split('#')[0] !== new URL(form.action).href.split('#')[0]) { location.assign(request.responseURL); return; }
      if (type.startsWith('text/html') && request.status < 500) {
        const page = new DOMParser().parseFromString(request.responseText, 'text/html'), main = page.querySelector('main');
        if (main) { document.querySelector('main').replaceWith(main); htmx.process(main); prepare(main); main.querySelector('[aria-invalid=true], [role=alert]')?.scrollIntoView({ block: 'center' }); return; }
      }
      done(explained(request.responseText) || words[refusals[request.status]] || words.failed);
    };
    request.onerror = () => done(words.offline);
    request.onabort = () => done(words.cancelled);
    const cancel = progress?.querySelector('[data-drop-cancel]');
    if (cancel) cancel.onclick = () => request.abort();
    if (progress) progress.hidden = false;
    request.open(form.method, form.action);
    request.setRequestHeader('Accept', 'text/html');
    request.send(data);
  };

  const prepare = node => {
    formulas(node); drawCharts(node);
    for (const table of all(node, '.stem table, .explain-text table, .scroll')) if (table.scrollWidth > table.clientWidth + 1) table.tabIndex = 0;
    all(node, '[data-count]').forEach(count);
    node.dispatchEvent(new CustomEvent('ly:ready', { bubbles: true }));
  };
  // The section row of a phone may be longer than its screen: where one is comes into sight.
  const current = document.querySelector('.sub [aria-current]');
  if (current) for (let box = current.parentElement; box && !box.matches('body'); box = box.parentElement) {
    if (box.scrollWidth > box.clientWidth + 1) { box.scrollLeft = current.offsetLeft - (box.clientWidth - current.offsetWidth) / 2; break; }
  }
  prepare(document.body);
})();
