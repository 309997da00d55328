// Lists posts, posts one, and shows which release answered and from where.

const STEP = 20;
const MOST = 100;
const TRIES = 3;

const byId = (id) => document.getElementById(id);
const list = byId("posts");
const message = byId("message");
const formMessage = byId("form-message");
const form = byId("form");
const send = byId("send");
const refresh = byId("refresh");
const more = byId("more");

let limit = STEP;
let latest = 0;

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The answer of the API; an error carries words that can be shown. */
async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { headers: { accept: "application/json" }, ...options });
  } catch {
    throw new Error("The API cannot be reached. Check the connection and try again.");
  }
  showRelease(answer.headers.get("x-release"));
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error(body.error ?? `The API answered with status ${answer.status}.`);
    error.status = answer.status;
    error.retryAfter = Number(answer.headers.get("retry-after"));
    throw error;
  }
  return { answer, body };
}

/** Reads are asked again while the API says that it will be back. */
async function askAgain(path) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask(path);
    } catch (error) {
      if (error.status !== 503 || tried === TRIES) throw error;
      await pause(error.retryAfter || 1);
    }
  }
}

function showRelease(digest) {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest ?? "")?.[1];
  if (!hex) return;
  const release = byId("release");
  release.textContent = hex.slice(0, 12);
  release.title = digest;
  const swatch = byId("swatch");
  // A colour for each release, so that a switch is seen at a glance.
  swatch.style.setProperty("--hue", String(parseInt(hex.slice(0, 4), 16) % 360));
  swatch.hidden = false;
}

function showSource(fromCache, milliseconds) {
  const source = byId("source");
  source.dataset.from = fromCache ? "cache" : "database";
  source.textContent = fromCache ? "cache" : "database";
  byId("took").textContent = `${Math.max(1, Math.round(milliseconds))} ms`;
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(Math.min(0, Math.round(seconds)), "second");
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function article(post, isNew) {
  const date = new Date(post.createdAt);
  return element(
    "li",
    {},
    element(
      "article",
      { className: isNew ? "card new" : "card" },
      element("h3", { textContent: post.title }),
      element("time", {
        dateTime: post.createdAt,
        title: absolute.format(date),
        textContent: ago(date),
      }),
      element("p", { textContent: post.content }),
    ),
  );
}

function say(where, text, kind = "") {
  where.className = `note ${kind}`;
  where.textContent = text;
}

async function load(newId) {
  latest += 1;
  const mine = latest;
  refresh.disabled = true;
  list.setAttribute("aria-busy", "true");
  try {
    const started = performance.now();
    const { answer, body } = await askAgain(`/api/posts?limit=${limit}`);
    // A slower, older answer must not replace a newer one.
    if (mine !== latest) return;
    showSource(answer.headers.get("x-api-cache") === "hit", performance.now() - started);
    list.replaceChildren(...body.posts.map((post) => article(post, post.id === newId)));
    say(message, body.posts.length ? "" : "No posts yet. Write the first one.");
    more.hidden = !body.hasMore || limit >= MOST;
  } catch (error) {
    if (mine === latest) say(message, error.message, "bad");
  } finally {
    if (mine === latest) {
      refresh.disabled = false;
      list.setAttribute("aria-busy", "false");
    }
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  send.disabled = true;
  say(formMessage, "");
  try {
    const { body } = await ask("/api/posts", {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    form.reset();
    say(formMessage, "Published.", "good");
    await load(body.id);
  } catch (error) {
    say(formMessage, error.message, "bad");
  } finally {
    send.disabled = false;
  }
});

refresh.addEventListener("click", () => load());

more.addEventListener("click", () => {
  limit = Math.min(MOST, limit + STEP);
  load();
});

say(message, "Loading…");
load();
