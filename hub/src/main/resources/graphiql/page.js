'use strict';

const EXAMPLES = [
  `# Ctrl-Space completes, Ctrl-Enter runs.
# The book at the left shows the schema.
query Newest {
  webhookEvents(limit: 10) {
    position
    eventType
    model
    recordKey
    receivedAt
    data
  }
}
`,
  `# Shows each event as it is stored. (after: 7)
# begins with what came after position 7.
subscription Follow {
  webhookEventStream {
    position
    eventType
    recordKey
    data
  }
}
`,
];

const element = id => document.getElementById(id);
const root = ReactDOM.createRoot(element('graphiql'));
let token = null; // Who signed in by name has a cookie instead.
let shown = 0;

/** Fetches as whoever is signed in. */
async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  const own = headers.has('Authorization') || headers.has('X-API-Key');
  if (token && !own) {
    headers.set('Authorization', 'Bearer ' + token);
  }
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401 && !own && shown) {
    letIn('You are not signed in any more. What you wrote is still there.');
  }
  return answer;
}

/** Shows the forms, and why. */
function letIn(message) {
  token = null;
  element('enter').hidden = false;
  element('leave').hidden = true;
  element('who').textContent = '';
  element('message').textContent = message;
}

/** Looks who is signed in, and shows GraphiQL to them. */
async function enter(otherwise) {
  const answer = await ask('/auth/me');
  const said = await answer.json();
  if (!answer.ok) {
    letIn(otherwise ?? said.error.message);
    return;
  }
  element('enter').hidden = true;
  element('leave').hidden = false;
  element('who').textContent = `${said.username} (${said.role}) of ${said.tenant_id}`;
  root.render(React.createElement(GraphiQL, {
    key: ++shown,
    fetcher: fetcher(ask, token ? { Authorization: 'Bearer ' + token } : {}),
    defaultTabs: EXAMPLES.map(query => ({ query })),
    shouldPersistHeaders: false,
  }));
}

/** Runs what a form is for; what goes wrong is said below it. */
const onSubmit = (id, action) => element(id).addEventListener('submit', async event => {
  event.preventDefault();
  element('message').textContent = '';
  try {
    await action(event.target);
  } catch (failure) {
    element('message').textContent = `The hub does not answer (${failure.message}); try again.`;
  }
});

onSubmit('login', async form => {
  const answer = await fetch('/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  });
  if (answer.ok) {
    form.reset();
    await enter();
  } else {
    const { error } = await answer.json();
    element('message').textContent = error.details?.[0].msg ?? error.message;
  }
});

onSubmit('bring', async form => {
  token = form.elements.token.value.trim().replace(/^Bearer +/i, '');
  form.reset();
  await enter();
});

element('leave').addEventListener('click', async () => {
  if (!token) {
    await fetch('/auth/logout', { method: 'POST' });
  }
  root.render(null);
  shown = 0;
  letIn('');
});

enter('').catch(failure => letIn(`The hub does not answer (${failure.message}); load the page again.`));
