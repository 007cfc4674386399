// An ambassador's link with its code, or the offer to become one. Whatever goes wrong shows nothing: the page is the store's.
import '@shopify/ui-extensions/preact';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export default function extension() {
  render(<Referral />, document.body);
}

// The builder puts the address in the place of the name; where it does not, there is no such name.
function builtAddress() {
  try {
    return process.env.APP_URL;
  } catch {
    return undefined;
  }
}

function appAddress() {
  const address = String(shopify.settings?.value?.app_url || builtAddress() || '').trim().replace(/\/+$/, '');
  return /^https:\/\/[^/]/.test(address) || /^http:\/\/127\.0\.0\.1:/.test(address) ? address : null;
}

/** The answer and its status; null where there is none. A token is good for a minute, so each question has its own. */
async function ask(path, body) {
  const address = appAddress();
  if (address === null) {
    return null;
  }

  try {
    const token = await shopify.sessionToken.get();
    const response = await fetch(`${address}/shopify/extension/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
      credentials: 'omit',
    });
    return { ok: response.ok, json: await response.json() };
  } catch {
    return null;
  }
}

function Referral() {
  const [shown, setShown] = useState(null);

  async function load() {
    const answer = await ask('referral');
    setShown(answer?.ok ? answer.json : null);
  }

  useEffect(() => {
    load();
  }, []);

  switch (shown?.kind) {
    case 'ambassador':
      return <Link {...shown} />;
    case 'offer':
      return <Offer offer={shown} joined={setShown} changed={load} />;
    case 'form':
      return <Form {...shown} />;
    case 'applied':
      return (
        <s-section heading={text('applied.heading', shown)}>
          <s-paragraph>{text('applied.text', shown)}</s-paragraph>
        </s-section>
      );
    default:
      return null;
  }
}

function Link(shown) {
  const friend = shown.friendDiscount && percent(shown.friendDiscount.basisPoints);
  const words = { ...shown, percent: friend ?? '' };
  const share = text(!shown.code ? 'share.link' : friend ? 'share.discount' : 'share.code', words);
  return (
    <s-section heading={text('link.heading', shown)}>
      <s-stack gap="base">
        {friend && <s-paragraph>{text('link.friend', words)}</s-paragraph>}
        <Earning {...shown} />
        <Copied name="link" label={text('link.link', shown)} value={shown.link} />
        {shown.code && <Copied name="code" label={text('link.code', shown)} value={shown.code} />}
        <Copied name="share" label={text('share.heading', shown)} value={share} />
        <s-link href={shown.rulesPage} target="_blank">{text('rules', shown)}</s-link>
      </s-stack>
    </s-section>
  );
}

function Copied({ name, label, value }) {
  const id = `ambassador-${name}`;
  return (
    <s-stack gap="small-200">
      <s-text type="strong">{label}</s-text>
      <s-text>{value}</s-text>
      <s-clipboard-item id={id} text={value} />
      <s-button variant="secondary" command="--copy" commandFor={id} accessibilityLabel={text('copy.what', { what: label })}>
        {text('copy.short', {})}
      </s-button>
    </s-stack>
  );
}

function Terms(shown) {
  const friend = shown.friendDiscount && percent(shown.friendDiscount.basisPoints);
  return (
    <>
      <Earning {...shown} />
      {friend && <s-paragraph>{text('offer.friend', { percent: friend })}</s-paragraph>}
      <s-paragraph>{text('offer.disclosure', {})}</s-paragraph>
    </>
  );
}

function Earning({ earning }) {
  const words = !earning ? text('earning.rules', {})
    : earning.basisPoints ? text('earning.share', { percent: percent(earning.basisPoints) })
    : text(earning.per === 'item' ? 'earning.item' : 'earning.order', { amount: amount(earning) });
  return <s-paragraph>{words}</s-paragraph>;
}

function Offer({ offer, joined, changed }) {
  const [accepted, setAccepted] = useState(false);
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);

  async function join() {
    setAsked(true);
    if (!accepted || busy) {
      return;
    }

    setBusy(true);
    setProblem(null);
    const answer = await ask('enrolment', { acceptsRules: true, rulesRevision: offer.rulesRevision });
    setBusy(false);
    if (answer?.ok) {
      joined(answer.json);
    } else if (answer?.json?.type === '/problems/rules-changed') {
      setAccepted(false);
      setAsked(false);
      setProblem('offer.changed');
      await changed();
    } else {
      setProblem('offer.failed');
    }
  }

  return (
    <s-section heading={text('offer.heading', offer)}>
      <s-stack gap="base">
        <Terms {...offer} />
        <s-paragraph>{text(offer.way === 'instant' ? 'offer.data_instant' : 'offer.data_application', offer)}</s-paragraph>
        <s-link href={offer.rulesPage} target="_blank">{text('rules', offer)}</s-link>
        <s-checkbox
          label={text('offer.accept', offer)}
          checked={accepted}
          error={asked && !accepted ? text('offer.accept_first', offer) : undefined}
          onChange={(event) => setAccepted(event.currentTarget.checked)}
        />
        <s-button variant="primary" loading={busy} disabled={busy} onClick={join}>
          {text(offer.way === 'instant' ? 'offer.join' : 'offer.apply', offer)}
        </s-button>
        {problem && <s-text tone="critical">{text(problem, offer)}</s-text>}
      </s-stack>
    </s-section>
  );
}

function Form(shown) {
  return (
    <s-section heading={text('offer.heading', shown)}>
      <s-stack gap="base">
        <Terms {...shown} />
        <s-link href={shown.joinPage} target="_blank">{text('form.link', shown)}</s-link>
      </s-stack>
    </s-section>
  );
}

function text(key, { store = '', campaign = '', code = '', link = '', percent: share = '', amount: sum = '', what = '' }) {
  return shopify.i18n.translate(key, { store, campaign, code, link, percent: share, amount: sum, what });
}

function percent(basisPoints) {
  return shopify.i18n.formatNumber(basisPoints / 10000, { style: 'percent', maximumFractionDigits: 2 });
}

function amount({ amount: value, currency }) {
  return shopify.i18n.formatCurrency(Number(value), { currency });
}
