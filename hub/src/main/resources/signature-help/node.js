const crypto = require('crypto');

const secret = 'your-webhook-secret';
const payload = { order_number: '12345', product: 'Nike Shoes', price: 99.99 };

// Sign the very text that is sent.
const body = JSON.stringify(payload);
const signature = crypto.createHmac('sha256', secret).update(body).digest('hex');

fetch('{{url}}', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'X-Webhook-Signature': signature },
  body,
}).then(async (response) => console.log(response.status, await response.text()));
