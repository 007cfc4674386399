// In the frame of Shopify's admin there are no cookies: every step from page to page is a fetch that bears a session token.
// The pages are the same as elsewhere. What this does not take over is left to the browser.
(() => {
  "use strict";

  const kept = ["shop", "host", "embedded", "locale"];
  const ofOneRequest = ["id_token", "hmac", "timestamp", "session", "bounced"];
  let asking = null;
  let posting = false;
  let shown = "";
  const asked = new WeakSet();

  const isRoom = (url) => url.origin === location.origin && (url.pathname === "/dashboard" || url.pathname.startsWith("/dashboard/"));

  // The address as it stands in the history: with what Shopify's script needs, and without what proves one request.
  function framed(address) {
    const url = new URL(address, location.href);
    const here = new URLSearchParams(location.search);
    ofOneRequest.forEach((name) => url.searchParams.delete(name));
    kept.filter((name) => here.has(name)).forEach((name) => url.searchParams.set(name, here.get(name)));
    return url;
  }

  // The address as the server is asked for it: the token says which shop it is.
  function bare(address) {
    const url = framed(address);
    kept.forEach((name) => url.searchParams.delete(name));
    url.hash = "";
    return url;
  }

  async function ask(url, body, signal) {
    for (let attempt = 1; ; attempt++) {
      const token = await shopify.idToken();
      const answer = await fetch(url, {
        method: body ? "POST" : "GET",
        body,
        signal,
        credentials: "omit",
        headers: { Accept: "text/html", Authorization: `Bearer ${token}` },
      });
      if (answer.status !== 401 || attempt === 2) {
        return answer;
      }
    }
  }

  // Beside the look of all pages, one may have a store's own.
  const ownLooks = (page) => [...page.querySelectorAll('head link[rel="stylesheet"]')].slice(1);

  // Gives the new page its place, as a browser would: title, content, address, scroll position and focus.
  function show(html, address, remember) {
    const page = new DOMParser().parseFromString(html, "text/html");
    document.title = page.title;
    ownLooks(document).forEach((look) => look.remove());
    ownLooks(page).forEach((look) => document.head.append(document.adoptNode(look)));
    document.body.replaceWith(document.adoptNode(page.body));
    shown = address ? bare(address).href : "";
    if (address && remember) {
      history.pushState(null, "", address);
    } else if (address) {
      history.replaceState(history.state, "", address);
    }

    scrollTo(0, 0);
    const main = document.getElementById("main");
    if (main) {
      main.tabIndex = -1;
      main.focus({ preventScroll: true });
    }

    if (address && address.hash) {
      document.getElementById(decodeURIComponent(address.hash.slice(1)))?.scrollIntoView();
    }
  }

  function tell(words) {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.setAttribute("role", "alert");
    notice.textContent = words;
    document.getElementById("main")?.prepend(notice);
  }

  async function go(address, body, remember) {
    const target = framed(address);
    // What was asked for last is what is wanted. A form that is on its way is not called back, only its answer is not shown.
    if (!posting) {
      asking?.abort();
    }

    asking = new AbortController();
    const mine = asking;
    posting = Boolean(body);
    document.getElementById("main")?.setAttribute("aria-busy", "true");
    try {
      const answer = await ask(bare(address), body, mine.signal);
      const isPage = (answer.headers.get("Content-Type") || "").startsWith("text/html");
      if (asking === mine && (answer.status === 401 || !isPage)) {
        // A document that is loaded anew is led to a fresh token by the server.
        location.assign(body ? framed("/dashboard") : target);
        return;
      }

      const html = await answer.text();
      if (asking !== mine) {
        return;
      }

      if (body && !answer.redirected) {
        // The answer to a form has no address of its own that one could come back to.
        show(html, null, false);
        return;
      }

      const place = answer.redirected ? framed(answer.url) : target;
      place.hash = place.hash || target.hash;
      show(html, place, remember);
    } catch (error) {
      if (asking === mine && error.name !== "AbortError") {
        tell(body
          ? "The answer did not arrive. Open the page again to see whether it was done."
          : "The page could not be loaded. Look at your connection, then try again.");
      }
    } finally {
      if (asking === mine) {
        posting = false;
        document.getElementById("main")?.removeAttribute("aria-busy");
      }
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
      || (link.target && link.target !== "_self") || link.hasAttribute("download")) {
      return;
    }

    // An anchor within the page, or a mail address, is the browser's.
    const url = new URL(link.href);
    if (link.getAttribute("href").startsWith("#") || !/^https?:$/.test(url.protocol)) {
      return;
    }

    event.preventDefault();
    if (!isRoom(url)) {
      // The storefront, or a page for everybody, does not belong into the frame.
      open(url, "_blank", "noopener");
    } else if (!posting) {
      go(url, null, true);
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const url = new URL(button?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href, location.href);
    if (event.defaultPrevented || !isRoom(url)) {
      return;
    }

    event.preventDefault();
    if (posting) {
      return;
    }

    // Shopify asks the merchant itself; what they decided the server reads from Shopify, whichever it was.
    if (form.dataset.askScopes && !asked.has(form)) {
      asked.add(form);
      shopify.scopes.request(form.dataset.askScopes.split(","))
        .catch(() => tell("Shopify could not ask for the permission. Open the app again, then try once more."))
        .finally(() => {
          form.requestSubmit(button);
          asked.delete(form);
        });
      return;
    }

    const fields = new FormData(form, button);
    if (form.getAttribute("method")?.toLowerCase() === "post") {
      go(url, form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields), true);
    } else {
      url.search = new URLSearchParams(fields).toString();
      go(url, null, true);
    }
  });

  addEventListener("popstate", () => {
    // A step within one page, to an anchor, changes nothing that was loaded.
    if (bare(location.href).href !== shown) {
      go(location.href, null, false);
    }
  });

  // The token that the document came with has done its work and leaves the history.
  history.replaceState(history.state, "", framed(location.href));
  shown = bare(location.href).href;
})();
