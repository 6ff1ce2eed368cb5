import { computed, type ComputedRef } from 'vue'
import { createI18n, useI18n } from 'vue-i18n'
import { en } from './en'
import { zh, type MessageKey } from './zh'
import type { Name } from '../api/types'
import type { Language } from '../quantity/format'

export const i18n = createI18n({
  legacy: false,
  globalInjection: false,
  locale: document.documentElement.lang === 'en' ? 'en' : 'zh',
  fallbackLocale: 'zh',
  messages: { zh, en },
})

type Values = Record<string, string | number>

// Texts is how a page speaks: texts by typed keys, names in the language of the page.
export interface Texts {
  lang: ComputedRef<Language>
  text: (key: MessageKey, values?: Values) => string
  plural: (key: MessageKey, n: number) => string
  name: (name: Name | null | undefined) => string
}

export function useTexts(): Texts {
  const { t, n: number, locale } = useI18n()
  const lang = computed<Language>(() => (locale.value === 'en' ? 'en' : 'zh'))
  return {
    lang,
    text: (key, values) => (values ? t(key, values) : t(key)),
    plural: (key, n) => t(key, { n: number(n) }, n),
    name: (name) => (name ? name[lang.value] || name.zh || name.en : ''),
  }
}

// speak changes the language of the page.
export function speak(lang: Language): void {
  i18n.global.locale.value = lang
  document.documentElement.lang = lang === 'en' ? 'en' : 'zh-CN'
  keep('lingtan.lang', lang)
}

// keep remembers a choice on this device; where storage is off, the address still holds it.
export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // storage may be switched off
  }
}
