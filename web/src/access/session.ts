import { defineStore } from 'pinia'
import { ref } from 'vue'
import { client, must } from '../api/client'
import type { Me } from '../api/types'

// useSession is who is signed in on this page.
export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)

  async function load(): Promise<void> {
    me.value = await must(client.GET('/api/v1/session'))
  }

  async function signIn(login: string, password: string): Promise<void> {
    me.value = await must(client.POST('/api/v1/session', { body: { login, password } }))
  }

  // exchange trades a one-time link for a session; true = a password must be set first.
  async function exchange(token: string): Promise<boolean> {
    me.value = await must(client.POST('/api/v1/session/link', { body: { token } }))
    return me.value.mustSetPassword
  }

  async function setPassword(password: string): Promise<void> {
    me.value = await must(client.PUT('/api/v1/session/password', { body: { password } }))
  }

  async function signOut(): Promise<void> {
    await must(client.DELETE('/api/v1/session'))
    me.value = null
  }

  return { me, load, signIn, exchange, setPassword, signOut }
})
