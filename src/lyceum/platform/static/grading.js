// Points by keys: a figure chooses in the criterion in focus and goes on to the next, Ctrl+Enter sends.
(() => {
  const form = document.querySelector('[data-grading]');
  if (!form) return;
  const criteria = [...form.querySelectorAll('[data-criterion]')];
  const typing = target => target.closest?.('textarea, input:not([type=radio])');
  document.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); return; }
    if (!/^[0-9]$/.test(event.key) || typing(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = event.target.closest?.('[data-criterion]') ?? criteria.find(it => !it.querySelector(':checked')) ?? criteria[0];
    const field = at?.querySelector(`input[value="${event.key}"]`);
    if (!field) return;
    event.preventDefault(); event.stopImmediatePropagation();
    field.checked = true;
    const next = criteria[criteria.indexOf(at) + 1];
    (next?.querySelector(':checked, input') ?? form.querySelector('textarea')).focus();
  }, true);
  criteria[0]?.querySelector('input').focus({ preventScroll: true });
})();
