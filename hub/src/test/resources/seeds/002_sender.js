const crypto = require('crypto');
const axios = require('axios');

const payload = {
    order_number: "12345",
    product: "Nike Shoes",
    price: 99.99
};

const payloadString = JSON.stringify(payload);
const secret = "your-webhook-secret";

const signature = crypto
    .createHmac('sha256', secret)
    .update(payloadString)
    .digest('hex');

axios.post('http://localhost:8001/api/v2/webhooks/orders', payload, {
    headers: {
        'Content-Type': 'application/json',
        'X-Webhook-Signature': signature
    }
});
