import type { Like } from '../like'
import type { access as zh } from '../zh/access'

export const access: Like<typeof zh> = {
  access: {
    signIn: 'Sign in',
    login: 'Login',
    password: 'Password',
    wrong: 'Wrong login or password.',
    locked: 'Too many attempts, locked for a while.',
    noAccount: 'No account yet? Open the one-time link that lingtan printed at its start, or run lingtan setup-url.',
    welcome: 'Welcome to Lingtan',
    setPassword: 'Set a password',
    newPassword: 'New password',
    repeat: 'Once more',
    rule: 'At least 12 characters, the longer the better; symbols are not required.',
    tooShort: 'The password needs at least 12 characters.',
    differ: 'The two passwords differ.',
    exchanging: 'Checking the one-time link…',
    badLink: 'This link was used before, has expired, or is incomplete. Ask an administrator for a new one, or run on the server: lingtan setup-url (first administrator) or lingtan user reset.',
    signedInAs: 'Signed in: {name} ({login}). Set a password to sign in with from now on.',
    save: 'Save and enter',
    toSignIn: 'Go to sign-in',
  },
  first: {
    title: 'No park yet',
    text: 'Describe organizations, metering points and the energy network in a park file, then connect readings. To look around first, run the demo park.',
    demo: 'See the demo: lingtan demo',
    noPark: 'No such park',
    noParkText: 'There is no park named {park}, or you may not see it.',
    choose: 'Choose a park',
    noPage: 'No such page',
    home: 'To the park overview',
  },
}
