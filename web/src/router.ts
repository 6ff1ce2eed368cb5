import { createRouter, createWebHistory } from 'vue-router'
import { speak } from './language/language'
import { wear } from './theme/theme'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('./park/HomePage.vue') },
    { path: '/sign-in', name: 'sign-in', component: () => import('./access/SignInPage.vue') },
    { path: '/setup/:token', name: 'setup', component: () => import('./access/SetupPage.vue') },
    { path: '/password', name: 'password', component: () => import('./access/SetupPage.vue') },
    { path: '/p/:park', name: 'overview', component: () => import('./park/OverviewPage.vue') },
    { path: '/p/:park/flow', name: 'flow', component: () => import('./flow/CarbonFlowPage.vue') },
    { path: '/p/:park/balance', name: 'balance', component: () => import('./balance/BalancePage.vue') },
    { path: '/p/:park/forecast', name: 'forecast', component: () => import('./forecast/ForecastPage.vue') },
    { path: '/p/:park/tariff', name: 'tariff', component: () => import('./tariff/TariffPage.vue') },
    { path: '/p/:park/findings', name: 'findings', component: () => import('./usage/FindingsPage.vue') },
    { path: '/p/:park/alarms', name: 'alarms', component: () => import('./alarm/AlarmsPage.vue') },
    { path: '/p/:park/alarms/:rule', name: 'alarm', component: () => import('./alarm/AlarmPage.vue') },
    { path: '/p/:park/inventories', name: 'inventories', component: () => import('./inventory/InventoriesPage.vue') },
    { path: '/p/:park/activities', name: 'activities', component: () => import('./accounting/ActivitiesPage.vue') },
    { path: '/p/:park/devices', name: 'devices', component: () => import('./connector/DevicesPage.vue') },
    { path: '/p/:park/consolidation', name: 'consolidation', component: () => import('./consolidation/ConsolidationPage.vue') },
    { path: '/p/:park/dispatch', name: 'dispatch', component: () => import('./dispatch/DispatchPage.vue') },
    { path: '/p/:park/rating', name: 'rating', component: () => import('./rating/RatingPage.vue') },
    { path: '/e/:enterprise/rating', name: 'enterprise-rating', component: () => import('./rating/EnterpriseRating.vue') },
    { path: '/p/:park/reports', name: 'reports', component: () => import('./report/ReportsPage.vue') },
    { path: '/admin/factors', name: 'factors', component: () => import('./factor/FactorsPage.vue') },
    { path: '/admin/methods', name: 'methods', component: () => import('./method/MethodsPage.vue') },
    { path: '/code/:token', name: 'code', component: () => import('./rating/PublicCodePage.vue') },
    { path: '/lineage/day/:park/:register/:day', name: 'day', component: () => import('./usage/DayPage.vue') },
    { path: '/lineage/entry/:entry', name: 'entry', component: () => import('./accounting/EntryPage.vue') },
    { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./park/NowherePage.vue') },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})

// The address may name a language and a theme; they go along to the next page.
router.beforeEach((to, from) => {
  const { lang, theme } = to.query
  if (lang === 'zh' || lang === 'en') speak(lang)
  if (theme === 'light' || theme === 'dark') wear(theme)
  const carried: Record<string, string> = {}
  for (const key of ['lang', 'theme'] as const) {
    const value = from.query[key]
    if (typeof value === 'string' && to.query[key] === undefined && to.path !== from.path) carried[key] = value
  }
  if (Object.keys(carried).length > 0) return { ...to, query: { ...carried, ...to.query } }
  return true
})
