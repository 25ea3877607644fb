// The person who logs in: opens an address, fills in the forms that come, and
// follows where they lead. For a device it opens the address with the code.
// usage: node person.mjs URL
const jar = new Map()
let url = new URL(process.argv[2])

async function step(target, form) {
  const headers = { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') }
  const body = form && new URLSearchParams(form)
  const answer = await fetch(target, { method: form ? 'POST' : 'GET', headers, body, redirect: 'manual' })
  for (const line of answer.headers.getSetCookie()) {
    const [name, value] = line.split(';')[0].split(/=(.*)/)
    jar.set(name, value)
  }
  return answer
}

let form
for (let i = 0; i < 20; i++) {
  const answer = await step(url, form)
  form = undefined
  if (answer.status >= 300 && answer.status < 400) {
    url = new URL(answer.headers.get('location'), url)
    continue
  }
  const page = await answer.text()
  const action = page.match(/<form[^>]*action="([^"]*)"/)
  if (!answer.ok || !action) {
    console.log(`${answer.status} at ${url.origin}${url.pathname}`)
    process.exit(answer.ok ? 0 : 1)
  }
  url = new URL(action[1].replaceAll('&amp;', '&'), url)
  form = {}
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const attribute = (name) => input.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1]
    if (attribute('name')) form[attribute('name')] = attribute('value') ?? 'ada'
  }
  if (page.includes('name="confirm"') || /op\.deviceConfirmForm/.test(page)) form.confirm = 'yes'
  delete form.abort
}
console.error('twenty pages, and no end')
process.exit(1)
