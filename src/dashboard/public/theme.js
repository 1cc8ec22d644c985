// Before the first paint, so that a chosen theme never flashes. A file of its own: the page allows no inline script.
const theme = localStorage.getItem('ringer-theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
