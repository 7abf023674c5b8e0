// The editor of a campaign: the ad beside the form follows what is written, and a written text goes into its field.
// Without this file the ad is drawn anew with every save, and the same buttons ask the server.
(() => {
  const { say } = window.ly;
  const form = document.getElementById('campaign');
  const field = name => document.getElementById(`f-${name}`);
  const part = name => document.querySelector(`[data-preview-${name}]`);
  // As the page of the pause cuts a long text: at a word, 140 signs with some leeway.
  const MOST = 140, LEEWAY = 20, END = '...';
  const cut = text => {
    const signs = [...text];
    if (signs.length <= MOST + LEEWAY) return text;
    const kept = signs.slice(0, MOST - END.length).join(''), word = kept.lastIndexOf(' ');
    return (word < 0 ? kept : kept.slice(0, word)) + END;
  };
  const follow = () => {
    for (const name of ['title', 'text']) {
      const shown = part(name), said = field(`ad_${name}`)?.value.trim();
      if (shown) shown.textContent = name === 'text' && said ? cut(said) : said || shown.dataset.empty;
    }
    const long = part('long');
    if (long) long.hidden = [...(field('ad_text')?.value ?? '')].length <= MOST + LEEWAY;
  };
  document.addEventListener('input', event => { if (event.target.closest?.('#campaign')) follow(); });
  addEventListener('pageshow', follow);

  document.addEventListener('click', event => {
    const button = event.target.closest?.('[data-take]');
    if (!button || !form) return;
    event.preventDefault();
    const text = field('ad_text');
    text.value = button.value;
    text.dispatchEvent(new Event('input', { bubbles: true }));
    text.focus();
    say(button.textContent.trim());
  });

  // A picture is shown before it is sent; its address is given back when another comes.
  let shown = '';
  document.addEventListener('change', event => {
    const input = event.target;
    if (!input.matches?.('[data-preview-file] input[type=file]')) return;
    const image = part('image'), file = input.files[0];
    if (!image) return;
    if (shown) URL.revokeObjectURL(shown);
    shown = file && /^image\/(png|jpeg|webp)$/.test(file.type) ? URL.createObjectURL(file) : '';
    if (image.dataset.kept === undefined) image.dataset.kept = image.hidden ? '' : image.src;
    const source = shown || image.dataset.kept;
    image.hidden = !source;
    image.closest('.ad').classList.toggle('ad-plain', !source);
    if (source) image.src = source;
  });
})();
