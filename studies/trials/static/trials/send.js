/* send.js: brings one answer to the server, once. It measures nothing: the clocks were read at the input that submitted.
 *
 * The same body with the same nonce is sent until the server has answered; the server stores it once and gives every repeat
 * the same reply. Pauses grow from 1 s to 15 s and end early when the network comes back.
 */
const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;
const PATIENCE_MS = 20_000;

/* A page of the study is an answer whatever its status: it says itself what to do. */
const isPage = (html) => html.includes("<body") && html.includes("data-kind=");
const mayComeRight = (status) => status >= 500 || status === 429 || status === 408;

function rest(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    window.addEventListener("online", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/* Resolve to {status, url, html}; `waiting(attempt)` is told before every repeat. */
export async function send(url, body, waiting) {
  for (let attempt = 0; ; attempt++) {
    try {
      const headers = { "X-Assay-Swap": "1" };
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const reply = await fetch(url, { method: "POST", headers, body, signal });
      const html = await reply.text();
      if (!mayComeRight(reply.status) || isPage(html)) return { status: reply.status, url: reply.url, html };
    } catch {
      // No network, or no answer in time: whether the server has it is not known, so the same body goes again.
    }
    waiting(attempt + 1);
    await rest(Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS));
  }
}
