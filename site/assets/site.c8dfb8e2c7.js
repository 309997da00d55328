// Lists posts as they change, writes them, and shows which release answered and from where.

const STEP = 20;
const TRIES = 3;

const byId = (id) => document.getElementById(id);
const list = byId("posts");
const message = byId("message");
const formMessage = byId("form-message");
const form = byId("form");
const send = byId("send");
const refresh = byId("refresh");
const more = byId("more");

const account = byId("account");
const accountMessage = byId("account-message");
const enter = byId("enter");
const other = byId("other");
const leave = byId("leave");
const nameLabel = byId("name-label");

/** Set while this browser has a session, whose cookie no script can read. */
const SESSION = "session";

let latest = 0;
let cursor = null;
let accessToken = "";

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
        textContent: `${post.author ? `${post.author.name}, ` : ""}${ago(date)}`,
      }),
      element("p", { textContent: post.content }),
    ),
  );
}

function say(where, text, kind = "") {
  where.className = `note ${kind}`;
  where.textContent = text;
}

/** The first page anew, or the page after those that are shown. */
async function load({ newId = 0, after = null } = {}) {
  latest += 1;
  const mine = latest;
  refresh.disabled = more.disabled = true;
  list.setAttribute("aria-busy", "true");
  try {
    const started = performance.now();
    const from = after ? `&cursor=${after}` : "";
    const { answer, body } = await askAgain(`/api/posts?limit=${STEP}${from}`);
    // A slower, older answer must not replace a newer one.
    if (mine !== latest) return;
    showSource(answer.headers.get("x-api-cache") === "hit", performance.now() - started);
    const articles = body.posts.map((post) => article(post, post.id === newId));
    if (after) list.append(...articles);
    else list.replaceChildren(...articles);
    say(message, list.children.length ? "" : "No posts yet. Write the first one.");
    cursor = body.nextCursor;
    more.hidden = !body.hasMore;
  } catch (error) {
    if (mine === latest) say(message, error.message, "bad");
  } finally {
    if (mine === latest) {
      refresh.disabled = more.disabled = false;
      list.setAttribute("aria-busy", "false");
    }
  }
}

const json = (body) => ({
  method: "POST",
  headers: { accept: "application/json", "content-type": "application/json" },
  body: JSON.stringify(body),
});

function showSession() {
  account.hidden = Boolean(accessToken);
  form.hidden = leave.hidden = !accessToken;
}

function signedIn(body) {
  accessToken = body.accessToken;
  localStorage.setItem(SESSION, "1");
  showSession();
}

function signedOut() {
  accessToken = "";
  localStorage.removeItem(SESSION);
  showSession();
}

/** Goes on with the session that the cookie holds. */
async function resume() {
  if (!localStorage.getItem(SESSION)) return;
  try {
    signedIn((await ask("/api/auth/refresh", json({}))).body);
  } catch (error) {
    if (error.status === 401) signedOut();
  }
}

/** As signed in; an access token that has ended is renewed once. */
async function askSignedIn(path, options) {
  const asked = () =>
    ask(path, { ...options, headers: { ...options.headers, authorization: `Bearer ${accessToken}` } });
  try {
    return await asked();
  } catch (error) {
    if (error.status !== 401) throw error;
    await resume();
    if (!accessToken) throw new Error("Your session has ended. Sign in again.");
    return asked();
  }
}

const registers = () => !nameLabel.hidden;

other.addEventListener("click", () => {
  nameLabel.hidden = !nameLabel.hidden;
  account.elements.name.required = registers();
  account.elements.password.autocomplete = registers() ? "new-password" : "current-password";
  enter.textContent = registers() ? "Make the account" : "Sign in";
  other.textContent = registers() ? "Sign in instead" : "Make an account instead";
  say(accountMessage, "");
});

account.addEventListener("submit", async (event) => {
  event.preventDefault();
  enter.disabled = true;
  say(accountMessage, "");
  const { name, ...login } = Object.fromEntries(new FormData(account));
  try {
    const path = registers() ? "/api/auth/register" : "/api/auth/login";
    const { body } = await ask(path, json(registers() ? { name, ...login } : login));
    account.reset();
    signedIn(body);
  } catch (error) {
    say(accountMessage, error.message, "bad");
  } finally {
    enter.disabled = false;
  }
});

leave.addEventListener("click", async () => {
  // Without the API the session ends by itself, after seven days.
  await ask("/api/auth/logout", json({})).catch(() => {});
  signedOut();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  send.disabled = true;
  say(formMessage, "");
  try {
    const written = Object.fromEntries(new FormData(form));
    const { body } = await askSignedIn("/api/posts", json(written));
    form.reset();
    say(formMessage, "Published.", "good");
    await load({ newId: body.id });
  } catch (error) {
    say(formMessage, error.message, "bad");
  } finally {
    send.disabled = false;
  }
});

/** Reads anew when others write; several changes at once are one reading. */
function listen() {
  let due = 0;
  const soon = () => {
    clearTimeout(due);
    due = setTimeout(() => load(), 300);
  };
  const changes = new EventSource("/api/events");
  changes.addEventListener("change", soon);
}

refresh.addEventListener("click", () => load());

more.addEventListener("click", () => load({ after: cursor }));

say(message, "Loading…");
showSession();
resume();
load();
listen();
