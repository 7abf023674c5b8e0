// Runs before the first paint: light or dark by the reader's choice, else by the system; the time zone for the server.
(() => {
  const root = document.documentElement;
  const keep = (name, value) => { document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax`; };
  const chosen = () => { try { return localStorage.getItem('ly-theme'); } catch { return null; } };
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => { root.dataset.bsTheme = chosen() || (root.hasAttribute('data-theme-chosen') ? root.dataset.bsTheme : dark.matches ? 'dark' : 'light'); };
  apply();
  dark.addEventListener('change', () => { apply(); dispatchEvent(new Event('ly:theme')); });
  window.lyTheme = value => {
    root.dataset.bsTheme = value;
    try { localStorage.setItem('ly-theme', value); } catch { /* private mode: the cookie is enough */ }
    keep('ly_theme', value);
    dispatchEvent(new Event('ly:theme'));
  };
  try {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone && !document.cookie.includes(`ly_zone=${zone}`)) keep('ly_zone', zone);
  } catch { /* the server shows its own zone */ }
})();
