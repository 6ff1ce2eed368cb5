import { ref } from 'vue'
import { keep } from '../language/language'

export type Theme = 'light' | 'dark'

// theme is the theme of the page; theme.js has set it before the first paint.
export const theme = ref<Theme>(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')

export function wear(next: Theme): void {
  theme.value = next
  document.documentElement.dataset.theme = next
  keep('lingtan.theme', next)
}

// Paper is white: a dark page is printed in its light colours.
window.addEventListener('beforeprint', () => (document.documentElement.dataset.theme = 'light'))
window.addEventListener('afterprint', () => (document.documentElement.dataset.theme = theme.value))

// token reads a colour token of the present theme, for what is drawn on a canvas.
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}
