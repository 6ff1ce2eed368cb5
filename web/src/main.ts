import { createApp } from 'vue'
import { createPinia } from 'pinia'
import { QueryCache, QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import App from './App.vue'
import { asProblem } from './api/problem'
import { i18n } from './language/language'
import { router } from './router'
import './theme/tokens.css'
import './theme/page.css'
import './theme/print.css'

const passwordFirst = 'LT-1006' // the session came from a link and has no password yet

const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (thrown) => {
      const { status, code } = asProblem(thrown)
      if (status === 401) void askToSignIn()
      else if (code === passwordFirst) void router.replace({ name: 'password' })
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, thrown) => failures < 1 && (asProblem(thrown).unreachable || asProblem(thrown).status === 503),
    },
  },
})

async function askToSignIn(): Promise<void> {
  const here = router.currentRoute.value
  if (here.name === 'sign-in' || here.name === 'setup' || here.name === 'code') return
  queries.clear()
  await router.replace({ name: 'sign-in', query: { next: here.fullPath } })
}

createApp(App).use(createPinia()).use(i18n).use(router).use(VueQueryPlugin, { queryClient: queries }).mount('#app')
