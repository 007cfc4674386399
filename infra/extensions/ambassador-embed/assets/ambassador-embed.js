// Brings a referral link to the cart, so that the order names it, and notes when the checkout began.
(() => {
  const box = document.getElementById('ambassador-embed');
  const shop = window.Shopify;
  // In the theme editor nobody shops.
  if (!box || !shop || shop.designMode) return;

  const key = 'ambassador-embed';
  const checkout = '[href*="/checkout"],[name=checkout],.shopify-payment-button,.additional-checkout-buttons,'
    + 'shopify-accelerated-checkout,shopify-accelerated-checkout-cart';
  const { proxy: path, message } = box.dataset;
  const proxy = '/' + path.replace(/^\/+|\/+$/g, '');
  const esc = encodeURIComponent;

  // The link as in the address, what the order is to name, and when the checkout began.
  let link, current, began = 0;
  let granted = false, turn = 0, looked;

  // What fails, the shop goes on without.
  const quietly = work => async (...given) => { try { return await work(...given); } catch { } };

  const ask = async (method, url, body) => {
    const answer = await fetch(url, {
      method, keepalive: true, signal: AbortSignal.timeout(8000), headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body)
    });
    if (!answer.ok) throw new Error();
    return answer.json();
  };

  const cart = async (...question) => {
    looked = true;
    const { attributes } = await ask(...question);
    began = Date.parse(attributes._amb_checkout_at) || 0;
    return attributes._amb_ref;
  };
  const look = () => cart('GET', '/cart.js');
  const write = attributes => cart('POST', '/cart/update.js', { attributes });

  // It may be another cart by now.
  const settle = quietly(async () => {
    if (current && await look() !== current) await write({ _amb_ref: current });
  });

  const keep = quietly(async (ref, days) => days
    ? localStorage.setItem(key, JSON.stringify({ ref, until: Date.now() + days * 864e5 }))
    : localStorage.removeItem(key));
  const kept = quietly(async () => {
    const { ref, until } = JSON.parse(localStorage.getItem(key));
    return until > Date.now() && ref;
  });

  const follow = quietly(async ref => {
    const mine = ++turn;
    const consent = granted;
    const from = consent ? '&from=' + esc(document.referrer.split('/', 3).join('/')) : '';
    // Where nobody can say whose link it is, the order names it as it is, if it names no other.
    const answer = await quietly(ask)('POST', `${proxy}/clicks?ref=${esc(ref)}&consent=${+consent}${from}`)
      || (consent && !current && !await look() && { ref });
    // What is no link of ours changes nothing, nor does an answer that comes too late.
    if (mine !== turn || !answer) return;
    if (answer.code) offer(answer.code, ref);
    // Without consent only the code tells whose order it is.
    if (!answer.ref) return;
    current = answer.ref;
    keep(current, answer.days);
    await write({ _amb_ref: current });
  });

  const offer = quietly(async (code, ref) => {
    // A click has come by the shop's own discount link.
    if (!ref.startsWith('clk_')) await fetch('/discount/' + esc(code), { redirect: 'manual' });
    const { discount } = message ? await ask('GET', `${proxy}/codes/${esc(code)}`) : {};
    if (!discount) return;
    const percent = (discount.basisPoints / 100).toLocaleString() + '\u00a0%';
    box.firstElementChild.textContent = message.replace('[percent]', percent).replace('[code]', code);
    box.lastElementChild.onclick = () => box.hidden = true;
    box.hidden = false;
  });

  // Who comes back from a checkout within half an hour has not begun it anew.
  const begin = quietly(async form => {
    if (Date.now() - began < 18e5) return;
    began = Date.now();
    const attributes = { _amb_checkout_at: new Date(began).toISOString(), ...(current && { _amb_ref: current }) };
    // The page may be gone before the cart is written.
    for (const name in form && attributes) {
      form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: `attributes[${name}]`, value: attributes[name] }));
    }
    await write(attributes);
  });

  const on = (name, work) => document.addEventListener(name, quietly(work), true);
  const control = event => event.target.closest?.(checkout);
  // The page is left too soon to ask then.
  for (const name of ['pointerover', 'focusin']) on(name, async event => !looked && control(event) && look());
  on('submit', async ({ target, submitter }) => {
    if (submitter?.name === 'checkout' || /\/checkout/.test(target.action)) begin(target);
  });
  on('click', async event => {
    const pressed = control(event);
    // A form's button is told of by the form.
    if (pressed && !pressed.form) begin();
  });
  on('visitorConsentCollected', async ({ detail }) => {
    const now = !!(detail.marketingAllowed && detail.analyticsAllowed);
    if (now === granted) return;
    granted = now;
    if (now) {
      if (link) follow(link);
      return;
    }
    // What the visitor takes back is forgotten, on the cart as well.
    turn++;
    current = undefined;
    keep();
    if (await look()) await write({ _amb_ref: '' });
  });

  const start = quietly(async () => {
    const privacy = shop.customerPrivacy;
    granted = !!(privacy?.marketingAllowed() && privacy.analyticsProcessingAllowed());
    current = granted && await kept();
    const outside = !document.referrer.startsWith(location.origin + '/');
    link = new URLSearchParams(location.search).get('ref')?.match(/^[\p{L}\p{N}\p{M}_-]{1,200}$/u)?.[0];
    // To load a page again is no visit.
    const again = current && performance.getEntriesByType('navigation')[0]?.type !== 'navigate';
    if (link && !again) follow(link);
    else if (outside || /\/cart\b/.test(location.pathname)) settle();
    if (outside && shop.theme?.role === 'main') await ask('POST', `${proxy}/heartbeat?theme=${esc(shop.theme.id)}`);
  });

  quietly(async () => {
    new PerformanceObserver(list => {
      if (list.getEntries().some(({ name }) => /\/cart\/add\b/.test(name))) settle();
    }).observe({ type: 'resource' });
    if (!shop.customerPrivacy?.marketingAllowed && shop.loadFeatures) {
      await new Promise(done => {
        shop.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], done);
        setTimeout(done, 3000);
      });
    }
    await start();
  })();
})();
