// The countdown of an event: counts from what the server said, and looks again when it is over.
(() => {
  const left = document.querySelector('[data-countdown]');
  if (!left) return;
  const end = performance.now() + Number(left.dataset.countdown) * 1000;
  const two = value => String(value).padStart(2, '0');
  const tick = () => {
    const rest = Math.max(0, Math.round((end - performance.now()) / 1000));
    const hours = Math.floor(rest / 3600), minutes = Math.floor(rest / 60) % 60;
    left.textContent = hours ? `${hours}:${two(minutes)}:${two(rest % 60)}` : `${minutes}:${two(rest % 60)}`;
    if (rest > 0) return void setTimeout(tick, 1000 - (performance.now() % 1000));
    // Not all at once: thousands look at the same clock.
    setTimeout(() => location.reload(), 500 + Math.random() * 2500);
  };
  tick();
})();
