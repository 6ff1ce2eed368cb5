// Sets the theme and the language of the page before the first paint, so that it does
// not flash. The address wins, then what was chosen before, then the browser.
;(function () {
  var query = new URLSearchParams(location.search)
  var kept = {}
  try {
    kept = { theme: localStorage.getItem('lingtan.theme'), lang: localStorage.getItem('lingtan.lang') }
  } catch (_) {
    kept = {} // storage may be switched off
  }
  var theme = query.get('theme') || kept.theme
  if (theme !== 'dark' && theme !== 'light') {
    theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  }
  var lang = query.get('lang') || kept.lang
  document.documentElement.dataset.theme = theme
  document.documentElement.lang = lang === 'en' ? 'en' : 'zh-CN'
})()
