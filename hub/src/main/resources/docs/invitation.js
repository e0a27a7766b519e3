'use strict';

// The token stands behind the '#', which browsers keep to themselves.
const token = location.hash.slice(1);
const form = document.getElementById('accept');
const message = document.getElementById('message');

if (!token) {
  form.hidden = true;
  message.textContent = 'This link lacks its end. Open it as it was sent to you.';
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  const fields = new FormData(form);
  const body = { token, username: fields.get('username'), password: fields.get('password') };
  if (fields.get('full_name')) {
    body.full_name = fields.get('full_name');
  }
  try {
    const answer = await fetch('/api/v1/invitations/accept', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (answer.ok) {
      form.hidden = true;
      history.replaceState(null, '', location.pathname);
      message.textContent = 'Welcome, ' + said.username + '. You can sign in now.';
    } else {
      message.textContent = said.error.details ? said.error.details[0].msg : said.error.message;
    }
  } catch (failure) {
    message.textContent = 'The hub does not answer (' + failure.message + '); try again.';
  }
});
